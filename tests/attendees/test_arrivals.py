"""What is written down at the doors, what is not, and how hosts read it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import explaining
from attendees.differing import Difference, difference
from attendees.explaining import roughly
from attendees.models import Arrival, ArrivalCount, Attendee, Participant, Visit
from hosts.models import Host
from meetings.arranging import change
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


@pytest.fixture
def stranger2(meeting2: Meeting) -> Attendee:
    """Bob in the second meeting, where he has an external ID, which the first does not know."""
    return attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob", external_id="E-7")


@pytest.fixture
def hiding(alice: Host, meeting1: Meeting) -> Meeting:
    meeting = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    link_between(meeting1, meeting, alice)
    attendee_of(meeting, "BOB-1", "bob@example.org", "Bob")
    return meeting


def written() -> list[tuple[object, ...]]:
    rows = Arrival.objects.order_by("pk")
    return list(
        rows.values_list(
            "meeting__slug", "how", "participant__attendee__firstname", "shown__firstname",
            "whence__slug", "rule", "reason", "difference",
        )
    )  # fmt: skip


def counts() -> set[tuple[object, ...]]:
    rows = ArrivalCount.objects.values_list("meeting__slug", "how", "reason", "whence__slug")
    return {(*row, times) for *row, times in rows.values_list(
        "meeting__slug", "how", "reason", "whence__slug", "times"
    )}  # fmt: skip


def test_a_code_and_a_link_are_written_once_each(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    assert written() == [
        ("meeting1", "code", "Bob", None, None, "", "unknown", ""),
        ("meeting2", "carried", "Bob", "Bob", "meeting1", "same code and email", "", ""),
    ]
    assert Arrival.objects.get(how="carried").material == meeting1.materials.get()


def test_ordinary_pages_write_no_arrival(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        browser.follow(meeting1, meeting2)
    assert sum('INTO "attendees_arrival"' in query["sql"] for query in queries) == 1
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            browser.follow(meeting2, meeting1)
            browser.follow(meeting1, meeting2)
            browser.get("/m/meeting2/people/")
    assert not [query for query in queries if "attendees_arrival" in query["sql"]]


def test_a_prompt_is_written_with_its_reason_once_a_minute(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, stranger2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    for _ in range(3):
        assert browser.follow(meeting1, meeting2) is None
        browser.asked_why(meeting2, came_from=meeting1)
    browser.type_code(meeting2, "BOB-1", came_from=meeting1)
    assert written()[1:] == [
        ("meeting2", "asked", None, "Bob", "meeting1", "", "no match", ""),
        (
            "meeting2", "code", "Bob", "Bob", "meeting1", "", "no match",
            "external ID on one side only",
        ),
    ]  # fmt: skip


def test_the_host_is_told_why_bob_was_asked_again(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, stranger2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    browser.asked_why(meeting2, came_from=meeting1)
    browser.type_code(meeting2, "BOB-1", came_from=meeting1)
    host = client_of(alice)
    here = host.get(f"/host/meetings/meeting1/attendees/{bob.pk}/").content.decode()
    there = host.get(f"/host/meetings/meeting2/attendees/{stranger2.pk}/").content.decode()
    for page in (here, there):
        assert "asked again?" in page
        assert "Nobody on the list of this meeting has the same identity." in page
        assert "Only one of the two lists has an external ID." in page
    door = host.get("/host/meetings/meeting2/arrivals/").content.decode()
    assert "Asked for the code" in door
    assert f'href="/host/meetings/meeting1/attendees/{bob.pk}/"' in door


def test_the_door_and_the_path_say_in_what_the_lists_differ(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, stranger2: Attendee
) -> None:
    ann = attendee_of(meeting1, "ANN-1", "ann@example.org", "Ann")
    for code in ("BOB-1", "ANN-1"):
        browser = Browser()
        browser.type_code(meeting1, code)
        browser.follow(meeting1, meeting2)
        browser.asked_why(meeting2, came_from=meeting1)
    for person in (bob, ann):
        was = Participant.objects.get(attendee=person)
        begin = timezone.now() - timedelta(minutes=5)
        Visit.objects.create(
            meeting=meeting1, participant=was, started_at=begin, present_until=timezone.now()
        )
    Meeting.objects.update(started_at=timezone.now() - timedelta(hours=1))
    host = client_of(alice)
    door = host.get("/host/meetings/meeting2/arrivals/").content.decode()
    path = host.get(f"/host/meetings/meeting1/paths/people/{bob.pk}/").content.decode()
    for page in (door, path):
        assert "Only one of the two lists has an external ID." in page
    assert "Nobody there has this code, email or ID." in door
    assert "Nobody there has this code, email or ID." not in path


def test_who_does_not_manage_the_first_meeting_is_not_told_in_what_the_lists_differ(
    workspace, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, stranger2: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting2, host=carol)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    browser.asked_why(meeting2, came_from=meeting1)
    browser.type_code(meeting2, "BOB-1", came_from=meeting1)
    host = client_of(carol)
    door = host.get("/host/meetings/meeting2/arrivals/").content.decode()
    there = host.get(f"/host/meetings/meeting2/attendees/{stranger2.pk}/").content.decode()
    for page in (door, there):
        assert "Nobody on the list of this meeting has the same identity." in page
        assert "Only one of the two lists has an external ID." not in page


def test_of_several_who_may_be_bob_the_likeliest_explains_why_he_was_asked(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    attendee_of(meeting2, "EVE-9", "bob@example.org", "Eve")  # of one household
    attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob", external_id="E-7")
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.asked_why(meeting2, came_from=meeting1)
    door = client_of(alice).get("/host/meetings/meeting2/arrivals/").content.decode()
    assert "Only one of the two lists has an external ID." in door


def test_what_befell_one_person_is_looked_for_by_the_indexes_of_the_arrivals(
    alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    Browser().type_code(meeting1, "BOB-1")
    with CaptureQueriesContext(connection) as asked:
        [at_the_door] = explaining.of_attendee(bob, alice)
        [on_the_path] = explaining.told(explaining.of_people([bob.pk], [meeting1.pk]), alice)
    assert at_the_door == on_the_path
    conditions = [
        query["sql"].partition(" WHERE ")[2]
        for query in asked
        if ' FROM "attendees_arrival"' in query["sql"]
    ]
    assert len(conditions) == 2
    assert not [where for where in conditions if '"attendees_participant"' in where]


def test_who_does_not_manage_the_first_meeting_is_not_told_who_came_from_it(
    workspace, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting2, host=carol)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.asked_why(meeting2, came_from=meeting1)
    page = client_of(carol).get("/host/meetings/meeting2/arrivals/").content.decode()
    assert "Asked for the code" in page
    assert "Bob" not in page


def test_who_does_not_manage_the_second_meeting_is_not_told_of_its_door(
    workspace, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.asked_why(meeting2, came_from=meeting1)
    assert Arrival.objects.asked().exists()
    page = client_of(carol).get(f"/host/meetings/meeting1/attendees/{bob.pk}/").content.decode()
    assert "Typed the code" in page
    assert "Asked for the code" not in page


def test_strangers_are_only_counted(meeting1: Meeting, bob: Attendee) -> None:
    for _ in range(3):
        Browser().asked_why(meeting1)
    Browser(headers={"user-agent": "another"}).asked_why(meeting1)
    assert written() == []
    assert counts() == {("meeting1", "asked", "unknown", None, 2)}


def test_of_two_people_in_one_browser_none_is_named(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    third = meeting_of(alice, "third")
    link_between(meeting1, third, alice)
    link_between(third, meeting2, alice)
    for meeting in (meeting2, third):
        attendee_of(meeting, "ANA-1", "ana@example.org", "Ana")
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.type_code(third, "ANA-1")
    assert "More than one person" in browser.asked_why(meeting2)
    assert counts() == {("meeting2", "asked", "several people", None, 1)}
    assert not Arrival.objects.asked().exists()


def test_an_anonymizing_door_counts_and_knows_no_time(
    meeting1: Meeting, hiding: Meeting, bob: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, hiding).startswith("Anonymous")
    another = Browser()
    another.asked_why(hiding)
    another.type_code(hiding, "BOB-1")
    assert not Arrival.objects.filter(meeting=hiding).exists()
    assert counts() == {
        ("hiding", "carried", "", "meeting1", 1),
        ("hiding", "asked", "unknown", None, 1),
        ("hiding", "code", "", None, 1),
    }
    kinds = (models.DateTimeField, models.DateField, models.TimeField)
    assert not [f for f in ArrivalCount._meta.get_fields() if isinstance(f, kinds)]
    people = [f.related_model for f in ArrivalCount._meta.get_fields() if f.is_relation]
    assert set(people) == {Meeting}


def test_who_is_known_is_only_counted_where_an_anonymizing_door_asks(
    meeting1: Meeting, hiding: Meeting, bob: Attendee
) -> None:
    Meeting.objects.filter(pk=hiding.pk).update(always_ask=True)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.asked_why(hiding, came_from=meeting1)
    assert not Arrival.objects.filter(meeting=hiding).exists()
    assert counts() == {("hiding", "asked", "always ask", "meeting1", 1)}


def test_small_groups_are_not_told(
    alice: Host, client_of, meeting1: Meeting, hiding: Meeting, bob: Attendee
) -> None:
    host = client_of(alice)

    def said() -> tuple[list[tuple[str, str]], bool]:
        page = host.get("/host/meetings/hiding/arrivals/")
        assert "Bob" not in page.text
        counted = [(row.headline, row.number) for row in page.context["counted"]]
        return counted, "Nobody has come" in page.text

    nobody = said()
    for _ in range(4):
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, hiding)
    assert said() == nobody == ([], False)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, hiding)
    assert said() == ([("Carried, without a code", "5 to 9")], False)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "fewer than 5"), (4, "fewer than 5"), (5, "5 to 9"), (9, "5 to 9"), (10, "10 to 14")],
)
def test_counts_without_names_go_in_steps(number: int, said: str) -> None:
    assert roughly(number) == said


def test_switching_to_anonymous_leaves_counts_and_no_person(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    anonymize(meeting1)
    assert written() == [("meeting2", "carried", "Bob", None, None, "", "", "")]
    assert counts() == {("meeting1", "code", "unknown", None, 1)}


def anonymize(meeting: Meeting) -> None:
    meeting.anonymize_attendees = True
    change(meeting)


def test_an_open_door_only_counts(alice: Host) -> None:
    plaza = meeting_of(alice, "plaza", require_access_codes=False)
    assert Browser().name_in(plaza) == "Anonymous"
    assert written() == []
    assert counts() == {("plaza", "open", "", None, 1)}


def test_the_roster_shows_who_entered_by_a_link(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    host = client_of(alice)
    assert "entered by link" not in host.get("/host/meetings/meeting1/attendees/").content.decode()
    assert "entered by link" in host.get("/host/meetings/meeting2/attendees/").content.decode()


def test_no_code_is_written(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, stranger2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.asked_why(meeting2, came_from=meeting1)
    browser.type_code(meeting2, "BOB-1", came_from=meeting1)
    assert Arrival.objects.count() == 3
    assert "bob-1" not in repr(list(Arrival.objects.values())).casefold()
    assert "bob1" not in repr(list(Arrival.objects.values())).casefold()


def test_the_arrivals_page_asks_as_little_for_many_as_for_one(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    host = client_of(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert host.get("/host/meetings/meeting2/arrivals/").status_code == 200
        return len(asked)

    few = queries()
    one = Arrival.objects.get(how="carried")
    for _ in range(30):
        one.pk = None
        one.save(force_insert=True)
    assert queries() == few


PERSON = {"code": "C1", "email": "a@x.org", "external_id": ""}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, Difference.NONE),
        ({"external_id": "E1"}, {"external_id": "E2"}, Difference.EXTERNAL_IDS),
        ({"external_id": "E1"}, {}, Difference.ONE_SIDE),
        ({}, {"external_id": "E1"}, Difference.ONE_SIDE),
        (
            {"external_id": "E1"},
            {"external_id": "E1", "code": "C2", "email": "b@x.org"},
            Difference.CONTRADICTED,
        ),
        ({}, {"code": "C2"}, Difference.CODE),
        ({}, {"email": "b@x.org"}, Difference.EMAIL),
        ({}, {"email": ""}, Difference.INCOMPLETE),
        ({}, {"code": "C2", "email": "b@x.org"}, Difference.NOTHING),
    ],
)
def test_what_keeps_two_rows_from_being_one_person(
    one: dict[str, str], other: dict[str, str], expected: Difference
) -> None:
    rows = [Attendee(**PERSON | row) for row in (one, other)]
    for row in rows:
        row.derive()
    assert difference(*rows) is expected
