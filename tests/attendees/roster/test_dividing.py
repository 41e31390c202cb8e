"""One file for many meetings, each row in those that its cell names."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from attendees.models import Attendee, RosterImport
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of

IMPORT = "/host/meetings/meeting1/attendees/import/"
FILE = (
    "code,email,firstname,rooms\n"
    'A,a@example.org,Ann,"Meeting1; MEETING2"\n'
    "B,b@example.org,Bob,meeting2\n"
    "C,c@example.org,Cleo,\n"
)


@pytest.fixture
def client(alice: Host, client_of: Callable[[Host], Client]) -> Client:
    return client_of(alice)


def uploaded(client: Client, text: str, **sent: object) -> str:
    file = SimpleUploadedFile("list.csv", text.encode())
    return client.post(IMPORT, {"file": file, **sent}).url


def imported(client: Client, page: str, **sent: str) -> int:
    seen = client.get(page).context["seen"]
    return client.post(page, {"act": "import", "seen": seen, **sent}).status_code


def lists() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for slug, code in Attendee.objects.values_list("meeting__slug", "code"):
        found.setdefault(slug, set()).add(code)
    return found


@pytest.mark.parametrize("header", ["rooms", "Meetings", "ROOMS "])
def test_rows_go_into_the_meetings_that_they_name(
    client: Client, meeting1: Meeting, meeting2: Meeting, header: str
) -> None:
    page = uploaded(client, FILE.replace("rooms", header))
    shown = client.get(page).content.decode()
    assert "2 people: 2 new" in shown
    assert "Import 3 people" in shown
    rows = client.get(page).context["rows"]
    assert [(row["line"], row["meeting"]) for row in rows] == [
        (2, "Meeting1"),
        (2, "Meeting2"),
        (3, "Meeting2"),
        (4, "Meeting1"),
    ]
    assert imported(client, page) == 302
    assert lists() == {"meeting1": {"A", "C"}, "meeting2": {"A", "B"}}
    assert {one.custom == {} for one in Attendee.objects.all()} == {True}


def test_rows_without_a_name_go_where_the_file_goes(
    client: Client, alice: Host, meeting1: Meeting, meeting2: Meeting
) -> None:
    meeting_of(alice, "meeting3")
    assert imported(client, uploaded(client, FILE, also_into=["meeting3"])) == 302
    assert lists() == {"meeting1": {"A", "C"}, "meeting2": {"A", "B"}, "meeting3": {"C"}}


def test_a_title_may_have_a_comma(client: Client, alice: Host, meeting1: Meeting) -> None:
    meeting_of(alice, "finance", title="Budget, finance")
    row = 'A,a@example.org,Ann,"Budget,  Finance;meeting1"\nB,b@example.org,Bob,"finance, meeting1"'
    assert imported(client, uploaded(client, "code,email,firstname,rooms\n" + row)) == 302
    assert lists() == {"meeting1": {"A", "B"}, "finance": {"A", "B"}}


def test_a_name_that_is_nobodys_is_a_problem_of_its_row(
    client: Client, meeting1: Meeting, meeting2: Meeting, mallory: Host
) -> None:
    meeting_of(mallory, "elsewhere")
    page = uploaded(client, FILE + "D,d@example.org,Dan,meeting2;elsewhere\n")
    shown = client.get(page).content.decode()
    assert "Line 5: “elsewhere” is no meeting that you manage in this workspace." in shown
    assert imported(client, page) == 422
    assert lists() == {}
    rows = b"".join(client.get(f"{page}problems/").streaming_content).decode()
    assert '"D","d@example.org","Dan","meeting2;elsewhere","Line 5: ' in rows
    assert imported(client, page, leave_out="on") == 302
    assert lists() == {"meeting1": {"A", "C"}, "meeting2": {"A", "B"}}


def test_a_name_that_two_meetings_have_is_refused(
    client: Client, alice: Host, meeting1: Meeting
) -> None:
    for slug in ("room-a", "room-b"):
        meeting_of(alice, slug, title="Room")
    page = uploaded(client, FILE.replace("MEETING2", "Room").replace("meeting2", "room-b"))
    assert "several meetings are called “Room”" in client.get(page).content.decode()


def test_a_column_that_names_no_meeting_is_a_column_like_others(
    client: Client, meeting1: Meeting
) -> None:
    text = "code,email,firstname,rooms\nA,a@example.org,Ann,Suite 12\n"
    assert imported(client, uploaded(client, text)) == 302
    assert Attendee.objects.get().custom == {"rooms": "Suite 12"}


def test_the_host_may_say_that_any_column_names_meetings_or_that_none_does(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    page = uploaded(client, FILE.replace("rooms", "Where"))
    client.post(page, {"act": "choose", "column-3": "meetings"})
    assert set(RosterImport.objects.get().also_into.all()) == {meeting2}
    client.post(page, {"act": "choose", "column-3": "custom"})
    assert set(RosterImport.objects.get().also_into.all()) == set()
    client.post(page, {"act": "choose", "column-3": "meetings"})
    assert imported(client, page) == 302
    assert lists() == {"meeting1": {"A", "C"}, "meeting2": {"A", "B"}}


def test_a_meeting_that_no_row_is_for_is_not_emptied(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    attendee_of(meeting1, "OLD-1", "old@example.org", "Old")
    attendee_of(meeting2, "OLD-2", "old@example.org", "Old")
    page = uploaded(client, "code,email,firstname,rooms\nB,b@example.org,Bob,meeting2\n")
    client.post(page, {"act": "choose", "column-3": "meetings", "removes_missing": "on"})
    assert imported(client, page, removals="1") == 302
    assert lists() == {"meeting1": {"OLD-1"}, "meeting2": {"B"}}


def test_it_is_undone_in_all_of_them(client: Client, meeting1: Meeting, meeting2: Meeting) -> None:
    page = uploaded(client, FILE)
    imported(client, page)
    client.post(f"{page}undo/")
    assert lists() == {}


def test_the_command_takes_the_rows_of_its_meeting(
    meeting1: Meeting, meeting2: Meeting, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(FILE)
    out = StringIO()
    call_command("importattendees", "meeting2", str(file), format="json", stdout=out)
    told = json.loads(out.getvalue())
    assert [(row["line"], row["state"]) for row in told["rows"]] == [
        (2, "new"),
        (3, "new"),
        (4, "new"),
    ]
    assert lists() == {"meeting2": {"A", "B", "C"}}
    out = StringIO()
    call_command("importattendees", "meeting1", str(file), format="json", stdout=out)
    assert json.loads(out.getvalue())["summary"] == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "skipped": 1,
        "errors": 0,
    }
    assert lists()["meeting1"] == {"A", "C"}
