"""Who was where, from when until when: visits of one person, over linked meetings, as stays.

A stay is time in a meeting while it was live: who waits in the lobby, or reads what is left after
the end, is not in the meeting. Only people who are shown by name; of the others nothing is read
here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import F, QuerySet

from attendees.models import Attendee, Participant, Visit
from attendees.people import folded
from hosts.models import Host
from materials.models import Material
from meetings.live_times import LiveTimes, live_times_of, while_live
from meetings.models import Meeting
from meetings.titles import natural

# A reload, or a telephone that slept for a moment, is no leaving.
SHORT_GAP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Stay:
    """Some time in one meeting that was live, without a gap worth the name."""

    meeting: int
    since: datetime
    until: datetime  # now, where it is not over
    goes_on: bool = False

    @property
    def lasted(self) -> timedelta:
        return self.until - self.since

    @property
    def minutes(self) -> int:
        return minutes_of(self.lasted)


@dataclass
class Person:
    """Somebody, by the identity that the lists of the meetings have in common."""

    name: str
    email: str
    external_id: str
    compared_code: str
    live: Mapping[int, LiveTimes]  # of the meetings
    attendees: set[int] = field(default_factory=set)  # rows of rosters
    visits: list[Stay] = field(default_factory=list)  # in the lobby, too, and after the end

    @cached_property
    def stays(self) -> Sequence[Stay]:
        """In order of beginning; visits whose gap is short are one stay, of one live time."""
        per_meeting: dict[int, list[Stay]] = defaultdict(list)
        for visit in sorted(self.visits, key=lambda visit: visit.since):
            per_meeting[visit.meeting].append(visit)
        counted = [
            part
            for meeting, visits in per_meeting.items()
            for stay in without_gaps(visits)
            for part in counted_of(stay, self.live.get(meeting, ()))
        ]
        return sorted(counted, key=lambda stay: (stay.since, stay.until))

    @property
    def minutes_in(self) -> dict[int, int]:
        lasted: dict[int, timedelta] = defaultdict(timedelta)
        for stay in self.stays:
            lasted[stay.meeting] += stay.lasted
        return {meeting: minutes_of(time) for meeting, time in lasted.items()}

    @property
    def minutes(self) -> int:
        """In all meetings; being in two at once counts once."""
        together = without_gaps(
            [Stay(0, stay.since, stay.until) for stay in self.stays], gap=timedelta()
        )
        return minutes_of(sum((stay.lasted for stay in together), timedelta()))

    @property
    def first_in(self) -> datetime:
        return self.stays[0].since

    @property
    def last_out(self) -> datetime:
        return max(stay.until for stay in self.stays)

    @property
    def is_here(self) -> bool:
        """In any of the meetings, now."""
        return any(stay.goes_on for stay in self.stays)

    @property
    def page(self) -> int:
        """The row of a roster under which the console shows this person's path."""
        return min(self.attendees)


def without_gaps(visits: Iterable[Stay], *, gap: timedelta = SHORT_GAP) -> list[Stay]:
    """One stay for visits of one meeting, given in order, that overlap or nearly follow."""
    stays: list[Stay] = []
    for visit in visits:
        if stays and visit.since - stays[-1].until <= gap:
            last = stays[-1]
            until, goes_on = max(last.until, visit.until), last.goes_on or visit.goes_on
            stays[-1] = Stay(last.meeting, last.since, until, goes_on)
        else:
            stays.append(visit)
    return stays


def counted_of(stay: Stay, times: LiveTimes) -> list[Stay]:
    """What of the stay falls into the times in which the meeting was live."""
    until = None if stay.goes_on else stay.until
    return [
        Stay(stay.meeting, part.since, part.until or stay.until, goes_on=part.until is None)
        for part in while_live(stay.since, until, times)
    ]


def minutes_of(time: timedelta) -> int:
    """Begun half minutes count up."""
    return int(time.total_seconds() / 60 + 0.5)


def linked_with(meeting: Meeting, host: Host) -> list[Meeting]:
    """The meeting and all that the host manages and that links lead to, step by step, by title."""
    managed = Meeting.objects.filter(workspace=meeting.workspace_id).managed_by(host)
    by_pk = {one.pk: one for one in managed}
    links = Material.objects.published().filter(
        kind=Material.Kind.MEETING,
        meeting__workspace=meeting.workspace_id,
        target__workspace=F("meeting__workspace"),
    )
    neighbours: dict[int, set[int]] = defaultdict(set)
    for source, target in links.order_by().values_list("meeting", "target").distinct():
        if target is not None:
            neighbours[source].add(target)
            neighbours[target].add(source)
    found, waiting = {meeting.pk}, [meeting.pk]
    while waiting:
        newly = (neighbours[waiting.pop()] & by_pk.keys()) - found
        found |= newly
        waiting.extend(newly)
    return sorted((by_pk[pk] for pk in found), key=lambda one: (natural(one.title), one.pk))


