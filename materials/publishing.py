"""Acts: a material is added, changed, published, withdrawn, put in order and removed.

Every act holds the row of the meeting, so acts of several hosts on one tab follow one another.
Open pages are told of what attendees can see; drafts are nobody's business.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Max

from hosts.models import Host
from materials import files
from materials.asking import ask_hosts
from materials.models import MAX_MATERIALS, Material
from materials.panel import tell_materials
from meetingportal.once import take
from meetings.lifecycle import locked
from meetings.models import Meeting


class NotPossible(Exception):
    """The act cannot be done; the message is a sentence for the host."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a host says about a material. `file` is None where the stored one stays."""

    kind: Material.Kind
    title: str = ""
    description: str = ""
    target: Meeting | None = None
    url: str = ""
    file: File[bytes] | None = None
    is_published: bool = True
    is_readable_after: bool = False


def add(
    meeting: Meeting,
    contents: Contents,
    *,
    by: Host,
    link_back: bool = False,
    key: UUID | None = None,
) -> Material:
    """Put a material at the end of the tab, and on request a link back at the end of the target's.

    Raises NotPossible, AlreadyDone.
    """
    both = contents.target if link_back else None
    with transaction.atomic():
        take(key, by=by.pk)
        held = hold(meeting, *filter(None, [both]))
        material = Material(meeting=held[meeting.pk], made_by=by)
        with stored_file_of(material):
            fill(material, contents)
            append(material)
        if both:
            add_link_back(material, held[both.pk], by=by)
        ask_hosts(material, by=by)
    return material


def add_link_once(
    meeting: Meeting, contents: Contents, *, by: Host, link_back: bool = False
) -> tuple[Material, bool]:
    """As `add`, unless the host has put the same link there already; says whether it is new.

    For programs, which have no form with a key: who got no answer asks again. Raises NotPossible.
    """
    with transaction.atomic():
        held = hold(meeting, *filter(None, [contents.target]))
        there = Material.objects.of(held[meeting.pk]).filter(
            kind=Material.Kind.MEETING,
            target=contents.target,
            title=contents.title,
            is_published=contents.is_published,
            made_by=by,
        )
        link = there.order_by("position", "pk").first()
        if link is None:
            return add(meeting, contents, by=by, link_back=link_back), True
        if link_back and contents.target:
            add_link_back(link, held[contents.target.pk], by=by)
        return link, False


def add_back(link: Material, *, by: Host) -> Material:
    """Add the way back of a link to the meeting that it points to. Raises NotPossible."""
    if link.target is None:
        raise NotPossible("Only links to meetings have a way back.")
    with transaction.atomic():
        held = hold(link.meeting, link.target)
        link.meeting = held[link.meeting_id]
        return add_link_back(link, held[link.target.pk], by=by)


def add_link_back(link: Material, meeting: Meeting, *, by: Host) -> Material:
    """A link in `meeting` to where the link stands, as visible as that one."""
    back = meeting.materials.filter(target=link.meeting).order_by("-is_published", "position")
    if existing := back.first():
        if link.is_published:
            show(existing, meeting, is_published=True)
        return existing
    material = Material(meeting=meeting, made_by=by)
    contents = Contents(
        kind=Material.Kind.MEETING,
        target=link.meeting,
        is_published=link.is_published,
        is_readable_after=link.is_readable_after,
    )
    fill(material, contents)
    append(material)
    ask_hosts(material, by=by)
    return material


def change(material: Material, contents: Contents, *, by: Host) -> Material:
    """Say something else about a material. Its kind stays. Raises Material.DoesNotExist."""
    with transaction.atomic():
        meeting = locked(material.meeting)
        material = Material.objects.get(pk=material.pk, meeting=meeting)
        was_published, replaced = material.is_published, material.file.name
        if material.is_meeting and contents.target != material.target:
            # Nobody's rights carry anybody to where somebody else has pointed the link.
            material.made_by, material.accepted_by, material.is_declined = by, None, False
            material.asked_at = None
        with stored_file_of(material):
            fill(material, contents)
            material.save()
        if contents.file and replaced:
            files.forget(replaced)
        if was_published or material.is_published:
            tell_materials(meeting)
        ask_hosts(material, by=by)
    return material


def publish(material: Material) -> None:
    set_published(material, is_published=True)


def withdraw(material: Material) -> None:
    set_published(material, is_published=False)


def remove(material: Material) -> None:
    """Remove a material, and its file after the commit. Removing it twice changes nothing."""
    with transaction.atomic():
        meeting = locked(material.meeting)
        held = Material.objects.filter(pk=material.pk, meeting=meeting).first()
        if held is None:
            return
        held.delete()
        files.forget(held.file.name or "")
        if held.is_published:
            tell_materials(meeting)


