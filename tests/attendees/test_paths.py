"""Who was where, for how long, and where they went: from visits, for people shown by name."""

import codecs
import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from attendees import presence
from attendees.models import Admission, Arrival, ArrivalCount, Attendee, Participant, Visit
from attendees.paths.flow import flow_of
from attendees.paths.report import report_of
from attendees.paths.stays import linked_with, moves_of, people_of, person_of
from attendees.presence import LEASE, Stay
from hosts.models import Host
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db

NINE = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def was(attendee: Attendee, begin: float, end: float) -> Visit:
    """The attendee was in their meeting, live since nine, between these minutes after nine."""
    if attendee.meeting.is_live and attendee.meeting.started_at > NINE:
        attendee.meeting.started_at = NINE
        attendee.meeting.save(update_fields=["started_at"])
    participant, _ = Participant.objects.get_or_create(
        meeting=attendee.meeting, key=f"a:{attendee.pk}", attendee=attendee
    )
    return Visit.objects.create(
        meeting=attendee.meeting,
        participant=participant,
        started_at=at(begin),
        present_until=at(end),
        tab=uuid4(),
    )


def path(*meetings: Meeting) -> list[tuple[str, int, int]]:
    """The stays of the only person, in minutes after nine."""
    [person] = people_of(meetings, at=at(1000))
    slugs = {meeting.pk: meeting.slug for meeting in meetings}
    return [
        (
            slugs[stay.meeting],
            round((stay.since - NINE).total_seconds() / 60),
            round((stay.until - NINE).total_seconds() / 60),
        )
        for stay in person.stays
    ]


# --- Stays ------------------------------------------------------------------------------------


def test_visits_with_a_short_gap_are_one_stay(meeting1: Meeting, bob: Attendee) -> None:
    for begin, end in [(0, 10), (11, 20), (12, 15), (30, 40)]:
        was(bob, begin, end)
    assert path(meeting1) == [("meeting1", 0, 20), ("meeting1", 30, 40)]


