"""How many people came in during the last half hour, minute by minute, as a small picture."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from attendees.models import Arrival
from meetings.models import Meeting

MINUTES = 30
BAR, HEIGHT = 8, 32  # of the picture, in its own units: one bar's room, and the highest bar


@dataclass(frozen=True)
class Bar:
    """One minute: its place and size in the picture."""

    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Inflow:
    people: int  # arrivals: who comes twice counts twice
    bars: list[Bar]
    width: int = MINUTES * BAR
    height: int = HEIGHT


def inflow(meeting: Meeting, *, at: datetime) -> Inflow | None:
    """None where nobody has come by name: of the others no time is kept."""
    if meeting.anonymize_attendees:
        return None
    minute = int(at.timestamp()) // 60
    first = minute - MINUTES + 1
    since = datetime.fromtimestamp(60 * first, at.tzinfo)
    came = Arrival.objects.let_in().filter(meeting=meeting, at__gte=since, at__lte=at)
    times = came.order_by().values_list("at", flat=True)
    by_minute = Counter(int(time.timestamp()) // 60 - first for time in times.iterator())
    if not by_minute:
        return None
    most = max(by_minute.values())
    sizes = {number: max(2, HEIGHT * count // most) for number, count in by_minute.items()}
    return Inflow(
        people=by_minute.total(),
        bars=[Bar(BAR * n, HEIGHT - size, size) for n, size in sorted(sizes.items())],
    )
