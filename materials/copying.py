"""A duplicated meeting takes its materials with it."""

import logging
import uuid

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
    copies: list[Material] = []
    try:
        for material in Material.objects.of(meeting).exclude(target=copy).in_order():
            if material.is_file and not default_storage.exists(material.file.name or ""):
                logger.error("The file of material %s is not in the storage.", material.pk)
                continue
            copies.append(copied(material, copy, by=by))
        with transaction.atomic():
            Material.objects.bulk_create(copies)
            for link in waiting().filter(pk__in=[copied.pk for copied in copies]):
                ask_hosts(link, by=by)
    except BaseException:
        for material in copies:
            material.file.delete(save=False)
        raise


def copied(material: Material, meeting: Meeting, *, by: Host) -> Material:
    """The material for another meeting, with a file of its own; not yet saved."""
    if material.is_file:
        with material.file.open("rb") as content:
            material.file.name = default_storage.save(stored_name(material, ""), content)
    material.pk = uuid.uuid4()
    material._state.adding = True
    material.meeting = meeting
    material.made_by, material.accepted_by, material.is_declined = by, None, False
    material.asked_at = None
    return material


MATERIALS = Part(name="materials", label="Materials", is_usual=True, copy=copy_materials)