def test_the_same_person_in_two_meetings_has_one_path(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    was(bob, 0, 30)
    was(bob2, 10, 20)
    was(bob, 50, 60)
    [person] = people_of([meeting1, meeting2], at=at(1000))
    assert path(meeting1, meeting2) == [
        ("meeting1", 0, 30), ("meeting2", 10, 20), ("meeting1", 50, 60),
    ]  # fmt: skip
    assert person.minutes_in == {meeting1.pk: 40, meeting2.pk: 10}
    assert person.minutes == 40, "being in two rooms at once counts once"
    assert (person.first_in, person.last_out) == (at(0), at(60))


def test_one_external_id_with_another_code_and_email_is_somebody_else(
    meeting1: Meeting, meeting2: Meeting
) -> None:
    was(attendee_of(meeting1, "A-1", "a@x.org", "Ana", external_id="E1"), 0, 5)
    was(attendee_of(meeting2, "B-2", "b@x.org", "Ben", external_id="E1"), 0, 5)
    people = people_of([meeting1, meeting2], at=at(1000))
    assert [person.name for person in people] == ["Ana", "Ben"]


def test_the_page_of_a_person_tells_what_the_report_does(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    one, other, third = (
        attendee_of(meeting, code, f"{code}@x.org", code, external_id="E1")
        for meeting, code in [(meeting1, "ANA"), (meeting2, "BEN"), (hiding, "CY")]
    )
    nameless = [attendee_of(meeting, "D-1", "", "Dee") for meeting in (meeting1, meeting2)]
    absent = attendee_of(meeting1, "EVE", "eve@x.org", "Eve")
    for attendee in (bob, bob2, one, other, *nameless):
        was(attendee, 0, 10)
    meetings = [meeting1, meeting2, hiding]
    people = people_of(meetings, at=at(1000))
    assert len(people) == 5
    for person in people:
        for attendee_id in person.attendees:
            assert person_of(attendee_id, meetings, at=at(1000)) == person
    for nobody in (third, absent):
        assert person_of(nobody.pk, meetings, at=at(1000)) is None
    assert person_of(bob2.pk, [meeting1], at=at(1000)) is None


def test_excel_calculates_with_times_and_minutes(
    alice: Host, client_of, walked: None, meeting1: Meeting, meeting2: Meeting
) -> None:
    Host.objects.filter(pk=alice.pk).update(time_zone="Asia/Kathmandu")
    alice.refresh_from_db()
    host = client_of(alice)
    book = load_workbook(BytesIO(host.get("/host/meetings/meeting1/paths/attendance.xlsx").content))
    row = book.active[2]
    minutes, (first, last) = row[3:6], row[6:]
    assert [(cell.data_type, cell.value) for cell in minutes] == [("n", 44), ("n", 16), ("n", 59)]
    assert [cell.is_date for cell in (first, last)] == [True, True]
    assert {cell.number_format for cell in (first, last)} == {"yyyy-mm-dd hh:mm"}
    assert last.value - first.value == timedelta(hours=1)
    page = host.get("/host/meetings/meeting1/paths/").text
    for cell in (first, last):
        assert f"{cell.value.day} {cell.value:%b}, {cell.value:%H:%M}</time>" in page
    [person] = people_of([meeting1, meeting2], at=at(1000))
    assert first.value == timezone.make_naive(person.first_in, ZoneInfo("Asia/Kathmandu"))
    assert min(book.active.column_dimensions[name].width for name in "GH") >= 18


def test_a_file_without_people_has_its_head(alice: Host, client_of, meeting1: Meeting) -> None:
    content = client_of(alice).get("/host/meetings/meeting1/paths/attendance.xlsx").content
    [head] = load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
    assert head[-2:] == ("first in", "last out")


def test_who_is_still_there_has_been_there_until_now(meeting1: Meeting, bob: Attendee) -> None:
    was(bob, 0, 60)
    [person] = people_of([meeting1], at=at(20))
    assert (person.minutes, person.is_here) == (20, False), "the browser has been signed out"
    Browser().type_code(meeting1, "BOB-1")
    Visit.objects.update(admission=Admission.objects.get())
    [person] = people_of([meeting1], at=at(20))
    assert (person.minutes, person.is_here) == (20, True)
    [person] = people_of([meeting1], at=at(60))
    assert (person.minutes, person.is_here) == (60, False)


def test_what_comes_after_the_end_of_a_meeting_does_not_count(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    was(bob, 0, 900)  # the page was left open
    was(bob2, 10, 20)
    was(bob2, 70, 80)  # came back to read what was left
    Browser().type_code(meeting1, "BOB-1")
    Visit.objects.filter(meeting=meeting1).update(admission=Admission.objects.get())
    for meeting in (meeting1, meeting2):
        meeting.state, meeting.ended_at = Meeting.State.ENDED, at(60)
        meeting.save()
    assert path(meeting1, meeting2) == [("meeting1", 0, 60), ("meeting2", 10, 20)]
    [person] = people_of([meeting1, meeting2], at=at(100))
    assert (person.last_out, person.is_here) == (at(60), False)


def test_a_tab_that_comes_back_after_a_gap_was_away(meeting1: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    stay = Stay(Admission.objects.get().pk, uuid4())
    Visit.objects.all().delete()
    for minute in (0, 0.5, 30):  # the second renews the first
        presence.begin([stay], at=at(minute))
    assert list(Visit.objects.order_by("pk").values_list("started_at", "present_until")) == [
        (at(0), at(0.5) + LEASE),
        (at(30), at(30) + LEASE),
    ]
    assert presence.here(meeting1, at=at(30)) == 1


def test_the_tabs_of_an_anonymizing_meeting_leave_no_trail(alice: Host) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    attendee_of(hiding, "BOB-1", "bob@example.org", "Bob")
    Browser().type_code(hiding, "BOB-1")
    stay = Stay(Admission.objects.get().pk, uuid4())
    Visit.objects.all().delete()
    for minute in (0, 30):
        presence.begin([stay], at=at(minute))
    assert Visit.objects.get().started_at is None


# --- Moves ------------------------------------------------------------------------------------


def test_who_goes_and_comes_back(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    was(bob, 0, 30)
    was(bob2, 29.5, 45)
    was(bob, 46, 60)
    [person] = people_of([meeting1, meeting2], at=at(1000))
    assert [(m.source, m.target, m.at, m.stay.minutes, m.back_at) for m in moves_of(person)] == [
        (meeting1.pk, meeting2.pk, at(29.5), 16, at(46)),
        (meeting2.pk, meeting1.pk, at(46), 14, None),
    ]


def test_who_looks_into_the_next_room_without_leaving_is_back_when_it_is_over(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    was(bob, 0, 60)
    was(bob2, 20, 25)
    [person] = people_of([meeting1, meeting2], at=at(1000))
    [move] = moves_of(person)
    assert (move.at, move.back_at) == (at(20), at(25))


def test_who_goes_on_after_a_look_into_another_room_comes_from_where_they_are(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    third = meeting_of(alice, "third")
    bob3 = attendee_of(third, "BOB-1", "bob@example.org", "Bob")
    was(bob, 0, 60)
    was(bob2, 20, 25)
    was(bob3, 40, 50)
    [person] = people_of([meeting1, meeting2, third], at=at(1000))
    assert [(m.source, m.target, m.at, m.back_at) for m in moves_of(person)] == [
        (meeting1.pk, meeting2.pk, at(20), at(25)),
        (meeting1.pk, third.pk, at(40), at(50)),
    ]


def test_who_goes_on_from_a_second_tab_comes_from_its_room(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    third = meeting_of(alice, "third")
    bob3 = attendee_of(third, "BOB-1", "bob@example.org", "Bob")
    was(bob, 0, 60)
    was(bob2, 20, 25)
    was(bob3, 25.5, 50)  # the page was slow
    [person] = people_of([meeting1, meeting2, third], at=at(1000))
    assert [(m.source, m.target) for m in moves_of(person)] == [
        (meeting1.pk, meeting2.pk),
        (meeting2.pk, third.pk),
    ]


# --- Which meetings ---------------------------------------------------------------------------


def test_the_report_follows_links_step_by_step_and_stops_at_rights(
    workspace, alice: Host, mallory: Host, meeting1: Meeting, meeting2: Meeting
) -> None:
    third, unlinked, unpublished = (meeting_of(alice, s) for s in ("third", "alone", "draft"))
    link_between(third, meeting2, alice)
    link_between(meeting1, unpublished, alice, is_published=False)
    link_between(meeting1, meeting_of(mallory, "foreign"), alice)
    assert linked_with(meeting1, alice) == [meeting1, meeting2, third]
    assert linked_with(unlinked, alice) == [unlinked]
    carol = host_of(workspace, "carol@example.org", "host")
    for meeting in (meeting1, third):
        CoHost.objects.create(meeting=meeting, host=carol)
    assert linked_with(meeting1, carol) == [meeting1], "the way to the third is through the second"


# --- Pages and files --------------------------------------------------------------------------


@pytest.fixture
def walked(meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee) -> None:
    was(bob, 0, 30)
    was(bob2, 29.5, 45)
    was(bob, 46, 60)
    Arrival.objects.create(
        meeting=meeting2,
        how="carried",
        at=at(29.5),
        participant=Participant.objects.get(attendee=bob2),
        shown=bob,
        whence=meeting1,
        rule="same code and email",
    )


def test_the_report_says_who_was_where(
    alice: Host, client_of, walked: None, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    host = client_of(alice)
    answer = host.get("/host/meetings/meeting2/paths/")
    [(person, rooms)] = answer.context["rows"]
    assert (person.name, rooms, person.minutes) == ("Bob Ito", [(meeting1, 44), (meeting2, 16)], 59)
    going, returning = answer.context["report"].links
    assert (going.source, going.target, going.carried, going.came_back) == (
        meeting1, meeting2, "1", 1,
    )  # fmt: skip
    assert (returning.source, returning.carried, returning.came_back) == (meeting2, "", 0)
    page = answer.content.decode()
    assert "Bob Ito" in page
    assert "<svg viewBox" in page
    assert "style=" not in page.split("<main", 1)[1].split("</main")[0]
    person_page = host.get(f"/host/meetings/meeting1/paths/people/{bob.pk}/").content.decode()
    assert "Carried, without a code" in person_page
    moves = host.get("/host/meetings/meeting1/paths/moves/?from=meeting1&to=meeting2")
    assert [move.at for move, _, _ in moves.context["rows"]] == [at(29.5)]


def test_the_attendance_is_a_file(
    alice: Host, client_of, walked: None, meeting1: Meeting, meeting2: Meeting
) -> None:
    host = client_of(alice)
    text = host.get("/host/meetings/meeting1/paths/attendance.csv").content.decode("utf-8-sig")
    head, row = csv.reader(StringIO(text))
    assert head == [
        "name", "email", "external_id", "Meeting1 (minutes)", "Meeting2 (minutes)",
        "total (minutes)", "first in", "last out",
    ]  # fmt: skip
    assert row[:6] == ["Bob Ito", "bob@example.org", "", "44", "16", "59"]
    book = load_workbook(BytesIO(host.get("/host/meetings/meeting1/paths/attendance.xlsx").content))
    assert [cell.value for cell in book.active[2]][:6] == [
        "Bob Ito", "bob@example.org", None, 44, 16, 59,
    ]  # fmt: skip
    moves = host.get("/host/meetings/meeting1/paths/moves.csv?to=meeting2").content.decode(
        "utf-8-sig"
    )
    assert [row[2:4] for row in csv.reader(StringIO(moves))][1:] == [["Meeting1", "Meeting2"]]


def test_who_is_still_there_has_not_gone_out(
    alice: Host, client_of, meeting1: Meeting, bob: Attendee
) -> None:
    Browser().type_code(meeting1, "BOB-1")
    visit = was(bob, 0, 10)
    host = client_of(alice)

    def said() -> tuple[str, str, bool]:
        text = host.get("/host/meetings/meeting1/paths/attendance.csv").content.decode("utf-8-sig")
        pages = [
            host.get(f"/host/meetings/meeting1/paths/{page}").content.decode()
            for page in ("", f"people/{bob.pk}/")
        ]
        assert ("still here" in pages[0]) == ("still here" in pages[1])
        return (*list(csv.reader(StringIO(text)))[1][-2:], "still here" in pages[0])

    assert said() == (f"{NINE:%Y-%m-%d} 09:00:00", f"{NINE:%Y-%m-%d} 09:10:00", False)
    visit.present_until, visit.admission = timezone.now() + LEASE, Admission.objects.get()
    visit.save()
    assert said() == (f"{NINE:%Y-%m-%d} 09:00:00", "", True)


@pytest.mark.parametrize("file", ["attendance.csv", "moves.csv"])
def test_excel_reads_the_names_in_the_files_rightly(
    alice: Host, client_of, walked: None, meeting1: Meeting, file: str
) -> None:
    content = client_of(alice).get(f"/host/meetings/meeting1/paths/{file}").content
    assert content.startswith(codecs.BOM_UTF8)


def test_files_hold_no_formulas(alice: Host, client_of, meeting1: Meeting) -> None:
    Meeting.objects.filter(pk=meeting1.pk).update(title="=cmd|1")
    was(attendee_of(meeting1, "A-1", "a@x.org", "=1+1", external_id="@SUM(A1)"), 0, 5)
    host = client_of(alice)
    text = host.get("/host/meetings/meeting1/paths/attendance.csv").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(text)) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    book = load_workbook(BytesIO(host.get("/host/meetings/meeting1/paths/attendance.xlsx").content))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert book.active["A2"].value == "=1+1"


def test_a_title_with_a_character_that_no_workbook_holds_has_a_file_too(
    alice: Host, client_of, meeting1: Meeting, bob: Attendee
) -> None:
    was(bob, 0, 10)
    Meeting.objects.filter(pk=meeting1.pk).update(title="Ple\x0bnary\ufffe")
    answer = client_of(alice).get("/host/meetings/meeting1/paths/attendance.xlsx")
    assert load_workbook(BytesIO(answer.content)).active["D1"].value == "Plenary (minutes)"


def test_an_anonymizing_meeting_gives_counts_and_no_small_ones(
    alice: Host, client_of, meeting1: Meeting, bob: Attendee
) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    link_between(meeting1, hiding, alice)
    was(bob, 0, 10)
    for number in range(12):
        pseudonym = Participant.objects.create(meeting=hiding, key=f"p:{number}", number=number + 1)
        Visit.objects.create(
            meeting=hiding, participant=pseudonym, started_at=None, present_until=at(9)
        )
    ArrivalCount.objects.create(meeting=hiding, how="carried", whence=meeting1, times=7)
    ArrivalCount.objects.create(meeting=hiding, how="code", whence=meeting1, times=3)
    report = report_of(meeting1, alice, at=at(100))
    assert {room.meeting.slug: (room.people, room.nameless) for room in report.rooms} == {
        "hiding": (0, "10 to 14"),
        "meeting1": (1, ""),
    }
    [link] = report.links
    assert (link.target, link.carried, link.typed, link.moves) == (hiding, "5 to 9", "", [])
    flow = flow_of(report)
    assert flow is not None
    assert [lane.meeting for lane in flow.lanes] == [meeting1]
    text = (
        client_of(alice)
        .get("/host/meetings/meeting1/paths/attendance.csv")
        .content.decode("utf-8-sig")
    )
    assert "hiding" not in text.casefold()


def test_few_who_went_to_an_anonymizing_meeting_look_like_nobody(
    alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    link_between(meeting1, hiding, alice)
    was(bob, 0, 10)

    def said() -> object:
        report = report_of(meeting1, alice, at=at(100))
        return report.links, [room.nameless for room in report.rooms]

    nobody = said()
    Participant.objects.create(meeting=hiding, key="p:1", number=1)
    ArrivalCount.objects.create(meeting=hiding, how="carried", whence=meeting1, times=1)
    assert said() == nobody == ([], ["fewer than 5", ""])


def test_whoever_was_anonymous_stays_it_when_names_are_shown_from_now_on(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    for how, times in [("carried", 7), ("code", 3)]:
        ArrivalCount.objects.create(meeting=meeting2, how=how, whence=meeting1, times=times)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    [link] = report_of(meeting1, alice, at=timezone.now()).links
    assert (link.carried, link.typed) == ("1, and 5 to 9 without a name", "")
    door = client_of(alice).get("/host/meetings/meeting2/arrivals/")
    assert [(row.headline, row.number) for row in door.context["counted"]] == [
        ("Carried, without a code", "5 to 9"),
    ]


def test_the_picture_and_its_table_say_the_same(
    alice: Host, walked: None, meeting1: Meeting, meeting2: Meeting
) -> None:
    flow = flow_of(report_of(meeting1, alice, at=at(100)))
    assert flow is not None
    assert [lane.meeting for lane in flow.lanes] == [meeting1, meeting2]
    assert sum(len(lane.bars) for lane in flow.lanes) == sum(len(r.present) for r in flow.rows)
    assert [lane.most for lane in flow.lanes] == [
        max(people for row in flow.rows for room, people in row.present if room == lane.meeting)
        for lane in flow.lanes
    ]
    assert [m for row in flow.rows for m in row.moves] == [
        (meeting1, meeting2, 1),
        (meeting2, meeting1, 1),
    ]
    assert len(flow.arrows) == 2
    assert max(bar.x + bar.width for lane in flow.lanes for bar in lane.bars) <= flow.wide


def test_the_picture_counts_people_who_were_in_a_room_at_once(
    alice: Host, meeting1: Meeting
) -> None:
    for number in range(5):  # one after another, and in the end two of them again, together
        one = attendee_of(meeting1, f"P-{number}", f"p{number}@example.org", f"P{number}")
        was(one, 10 + 2 * number, 11 + 2 * number)
        if number < 2:
            was(one, 100, 110)
    flow = flow_of(report_of(meeting1, alice, at=at(200)))
    assert flow is not None
    [lane] = flow.lanes
    assert lane.most == 2
    assert [(row.at, people) for row in flow.rows for _, people in row.present] == [
        (at(10), 1), (at(15), 1), (at(100), 2), (at(105), 2), (at(110), 2),
    ]  # fmt: skip


def test_of_many_rooms_and_lines_the_busiest_are_drawn_and_all_are_in_the_tables(
    alice: Host, client_of, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [meeting_of(alice, f"room-{number}", title=f"Room {number}") for number in range(1, 15)]
    people = [
        [
            attendee_of(meeting, f"P-{n}", f"p{n}@example.org", f"P{n}")
            for meeting in (meeting1, *rooms)
        ]
        for n in range(3)
    ]
    for number, room in enumerate(rooms):
        link_between(meeting1, room, alice)
        for n in range(3 if number == 9 else 1):
            was(people[n][0], 40 * number, 40 * number + 5)
            was(people[n][number + 1], 40 * number + 6, 40 * number + 30)
    monkeypatch.setattr("attendees.paths.flow.MOST_LINES", 4)
    answer = client_of(alice).get("/host/meetings/meeting1/paths/")
    report, flow = answer.context["report"], answer.context["flow"]
    assert [meeting.slug for meeting in report.meetings] == [
        "meeting1", *(f"room-{number}" for number in range(1, 15)),
    ]  # fmt: skip
    assert (len(flow.lanes), flow.left_out) == (12, 3)
    assert "3 from Meeting1 to Room 10" in [arrow.said for arrow in flow.arrows]
    drawable = sum(
        1
        for row in flow.rows
        for source, target, _ in row.moves
        if {source, target} <= {lane.meeting for lane in flow.lanes}
    )
    assert (len(flow.arrows), flow.lines_left_out) == (4, drawable - 4)
    busiest, quieter = answer.context["busiest"], answer.context["quieter"]
    assert (len(busiest), len(quieter)) == (12, len(report.links) - 12)
    assert busiest[0].target == rooms[9]
    page = answer.content.decode()
    assert f"{len(quieter)} more, with fewer people" in page
    for link in report.links:
        assert f"?from={link.source.slug}&amp;to={link.target.slug}" in page


def test_nobody_anywhere_has_a_page_too(alice: Host, client_of, meeting1: Meeting) -> None:
    page = client_of(alice).get("/host/meetings/meeting1/paths/").content.decode()
    assert "Nobody has been here by name yet" in page
    moves = client_of(alice).get("/host/meetings/meeting1/paths/moves/").content.decode()
    assert "Nobody went this way" in moves


def test_who_manages_one_meeting_reads_nothing_of_the_other(
    workspace, client_of, walked: None, meeting1: Meeting, meeting2: Meeting, bob2: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    host = client_of(carol)
    page = host.get("/host/meetings/meeting1/paths/").content.decode()
    assert "Bob Ito" in page
    assert "Meeting2" not in page
    assert host.get(f"/host/meetings/meeting1/paths/people/{bob2.pk}/").status_code == 404
    assert host.get("/host/meetings/meeting2/paths/").status_code == 404


def test_as_many_queries_for_ten_thousand_visits_as_for_three(
    alice: Host, client_of, walked: None, meeting1: Meeting, meeting2: Meeting
) -> None:
    host = client_of(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert host.get("/host/meetings/meeting1/paths/").status_code == 200
        return len(asked)

    few = queries()
    crowd(meeting1, meeting2, people=2500)
    assert Visit.objects.count() >= 10_000
    assert queries() == few


def crowd(*meetings: Meeting, people: int) -> None:
    """So many people, each twice in each of the meetings."""
    for meeting in meetings:
        rows = [
            Attendee(
                meeting=meeting, code=f"N-{n}", email=f"n{n}@x.org", firstname=f"N{n}",
                compared_code=f"n{n}", identity_key=f"c:n{n}:n{n}@x.org",
            )
            for n in range(people)
        ]  # fmt: skip
        listed = Attendee.objects.bulk_create(rows, batch_size=500)
        inside = Participant.objects.bulk_create(
            [Participant(meeting=meeting, key=f"a:{row.pk}", attendee=row) for row in listed],
            batch_size=500,
        )
        Visit.objects.bulk_create(
            [
                Visit(
                    meeting=meeting, participant=participant, tab=uuid4(),
                    started_at=at(n % 90 + again), present_until=at(n % 90 + again + 10),
                )
                for n, participant in enumerate(inside)
                for again in (0, 100)
            ],
            batch_size=500,
        )  # fmt: skip
