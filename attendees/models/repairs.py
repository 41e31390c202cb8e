"""What hosts have had mended about their links."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from meetings.models import Meeting


class Repair(models.Model):
    """Something that a host has had mended about a link, and how to take it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # From where, and to where, people were asked again; `changed` is the one that was mended.
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="repairs")
    other = models.ForeignKey(Meeting, models.CASCADE, related_name="+")
    changed = models.ForeignKey(Meeting, models.CASCADE, related_name="+")
    act = models.CharField(max_length=16)
    sentence = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    # See `attendees.repairs`: what was before, and how to know that nobody has changed it since.
    steps = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    # Whom the undo has left as they are, and why.
    left = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.sentence
