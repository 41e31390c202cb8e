"""Who is present, tab by tab."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from attendees.models.admissions import Admission
from attendees.models.participants import Participant
from meetings.models import Meeting


class VisitQuerySet(models.QuerySet["Visit"]):
    def present(self, *, at: datetime) -> Self:
        """Those whose lease lasts; one whose admission has ended is over at once."""
        return self.filter(present_until__gt=at, admission__isnull=False)


class Visit(models.Model):
    """One stay of one browser tab in a meeting: a lease, so that a crash leaves no ghosts."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="visits")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="visits")
    admission = models.ForeignKey(Admission, models.SET_NULL, null=True, related_name="visits")
    # Null: a stay that is over, whose tab has come back meanwhile and has a visit of its own.
    tab = models.UUIDField(default=uuid.uuid4, null=True)
    # Null in an anonymizing meeting: nobody's time of joining is kept.
    started_at = models.DateTimeField(null=True, default=timezone.now)
    present_until = models.DateTimeField()

    objects = VisitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "tab"], name="one_visit_per_tab_of_a_participant"
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "present_until"], name="who_is_present"),
            models.Index(
                fields=["meeting", "participant", "started_at", "present_until"],
                name="stays_of_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} until {self.present_until:%H:%M:%S}"
