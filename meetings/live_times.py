"""When meetings were live, and what of a time falls into that: attendance is counted by it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meetings.models import Meeting, PastLiveTime


@dataclass(frozen=True, slots=True)
class LiveTime:
    since: datetime
    until: datetime | None  # None: it goes on


LiveTimes = Sequence[LiveTime]  # of one meeting, in order, none within another


def live_times_of(meetings: Iterable[Meeting]) -> Mapping[int, LiveTimes]:
    """By primary key; a meeting that has not been live has none. One query."""
    found = list(meetings)
    past = PastLiveTime.objects.filter(meeting__in=[meeting.pk for meeting in found])
    times: dict[int, list[LiveTime]] = defaultdict(list)
    for pk, since, until in past.values_list("meeting", "started_at", "ended_at"):
        times[pk].append(LiveTime(since, until))
    for meeting in found:
        if meeting.started_at and (meeting.is_live or (meeting.is_ended and meeting.ended_at)):
            latest = LiveTime(meeting.started_at, None if meeting.is_live else meeting.ended_at)
            times[meeting.pk].append(latest)
    return {pk: list(apart(of_one)) for pk, of_one in times.items()}


def apart(times: Iterable[LiveTime]) -> Iterator[LiveTime]:
    """Without overlaps, which there are where the server's clock was set back."""
    end: datetime | None = None
    for time in sorted(times, key=lambda time: time.since):
        since = time.since if end is None else max(time.since, end)
        if time.until is None or since < time.until:
            yield LiveTime(since, time.until)
            end = time.until
        if time.until is None:
            return


def while_live(since: datetime, until: datetime | None, times: LiveTimes) -> Iterator[LiveTime]:
    """What of this time, which goes on where it has no end, lies in those; nothing empty."""
    first = bisect_right(times, since, key=lambda time: time.since) - 1
    for time in times[max(0, first) :]:
        if until is not None and time.since >= until:
            return
        ends = [end for end in (until, time.until) if end is not None]
        part = LiveTime(max(since, time.since), min(ends, default=None))
        if part.until is None or part.since < part.until:
            yield part
