"""Who went where in linked meetings: attendance, links, and counts of those without a name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from statistics import median

from django.db.models import Count, Sum
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from attendees.explaining import SMALLEST_GROUP, roughly
from attendees.models import Admission, Arrival, ArrivalCount, Participant, Visit
from attendees.paths.stays import (
    Move,
    Person,
    linked_with,
    moves_of,
    names_shown_in,
    people_of,
)
from attendees.roster.cells import FORBIDDEN
from attendees.roster.csv_files import Cell
from hosts.models import Host
from meetings.live_times import live_times_of, while_live
from meetings.models import Meeting

Pair = tuple[int, int]  # from one meeting to another
Counts = dict[tuple[Pair, str], int]  # and by how

TIME_FORMAT = "yyyy-mm-dd hh:mm"  # in Excel's words; the seconds are in the cell
NARROWEST, WIDEST = 18, 40  # columns of a workbook, in characters: Excel shows ### for a cut time


@dataclass(frozen=True, kw_only=True)
class Room:
    meeting: Meeting
    people: int  # by name
    nameless: str  # "" where nobody without a name was there

    @property
    def is_told(self) -> bool:
        return not self.meeting.anonymize_attendees


@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """What happened between two meetings, in one direction."""

    source: Meeting
    target: Meeting
    moves: Sequence[Move]
    carried: str
    typed: str
    asked: str

    @property
    def people(self) -> int:
        return len({id(move.person) for move in self.moves})

    @property
    def came_back(self) -> int:
        return sum(move.back_at is not None for move in self.moves)

    @property
    def median_minutes(self) -> int:
        return round(median(move.stay.minutes for move in self.moves)) if self.moves else 0


@dataclass
class Report:
    """A look at linked meetings that one host manages; as many queries for three as for many."""

    meetings: Sequence[Meeting]
    people: Sequence[Person]
    nameless: Counter[int]
    arrivals: Counts
    nameless_arrivals: Counts  # of those few times are left out

    @cached_property
    def by_pk(self) -> dict[int, Meeting]:
        return {meeting.pk: meeting for meeting in self.meetings}

    @property
    def told(self) -> list[Meeting]:
        """Those in which people are shown by name."""
        return names_shown_in(self.meetings)

    @cached_property
    def moves(self) -> list[Move]:
        moves = [move for person in self.people for move in moves_of(person)]
        return sorted(moves, key=lambda move: move.at)

    @cached_property
    def rooms(self) -> list[Room]:
        people: dict[int, int] = defaultdict(int)
        for person in self.people:
            for meeting in {stay.meeting for stay in person.stays}:
                people[meeting] += 1
        return [
            Room(
                meeting=meeting,
                people=people[meeting.pk],
                nameless=self.nameless_in(meeting),
            )
            for meeting in self.meetings
        ]

    def nameless_in(self, meeting: Meeting) -> str:
        people = self.nameless[meeting.pk]
        return roughly(people) if people or meeting.anonymize_attendees else ""

    @cached_property
    def links(self) -> list[LinkRow]:
        """The busiest first."""
        per_pair: dict[Pair, list[Move]] = defaultdict(list)
        for move in self.moves:
            per_pair[move.source, move.target].append(move)
        for arrivals in (self.arrivals, self.nameless_arrivals):
            for pair, _how in arrivals:
                per_pair.setdefault(pair, [])
        rows = [self.link(pair, moves) for pair, moves in per_pair.items()]
        return sorted(rows, key=lambda row: (-len(row.moves), row.source.title, row.target.title))

    def link(self, pair: Pair, moves: Sequence[Move]) -> LinkRow:
        return LinkRow(
            source=self.by_pk[pair[0]],
            target=self.by_pk[pair[1]],
            moves=moves,
            carried=self.number(pair, Admission.How.CARRIED),
            typed=self.number(pair, Admission.How.CODE),
            asked=self.number(pair, Arrival.ASKED),
        )

    def number(self, pair: Pair, how: str) -> str:
        """How often, of people without a name only if it was often enough to be told."""
        by_name, nameless = self.arrivals.get((pair, how)), self.nameless_arrivals.get((pair, how))
        if by_name and nameless:
            return f"{by_name}, and {roughly(nameless)} without a name"
        return roughly(nameless) if nameless else str(by_name or "")


def report_of(meeting: Meeting, host: Host, *, at: datetime) -> Report:
    meetings = linked_with(meeting, host)
    return Report(
        meetings=meetings,
        people=people_of(meetings, at=at),
        nameless=nameless_in(meetings),
        arrivals=arrivals_by_name(meetings),
        nameless_arrivals=arrivals_without_a_name(meetings),
    )


def nameless_in(meetings: Iterable[Meeting]) -> Counter[int]:
    """How many people without a name were in each meeting.

    Whoever is known to have come and gone while it was not live is left out. In an anonymizing
    meeting no time of coming is kept, so it is not known there.
    """
    found = list(meetings)
    live = live_times_of(found)
    rows = Participant.objects.filter(meeting__in=found, attendee=None)
    per_meeting = rows.order_by().values("meeting").annotate(n=Count("pk"))
    came = Counter(dict(per_meeting.values_list("meeting", "n")))
    visits = Visit.objects.filter(meeting__in=found, participant__attendee=None)
    were_there: dict[tuple[int, int], bool] = defaultdict(bool)
    for meeting, one, since, until in visits.order_by().values_list(
        "meeting", "participant", "started_at", "present_until"
    ):
        was_live = since is None or any(while_live(since, until, live.get(meeting, ())))
        were_there[meeting, one] |= was_live
    for (meeting, _), was_there in were_there.items():
        came[meeting] -= not was_there
    return came


def arrivals_by_name(meetings: Sequence[Meeting]) -> Counts:
    """How often somebody came from one to another, by how."""
    rows = Arrival.objects.filter(meeting__in=meetings, whence__in=meetings).order_by()
    return {
        ((row["whence"], row["meeting"]), row["how"]): row["n"]
        for row in rows.values("whence", "meeting", "how").annotate(n=Count("pk"))
    }


def arrivals_without_a_name(meetings: Sequence[Meeting]) -> Counts:
    """The same of people who are anonymous, or were when they came, without what befell few."""
    rows = ArrivalCount.objects.filter(meeting__in=meetings, whence__in=meetings).order_by()
    return {
        ((row["whence"], row["meeting"]), row["how"]): row["n"]
        for row in rows.values("whence", "meeting", "how").annotate(n=Sum("times"))
        if row["n"] >= SMALLEST_GROUP
    }


# --- As files ---------------------------------------------------------------------------------


def attendance(report: Report) -> Iterator[list[Cell]]:
    """The table of who was where, the head first; minutes as numbers, times of the host's zone.

    Minutes are those in which the meeting was live. Who is still there has not gone out.
    """
    told = report.told
    yield [
        "name", "email", "external_id", *(f"{meeting.title} (minutes)" for meeting in told),
        "total (minutes)", "first in", "last out",
    ]  # fmt: skip
    for person in report.people:
        minutes = person.minutes_in
        yield [
            person.name,
            person.email,
            person.external_id,
            *(minutes.get(meeting.pk, 0) for meeting in told),
            person.minutes,
            by_clock(person.first_in),
            "" if person.is_here else by_clock(person.last_out),
        ]


def moves_table(report: Report, moves: Iterable[Move]) -> Iterator[list[Cell]]:
    yield ["name", "email", "from", "to", "at", "minutes", "back at"]
    for move in moves:
        yield [
            move.person.name,
            move.person.email,
            report.by_pk[move.source].title,
            report.by_pk[move.target].title,
            by_clock(move.at),
            move.stay.minutes,
            by_clock(move.back_at) if move.back_at else "",
        ]


def by_clock(moment: datetime) -> datetime:
    """What the host's clock showed, to the second: files know no time zones."""
    return timezone.make_naive(moment).replace(microsecond=0)


def as_workbook(rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """An Excel file with which one can calculate: numbers and times are such.

    Every text is text, whatever it begins with.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for number, row in enumerate(rows):
        if number == 0:
            for column, head in enumerate(row, start=1):
                width = min(max(NARROWEST, len(str(head)) + 2), WIDEST)
                sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.append([kept_as_it_is(WriteOnlyCell(sheet, writable(value))) for value in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def writable(value: Cell) -> Cell:
    """Without characters that no workbook can hold: a title that was pasted may have some."""
    return FORBIDDEN.sub("", value) if isinstance(value, str) else value


def kept_as_it_is(cell: SheetCell) -> SheetCell:
    if isinstance(cell.value, str):
        cell.data_type = "s"
    elif isinstance(cell.value, datetime):
        cell.number_format = TIME_FORMAT
    return cell
