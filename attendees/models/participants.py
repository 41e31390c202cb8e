"""Whoever is, or was, in a meeting."""

from django.db import models

from attendees.models.roster import Attendee
from meetings.models import Meeting


class Participant(models.Model):
    """Somebody who is, or was, in a meeting: by name, under a pseudonym, or simply anonymous."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="participants")
    # Named: from the attendee. Pseudonym: an HMAC of the identity. Anonymous: random.
    key = models.CharField(max_length=80)
    attendee = models.ForeignKey(
        Attendee, models.SET_NULL, null=True, blank=True, related_name="participants"
    )
    # The 34 of "Anonymous 34": drawn at random, not in order of arrival.
    number = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "key"], name="one_participant_per_key_in_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["meeting", "number"], name="one_participant_per_number_in_a_meeting"
            ),
            models.CheckConstraint(
                condition=models.Q(attendee=None) | models.Q(number=None),
                name="a_pseudonym_is_nobody_on_the_roster",
            ),
        ]

    def __str__(self) -> str:
        if self.attendee:
            return self.attendee.name
        return f"Anonymous {self.number}" if self.number else "Anonymous"

    @property
    def is_named(self) -> bool:
        return self.attendee_id is not None
