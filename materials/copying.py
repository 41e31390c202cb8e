"""Meetings that are made from others take materials with them."""

import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy as shallow

from django.core.files.storage import default_storage
from django.db import transaction

from hosts.models import Host
from materials.asking import ask_hosts
from materials.links import waiting
from materials.models import Material, stored_name
from meetings.duplicating import Part
from meetings.models import Meeting

logger = logging.getLogger("portal.materials")


def copy_materials(meeting: Meeting, copy: Meeting, by: Host) -> None:
    """All materials in their order, drafts too. Links carry on the rights of who duplicates."""
    with copied_files() as stored, transaction.atomic():
        originals = present(Material.objects.of(meeting).exclude(target=copy).in_order())
        made = [copied(material, copy, by=by, stored=stored) for material in originals]
        Material.objects.bulk_create(made)
        ask_about(made, by=by)


def copy_among(
    copies: Mapping[int, Meeting], *, by: Host, stored: list[str], only_links: bool
) -> None:
    """Copy the materials of many meetings into their copies, given by original, in order.

    A link from one of the originals to another becomes one between their copies; `only_links`
    leaves out all else.
    """
    of_originals = Material.objects.filter(meeting__in=copies)
    if only_links:
        of_originals = of_originals.filter(target__in=copies)
    made = []
    for material in present(of_originals.in_order()):
        twin = copied(material, copies[material.meeting_id], by=by, stored=stored)
        if twin.target_id is not None:
            twin.target = copies.get(twin.target_id, twin.target)
        made.append(twin)
    Material.objects.bulk_create(made)
    ask_about(made, by=by)


def ask_about(made: Sequence[Material], *, by: Host) -> None:
    """Ask the hosts of the meetings to which copied links point, where these are not the host's."""
    for link in waiting().filter(pk__in=[material.pk for material in made]):
        ask_hosts(link, by=by)


@contextmanager
def copied_files() -> Iterator[list[str]]:
    """Gives a list for the names of files that are stored within.

    Where what stands within fails, they do not stay behind: put it around the transaction.
    """
    stored: list[str] = []
    try:
        yield stored
    except BaseException:
        for name in stored:
            default_storage.delete(name)
        raise


def present(materials: Iterable[Material]) -> Sequence[Material]:
    """Without those whose file is gone."""
    found = []
    for material in materials:
        if material.is_file and not default_storage.exists(material.file.name or ""):
            logger.error("The file of material %s is not in the storage.", material.pk)
        else:
            found.append(material)
    return found


def copied(material: Material, meeting: Meeting, *, by: Host, stored: list[str]) -> Material:
    """The material for another meeting, with a file of its own; not yet saved."""
    copy = shallow(material)
    copy._state.adding = True
    copy.pk = uuid.uuid4()
    copy.meeting = meeting
    copy.made_by, copy.accepted_by, copy.is_declined = by, None, False
    copy.asked_at = None
    if material.is_file:
        with default_storage.open(material.file.name or "", "rb") as content:
            name = default_storage.save(stored_name(material, ""), content)
        stored.append(name)
        copy.file = name
    return copy


MATERIALS = Part(name="materials", label="Materials", is_usual=True, copy=copy_materials)
