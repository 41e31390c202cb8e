"""What happened at the door: to whom, where that may be told, else how often."""

from typing import Self

from django.db import models

from attendees.models.participants import Participant
from attendees.models.roster import Attendee
from materials.models import Material
from meetings.models import Meeting


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def asked(self) -> Self:
        return self.filter(how=Arrival.ASKED)

    def let_in(self) -> Self:
        return self.exclude(how=Arrival.ASKED)


class Arrival(models.Model):
    """Somebody known came to the door: how they were let in, or why they were asked for a code.

    Only people who are shown by name have rows. Whatever happens at the door of an anonymizing or
    an open meeting, and whatever strangers do, is only counted (see `ArrivalCount`).
    """

    ASKED = "asked"  # beside the values of `Admission.How`

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="arrivals")
    how = models.CharField(max_length=8)
    at = models.DateTimeField()
    # Who came in; nobody where a code was asked.
    participant = models.ForeignKey(
        Participant, models.CASCADE, null=True, blank=True, related_name="arrivals"
    )
    # Whom the browser showed, on the roster of the meeting whence they came.
    shown = models.ForeignKey(
        Attendee, models.SET_NULL, null=True, blank=True, related_name="shown_at"
    )
    whence = models.ForeignKey(Meeting, models.SET_NULL, null=True, blank=True, related_name="+")
    material = models.ForeignKey(Material, models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=32, blank=True)
    # Why a code was asked: a class (see `attendees.carrying.Reason` and `attendees.differing`).
    reason = models.CharField(max_length=40, blank=True)
    difference = models.CharField(max_length=40, blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(how="asked", participant=None)
                | ~models.Q(how="asked") & models.Q(participant__isnull=False),
                name="an_arrival_is_somebodys_unless_asked",
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "-at", "-id"], name="arrivals_at_a_meeting"),
        ]

    def __str__(self) -> str:
        return f"{self.how} at {self.meeting}"


class ArrivalCount(models.Model):
    """How often the same thing happened at a door, where it is nobody's business whom it befell."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="arrival_counts")
    how = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, blank=True)
    whence = models.ForeignKey(Meeting, models.CASCADE, null=True, blank=True, related_name="+")
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "how", "reason", "whence"], name="one_count_per_kind_of_arrival"
            ),
            models.UniqueConstraint(
                fields=["meeting", "how", "reason"],
                condition=models.Q(whence=None),
                name="one_count_per_kind_of_direct_arrival",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how} at {self.meeting}: {self.times}"
