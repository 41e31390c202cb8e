"""Wishes to a plan of breakout rooms: what would come of them. Reads, writes nothing."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Sum

from attendees.amounts import counted, people
from attendees.models import Attendee
from attendees.rooms.names import slugs_for
from materials.models import MAX_MATERIALS, Material, MaterialQuerySet
from materials.publishing import NotPossible
from meetings.models import Meeting
from meetings.titles import folded, natural, spoken

MAX_ROOMS = 200
MAX_PEOPLE = 250_000  # in all rooms together
MAX_NEW_MATERIALS = 50_000  # links and copies, in all rooms together
MAX_COPIED_BYTES = 1024**3
LONGEST_TITLE = 200


class Seating(StrEnum):
    """Who is on the rosters of the rooms."""

    SAME = "same"
    COLUMN = "column"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the host asks for. No names: as many rooms as `number`, or as the column has values."""

    template: Meeting
    names: tuple[str, ...] = ()
    number: int | None = None
    seating: Seating = Seating.SAME
    column: str = ""
    takes_materials: bool = False
    links_among: bool = False
    has_random_slugs: bool = False
    starts_at: datetime | None = None


@dataclass(frozen=True)
class Room:
    title: str
    slug: str  # empty: a random one
    people: int


@dataclass(frozen=True, kw_only=True)
class RoomsPlan:
    rooms: Sequence[Room]
    links: int
    copied_materials: int
    # By value of the column: how many people are in no room, because none is called so.
    unmatched: Sequence[tuple[str, int]] = ()
    without_value: int = 0
    # By primary key of an attendee: the place of the room in `rooms`.
    seats: Sequence[tuple[int, int]] = field(default=(), repr=False)

    @property
    def people(self) -> int:
        return sum(room.people for room in self.rooms)

    def cell_of(self, room: Room) -> str:
        """What says that somebody is meant for this room; “3” is for “Room 3”, unless there is “3”.

        In small letters, “room 3” is said by nothing else (`spoken`).
        """
        titles = {folded(one.title) for one in self.rooms if one is not room}
        return folded(room.title) if titles.intersection(spoken(room.title)) else room.title

    @property
    def left_out(self) -> int:
        return sum(number for _, number in self.unmatched) + self.without_value

    @property
    def sentence(self) -> str:
        """For example “8 rooms, 482 people in each, 16 links”."""
        parts = [counted(len(self.rooms), "room"), self.who, counted(self.links, "link")]
        if self.copied_materials:
            parts.append(counted(self.copied_materials, "copied material"))
        return ", ".join(parts)

    @property
    def who(self) -> str:
        numbers = {room.people for room in self.rooms}
        if numbers == {0}:
            return "nobody on their lists yet"
        if len(numbers) == 1:
            return f"{people(numbers.pop())} in each"
        return f"{min(numbers):,} to {people(max(numbers))} in each"

    @property
    def print(self) -> str:
        """A fingerprint: equal exactly while what would happen is what the host has seen."""
        said = (self.rooms, self.links, self.copied_materials, self.unmatched, self.without_value)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def plan(meeting: Meeting, wishes: Wishes) -> RoomsPlan:
    """Raises NotPossible, with a sentence for the host."""
    everybody = Attendee.objects.of(meeting).count()
    values = values_of(meeting, wishes.column) if wishes.seating is Seating.COLUMN else {}
    titles = titles_of(wishes, values)
    check_titles(titles)
    seats, unmatched = seated(titles, values)
    taken = Counter(place for _, place in seats)
    by_column = wishes.seating is Seating.COLUMN
    same = everybody if wishes.seating is Seating.SAME else 0
    slugs = [""] * len(titles) if wishes.has_random_slugs else slugs_for(meeting, titles)
    planned = RoomsPlan(
        rooms=[
            Room(title, slug, taken[place] if by_column else same)
            for place, (title, slug) in enumerate(zip(titles, slugs, strict=True))
        ],
        links=links_for(len(titles), among=wishes.links_among),
        copied_materials=len(titles) * template_materials(meeting, wishes).count(),
        unmatched=unmatched,
        without_value=everybody - sum(map(len, values.values())) if by_column else 0,
        seats=seats,
    )
    check_limits(meeting, wishes, planned)
    return planned


