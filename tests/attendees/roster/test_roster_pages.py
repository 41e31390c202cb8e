"""The roster in the console: found, added, edited, removed, exported."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendees.models import Admission, Attendee
from attendees.roster import lock
from hosts.models import Host
from meetings.models import Meeting
from tests.browser import server
from tests.conftest import attendee_of

ROSTER = "/host/meetings/meeting1/attendees/"
ClientOf = Callable[[Host], Client]


@pytest.fixture
def client(alice: Host, client_of: ClientOf) -> Client:
    return client_of(alice)


def crowd(meeting: Meeting, people: int) -> None:
    rows = [
        Attendee(meeting=meeting, code=f"C{n}", email=f"p{n}@example.org", firstname=f"P{n:04}")
        for n in range(people)
    ]
    for row in rows:
        row.derive()
    Attendee.objects.bulk_create(rows)


def names(page: object) -> list[str]:
    return [one.firstname for one in page.context["page"].attendees]  # type: ignore[attr-defined]


def test_empty_roster_says_what_to_do_next(client: Client, meeting1: Meeting) -> None:
    page = client.get(ROSTER)
    assert page.status_code == 200
    assert "No attendees yet" in page.content.decode()


def test_roster_is_walked_page_by_page_and_back(client: Client, meeting1: Meeting) -> None:
    crowd(meeting1, 250)
    seen, pages, page = [], 0, client.get(ROSTER)
    while True:
        seen += names(page)
        pages += 1
        after = page.context["page"].after
        if not after:
            break
        page = client.get(ROSTER, {"after": after})
    assert (seen, pages) == ([f"P{n:04}" for n in range(250)], 3)
    back = client.get(ROSTER, {"before": page.context["page"].before})
    assert names(back) == [f"P{n:04}" for n in range(100, 200)]
    first = client.get(ROSTER, {"before": back.context["page"].before})
    assert names(first) == [f"P{n:04}" for n in range(100)]
    assert first.context["page"].before is None


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "²", "-1"])
def test_page_after_nobody_is_the_first(client: Client, meeting1: Meeting, key: str) -> None:
    crowd(meeting1, 3)
    assert len(names(client.get(ROSTER, {"after": key}))) == 3


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("bob", ["Bob"]),
        ("ITO", ["Bob"]),
        ("bob ito", ["Bob"]),
        ("bob lee", []),
        ("bob@example", ["Bob"]),
        ("bob1", ["Bob"]),
        ("BOB-1", ["Bob"]),
        ("E-77", ["Zoe"]),
        ("example.org", ["Zoe", "Bob"]),
        ("100%", []),
        ("\x00", ["Zoe", "Bob"]),
    ],
)
def test_search(
    client: Client, meeting1: Meeting, bob: Attendee, search: str, expected: list[str]
) -> None:
    attendee_of(meeting1, "Z", "zoe@example.org", "Zoe", external_id="E-77")
    assert names(client.get(ROSTER, {"q": search})) == expected


def test_number_of_queries_does_not_grow(client: Client, meeting1: Meeting) -> None:
    counts = []
    for people in (1, 90):
        Attendee.objects.all().delete()
        crowd(meeting1, people)
        with CaptureQueriesContext(connection) as queries:
            client.get(ROSTER)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


def test_attendee_is_added(client: Client, meeting1: Meeting) -> None:
    data = {"code": " Ab-1 ", "email": "ANN@example.org", "firstname": "Ann", "lastname": "Lee"}
    answer = client.post(f"{ROSTER}new/", data)
    assert answer.url == ROSTER
    ann = Attendee.objects.get()
    assert (ann.code, ann.compared_code, ann.email, ann.identity_key) == (
        "Ab-1",
        "ab1",
        "ann@example.org",
        "c:ab1:ann@example.org",
    )


def test_attendee_without_code_is_given_one(client: Client, meeting1: Meeting) -> None:
    client.post(f"{ROSTER}new/", {"email": "ann@example.org", "firstname": "Ann"})
    code = Attendee.objects.get().code
    assert len(code) == 9
    assert Client().post("/m/meeting1/join/", {"code": code.lower()}).status_code == 302


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"email": "ann@"}, "email", "“ann@” is not an email address."),
        ({"firstname": " "}, "firstname", "This field is required."),
        ({"firstname": "\u200b"}, "firstname", "This field is required."),
        ({"code": "bob1"}, "code", "This is the code of Bob Ito. Choose another."),
        ({"code": "--"}, "code", "“--” has no letter or digit to compare."),
        ({"external_id": "1.2E+7"}, "external_id", "looks like a number"),
        ({"external_id": "E1"}, "external_id", "This is the external ID of Cleo."),
        ({"firstname": "A" * 151}, "firstname", "150"),
    ],
)
def test_wrong_attendee_is_refused_beside_the_field(
    client: Client, meeting1: Meeting, bob: Attendee, data: dict[str, str], field: str, message: str
) -> None:
    attendee_of(meeting1, "CLEO", "cleo@example.org", "Cleo", external_id="E1")
    good = {"code": "N1", "email": "ann@example.org", "firstname": "Ann", "external_id": ""}
    answer = client.post(f"{ROSTER}new/", good | data)
    assert answer.status_code == 422
    assert message in " ".join(answer.context["form"].errors[field])
    assert Attendee.objects.count() == 2


def test_changing_the_code_ends_the_admission(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    Client().post("/m/meeting1/join/", {"code": "BOB-1"})
    data = {"code": "BOB-2", "email": bob.email, "firstname": "Bob", "lastname": "Ito"}
    client.post(f"{ROSTER}{bob.pk}/", data)
    bob.refresh_from_db()
    assert (bob.code, bob.credential_version) == ("BOB-2", 2)
    assert not Admission.objects.exists()


def test_changing_the_name_does_not(client: Client, meeting1: Meeting, bob: Attendee) -> None:
    Client().post("/m/meeting1/join/", {"code": "BOB-1"})
    data = {"code": "BOB-1", "email": bob.email, "firstname": "Robert", "lastname": "Ito"}
    assert client.post(f"{ROSTER}{bob.pk}/", data).url == ROSTER
    bob.refresh_from_db()
    assert (bob.firstname, bob.credential_version) == ("Robert", 1)
    assert Admission.objects.count() == 1


def test_custom_fields_are_edited(client: Client, meeting1: Meeting, bob: Attendee) -> None:
    bob.custom = {"Table": "7", "Diet": "vegan"}
    bob.save()
    data = {
        "code": "BOB-1", "email": bob.email, "firstname": "Bob", "lastname": "Ito",
        "custom-Table": "8", "custom-Diet": "",
    }  # fmt: skip
    client.post(f"{ROSTER}{bob.pk}/", data)
    bob.refresh_from_db()
    assert bob.custom == {"Table": "8"}


def test_removing_asks_first_and_then_puts_out(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    Client().post("/m/meeting1/join/", {"code": "BOB-1"})
    page = client.get(f"{ROSTER}{bob.pk}/remove/")
    assert "Remove <bdi>Bob Ito</bdi>?" in page.content.decode()
    assert Attendee.objects.count() == 1
    client.post(f"{ROSTER}{bob.pk}/remove/")
    assert not Attendee.objects.exists()
    assert not Admission.objects.exists()


def test_who_was_removed_meanwhile_is_not_changed(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    def remove_first(execute, sql, *rest):
        if sql.startswith("SAVEPOINT"):  # the act begins
            Attendee.objects.filter(pk=bob.pk).delete()
        return execute(sql, *rest)

    data = {"code": "BOB-2", "email": bob.email, "firstname": "Bob", "lastname": "Ito"}
    with connection.execute_wrapper(remove_first):
        answer = client.post(f"{ROSTER}{bob.pk}/", data, follow=True)
    assert "Bob Ito was taken off the list a moment ago." in answer.content.decode()
    assert not Attendee.objects.exists()


@pytest.mark.postgresql
@pytest.mark.parametrize("act", ["new/", "{}/", "{}/remove/"])
def test_while_an_import_runs_nobody_is_changed(
    client: Client, meeting1: Meeting, bob: Attendee, act: str
) -> None:
    data = {"code": "C-1", "email": "c@example.org", "firstname": "Cleo", "lastname": "Diaz"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
    with psycopg.connect(server.test_database_url()) as importing:
        importing.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.KIND, meeting1.pk])
        answer = client.post(f"{ROSTER}{act.format(bob.pk)}", data, follow=True)
    assert "An import into this meeting is running." in answer.content.decode()
    assert [one.code for one in Attendee.objects.all()] == ["BOB-1"]


def test_export_is_a_file(client: Client, meeting1: Meeting, bob: Attendee) -> None:
    answer = client.get(f"{ROSTER}export/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="meeting1-attendees.csv"'
    assert b"".join(answer).decode() == (
        '"code","email","firstname","lastname","external_id"\r\n'
        '"BOB-1","bob@example.org","Bob","Ito",""\r\n'
    )


@pytest.mark.parametrize(
    "page", ["", "new/", "import/", "imports/", "export/", "{pk}/", "{pk}/remove/"]
)
def test_strangers_find_nothing(
    meeting1: Meeting, bob: Attendee, mallory: Host, client_of: ClientOf, page: str
) -> None:
    address = ROSTER + page.format(pk=bob.pk)
    assert client_of(mallory).get(address).status_code == 404
    assert Client().get(address).url.startswith("/accounts/login/")


def test_attendee_of_another_meeting_is_not_found(
    client: Client, meeting1: Meeting, bob2: Attendee
) -> None:
    assert client.get(f"{ROSTER}{bob2.pk}/").status_code == 404
    assert client.post(f"{ROSTER}{bob2.pk}/remove/").status_code == 404
    assert Attendee.objects.filter(pk=bob2.pk).exists()
