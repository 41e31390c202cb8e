"""What counts as attendance: time in a meeting while it is live, however it is reported."""

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from openpyxl import load_workbook

from attendees import presence
from attendees.admission import admit
from attendees.models import Admission, Attendee, Participant, Visit
from attendees.paths.flow import flow_of
from attendees.paths.report import report_of
from attendees.paths.stays import SHORT_GAP, people_of
from attendees.presence import LEASE, Stay
from hosts.access import make_token
from hosts.models import Host, Workspace
from meetings import lifecycle
from meetings.duplicating import duplicate
from meetings.live_times import live_times_of
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of
from tests.people import Browser

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def act(name: str, meeting: Meeting, minute: float) -> None:
    with time_machine.travel(at(minute), tick=False):
        getattr(lifecycle, name)(meeting)


def was(person: Attendee, begin: float, end: float) -> None:
    """Their tab was open between these minutes after nine, without a pause."""
    participant, _ = Participant.objects.get_or_create(
        meeting=person.meeting, key=f"a:{person.pk}", attendee=person
    )
    Visit.objects.create(
        meeting=person.meeting, participant=participant,
        started_at=at(begin), present_until=at(end),
    )  # fmt: skip


@pytest.fixture
def plenary(alice: Host) -> Meeting:
    """Live from 9:10 to 9:20 and, after it was ended by mistake, from 9:25 to 9:40."""
    meeting = meeting_of(alice, "plenary", state="scheduled", started_at=None)
    for minute, name in [(10, "start"), (20, "end"), (25, "reopen"), (40, "end")]:
        act(name, meeting, minute)
    return Meeting.objects.get(slug="plenary")


@pytest.fixture
def ana(plenary: Meeting) -> Attendee:
    """Was there before the start, in the pause, and after the end, without ever leaving."""
    ana = attendee_of(plenary, "ANA-1", "ana@example.org", "Ana", external_id="M-1")
    was(ana, 0, 60)
    return ana


def test_neither_the_lobby_nor_a_pause_nor_what_comes_after_counts(
    plenary: Meeting, ana: Attendee
) -> None:
    [person] = people_of([plenary], at=at(100))
    assert [(stay.since, stay.until) for stay in person.stays] == [
        (at(10), at(20)),
        (at(25), at(40)),
    ]
    assert person.minutes_in == {plenary.pk: 25}
    assert (person.minutes, person.first_in, person.last_out) == (25, at(10), at(40))


def test_a_pause_does_not_count_even_if_it_is_short(alice: Host) -> None:
    meeting = meeting_of(alice, "plenary", state="scheduled", started_at=None)
    for minute, name in [(0, "start"), (10, "end"), (11, "reopen"), (20, "end")]:
        act(name, meeting, minute)
    was(attendee_of(meeting, "ANA-1", "ana@example.org", "Ana"), 0, 20)
    [person] = people_of([Meeting.objects.get()], at=at(100))
    assert person.minutes == 19


def test_who_only_waited_or_only_read_what_was_left_did_not_attend(
    alice: Host, plenary: Meeting
) -> None:
    for name, begin, end in [("Ben", 0, 9), ("Cem", 21, 24), ("Dia", 41, 50)]:
        was(attendee_of(plenary, name, f"{name}@x.org", name), begin, end)
    assert people_of([plenary], at=at(100)) == []
    report = report_of(plenary, alice, at=at(100))
    assert (report.rooms[0].people, flow_of(report)) == (0, None)


def test_all_reports_count_the_same(
    alice: Host, client_of, plenary: Meeting, ana: Attendee, workspace: Workspace
) -> None:
    host = client_of(alice)
    page = host.get("/host/meetings/plenary/paths/")
    [(person, rooms)] = page.context["rows"]
    assert (rooms, person.minutes) == ([(plenary, 25)], 25)
    assert "while the meeting was live" in " ".join(page.text.split())
    [(row_at, present)] = [(row.at, row.present) for row in page.context["flow"].rows[:1]]
    assert (row_at, present) == (at(10), [(plenary, 1)])

    expected = ["Ana", "ana@example.org", "M-1", 25, 25, "2026-03-02 09:10:00"]
    text = host.get("/host/meetings/plenary/paths/attendance.csv").text
    assert list(csv.reader(StringIO(text)))[1][:6] == [str(value) for value in expected]
    book = load_workbook(BytesIO(host.get("/host/meetings/plenary/paths/attendance.xlsx").content))
    assert [cell.value for cell in book.active[2]][:6] == [
        *expected[:5], datetime.fromisoformat(expected[5]),
    ]  # fmt: skip

    token = make_token(workspace, "Membership", by=alice)
    said = Client(headers={"Authorization": f"Bearer {token}"}).get(
        "/api/v1/meetings/plenary/attendance/"
    )
    assert said.json()["participants"][0]["visits"] == [
        {"started_at": at(10).isoformat(), "ended_at": at(20).isoformat()},
        {"started_at": at(25).isoformat(), "ended_at": at(40).isoformat()},
    ]


def test_nobody_is_present_before_the_start(alice: Host, client_of, workspace: Workspace) -> None:
    meeting = meeting_of(alice, "plenary", state="scheduled", started_at=None)
    attendee_of(meeting, "ANA-1", "ana@example.org", "Ana")
    Browser().type_code(meeting, "ANA-1")
    presence.touch(Admission.objects.get())
    token = make_token(workspace, "Membership", by=alice)
    system = Client(headers={"Authorization": f"Bearer {token}"})

    def said() -> tuple[int, bool, int]:
        found = system.get("/api/v1/meetings/plenary/attendance/").json()
        [person] = found["participants"]
        return found["present"], person["is_present"], len(person["visits"])

    assert said() == (0, False, 0)
    lifecycle.start(meeting)
    assert said() == (1, True, 1)
    lifecycle.end(meeting)
    assert said()[:2] == (0, False)


