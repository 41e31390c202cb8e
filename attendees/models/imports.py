"""Lists that were uploaded: looked at, imported, and then forgotten but for what they did."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from meetings.models import Meeting


class RosterImportQuerySet(models.QuerySet["RosterImport"]):
    def waiting(self) -> Self:
        """Uploads that nobody has imported yet."""
        return self.filter(imported_at=None, content__isnull=False)


class RosterImport(models.Model):
    """An uploaded attendee list: first looked at, then imported, and its content forgotten."""

    class Stage(models.TextChoices):
        READING = "reading", "Reading the file"
        WRITING = "writing", "Comparing it with the list, and writing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="roster_imports")
    also_into = models.ManyToManyField(Meeting, related_name="+", blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    # Erased once it is imported, or after a day.
    content = models.BinaryField(null=True)
    # What the host has chosen on the preview (see `attendees.roster.choosing.Chosen`).
    chosen = models.JSONField(default=dict)
    imported_at = models.DateTimeField(null=True)
    # By slug: how many were new, changed, unchanged, left out.
    counts = models.JSONField(default=dict)
    # What the import has replaced, for a day (see `attendees.roster.undoing`).
    before = models.BinaryField(null=True)
    undone_at = models.DateTimeField(null=True)
    # Who stayed as they are when it was undone, and why.
    kept = models.JSONField(default=list)

    # Large files are imported by a process of their own (see `attendees.roster.running`): its mark,
    # where it is ("host:pid"), until when it may take, how far it is, what it was told to do.
    rows = models.PositiveIntegerField(default=0)
    run = models.UUIDField(null=True)
    runs_on = models.CharField(max_length=300, blank=True)
    runs_until = models.DateTimeField(null=True)
    stage = models.CharField(max_length=8, choices=Stage, blank=True)
    orders = models.JSONField(default=dict)
    # Why the last run has imported nothing.
    told = models.CharField(max_length=300, blank=True)

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        indexes = [
            models.Index(fields=["meeting", "-uploaded_at"], name="imports_of_a_meeting"),
            models.Index(fields=["uploaded_at"], name="uploads_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} into {self.meeting}"

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    @property
    def can_be_undone(self) -> bool:
        return self.before is not None

    @property
    def is_forgotten(self) -> bool:
        return self.content is None and not self.is_imported


class PreviewPage(models.Model):
    """A page of the preview of a large file (see `attendees.roster.keeping`)."""

    upload = models.ForeignKey(RosterImport, models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_row_per_preview_page"),
        ]

    def __str__(self) -> str:
        return f"Page {self.number} of {self.upload_id}"
