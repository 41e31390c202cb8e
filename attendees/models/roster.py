"""People on the list of a meeting, and the list as a whole."""

import uuid
from typing import Self

from django.db import models

from attendees import identity
from meetings.models import Meeting


class AttendeeQuerySet(models.QuerySet["Attendee"]):
    def of(self, meeting: Meeting) -> Self:
        return self.filter(meeting=meeting)


class Attendee(models.Model):
    """A person on a meeting's roster."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendees")
    code = models.CharField(max_length=identity.MAX_CODE)
    email = models.CharField(max_length=identity.MAX_EMAIL)
    firstname = models.CharField(max_length=identity.MAX_NAME)
    lastname = models.CharField(max_length=identity.MAX_NAME, blank=True)
    external_id = models.CharField(max_length=identity.MAX_EXTERNAL_ID, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    # Derived from the above by `derive`, and by the import for many rows at once.
    compared_code = models.CharField(max_length=identity.MAX_CODE, editable=False)
    identity_key = models.CharField(
        max_length=identity.MAX_IDENTITY_KEY, blank=True, editable=False
    )
    # The key without what eyes skip: for the link check's hints, never for matching.
    look_alike = models.TextField(blank=True, default="", db_default="", editable=False)
    # Counts up when the code or the identity changes: admissions of an older one have ended.
    credential_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = AttendeeQuerySet.as_manager()

    class Meta:
        ordering = ["lastname", "firstname", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "compared_code"], name="one_person_per_code_in_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["meeting", "identity_key"],
                condition=~models.Q(identity_key=""),
                name="one_row_per_person_in_a_meeting",
            ),
            models.CheckConstraint(
                condition=~models.Q(compared_code=""), name="an_attendee_has_a_code"
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "lastname", "firstname", "id"], name="roster_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()

    def derive(self) -> bool:
        """Set what follows from the other fields; True where code or identity is another now."""
        before = (self.compared_code, self.identity_key)
        self.compared_code = identity.compared_code(self.code)
        self.identity_key = identity.identity_key(self.code, self.email, self.external_id)
        self.look_alike = identity.look_alike(self.identity_key)
        return before != (self.compared_code, self.identity_key)


class Roster(models.Model):
    """A meeting's attendees as a whole: another version after each change.

    Whoever changes attendees renews it (`roster.versions`). Where there is none, nobody knows
    whether anything has changed.
    """

    meeting = models.OneToOneField(Meeting, models.CASCADE, primary_key=True, related_name="+")
    # Random: no number comes again after a rollback or in a restored database.
    version = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return f"{self.meeting}: {self.version}"
