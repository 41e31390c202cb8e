"""What is to be said of each meeting that is linked with one, and what can be done about it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from attendees.links.check import check
from attendees.links.mends import Mend, edit_page, mend_of, mends_of, people_page
from attendees.links.obstacles import Obstacle, hindrances
from attendees.links.outcomes import ASKED, LABELS, Outcome, Tally
from attendees.repairs import acts
from hosts.models import Host
from materials import links
from materials.models import Material
from materials.verdicts import Verdict, carries, is_waiting, verdict
from meetings.models import Meeting
from meetings.titles import natural

UNSTARTED = (Obstacle.NOT_STARTED, Obstacle.SOURCE_NOT_STARTED)


@dataclass(frozen=True, kw_only=True)
class Link:
    material: Material
    is_outgoing: bool
    verdict: Verdict
    carries: bool
    may_accept: bool
    may_decline: bool
    # Where repairs are not offered, because this host manages only one of the meetings.
    may_add_back: bool


@dataclass(frozen=True)
class Asked:
    """People who would be asked again, for one reason."""

    label: str
    people: int
    url: str
    mends: Sequence[Mend]


@dataclass(frozen=True)
class Hindered:
    sentence: str
    mend: Mend | None
    unstarted: Meeting | None = None  # where that is all


@dataclass(frozen=True, kw_only=True)
class Direction:
    """From one meeting to the other, with everything that is to be said about it."""

    source: Meeting
    target: Meeting
    is_outgoing: bool
    links: Sequence[Link]
    hindered: Sequence[Hindered]
    tally: Tally | None  # None: not to be told
    asked: Sequence[Asked] = ()

    @property
    def missing(self) -> Hindered | None:
        """That there is no link; it stands in the way of everybody, and is said before all."""
        return None if self.links else self.hindered[0]

    @property
    def otherwise_hindered(self) -> Sequence[Hindered]:
        return self.hindered if self.links else self.hindered[1:]

    @property
    def seen_from(self) -> Meeting:
        return self.source if self.is_outgoing else self.target

    @property
    def not_meant_url(self) -> str:
        return people_page(self.source, self.target, Outcome.NOT_MEANT, self.seen_from)

    @property
    def carried_url(self) -> str:
        return people_page(self.source, self.target, Outcome.CARRIED, self.seen_from)


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A meeting that is linked with this one."""

    meeting: Meeting
    directions: Sequence[Direction]
    is_managed: bool

    @property
    def waiting(self) -> int:
        """How many of its links a host of this meeting has not answered yet."""
        incoming = (d for d in self.directions if not d.is_outgoing)
        return sum(is_waiting(link.material) for direction in incoming for link in direction.links)

    @property
    def to_look_at(self) -> int:
        """How many things stand in somebody's way, or wait."""
        return self.waiting + sum(len(one.hindered) + len(one.asked) for one in self.directions)

    @property
    def order(self) -> tuple[Any, ...]:
        """Those first where there is something to look at."""
        return not self.waiting, not self.to_look_at, natural(self.meeting.title)

    @property
    def unstarted(self) -> set[Meeting]:
        told = (one.unstarted for way in self.directions for one in way.hindered)
        return {meeting for meeting in told if meeting}

    def without_states(self) -> "Neighbour":
        ways = [
            replace(way, hindered=[one for one in way.hindered if not one.unstarted])
            for way in self.directions
        ]
        return replace(self, directions=ways)

    @property
    def in_short(self) -> str:
        """“200 of 200 carried there, 180 of 200 back”"""
        ways = ("there" if one.is_outgoing else "back" for one in self.directions)
        told = [
            f"{one.tally.carried:,} of {one.tally.people:,}{carried} {way}"
            for one, way, carried in zip(self.directions, ways, (" carried", ""), strict=True)
            if one.tally
        ]
        return ", ".join(told)