def test_a_start_that_was_taken_back_was_no_start(alice: Host) -> None:
    meeting = meeting_of(alice, "plenary", state="scheduled", started_at=None)
    was(attendee_of(meeting, "ANA-1", "ana@example.org", "Ana"), 0, 60)
    act("start", meeting, 5)
    act("call_off", meeting, 10)
    assert people_of(Meeting.objects.all(), at=at(100)) == []
    act("start", meeting, 30)
    act("end", meeting, 40)
    [person] = people_of(Meeting.objects.all(), at=at(100))
    assert (person.first_in, person.minutes) == (at(30), 10)


def test_a_copy_has_never_been_live(alice: Host, plenary: Meeting) -> None:
    copy = duplicate(plenary, Meeting(title="Copy"), by=alice, parts=["roster", "materials"])
    assert live_times_of([copy, plenary]).keys() == {plenary.pk}


def test_people_without_a_name_who_only_waited_are_not_counted(
    alice: Host, plenary: Meeting
) -> None:
    Meeting.objects.update(require_access_codes=False)
    for number in range(12):
        waited = number >= 7
        one = Participant.objects.create(meeting=plenary, key=f"o:{number}")
        Visit.objects.create(
            meeting=plenary, participant=one, started_at=at(5),
            present_until=at(9 if waited else 15),
        )  # fmt: skip
    [room] = report_of(plenary, alice, at=at(100)).rooms
    assert room.nameless == "5 to 9"


def test_as_many_queries_for_many_live_times_as_for_one(
    alice: Host, plenary: Meeting, ana: Attendee, django_assert_num_queries
) -> None:
    for minute in range(41, 81, 2):
        act("reopen", plenary, minute)
        act("end", plenary, minute + 1)
    again = Meeting.objects.get(pk=plenary.pk)
    with django_assert_num_queries(2):
        [person] = people_of([again], at=at(100))
    assert person.minutes == 25 + 10


# --- Beside a slow, obvious implementation ----------------------------------------------------

LENGTH = 60  # minutes
ACTS = ("start", "end", "reopen", "call_off")
TABS = [UUID(int=n) for n in (1, 2)]


class AttendanceTest(TestCase):
    """Meetings open and close at random, tabs are opened and closed at random."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
    @given(
        acts=st.lists(st.tuples(st.integers(0, LENGTH * 60), st.sampled_from(ACTS)), max_size=8),
        beats=st.lists(
            st.tuples(st.integers(0, LENGTH * 4), st.integers(1, 60), st.sampled_from(TABS)),
            max_size=8,
        ),
    )
    def test_every_second_that_counts_is_counted_once(
        self, acts: list[tuple[int, str]], beats: list[tuple[int, int, UUID]]
    ) -> None:
        workspace = Workspace.objects.create(name="Northwind")
        meeting = Meeting.objects.create(workspace=workspace, slug=uuid4().hex, title="Plenary")
        live = live_seconds(meeting, acts)
        open_seconds = tab_seconds(attendee_of(meeting, "ANA-1", "ana@example.org", "Ana"), beats)
        expected = {second for second in bridged(open_seconds) if second in live}

        found = people_of(Meeting.objects.filter(pk=meeting.pk), at=second_of(LENGTH * 60 * 2))
        counted = [
            second
            for person in found
            for stay in person.stays
            for second in range(number_of(stay.since), number_of(stay.until))
        ]
        assert sorted(counted) == sorted(expected), "each once"


def number_of(moment: datetime) -> int:
    return round((moment - NINE).total_seconds())


def second_of(number: int) -> datetime:
    return NINE + timedelta(seconds=number)


def live_seconds(meeting: Meeting, acts: list[tuple[int, str]]) -> set[int]:
    """Do the acts, and note of each second whether the meeting is live in it."""
    live: set[int] = set()
    started = None
    for second, name in [*sorted(acts), (LENGTH * 60, "end")]:
        with time_machine.travel(second_of(second), tick=False):
            before = Meeting.objects.get(pk=meeting.pk).state
            try:
                after = getattr(lifecycle, name)(meeting).state
            except lifecycle.NotNow:
                continue
        if before != "live" and after == "live":
            started = second
        elif before == "live" and after != "live":
            assert started is not None
            if name == "end":
                live |= set(range(started, second))
    return live


def tab_seconds(ana: Attendee, beats: list[tuple[int, int, UUID]]) -> set[int]:
    """Open tabs for so many quarters of a minute; note of each second whether one is open."""
    admission = admit("browser", ana.meeting, ana, how=Admission.How.CODE, at=timezone.now())
    Visit.objects.all().delete()
    held: set[int] = set()
    times = sorted((15 * (start + n), tab) for start, length, tab in beats for n in range(length))
    for second, tab in times:
        if second < LENGTH * 60:
            presence.begin([Stay(admission.pk, tab)], at=second_of(second))
            held |= set(range(second, second + int(LEASE.total_seconds())))
    return held


def bridged(held: set[int]) -> set[int]:
    """The same with the short gaps between them, which are no leaving."""
    filled = set(held)
    ordered = sorted(held)
    for one, after in pairwise(ordered):
        if after - one - 1 <= SHORT_GAP.total_seconds():
            filled |= set(range(one, after))
    return filled
