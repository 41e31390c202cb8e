"""What is held, and when."""

import re
import secrets
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import get_random_string

from hosts.models import Host, Membership, Workspace

# 11 symbols of 31 that nobody misreads: 54 bits, so that an address cannot be guessed.
SLUG_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
SLUG_GROUPS = (4, 4, 3)


def random_slug() -> str:
    return "-".join(get_random_string(length, SLUG_ALPHABET) for length in SLUG_GROUPS)


SLUG = r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z"
validate_slug = RegexValidator(
    SLUG,
    "Use small letters, digits and hyphens, and begin and end with a letter or digit.",
)

LONGEST_SLUG = 64


def is_slug(text: str) -> bool:
    """Whether a meeting can have it. PostgreSQL cannot even be asked for a null character."""
    return len(text) <= LONGEST_SLUG and bool(re.match(SLUG, text))


# `/host/meetings/new/` is the page that creates a meeting, so no meeting may be called "new".
RESERVED_SLUGS = frozenset({"new"})


def refuse_reserved_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            "“%(slug)s” is used by the portal. Choose another.", params={"slug": slug}
        )


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def managed_by(self, host: Host) -> Self:
        """The meetings that the host may manage.

        Owners manage all of their workspace, others what they made or were added to. An operator
        manages everything.
        """
        if host.is_superuser:
            return self
        return self.filter(
            models.Exists(
                Membership.objects.filter(
                    models.Q(role=Membership.Role.OWNER)
                    | models.Exists(
                        CoHost.objects.filter(
                            meeting=models.OuterRef(models.OuterRef("pk")), host=host
                        )
                    ),
                    workspace=models.OuterRef("workspace"),
                    host=host,
                )
            )
        )

    def current(self) -> Self:
        return self.filter(archived_at=None)


class Meeting(models.Model):
    """What attendees join."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        LIVE = "live", "Live"
        ENDED = "ended", "Ended"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="meetings")
    title = models.CharField(max_length=200)
    slug = models.CharField(
        "Meeting ID",
        max_length=LONGEST_SLUG,
        unique=True,
        default=random_slug,
        validators=[validate_slug, refuse_reserved_slug],
        error_messages={"unique": "This meeting ID is taken. Choose another."},
    )
    description = models.TextField(blank=True, max_length=2000)
    starts_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.SCHEDULED)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    require_access_codes = models.BooleanField("Require custom access codes", default=True)
    ask_email = models.BooleanField("Ask for the email, too", default=False)
    anonymize_attendees = models.BooleanField("Anonymize attendees", default=False)
    always_ask = models.BooleanField("Always ask for the code here", default=False)

    # The list is a part of another one on purpose: who has this cell in this column of it is meant
    # to be here, and nobody else. Empty: everybody is.
    part_column = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )
    part_cell = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    # The number of the newest change that open pages were told of (see `meetings.live`).
    sequence = models.BigIntegerField(default=0, editable=False)
    # Pseudonyms are derived under it; erased when the meeting ends, so that nobody can undo them.
    pseudonym_secret = models.BinaryField(max_length=32, null=True, blank=True, editable=False)

    created_by = models.ForeignKey(
        Host, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    hosts = models.ManyToManyField(Host, through="CoHost", related_name="meetings")

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["scheduled", "live", "ended"]),
                name="a_meeting_is_scheduled_live_or_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(state="live", started_at__isnull=False)
                | ~models.Q(state="live"),
                name="a_live_meeting_has_started",
            ),
            models.CheckConstraint(
                condition=models.Q(pseudonym_secret=None)
                | (models.Q(anonymize_attendees=True) & ~models.Q(state="ended")),
                name="a_pseudonym_secret_only_while_people_are_pseudonyms",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_scheduled(self) -> bool:
        return self.state == self.State.SCHEDULED

    @property
    def is_live(self) -> bool:
        return self.state == self.State.LIVE

    @property
    def is_ended(self) -> bool:
        return self.state == self.State.ENDED

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def address(self) -> str:
        """The path of the meeting page, e.g. `/m/annual-assembly/`."""
        return f"/m/{self.slug}/"

    @property
    def full_address(self) -> str:
        """What one sends to attendees, e.g. `https://meet.example.org/m/annual-assembly/`."""
        return f"{settings.SITE_URL}{self.address}"

    def possible_cohosts(self) -> models.QuerySet[Host]:
        """The workspace's members who do not manage this meeting yet."""
        members = Membership.objects.filter(workspace=self.workspace_id, role=Membership.Role.HOST)
        return (
            Host.objects.filter(is_active=True, memberships__in=members)
            .exclude(pk__in=self.cohosts.values("host"))
            .order_by("name", "email")
        )

    def managing_hosts(self) -> models.QuerySet[Host]:
        """Everybody who manages this meeting: the workspace's owners, and its co-hosts."""
        members = Membership.objects.filter(
            models.Q(role=Membership.Role.OWNER) | models.Q(host__in=self.cohosts.values("host")),
            workspace=self.workspace_id,
        )
        return Host.objects.filter(is_active=True, pk__in=members.values("host")).order_by("email")

    def current_cohosts(self) -> models.QuerySet[Host]:
        """Who manages this meeting beside the owners of its workspace."""
        members = Membership.objects.filter(workspace=self.workspace_id, role=Membership.Role.HOST)
        return Host.objects.filter(
            memberships__in=members, pk__in=self.cohosts.values("host")
        ).order_by("name", "email")

    def settle_secret(self) -> None:
        """Have a pseudonym secret exactly while people may come in as pseudonyms."""
        if not self.anonymize_attendees or self.is_ended:
            self.pseudonym_secret = None
        elif self.pseudonym_secret is None:
            self.pseudonym_secret = secrets.token_bytes(32)


class PastLiveTime(models.Model):
    """A time in which the meeting was live, before it was reopened.

    The latest one stands in the meeting itself (see `meetings.live_times`).
    """

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="past_live_times")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ["started_at", "pk"]

    def __str__(self) -> str:
        return f"{self.meeting}, {self.started_at:%Y-%m-%d %H:%M} to {self.ended_at:%H:%M}"


class CoHost(models.Model):
    """A host who may manage this meeting: who made it, or was added to it."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="cohosts")
    host = models.ForeignKey(Host, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "host"], name="one_row_per_co_host"),
        ]

    def __str__(self) -> str:
        return f"{self.host} for {self.meeting}"