def people_of(meetings: Iterable[Meeting], *, at: datetime) -> list[Person]:
    """Everybody who was in any of the meetings by name, in the order of names; two queries."""
    live = live_times_of(names_shown_in(meetings))
    return people_in(Visit.objects.filter(participant__attendee__isnull=False), live, at=at)


def person_of(attendee_id: int, meetings: Iterable[Meeting], *, at: datetime) -> Person | None:
    """The one of `people_of` who is this row of a roster; the visits of others are not read."""
    named = names_shown_in(meetings)
    rows = Attendee.objects.filter(meeting__in=named)
    row = rows.filter(pk=attendee_id).first()
    if row is None:
        return None
    alike = rows.filter(identity_key=row.identity_key) if row.identity_key else [row]
    participants = Participant.objects.filter(attendee__in=[one.pk for one in alike])
    visits = Visit.objects.filter(participant__in=list(participants.values_list("pk", flat=True)))
    people = people_in(visits, live_times_of(named), at=at)
    return next((person for person in people if attendee_id in person.attendees), None)


def names_shown_in(meetings: Iterable[Meeting]) -> list[Meeting]:
    return [meeting for meeting in meetings if not meeting.anonymize_attendees]


def people_in(
    visits: QuerySet[Visit], live: Mapping[int, LiveTimes], *, at: datetime
) -> list[Person]:
    rows = (
        visits.filter(meeting__in=live, started_at__isnull=False)
        .order_by("started_at", "pk")
        .values_list(
            "meeting",
            "started_at",
            "present_until",
            "admission",
            "participant__attendee",
            "participant__attendee__identity_key",
            "participant__attendee__compared_code",
            "participant__attendee__email",
            "participant__attendee__external_id",
            "participant__attendee__firstname",
            "participant__attendee__lastname",
        )
    )
    by_key: dict[str, list[Person]] = defaultdict(list)
    for meeting, since, until, admission, pk, key, code, email, external_id, *name in rows:
        assert since is not None  # noqa: S101 - by the filter
        same = by_key[key or f"row {pk}"]
        person = next((one for one in same if is_same(one, code, email)), None)
        if person is None:
            person = Person(" ".join(name).strip(), email, external_id, code, live)
            same.append(person)
        person.attendees.add(pk)
        goes_on = until > at and admission is not None
        person.visits.append(Stay(meeting, since, max(since, min(until, at)), goes_on))
    people = [person for same in by_key.values() for person in same if person.stays]
    return sorted(people, key=lambda person: (folded(person.name), person.page))


def is_same(person: Person, code: str, email: str) -> bool:
    """As at the door: one external ID with another code and another email is somebody else's."""
    return person.compared_code == code or person.email == email


# --- From one to the next ---------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """Somebody left one meeting, or turned to another, and stayed there."""

    person: Person
    source: int
    target: int
    stay: Stay
    back_at: datetime | None

    @property
    def at(self) -> datetime:
        return self.stay.since


def moves_of(person: Person) -> list[Move]:
    moves = []
    for place, stay in enumerate(person.stays):
        source = latest_elsewhere(person.stays[:place], stay)
        if source is None:
            continue
        moves.append(
            Move(person, source.meeting, stay.meeting, stay, back(person.stays, place, source))
        )
    return moves


def latest_elsewhere(before: Sequence[Stay], stay: Stay) -> Stay | None:
    """Where somebody was when the stay began, or last: nothing, if it was this very meeting.

    In several meetings at once, it is the one to which they turned last.
    """

    def how_lately(earlier: Stay) -> tuple[datetime, datetime]:
        return min(earlier.until + SHORT_GAP, stay.since), earlier.since

    last = max(before, key=how_lately, default=None)
    return last if last and last.meeting != stay.meeting else None


def back(stays: Sequence[Stay], place: int, source: Stay) -> datetime | None:
    """When somebody was in the first meeting again, if ever."""
    stay = stays[place]
    if source.until > stay.until:  # never really away
        return stay.until
    later = (one.since for one in stays[place + 1 :] if one.meeting == source.meeting)
    return next(later, None)
