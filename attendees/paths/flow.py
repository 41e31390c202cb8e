"""How many people were in each room over time, and how they went between them: a picture.

All is laid out here, in whole numbers, so that the template only draws.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from attendees.paths.report import Report
from meetings.models import Meeting

MOST_ROOMS = 12
MOST_STEPS = 24
MOST_LINES = 150
STEPS = tuple(timedelta(minutes=n) for n in (1, 5, 10, 15, 30, 60, 120, 240, 720, 1440))

LABELS = 168  # widths and heights in the units of the picture
WIDE = 912
LANE = 64
HEAD = 28
BAR = 40  # the highest


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    said: str


@dataclass(frozen=True)
class Lane:
    meeting: Meeting
    label: str
    y: int  # of its floor
    bars: Sequence[Bar]
    most: int  # people at once


@dataclass(frozen=True)
class Arrow:
    path: str
    width: int
    said: str
    goes_up: bool


@dataclass(frozen=True)
class Mark:
    x: int
    at: datetime


@dataclass(frozen=True)
class Row:
    """One step of time, for the table."""

    at: datetime
    present: Sequence[tuple[Meeting, int]]
    moves: Sequence[tuple[Meeting, Meeting, int]]


@dataclass(frozen=True)
class Flow:
    lanes: Sequence[Lane]
    arrows: Sequence[Arrow]
    marks: Sequence[Mark]
    rows: Sequence[Row]
    height: int
    left_out: int  # rooms
    lines_left_out: int  # those of the fewest people, so that the others can be told apart
    spans_days: bool
    labels: int = LABELS
    wide: int = WIDE


def flow_of(report: Report) -> Flow | None:
    """The picture of those who are shown by name; None where nobody was anywhere."""
    if not report.people:
        return None
    begin = min(person.first_in for person in report.people)
    end = max(person.last_out for person in report.people)
    step = next((s for s in STEPS if (end - begin) <= s * (MOST_STEPS - 1)), None)
    if step is None:
        step = (end - begin) / (MOST_STEPS - 1)
    begin = rounded_down(begin, step)
    steps = int((end - begin) / step) + 1
    rooms = [room.meeting for room in report.rooms if room.people]
    busiest = sorted(report.rooms, key=lambda room: -room.people)[:MOST_ROOMS]
    shown = {room.meeting.pk for room in busiest}
    rooms = [meeting for meeting in rooms if meeting.pk in shown]
    present = presence(report, begin, step)
    moves = Counter(
        (int((move.at - begin) / step), move.source, move.target) for move in report.moves
    )
    times = [begin + number * step for number in range(steps)]
    width = (WIDE - LABELS) // steps
    floors = {meeting.pk: HEAD + LANE * (place + 1) for place, meeting in enumerate(rooms)}
    most = max(present.values(), default=1)
    lines = {move: people for move, people in moves.items() if floors.keys() >= {*move[1:]}}
    drawn = Counter(lines).most_common(MOST_LINES)
    return Flow(
        lanes=[lane(meeting, floors[meeting.pk], present, steps, width, most) for meeting in rooms],
        arrows=arrows(report, drawn, floors, width),
        marks=marks(times, width),
        rows=[row(report, number, at, present, moves) for number, at in enumerate(times)],
        height=HEAD + LANE * len(rooms) + 12,
        lines_left_out=len(lines) - len(drawn),
        left_out=sum(room.people > 0 for room in report.rooms) - len(rooms),
        spans_days=end - begin > timedelta(hours=20),
    )


def rounded_down(moment: datetime, step: timedelta) -> datetime:
    seconds = int(step.total_seconds()) or 1
    return datetime.fromtimestamp(
        moment.timestamp() - moment.timestamp() % seconds, tz=moment.tzinfo
    )


def presence(report: Report, begin: datetime, step: timedelta) -> dict[tuple[int, int], int]:
    """By room and step: the most people who were there at once."""
    changes: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for person in report.people:
        for stay in person.stays:
            changes[stay.meeting] += [(stay.since, 1), (stay.until, -1)]
    found: dict[tuple[int, int], int] = {}
    for meeting, moments in changes.items():
        here = number = 0
        for at, change in sorted(moments):  # whoever goes in an instant makes room first
            reached = int((at - begin) / step)
            for passed in range(number + 1, reached + 1):
                found[meeting, passed] = here
            number, here = reached, here + change
            found[meeting, number] = max(found.get((meeting, number), 0), here)
    return {place: people for place, people in found.items() if people}


def lane(
    meeting: Meeting,
    floor: int,
    present: dict[tuple[int, int], int],
    steps: int,
    width: int,
    most: int,
) -> Lane:
    bars = []
    highest = 0
    for number in range(steps):
        people = present.get((meeting.pk, number), 0)
        highest = max(highest, people)
        if people:
            height = max(2, round(BAR * people / most))
            x = LABELS + number * width
            bars.append(Bar(x, floor - height, max(1, width - 1), height, f"{people}"))
    label = meeting.title if len(meeting.title) <= 20 else f"{meeting.title[:19]}…"
    return Lane(meeting, label, floor, bars, highest)


def arrows(
    report: Report,
    lines: Sequence[tuple[tuple[int, int, int], int]],
    floors: dict[int, int],
    width: int,
) -> list[Arrow]:
    most = max((people for _, people in lines), default=1)
    drawn = []
    for (number, source, target), people in sorted(lines):
        left = LABELS + number * width + width // 8
        right = left + width * 3 // 4
        start, end = floors[source], floors[target]
        middle = (start + end) // 2
        path = f"M{left} {start}C{left} {middle} {right} {middle} {right} {end}"
        said = f"{people} from {report.by_pk[source].title} to {report.by_pk[target].title}"
        drawn.append(Arrow(path, max(1, round(5 * people / most)), said, end < start))
    return drawn


def marks(times: Sequence[datetime], width: int) -> list[Mark]:
    """Every so many steps a time, so that they do not run into each other."""
    every = max(1, -(-84 // width))
    return [
        Mark(LABELS + number * width, at) for number, at in enumerate(times) if number % every == 0
    ]


def row(
    report: Report,
    number: int,
    at: datetime,
    present: dict[tuple[int, int], int],
    moves: Counter[tuple[int, int, int]],
) -> Row:
    return Row(
        at,
        [
            (meeting, present[meeting.pk, number])
            for meeting in report.meetings
            if (meeting.pk, number) in present
        ],
        [
            (report.by_pk[source], report.by_pk[target], people)
            for (step, source, target), people in sorted(moves.items())
            if step == number
        ],
    )
