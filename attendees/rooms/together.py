"""Acts on a set of linked meetings: started, ended and duplicated together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from attendees.copying import copy_rosters
from attendees.models import Attendee
from attendees.rooms.plan import MAX_COPIED_BYTES, MAX_NEW_MATERIALS, MAX_PEOPLE, MAX_ROOMS
from hosts.models import Host
from materials.copying import copied_files, copy_among
from materials.linking_pages import telling_once
from materials.models import Material
from materials.publishing import NotPossible, hold
from meetingportal.once import take
from meetings import lifecycle
from meetings.duplicating import KEPT_BY_COPIES
from meetings.lifecycle import NotNow
from meetings.models import CoHost, Meeting, MeetingQuerySet

LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an act on several meetings."""

    done: list[Meeting] = field(default_factory=list)
    refused: list[tuple[Meeting, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Copies:
    """How meetings are duplicated together."""

    beginning: str = "Copy of"  # of each title
    days_later: int | None = None  # start times move by so many days; None: no start times
    takes_materials: bool = True  # links among the meetings are always taken along
    takes_attendees: bool = False


def linked_set(meeting: Meeting) -> MeetingQuerySet:
    """The meeting, and all that one can reach from it over published links, either way."""
    links = Material.objects.published().filter(
        kind=Material.Kind.MEETING,
        meeting__workspace=meeting.workspace_id,
        target__workspace=F("meeting__workspace"),
        meeting__archived_at=None,
        target__archived_at=None,
    )
    neighbours: dict[int, set[int]] = defaultdict(set)
    for source, target in links.order_by().values_list("meeting", "target").distinct():
        neighbours[source].add(target)
        neighbours[target].add(source)
    found, waiting = {meeting.pk}, [meeting.pk]
    while waiting:
        new = neighbours[waiting.pop()] - found
        found |= new
        waiting += new
    return Meeting.objects.filter(pk__in=found)


def start_all(meetings: Iterable[Meeting]) -> Outcome:
    """Start each that can be started, in one transaction; live ones stay as they are."""
    return act_on_all(meetings, lifecycle.start)


def end_all(meetings: Iterable[Meeting]) -> Outcome:
    """End each that is live, in one transaction; ended ones stay as they are."""
    return act_on_all(meetings, lifecycle.end)


def act_on_all(meetings: Iterable[Meeting], act: Callable[[Meeting], Meeting]) -> Outcome:
    """Raises NotPossible where they are too many."""
    outcome = Outcome()
    with transaction.atomic(), telling_once():
        for meeting in held(meetings):
            try:
                outcome.done.append(act(meeting))
            except NotNow as refusal:
                outcome.refused.append((meeting, str(refusal)))
    return outcome


def held(meetings: Iterable[Meeting]) -> list[Meeting]:
    """The meetings as they are now, in the one order in which all acts hold them."""
    chosen = list(meetings)
    if len(chosen) > MAX_ROOMS:
        raise NotPossible(f"At most {MAX_ROOMS} meetings at once; these are {len(chosen):,}.")
    return list(hold(*chosen).values())


def duplicate_all(
    meetings: Iterable[Meeting], wishes: Copies, *, by: Host, key: UUID
) -> list[Meeting]:
    """Duplicate the meetings, in one transaction; links among them become links among the copies.

    Raises NotPossible, AlreadyDone.
    """
    with copied_files() as stored, transaction.atomic():
        take(key, by=by.pk)
        originals = held(meetings)
        check_limits(originals, wishes)
        copies = save_copies(originals, wishes, by=by)
        per_original = {one.pk: copy for one, copy in zip(originals, copies, strict=True)}
        if wishes.takes_attendees:
            copy_rosters(zip(originals, copies, strict=True))
        copy_among(per_original, by=by, stored=stored, only_links=not wishes.takes_materials)
    return copies


def check_limits(originals: Sequence[Meeting], wishes: Copies) -> None:
    people = Attendee.objects.filter(meeting__in=originals).count()
    if wishes.takes_attendees and people > MAX_PEOPLE:
        raise NotPossible(
            f"At most {MAX_PEOPLE:,} attendees are copied at once; these are {people:,}. Leave "
            "them out, or choose fewer meetings."
        )
    if not wishes.takes_materials:
        return
    materials = Material.objects.filter(meeting__in=originals)
    if materials.count() > MAX_NEW_MATERIALS:
        raise NotPossible(
            f"At most {MAX_NEW_MATERIALS:,} materials are copied at once. Choose fewer meetings."
        )
    if (materials.aggregate(size=Sum("file_size"))["size"] or 0) > MAX_COPIED_BYTES:
        raise NotPossible(
            "The files of these meetings take more than 1 GB. Leave the materials out, or choose "
            "fewer meetings."
        )


def save_copies(originals: Sequence[Meeting], wishes: Copies, *, by: Host) -> list[Meeting]:
    copies = [copy_of(original, wishes, by=by) for original in originals]
    Meeting.objects.bulk_create(copies)
    hosts: dict[int, set[int]] = defaultdict(lambda: {by.pk})
    for cohost in CoHost.objects.filter(meeting__in=originals):
        hosts[cohost.meeting_id].add(cohost.host_id)
    CoHost.objects.bulk_create(
        [
            CoHost(meeting=copy, host_id=host)
            for original, copy in zip(originals, copies, strict=True)
            for host in sorted(hosts[original.pk])
        ]
    )
    return copies


def copy_of(original: Meeting, wishes: Copies, *, by: Host) -> Meeting:
    copy = Meeting(
        workspace_id=original.workspace_id,
        title=f"{wishes.beginning} {original.title}".strip()[:LONGEST_TITLE],
        starts_at=moved(original.starts_at, wishes.days_later),
        created_by=by,
        **{name: getattr(original, name) for name in KEPT_BY_COPIES},
    )
    copy.settle_secret()
    return copy


def moved(starts_at: datetime | None, days: int | None) -> datetime | None:
    if starts_at is None or days is None:
        return None
    return timezone.localtime(starts_at) + timedelta(days=days)  # by the host's clock