def move_up(material: Material) -> None:
    """One place up; the first one stays where it is."""
    with transaction.atomic():
        meeting, material = held_again(material)
        above = Material.objects.before(material).order_by("-position", "-id").first()
        if above:
            place(material, meeting, anchor=above, is_before=True)


def move_down(material: Material) -> None:
    """One place down; the last one stays where it is."""
    with transaction.atomic():
        meeting, material = held_again(material)
        below = Material.objects.behind(material).in_order().first()
        if below:
            place(material, meeting, anchor=below, is_before=False)


def move(
    material: Material, *, before: Material | None = None, after: Material | None = None
) -> None:
    """Put a material directly before, or after, another of its meeting. Raises NotPossible."""
    with transaction.atomic():
        meeting, material = held_again(material)
        anchor = before or after
        held = Material.objects.of(meeting).filter(pk=anchor.pk).first() if anchor else None
        if held is None:
            raise NotPossible("The list has changed meanwhile. Try again.")
        if held != material:
            place(material, meeting, anchor=held, is_before=before is not None)


def place(material: Material, meeting: Meeting, *, anchor: Material, is_before: bool) -> None:
    """Make room beside the anchor in one statement, and put the material there.

    Whatever stands below moves by two, so there is a place between; equal positions are ordered
    by id, and stay so.
    """
    below = Material.objects.behind(anchor)
    if is_before:
        below |= Material.objects.filter(pk=anchor.pk)
    below.exclude(pk=material.pk).update(position=F("position") + 2)
    material.position = anchor.position + 1
    material.save(update_fields=["position"])
    if material.is_published:
        tell_materials(meeting)


def hold(*meetings: Meeting) -> dict[int, Meeting]:
    """The meetings as they are now, held until the transaction ends.

    Always in one order, so that two acts on the same meetings never wait for each other.
    """
    rows = Meeting.objects.select_for_update().filter(pk__in={m.pk for m in meetings})
    return {meeting.pk: meeting for meeting in rows.order_by("pk")}


def held_again(material: Material) -> tuple[Meeting, Material]:
    """The meeting, held, and the material as it is now. Raises NotPossible."""
    meeting = locked(material.meeting)
    held = Material.objects.of(meeting).filter(pk=material.pk).first()
    if held is None:
        raise NotPossible("This material has been removed meanwhile.")
    return meeting, held


def set_published(material: Material, *, is_published: bool) -> None:
    with transaction.atomic():
        meeting, material = held_again(material)
        show(material, meeting, is_published=is_published)
        ask_hosts(material, by=material.made_by)


def show(material: Material, meeting: Meeting, *, is_published: bool) -> None:
    if material.is_published == is_published:
        return
    material.is_published = is_published
    material.save(update_fields=["is_published"])
    tell_materials(meeting)


def append(material: Material) -> None:
    """Save a new material at the end of its meeting, which is held."""
    tab = Material.objects.of(material.meeting)
    if tab.count() >= MAX_MATERIALS:
        raise NotPossible(f"A meeting has at most {MAX_MATERIALS:,} materials.")
    last = tab.aggregate(last=Max("position"))["last"]
    material.position = 1 if last is None else last + 1
    material.save(force_insert=True)
    if material.is_published:
        tell_materials(material.meeting)


def fill(material: Material, contents: Contents) -> None:
    """Take over what the host said, and nothing that belongs to another kind."""
    kind = material.kind = contents.kind
    material.title = contents.title
    material.description = contents.description
    material.is_published = contents.is_published
    material.is_readable_after = contents.is_readable_after
    material.target = contents.target if kind == Material.Kind.MEETING else None
    material.url = contents.url if kind == Material.Kind.LINK else ""
    if material.target and material.target.workspace_id != material.meeting.workspace_id:
        raise NotPossible("A link leads to a meeting of the same workspace only.")
    if kind == Material.Kind.FILE and contents.file:
        material.file_name = files.kept_name(contents.file.name or "")
        material.file_size = contents.file.size or 0
        material.file_type = files.type_of(material.file_name, contents.file)
        material.file.save(material.file_name, contents.file, save=False)


@contextmanager
def stored_file_of(material: Material) -> Iterator[None]:
    """Where saving fails, the file that was stored for it does not stay behind."""
    before = material.file.name
    try:
        yield
    except BaseException:
        if material.file and material.file.name != before:
            material.file.delete(save=False)
        raise
