"""Act: what a plan of breakout rooms says is made, whole or not at all."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from attendees.copying import copy_rosters, seat
from attendees.rooms.plan import RoomsPlan, Seating, Wishes, plan, template_materials
from attendees.roster.lock import lock_rosters
from hosts.models import Host
from materials.copying import copied, copied_files, present
from materials.models import Material
from materials.panel import tell_materials
from materials.publishing import NotPossible
from meetingportal.once import take
from meetings.duplicating import COPIED_SETTINGS
from meetings.lifecycle import locked
from meetings.models import CoHost, Meeting, random_slug

BATCH = 1000  # rows


class HasChanged(Exception):
    """What would happen now is not what the host has seen."""


def create_rooms(
    meeting: Meeting, wishes: Wishes, *, by: Host, key: UUID, seen: str = ""
) -> list[Meeting]:
    """Make the rooms, with their rosters, materials and links, in one transaction.

    The number of statements grows with batches of a thousand rows only. `seen` is the print of the
    plan that the host has looked at. Raises NotPossible, HasChanged, AlreadyDone, RosterIsBusy.
    """
    with copied_files() as stored, transaction.atomic():
        take(key, by=by.pk)
        # In this order, as imports do: the roster, then the meeting.
        lock_rosters([meeting.pk])
        meeting = locked(meeting)
        planned = plan(meeting, wishes)
        if seen and seen != planned.print:
            raise HasChanged
        rooms = save_rooms(meeting, wishes, planned, by=by)
        fill_rosters(meeting, wishes, planned, rooms)
        link(meeting, rooms, wishes, by=by, stored=stored)
        tell_materials(meeting)
    return rooms


def save_rooms(meeting: Meeting, wishes: Wishes, planned: RoomsPlan, *, by: Host) -> list[Meeting]:
    """The rooms have the settings of the template, and the co-hosts of the meeting."""
    settings = {name: getattr(wishes.template, name) for name in COPIED_SETTINGS}
    rooms = [
        Meeting(
            workspace_id=meeting.workspace_id,
            title=room.title,
            slug=room.slug or random_slug(),
            starts_at=wishes.starts_at,
            created_by=by,
            part_column=wishes.column if wishes.seating is Seating.COLUMN else "",
            part_cell=planned.cell_of(room) if wishes.seating is Seating.COLUMN else "",
            **settings,
        )
        for room in planned.rooms
    ]
    for made in rooms:
        made.settle_secret()
    try:
        with transaction.atomic():
            Meeting.objects.bulk_create(rooms)
    except IntegrityError as error:
        if not Meeting.objects.filter(slug__in=[room.slug for room in rooms]).exists():
            raise
        raise NotPossible("A meeting ID was taken a moment ago. Try again.") from error
    hosts = {by.pk, *meeting.cohosts.values_list("host_id", flat=True)}
    cohosts = [CoHost(meeting=room, host_id=host) for room in rooms for host in sorted(hosts)]
    CoHost.objects.bulk_create(cohosts, batch_size=BATCH)
    return rooms


def fill_rosters(
    meeting: Meeting, wishes: Wishes, planned: RoomsPlan, rooms: Sequence[Meeting]
) -> None:
    match wishes.seating:
        case Seating.SAME:
            copy_rosters((meeting, room) for room in rooms)
        case Seating.COLUMN:
            seat((attendee_id, rooms[place]) for attendee_id, place in planned.seats)
        case Seating.NONE:
            pass


def link(
    meeting: Meeting,
    rooms: Sequence[Meeting],
    wishes: Wishes,
    *,
    by: Host,
    stored: list[str],
) -> None:
    """On the meeting's tab its rooms; on a room's tab the way back, the template's, other rooms."""
    tabs = {room.pk: [published(room, meeting, by=by)] for room in rooms}
    originals = present(template_materials(meeting, wishes))
    for room in rooms:
        tabs[room.pk] += [copied(one, room, by=by, stored=stored) for one in originals]
    if wishes.links_among:
        for room, other in permutations(rooms, 2):
            tabs[room.pk].append(published(room, other, by=by))
    last = meeting.materials.aggregate(last=Max("position"))["last"] or 0
    links_to_rooms = [published(meeting, room, by=by) for room in rooms]
    new = [*placed(links_to_rooms, after=last)]
    for tab in tabs.values():
        new += placed(tab, after=0)
    Material.objects.bulk_create(new, batch_size=BATCH)


def published(source: Meeting, target: Meeting, *, by: Host) -> Material:
    return Material(
        meeting=source, kind=Material.Kind.MEETING, target=target, made_by=by, is_published=True
    )


def placed(tab: Sequence[Material], *, after: int) -> Iterator[Material]:
    for position, material in enumerate(tab, after + 1):
        material.position = position
        yield material
