"""What is on the Materials tab."""

import uuid
from typing import Self
from urllib.parse import urlsplit

from django.core.validators import URLValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from hosts.models import Host
from materials import files
from meetings.models import Meeting

MAX_MATERIALS = 20_000  # in one meeting
FOLDER = "materials"  # of the storage, with all files of materials and nothing else


def stored_name(material: "Material", filename: str) -> str:
    """Files are stored under names of our own; what the host called it is kept beside it."""
    name = uuid.uuid4().hex
    return f"{FOLDER}/{name[:2]}/{name}"


class MaterialQuerySet(models.QuerySet["Material"]):
    def of(self, meeting: Meeting) -> Self:
        return self.filter(meeting=meeting)

    def published(self) -> Self:
        return self.filter(is_published=True)

    def in_order(self) -> Self:
        return self.order_by("position", "id")

    def before(self, other: "Material") -> Self:
        """Those that stand above the other on the same tab."""
        return self.filter(
            models.Q(position__lt=other.position)
            | models.Q(position=other.position, id__lt=other.id),
            meeting=other.meeting_id,
        )

    def behind(self, other: "Material") -> Self:
        """Those that stand below the other on the same tab."""
        return self.filter(
            models.Q(position__gt=other.position)
            | models.Q(position=other.position, id__gt=other.id),
            meeting=other.meeting_id,
        )

    def readable(self, meeting: Meeting) -> Self:
        """What attendees of the meeting may follow now, in order."""
        materials = self.of(meeting).published().select_related("target").in_order()
        if meeting.is_live:
            return materials
        if meeting.is_ended:
            return materials.filter(is_readable_after=True)
        return materials.none()


class Material(models.Model):
    """A link to a meeting, a web link or a file."""

    class Kind(models.TextChoices):
        MEETING = "meeting", "Link to a meeting"
        LINK = "link", "Web link"
        FILE = "file", "File"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_published = models.BooleanField("Published", default=False)
    is_readable_after = models.BooleanField("Readable after the meeting", default=False)

    target = models.ForeignKey(
        Meeting, models.CASCADE, null=True, blank=True, related_name="pointed_at_by"
    )
    url = models.URLField(
        max_length=2000, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    file = models.FileField(upload_to=stored_name, blank=True, max_length=100)
    file_name = models.CharField(max_length=255, blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    # Decided by what is in the file (see `materials.files`), never by what the uploader said.
    file_type = models.CharField(max_length=100, blank=True)

    # Whose rights make a link to a meeting carry identity (see `materials.links`).
    made_by = models.ForeignKey(Host, models.SET_NULL, null=True, related_name="+")
    accepted_by = models.ForeignKey(Host, models.SET_NULL, null=True, blank=True, related_name="+")
    # A host of the target does not want this link to carry, whoever made it.
    is_declined = models.BooleanField(default=False, db_default=False)
    # When the hosts of the target were asked to accept it: once for each target.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects = MaterialQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [
            models.Index(fields=["meeting", "position"], name="materials_in_order"),
            # Every arrival asks for the links of two meetings that may have thousands.
            models.Index(fields=["target", "meeting"], name="links_between_two_meetings"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="meeting", target__isnull=False, url="", file="")
                | models.Q(kind="link", target__isnull=True, file="") & ~models.Q(url="")
                | models.Q(kind="file", target__isnull=True, url="") & ~models.Q(file=""),
                name="a_material_has_what_its_kind_needs",
            ),
            models.CheckConstraint(
                condition=~models.Q(target=models.F("meeting")),
                name="a_meeting_does_not_link_to_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The title, or what the material itself is called."""
        if self.title:
            return self.title
        if self.target is not None:
            return self.target.title
        return self.file_name or self.host_name

    @property
    def host_name(self) -> str:
        """Where a web link leads, e.g. `example.org`."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    @property
    def icon(self) -> str:
        """The name of the icon that shows what it is."""
        if self.is_file:
            return files.icon_of(self.file_name, self.file_type)
        return "door-open" if self.is_meeting else "globe"

    @property
    def is_meeting(self) -> bool:
        return self.kind == self.Kind.MEETING

    @property
    def is_link(self) -> bool:
        return self.kind == self.Kind.LINK

    @property
    def is_file(self) -> bool:
        return self.kind == self.Kind.FILE
