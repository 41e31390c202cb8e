"""What the map shows: the linked meetings of a workspace, as far as this host may see them.

Meetings that the host manages are shown with their numbers. Those of others are there by their
title only, and only where they are linked with a managed one; what leads to or from them carries
no number, because it would be a question about people.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import F, Q

from attendees.links.parts import Part
from attendees.overview.numbers import Numbers, numbers_of
from attendees.room_map.shares import Pair, Share, shares_of
from hosts.models import Host, Workspace
from materials.links import with_carrying
from materials.models import Material
from materials.verdicts import Verdict, verdict
from meetings.models import Meeting
from meetings.titles import natural

# An open map asks every ten seconds who is where; whom the links carry changes rarely.
SHARES_KEPT = 60  # seconds; only for maps that are open, never for one that is opened


@dataclass(frozen=True)
class Room:
    """A meeting on the map; `numbers` where the host manages it."""

    meeting: Meeting
    numbers: Numbers | None

    @property
    def key(self) -> int:
        return self.meeting.pk

    @property
    def title(self) -> str:
        return self.meeting.title

    @property
    def is_managed(self) -> bool:
        return self.numbers is not None

    @property
    def here(self) -> int:
        return self.numbers.here if self.numbers else 0

    @property
    def attendees(self) -> int:
        return self.numbers.attendees if self.numbers else 0


@dataclass(frozen=True)
class Link:
    """A published link from one room to another: of several, the one that leads furthest."""

    source: Room
    target: Room
    verdict: Verdict
    share: Share | None  # of the people of the source; None: not to be told

    @property
    def key(self) -> Pair:
        return self.source.key, self.target.key

    @property
    def opens(self) -> Meeting | None:
        """Whose page about links the host may open."""
        return next((end.meeting for end in (self.source, self.target) if end.is_managed), None)

    @property
    def carried(self) -> int | None:
        if self.share is None:
            return None
        return self.share.known if self.verdict.tone == "good" else 0

    @property
    def is_for_a_part(self) -> bool:
        """The target is meant for some of the people of the source only."""
        return self.share is not None and self.share.meant is not None

    @property
    def people(self) -> int:
        """How many should be carried."""
        if self.share is None or self.share.meant is None:
            return self.source.attendees
        return self.share.meant

    @property
    def is_for_nobody(self) -> bool:
        return self.is_for_a_part and not self.people

    @property
    def percent(self) -> int | None:
        """Rounded down: 100 only where everybody is carried who is meant to be."""
        if self.carried is None or not self.people:
            return None
        return 100 * self.carried // self.people

    @property
    def is_broken(self) -> bool:
        """Somebody who follows it is asked for a code, or loses their name."""
        return self.verdict.tone == "attention" or (self.percent is not None and self.percent < 100)

    @property
    def label(self) -> str:
        if self.percent is not None:
            return f"{self.percent} %"
        return "asks" if self.verdict.tone == "attention" else ""

    @property
    def sentence(self) -> str:
        if self.verdict.tone != "good" or self.carried is None:
            return f"{self.verdict.word}. {self.verdict.sentence}"
        if not self.source.attendees:
            return f"There is nobody on the list of “{self.source.title}” yet."
        if self.is_for_nobody:
            return f"Nobody on the list of “{self.source.title}” is meant to be there."
        meant = " who are meant to be there" if self.is_for_a_part else ""
        rest = "" if self.percent == 100 else " The others are asked for a code."
        return f"{self.carried:,} of {self.people:,}{meant} carry over under their name.{rest}"


@dataclass(frozen=True)
class RoomMap:
    rooms: Sequence[Room]
    links: Sequence[Link]

    @property
    def has_parts(self) -> bool:
        return any(link.is_for_a_part for link in self.links)

    @property
    def broken(self) -> int:
        return sum(link.is_broken for link in self.links)

    @property
    def print(self) -> str:
        """A fingerprint: equal exactly while the map looks the same."""
        rooms = [(r.key, r.title, r.meeting.slug, r.meeting.state, r.numbers) for r in self.rooms]
        links = [(link.key, link.verdict, link.share) for link in self.links]
        return hashlib.sha256(repr((rooms, links)).encode()).hexdigest()[:16]


def room_map(workspace: Workspace, host: Host, *, at: datetime, is_fresh: bool = True) -> RoomMap:
    """The map as this host sees it; as many queries for three rooms as for a hundred."""
    managed = Meeting.objects.managed_by(host).current().filter(workspace=workspace)
    mine = {meeting.pk: meeting for meeting in managed}
    materials = strongest(links_touching(workspace, mine))
    numbers = numbers_of(mine.values(), at=at)
    rooms: dict[int, Room] = {}
    for material in materials:
        for meeting in ends_of(material):
            rooms[meeting.pk] = Room(mine.get(meeting.pk, meeting), numbers.get(meeting.pk))
    told = {key_of(m) for m in materials if all(end.pk in mine for end in ends_of(m))}
    parts = {
        pk: Part(meeting.part_column, meeting.part_cell)
        for pk, meeting in mine.items()
        if meeting.part_column
    }
    known = shares(told, parts, is_fresh=is_fresh)
    links = [link_of(material, rooms, known) for material in materials]
    return RoomMap(
        rooms=sorted(rooms.values(), key=reading_order),
        links=sorted(
            links, key=lambda link: (reading_order(link.source), reading_order(link.target))
        ),
    )


def reading_order(room: Room) -> tuple[Any, int]:
    return natural(room.title), room.key


def links_touching(workspace: Workspace, mine: Iterable[int]) -> list[Material]:
    ids = list(mine)
    links = Material.objects.published().filter(
        Q(meeting__in=ids) | Q(target__in=ids),
        kind=Material.Kind.MEETING,
        meeting__workspace=workspace,
        target__workspace=F("meeting__workspace"),
        meeting__archived_at=None,
        target__archived_at=None,
    )
    found = list(with_carrying(links).order_by("position", "id"))
    give_each_its_rows(found)
    return found


def give_each_its_rows(materials: Sequence[Material]) -> None:
    """Meetings and hosts are read once each, not once for each of thousands of links."""
    ids = {pk for m in materials for pk in (m.meeting_id, m.target_id) if pk is not None}
    meetings = Meeting.objects.in_bulk(ids)
    hosts = Host.objects.in_bulk({m.made_by_id for m in materials if m.made_by_id is not None})
    for material in materials:
        material.meeting = meetings[material.meeting_id]
        material.target = meetings.get(material.target_id or 0)
        material.made_by = hosts.get(material.made_by_id or 0)


def strongest(materials: Iterable[Material]) -> list[Material]:
    """One for each direction between two meetings: the one that carries, if any does."""
    best: dict[Pair, Material] = {}
    for material in materials:
        held = best.get(key_of(material))
        if held is None or (verdict(held).tone, verdict(material).tone) == ("attention", "good"):
            best[key_of(material)] = material
    return list(best.values())


def ends_of(material: Material) -> tuple[Meeting, Meeting]:
    assert material.target is not None  # noqa: S101 - a link to a meeting has one
    return material.meeting, material.target


def key_of(material: Material) -> Pair:
    source, target = ends_of(material)
    return source.pk, target.pk


def link_of(material: Material, rooms: dict[int, Room], known: dict[Pair, Share]) -> Link:
    key = key_of(material)
    return Link(rooms[key[0]], rooms[key[1]], verdict(material), known.get(key))


def shares(pairs: set[Pair], parts: dict[int, Part], *, is_fresh: bool) -> dict[Pair, Share]:
    if not pairs:
        return {}
    name = hashlib.sha256(repr((sorted(pairs), sorted(parts.items()))).encode()).hexdigest()
    kept: dict[Pair, Share] | None = None if is_fresh else cache.get(f"room-map-{name}")
    if kept is None:
        kept = shares_of(pairs, parts)
        cache.set(f"room-map-{name}", kept, SHARES_KEPT)
    return kept