def neighbours(meeting: Meeting, host: Host) -> list[Neighbour]:
    """Those first where there is something to look at; as many queries for one as for a hundred."""
    per_meeting: dict[Meeting, list[Material]] = defaultdict(list)
    for material in links.touching(meeting):
        is_outgoing = material.meeting_id == meeting.pk
        other = material.target if is_outgoing else material.meeting
        assert other  # noqa: S101 - a link to a meeting has a target
        per_meeting[other].append(material)
    linked = Meeting.objects.filter(pk__in=[other.pk for other in per_meeting])
    theirs = set(linked.managed_by(host).values_list("pk", flat=True))
    tallies = check([(meeting.pk, pk) for pk in theirs])
    found = [
        Neighbour(
            meeting=other,
            directions=directions(meeting, other, materials, theirs, tallies),
            is_managed=other.pk in theirs,
        )
        for other, materials in per_meeting.items()
    ]
    return sorted(found, key=lambda one: one.order)


def states_said_once(found: list[Neighbour]) -> tuple[list[Neighbour], set[Meeting]]:
    """Before a congress nothing has been started: said of each room, it hides all else.

    Where several rooms wait, they are started together: without what was said of each, and all
    that have not been started.
    """
    waiting = [one for one in found if one.is_managed and one.unstarted]
    if len(waiting) < 2:
        return found, set()
    told = [one.without_states() if one in waiting else one for one in found]
    return sorted(told, key=lambda one: one.order), {m for one in waiting for m in one.unstarted}


def directions(
    meeting: Meeting,
    other: Meeting,
    materials: Sequence[Material],
    theirs: Collection[int],
    tallies: dict[tuple[int, int], Tally],
) -> list[Direction]:
    out = [material for material in materials if material.meeting_id == meeting.pk]
    back = [material for material in materials if material.meeting_id != meeting.pk]
    is_managed = other.pk in theirs
    ways = ((meeting, other, out, back), (other, meeting, back, out))
    return [
        Direction(
            source=source,
            target=target,
            is_outgoing=source == meeting,
            links=[shown(material, meeting, theirs) for material in there],
            hindered=hindered(source, target, there, here, meeting, is_managed=is_managed),
            tally=tallies.get((source.pk, target.pk)),
            asked=asked(source, target, tallies.get((source.pk, target.pk)), meeting),
        )
        for source, target, there, here in ways
    ]


def shown(material: Material, meeting: Meeting, managed_others: Collection[int]) -> Link:
    is_outgoing = material.meeting_id == meeting.pk
    has_way_back: bool = material.has_way_back  # type: ignore[attr-defined]  # by `touching`
    lacks_way_back = material.is_published and not has_way_back
    manages_target = not is_outgoing or material.target_id in managed_others
    return Link(
        material=material,
        is_outgoing=is_outgoing,
        verdict=verdict(material),
        carries=carries(material),
        may_accept=manages_target and (is_waiting(material) or material.is_declined),
        may_decline=manages_target and not is_outgoing and not material.is_declined,
        may_add_back=not is_outgoing
        and material.meeting_id not in managed_others
        and lacks_way_back,
    )


def asked(source: Meeting, target: Meeting, tally: Tally | None, seen_from: Meeting) -> list[Asked]:
    if tally is None:
        return []
    return [
        Asked(
            LABELS[outcome],
            tally.of(outcome),
            people_page(source, target, outcome, seen_from),
            mends_of(source, target, outcome, seen_from),
        )
        for outcome in ASKED
        if tally.of(outcome)
    ]


def hindered(
    source: Meeting,
    target: Meeting,
    there: Sequence[Material],
    back: Sequence[Material],
    seen_from: Meeting,
    *,
    is_managed: bool,
) -> list[Hindered]:
    mended = {*acts.OBSTACLES} if is_managed else set()
    if not any(link.is_published for link in back):
        mended.discard(Obstacle.NO_LINK)  # a link back is made to a link
    # Whoever manages only this meeting publishes the link where it stands.
    mends = {} if is_managed else {Obstacle.DRAFT: Mend("Open the link", edit_page(there))}
    return [
        Hindered(
            one.sentence,
            mend_of(source, target, one, seen_from)
            if one.obstacle in mended
            else mends.get(one.obstacle),
            one.meeting if one.obstacle in UNSTARTED else None,
        )
        for one in hindrances(source, target, there, back)
        # That there is no link is said once, of the direction in which there is none.
        if one.obstacle is not Obstacle.NO_WAY_BACK or back
    ]