def values_of(meeting: Meeting, column: str) -> dict[str, list[int]]:
    """The attendees by what stands in the column, as it was first written."""
    rows = Attendee.objects.of(meeting).exclude(custom={}).order_by("pk")
    written: dict[str, str] = {}
    found: dict[str, list[int]] = {}
    for pk, custom in rows.values_list("pk", "custom").iterator(chunk_size=5000):
        value = " ".join(str(custom.get(column, "")).split())
        if value:
            found.setdefault(written.setdefault(folded(value), value), []).append(pk)
    return found


def titles_of(wishes: Wishes, values: Mapping[str, Sequence[int]]) -> list[str]:
    if wishes.names:
        return list(wishes.names)
    if wishes.number:
        return [f"Room {number}" for number in range(1, wishes.number + 1)]
    return sorted(values, key=natural)


def check_titles(titles: Sequence[str]) -> None:
    if not titles:
        raise NotPossible("Nobody on the list has a value in this column, so it names no room.")
    if len(titles) > MAX_ROOMS:
        raise NotPossible(
            f"At most {MAX_ROOMS} rooms are made at once; these would be {len(titles):,}."
        )
    seen: set[str] = set()
    for title in titles:
        if len(title) > LONGEST_TITLE:
            raise NotPossible(f"“{title[:40]}…” is longer than {LONGEST_TITLE} characters.")
        if folded(title) in seen:
            raise NotPossible(f"Two rooms would be called “{title}”. Give each its own name.")
        seen.add(folded(title))


def seated(
    titles: Sequence[str], values: Mapping[str, Sequence[int]]
) -> tuple[list[tuple[int, int]], list[tuple[str, int]]]:
    """Who sits where, and the values that name no room, with how many people have them.

    A cell names a room whatever its capitals and blanks; “3” is enough for “Room 3”.
    """
    places = {spoken(title)[-1]: place for place, title in enumerate(titles)}
    places |= {folded(title): place for place, title in enumerate(titles)}
    seats: list[tuple[int, int]] = []
    unmatched: list[tuple[str, int]] = []
    for value, attendee_ids in values.items():
        place = places.get(folded(value))
        if place is None:
            unmatched.append((value, len(attendee_ids)))
        else:
            seats.extend((attendee_id, place) for attendee_id in attendee_ids)
    return seats, sorted(unmatched, key=lambda pair: natural(pair[0]))


def links_for(rooms: int, *, among: bool) -> int:
    """There and back for each room, and for each two of them."""
    return 2 * rooms + (rooms * (rooms - 1) if among else 0)


def template_materials(meeting: Meeting, wishes: Wishes) -> MaterialQuerySet:
    """What the rooms take over; each has its own link to the meeting."""
    if not wishes.takes_materials:
        return Material.objects.none()
    return Material.objects.of(wishes.template).exclude(target=meeting).in_order()


def check_limits(meeting: Meeting, wishes: Wishes, planned: RoomsPlan) -> None:
    if planned.people > MAX_PEOPLE:
        raise NotPossible(
            f"At most {MAX_PEOPLE:,} people are put into rooms at once; these would be "
            f"{planned.people:,}. Make fewer rooms at a time, or leave the lists empty."
        )
    new = planned.links + planned.copied_materials
    if new > MAX_NEW_MATERIALS:
        raise NotPossible(
            f"At most {MAX_NEW_MATERIALS:,} links and materials are made at once; these would be "
            f"{new:,}. Make fewer rooms at a time."
        )
    if meeting.materials.count() + len(planned.rooms) > MAX_MATERIALS:
        raise NotPossible(f"A meeting has at most {MAX_MATERIALS:,} materials.")
    files = template_materials(meeting, wishes).aggregate(size=Sum("file_size"))["size"] or 0
    if files * len(planned.rooms) > MAX_COPIED_BYTES:
        raise NotPossible(
            f"The files of “{wishes.template}” would take more than 1 GB in all these rooms. "
            "Leave its materials out, or make fewer rooms at a time."
        )
