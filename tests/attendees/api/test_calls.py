"""A membership system keeps meetings, lists and links up to date, and reads attendance."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import admission, presence
from attendees.api import calls, views
from attendees.models import Admission, Attendee, Participant, Visit
from hosts.access import MAX_TOKENS, PREFIX, TooMany, make_token
from hosts.models import ApiToken, Host, Membership
from materials.models import Material
from meetings.models import Meeting
from tests.attendees.api.conftest import System
from tests.conftest import attendee_of, link_between, meeting_of
from tests.people import Browser

SystemOf = Callable[[Host], System]
ANA = {"code": "00123", "email": "ana@example.org", "firstname": "Ana"}


def status_with(header: str) -> int:
    client = Client(headers={"Authorization": header} if header else {})
    return client.get("/api/v1/meetings/").status_code


# --- Tokens


def test_only_the_hash_of_a_token_is_kept(alice: Host, workspace) -> None:
    token = make_token(workspace, "Members", by=alice)
    assert token.startswith(PREFIX)
    assert len(token) > 40
    assert token not in repr(list(ApiToken.objects.values_list()))
    assert status_with(f"Bearer {token}") == status_with(f"bearer  {token}") == 200
    assert status_with(f"Bearer {token}x") == status_with(f"Basic {token}") == 401
    assert status_with(f"Bearer {ApiToken.objects.get().token_hash}") == status_with("") == 401


def test_a_token_ends_when_it_expires_and_when_it_is_revoked(alice: Host, workspace) -> None:
    at = timezone.now()
    token = make_token(workspace, "Members", by=alice, expires_at=at + timedelta(days=1))
    with time_machine.travel(at + timedelta(hours=23), tick=False):
        assert status_with(f"Bearer {token}") == 200
    with time_machine.travel(at + timedelta(hours=24), tick=False):
        assert status_with(f"Bearer {token}") == 401
    ApiToken.objects.all().delete()
    assert status_with(f"Bearer {token}") == 401


@pytest.mark.parametrize("loss", ["demoted", "gone", "inactive"])
def test_a_token_has_no_more_rights_than_its_maker(
    loss: str, alice: Host, workspace, system: System
) -> None:
    assert system.get("/meetings/") == {"meetings": [], "next": None}
    if loss == "demoted":
        Membership.objects.filter(host=alice).update(role="host")
    elif loss == "gone":
        Membership.objects.filter(host=alice).delete()
    else:
        Host.objects.filter(pk=alice.pk).update(is_active=False)
    assert system.call("get", "/meetings/").status_code == 401


def test_a_session_opens_nothing(alice: Host, meeting1: Meeting, client_of) -> None:
    browser = client_of(alice)
    assert browser.get("/api/v1/meetings/").status_code == 401
    assert browser.post("/api/v1/meetings/meeting1/end/").status_code == 401


def test_the_last_use_is_noted_to_the_minute(system: System) -> None:
    at = timezone.now()
    for later, noted in ((0, 0), (30, 0), (61, 61)):
        with time_machine.travel(at + timedelta(seconds=later), tick=False):
            system.get("/meetings/")
        assert ApiToken.objects.get().last_used_at == at + timedelta(seconds=noted)


def test_a_token_may_call_so_often(system: System, mallory: Host, system_of: SystemOf) -> None:
    other = system_of(mallory)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(int(calls.CALLS_OF_A_TOKEN.burst)):
            calls.CALLS_OF_A_TOKEN.hit(str(ApiToken.objects.get(made_by__name="Alice").pk))
        answer = system.call("get", "/meetings/")
        assert (answer.status_code, answer["Retry-After"]) == (429, "1")
        assert other.call("get", "/meetings/").status_code == 200


def test_a_workspace_has_so_many_tokens(alice: Host, workspace) -> None:
    for _ in range(MAX_TOKENS):
        make_token(workspace, "Members", by=alice)
    with pytest.raises(TooMany):
        make_token(workspace, "Members", by=alice)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["", "start/", "end/", "roster/", "links/", "attendance/"])
def test_meetings_of_another_workspace_do_not_exist(
    method: str, page: str, meeting1: Meeting, mallory: Host, system_of: SystemOf
) -> None:
    mine, theirs = (
        system_of(mallory).call(method, f"/meetings/{slug}/{page}") for slug in ("none", "meeting1")
    )
    assert mine.status_code == theirs.status_code
    assert mine.status_code in (404, 405)
    assert theirs.content == mine.content.replace(b"none", b"meeting1")


# --- Meetings


def test_what_is_no_slug_is_no_meeting(system: System) -> None:
    for slug in ("%00", "meeting1%00", "%F0%9F%98%80", "a" * 3000):
        assert system.call("get", f"/meetings/{slug}/").status_code == 404, slug


def test_a_meeting_is_created_started_and_ended(system: System, alice: Host) -> None:
    answer = system.call(
        "post", "/meetings/", {"title": "Assembly", "starts_at": "2027-03-01T09:00:00+01:00"}
    )
    made = Meeting.objects.get()
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/meetings/{made.slug}/"
    assert answer.json()["starts_at"] == "2027-03-01T08:00:00+00:00"
    assert (made.require_access_codes, made.anonymize_attendees, made.created_by) == (
        True,
        False,
        alice,
    )
    assert system.get(f"/meetings/{made.slug}/") == answer.json()
    assert system.post(f"/meetings/{made.slug}/start/")["state"] == "live"
    assert system.post(f"/meetings/{made.slug}/start/")["state"] == "live"
    assert system.post(f"/meetings/{made.slug}/end/")["state"] == "ended"
    assert "Reopen it" in system.post(f"/meetings/{made.slug}/start/", status=409)["detail"]


def test_a_maker_with_two_workspaces_creates_in_that_of_the_token(
    alice: Host, workspace, other_workspace
) -> None:
    Membership.objects.create(workspace=other_workspace, host=alice, role="owner")
    for one in (workspace, other_workspace):
        System(make_token(one, "Members", by=alice)).post(
            "/meetings/", {"title": one.name, "require_access_codes": False}, 201
        )
    made = Meeting.objects.values_list("title", "workspace__name", "require_access_codes")
    assert set(made) == {("Northwind", "Northwind", False), ("Elsewhere", "Elsewhere", False)}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "“title”: This field is required."),
        ({"title": "A", "slug": "new"}, "“slug”: “new” is used by the portal. Choose another."),
        ({"title": "A", "slug": "meeting1"}, "This meeting ID is taken"),
        ({"title": "A", "starts_at": "2027-03-01T09:00"}, "with its offset"),
        ({"title": "A", "starts_at": "2027-13-01T09:00Z"}, "with its offset"),
        ({"title": "A", "starts_at": "1400-01-01T09:00Z"}, "year between"),
        ({"title": "A", "workspace": 1}, "There is no field “workspace”"),
        ({"title": "A", "always_ask": "yes"}, "“always_ask” must be true or false."),
    ],
)
def test_bad_meetings_are_refused_in_a_sentence(
    said: dict[str, object], sentence: str, system: System, meeting1: Meeting
) -> None:
    assert sentence in system.post("/meetings/", said, 422)["detail"]
    assert Meeting.objects.count() == 1


def test_the_list_of_meetings_has_pages(
    system: System, alice: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MEETINGS_ON_A_PAGE", 2)
    for name in ("one", "two", "three"):
        meeting_of(alice, name)
    first = system.get("/meetings/")
    assert first["next"].endswith("/api/v1/meetings/?page=2")
    second = system.get("/meetings/?page=2")
    assert [m["slug"] for m in first["meetings"] + second["meetings"]] == ["three", "two", "one"]
    assert second["next"] is None
    for bad in ("0", "3", "x", "-1", "9" * 50, "²"):
        assert system.call("get", f"/meetings/?page={bad}").status_code == 404


# --- Rosters


def test_a_roster_is_brought_up_to_date(system: System, bob: Attendee, meeting1: Meeting) -> None:
    changed = {"code": "BOB-1", "email": "bob@example.org", "firstname": "Robert"}
    said = system.post("/meetings/meeting1/roster/", {"rows": [ANA, changed]})
    assert said == {
        "rows": [
            {"line": 1, "state": "new", **ANA, "lastname": "", "external_id": ""},
            {"line": 2, "state": "changed", **changed, "lastname": "Ito", "external_id": ""},
        ],
        "errors": [],
        "warnings": [],
        "summary": {"new": 1, "changed": 1, "unchanged": 0, "skipped": 0, "errors": 0},
    }
    listed = Attendee.objects.of(meeting1).order_by("firstname")
    assert list(listed.values_list("code", "firstname", "lastname")) == [
        ("00123", "Ana", ""),
        ("BOB-1", "Robert", "Ito"),
    ]
    assert Browser().type_code(meeting1, "00123") == 302


def test_a_dry_run_says_the_same_and_writes_nothing(system: System, meeting1: Meeting) -> None:
    tried = system.post("/meetings/meeting1/roster/", {"rows": [ANA], "dry_run": True})
    assert not Attendee.objects.exists()
    assert system.post("/meetings/meeting1/roster/", {"rows": [ANA]}) == tried
    assert Attendee.objects.count() == 1


def test_the_same_call_again_changes_nothing(system: System, bob: Attendee) -> None:
    rows = [
        ANA | {"external_id": "7"},
        {"code": "", "email": bob.email, "firstname": "Bob"} | {"external_id": "8"},
    ]
    first = system.post("/meetings/meeting1/roster/", {"rows": rows, "generate_codes": True})
    assert (first["summary"]["new"], first["summary"]["changed"]) == (1, 1)
    before = list(Attendee.objects.order_by("pk").values())
    for more in ({}, {"new_codes": True}):
        again = system.post(
            "/meetings/meeting1/roster/", {"rows": rows, "generate_codes": True} | more
        )
        assert again["summary"] == {
            "new": 0,
            "changed": 0,
            "unchanged": 2,
            "skipped": 0,
            "errors": 0,
        }
    assert list(Attendee.objects.order_by("pk").values()) == before


def test_rows_that_say_nothing_of_anybody_are_found_wrong(
    system: System, meeting1: Meeting
) -> None:
    for leaves_out in (False, True):
        body = {"rows": [{}, "Ana", 7], "leave_out_errors": leaves_out}
        said = system.post("/meetings/meeting1/roster/", body, 422)
        assert [(e["line"], e["problem"]) for e in said["errors"]] == [
            (2, "column_count"), (3, "column_count"), (None, "no_data_rows"),
        ]  # fmt: skip


def test_wrong_rows_stop_it_unless_they_are_left_out(system: System, meeting1: Meeting) -> None:
    rows = [
        ANA,
        {"code": "B-1", "email": "bea@", "firstname": "Bea"},
        {"code": "C-1", "email": "c@example.org", "firstname": ""},
        {"code": "00123", "email": "d@example.org", "firstname": "Dan"},
    ]
    said = system.post("/meetings/meeting1/roster/", {"rows": rows}, 422)
    assert [(e["line"], e["column"], e["problem"]) for e in said["errors"]] == [
        (1, "code", "duplicate_code"),
        (2, "email", "invalid_email"),
        (3, "firstname", "missing_value"),
        (4, "code", "duplicate_code"),
    ]
    assert said["errors"][1]["message"] == "Line 2: “bea@” is not an email address."
    assert not Attendee.objects.exists()
    system.post("/meetings/meeting1/roster/", {"rows": rows[:3], "leave_out_errors": True})
    assert [person.code for person in Attendee.objects.all()] == ["00123"]
    assert system.post("/meetings/meeting1/roster/", {"rows": rows, "dry_run": True})[
        "summary"
    ] == {"new": 0, "changed": 0, "unchanged": 0, "skipped": 0, "errors": 4}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "no_data_rows"),
        ([{}], "no_data_rows"),
        ([{"code": "A", "firstname": "Ana"}], "missing_column"),
        ([ANA | {"code": 123}], "invalid_value"),
        ([ANA | {"code": True}], "invalid_value"),
        ([ANA | {"custom": {"a": 1}}], "invalid_value"),
        ([ANA | {"email": ["a@b.org"]}], "invalid_value"),
        ([ANA, "Ana"], "column_count"),
        ([ANA, ANA | {"code": "2", "lastname": "Ito"}], "column_count"),
        ([ANA | {"firstname": "A\x00"}], "invalid_character"),
        ([ANA | {"code": "9" * 65}], "value_too_long"),
        ([ANA | {"external_id": "1.23E+11"}], "invalid_value"),
        (
            [ANA | {"external_id": "7"}, ANA | {"code": "2", "external_id": "7"}],
            "duplicate_attendee",
        ),
        ([ANA | {"further": "x" * 3000}], "value_too_long"),
    ],
)  # fmt: skip
def test_each_kind_of_wrong_row_has_the_name_that_files_have(
    rows: list[object], problem: str, system: System, meeting1: Meeting
) -> None:
    said = system.post("/meetings/meeting1/roster/", {"rows": rows}, 422)
    assert {error["problem"] for error in said["errors"]} == {problem}
    assert not Attendee.objects.exists()


def test_further_fields_are_kept_and_codes_made(system: System, meeting1: Meeting) -> None:
    row = {"email": "ana@example.org", "firstname": "Ana", "Table": "7\t\\", "lastname": None}
    said = system.post("/meetings/meeting1/roster/", {"rows": [row], "generate_codes": True})
    ana = Attendee.objects.get()
    assert (ana.custom, ana.lastname, ana.code) == ({"Table": "7\t\\"}, "", said["rows"][0]["code"])
    assert len(ana.compared_code) >= 8


def test_whose_code_changes_is_out(system: System, bob: Attendee, meeting1: Meeting) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    row = {"code": "BOB-2", "email": "bob@example.org", "firstname": "Bob"}
    system.post("/meetings/meeting1/roster/", {"rows": [row]})
    assert browser.name_in(meeting1) == "Bob Ito"  # codes are kept unless new ones are asked for
    system.post("/meetings/meeting1/roster/", {"rows": [row], "new_codes": True})
    assert browser.name_in(meeting1) is None


# --- Links


def test_a_link_is_made_and_carries(
    system: System, alice: Host, bob: Attendee, meeting1: Meeting
) -> None:
    other = meeting_of(alice, "other")
    attendee_of(other, "BOB-1", "bob@example.org", "Bob")
    attendee_of(other, "EVE-1", "eve@example.org", "Eve")
    made = system.post("/meetings/meeting1/links/", {"target": "other", "link_back": True}, 201)
    assert made == {
        "id": str(meeting1.materials.get().pk),
        "from": "meeting1",
        "to": "other",
        "title": "Other",
        "is_published": True,
        "carries": True,
        "has_way_back": True,
        "verdict": "Carries",
        "explanation": "People go on under their name, without a second code.",
        "people": 1,
        "known_there": 1,
        "not_meant": 0,
    }
    back = {"from": "other", "to": "meeting1", "people": 2, "known_there": 1}
    found = {link["from"]: link for link in system.get("/meetings/meeting1/links/")["links"]}
    first, second = found["meeting1"], found["other"]
    assert {name: second[name] for name in back} == back
    assert first == made
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, other) == "Bob"


def test_a_link_that_is_sent_again_is_made_once(
    system: System, alice: Host, meeting1: Meeting
) -> None:
    meeting_of(alice, "other")
    address, wanted = "/meetings/meeting1/links/", {"target": "other"}
    made = system.post(address, wanted, 201)
    assert system.post(address, wanted, 200) == made
    assert system.post(address, wanted | {"link_back": True}, 200) == made | {"has_way_back": True}
    assert system.post(address, wanted | {"link_back": True}, 200)["id"] == made["id"]
    assert system.post(address, wanted | {"title": "Again"}, 201)["id"] != made["id"]
    links = Material.objects.order_by("created_at").values_list("meeting__slug", "title")
    assert list(links) == [("meeting1", ""), ("other", ""), ("meeting1", "Again")]


def test_links_lead_to_meetings_of_the_workspace(
    system: System, meeting1: Meeting, mallory: Host
) -> None:
    meeting_of(mallory, "theirs")
    for target in ("theirs", "nowhere", "meeting1"):
        said = system.post("/meetings/meeting1/links/", {"target": target}, 422)
        assert said["errors"] == [
            {"field": "target", "message": "Choose one of the meetings of this workspace."}
        ]
    assert not Material.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_links(
    system: System, meeting1: Meeting, alice: Host
) -> None:
    counts = []
    for name in ("one", "two", "three"):
        link_between(meeting1, meeting_of(alice, name), alice)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert system.get("/meetings/meeting1/links/")["links"]
        counts.append(len(queries))
    assert counts[1] == counts[2]


# --- Attendance


def test_attendance_says_who_is_here_and_who_was(
    system: System, bob: Attendee, meeting1: Meeting
) -> None:
    at = timezone.now()
    with time_machine.travel(at, tick=False):
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        presence.touch(Admission.objects.get())
        here = system.get("/meetings/meeting1/attendance/")
    [person] = here["participants"]
    assert (here["present"], person["is_present"]) == (1, True)
    assert person["visits"] == [{"started_at": at.isoformat(), "ended_at": None}]
    assert (person["email"], person["lastname"]) == ("bob@example.org", "Ito")
    later = at + timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        gone = system.get("/meetings/meeting1/attendance/")
    until = Visit.objects.get().present_until.isoformat()
    assert gone["present"] == 0
    assert gone["participants"][0]["visits"] == [{"started_at": at.isoformat(), "ended_at": until}]


def test_attendance_ends_with_the_meeting(
    system: System, bob: Attendee, meeting1: Meeting, alice: Host
) -> None:
    at = timezone.now()
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    Visit.objects.all().delete()
    here = Admission.objects.get()
    presence.touch(here, uuid4(), at=at)
    presence.touch(here, uuid4(), at=at + timedelta(minutes=20))
    Meeting.objects.update(state=Meeting.State.ENDED, ended_at=at + timedelta(seconds=9))
    [person] = system.get("/meetings/meeting1/attendance/")["participants"]
    assert person["visits"] == [
        {"started_at": at.isoformat(), "ended_at": (at + timedelta(seconds=9)).isoformat()}
    ]


def test_an_anonymizing_meeting_gives_counts_only(
    system: System, alice: Host, bob: Attendee, meeting1: Meeting, client_of
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    presence.touch(Admission.objects.get())
    client_of(alice).post(
        "/host/meetings/meeting1/settings/",
        {"title": "M", "slug": "meeting1", "require_access_codes": "on",
         "anonymize_attendees": "on", "confirmation": "anonymize"},
    )  # fmt: skip
    answer = system.call("get", "/meetings/meeting1/attendance/")
    said = answer.json()
    assert (said["present"], said["is_anonymous"], said["participants"]) == (0, True, None)
    assert b"bob" not in answer.content.lower()


@pytest.mark.parametrize(
    ("here", "told"), [(0, 0), (1, 0), (4, 0), (5, 5), (7, 5), (9, 5), (10, 10)]
)
def test_an_anonymizing_meeting_tells_how_many_are_present_in_steps_only(
    system: System, meeting1: Meeting, here: int, told: int
) -> None:
    Meeting.objects.update(anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    meeting1.refresh_from_db()
    for n in range(here):
        person = attendee_of(meeting1, f"C-{n}", f"p{n}@example.org", f"P{n}")
        presence.touch(
            admission.admit(f"m{n}", meeting1, person, how=Admission.How.CODE, at=timezone.now())
        )
    assert presence.here(meeting1) == here
    assert system.get("/meetings/meeting1/attendance/")["present"] == told


def test_the_attendance_has_pages(
    system: System, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PEOPLE_ON_A_PAGE", 2)
    for name in ("Ana", "Bea", "Cem"):
        person = attendee_of(meeting1, name, f"{name}@example.org", name)
        admission.admit("m" + name, meeting1, person, how=Admission.How.CODE, at=timezone.now())
    assert Participant.objects.count() == 3
    first = system.get("/meetings/meeting1/attendance/")
    second = system.get("/meetings/meeting1/attendance/?page=2")
    names = [one["firstname"] for one in first["participants"] + second["participants"]]
    assert (names, second["next"]) == (["Ana", "Bea", "Cem"], None)
