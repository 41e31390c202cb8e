"""Which browser may be whom in a meeting, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Self

from django.db import models

from attendees.models.participants import Participant
from attendees.models.roster import Attendee
from materials.models import Material
from meetings.models import Meeting

ADMISSION_LASTS = timedelta(days=7)


def expiry_of_admission(at: datetime) -> datetime:
    """Until when an admission of now lasts: to the end of a day, since the instant would tell when
    somebody came, and so who a pseudonym is.
    """
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ADMISSION_LASTS + timedelta(days=1)


class AdmissionQuerySet(models.QuerySet["Admission"]):
    def current(self, *, at: datetime) -> Self:
        """Those whose proof still holds: not expired, and of the attendee's present credentials."""
        return self.filter(
            models.Q(attendee=None)
            | models.Q(credential_version=models.F("attendee__credential_version")),
            expires_at__gt=at,
        )


class Admission(models.Model):
    """This browser may be this participant of this meeting."""

    class How(models.TextChoices):
        CODE = "code", "typed the code"
        CARRIED = "carried", "carried from a linked meeting"
        OPEN = "open", "no code required"
        SIGNED = "signed", "came by a personal signed link"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="admissions")
    # An HMAC of the browser's session mark; in an anonymizing meeting, one under its own secret,
    # so that no two rows of one browser can be laid side by side.
    browser = models.CharField(max_length=64)
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="admissions")
    attendee = models.ForeignKey(
        Attendee, models.CASCADE, null=True, blank=True, related_name="admissions"
    )
    credential_version = models.PositiveIntegerField(default=0)
    how = models.CharField(max_length=8, choices=How)
    # Whence: the admission of the linked meeting that was shown, and the link that carried.
    source = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    material = models.ForeignKey(Material, models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=32, blank=True)
    # Null in an anonymizing meeting.
    created_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = AdmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "browser"], name="one_admission_per_browser_and_meeting"
            ),
        ]
        indexes = [
            models.Index(fields=["browser"], name="admissions_of_a_browser"),
            models.Index(fields=["expires_at"], name="admissions_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.participant} in {self.meeting} ({self.get_how_display()})"


class RetiredSession(models.Model):
    """The key that a browser had until a moment ago, so that a join in another tab still counts.

    It opens nothing. A join by code that arrives with it, within seconds and from the same browser
    and address, is added to the same browser's admissions (see `attendees.browsers`).
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    mark = models.CharField(max_length=64)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key_hash[:8]
