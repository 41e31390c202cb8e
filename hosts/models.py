"""Who runs meetings: hosts, and the workspaces that they are members of."""

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

INVITATION_LASTS = timedelta(hours=72)
UNPRINTABLE = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
DIRECTION_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_line(text: str) -> None:
    """A name stands in headings and in the subjects of mails: one line, and in its own order."""
    if any(unicodedata.category(c) in UNPRINTABLE or c in DIRECTION_OVERRIDES for c in text):
        raise ValidationError("Use letters, digits and signs on one line only.")


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("“%(name)s” is not a time zone.", params={"name": name})


validate_colour = RegexValidator(
    r"^#[0-9a-f]{6}\Z", "Write the colour as # and six digits or letters a to f: #0f6b6b."
)


class HostManager(BaseUserManager["Host"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Host":
        """Make a host whose address counts as proven: no stranger calls this."""
        host = self.model(email=email.strip().lower(), **fields)
        host.set_password(password)
        host.save(using=self._db)
        host.vouch_for_email()
        return host

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Host":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Host":
        return self.get(email=(username or "").strip().lower())


class Host(AbstractBaseUser, PermissionsMixin):
    """A signed-in user who runs meetings."""

    email = models.EmailField(unique=True, error_messages={"unique": "This email is taken."})
    name = models.CharField("your name", max_length=150, blank=True, validators=[validate_line])
    time_zone = models.CharField(
        "time zone", max_length=64, default="UTC", validators=[validate_time_zone]
    )
    is_staff = models.BooleanField("operator", default=False, help_text="May use the admin site.")
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField(default=timezone.now, db_default=Now())

    objects = HostManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(email=""), name="a_host_has_an_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def vouch_for_email(self) -> None:
        """Take the address as proven, and every other one as none of the host's."""
        EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()
        EmailAddress.objects.update_or_create(
            user=self, email=self.email, defaults={"verified": True, "primary": True}
        )


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of(self, host: Host) -> Self:
        """The workspaces that the host is a member of (an operator's: all)."""
        if host.is_superuser:
            return self
        return self.filter(memberships__host=host).distinct()

    def owned_by(self, host: Host) -> Self:
        if host.is_superuser:
            return self
        return self.filter(
            memberships__host=host, memberships__role=Membership.Role.OWNER
        ).distinct()


class Workspace(models.Model):
    """Owns meetings; its members are hosts; nothing crosses its border."""

    name = models.CharField(max_length=120, validators=[validate_line])
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    members = models.ManyToManyField(Host, through="Membership", related_name="workspaces")
    # What attendees see of it: "#rrggbb" and the logo by its digest; empty, the portal's own.
    colour = models.CharField(max_length=7, blank=True, validators=[validate_colour])
    logo_digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(colour="") | models.Q(colour__regex=r"^#[0-9a-f]{6}$"),
                name="a_colour_is_written_as_rrggbb",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Logo(models.Model):
    """The picture that stands for a workspace, apart from it, since few pages need its bytes."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, related_name="logo")
    digest = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"Logo of {self.workspace}"


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        HOST = "host", "Host"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    host = models.ForeignKey(Host, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.HOST)
    joined_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "host"], name="one_membership_per_host_and_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "host"]), name="a_member_is_owner_or_host"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} in {self.workspace}"

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: datetime) -> Self:
        return self.filter(accepted_at=None, expires_at__gt=at)

    def with_token(self, token: str) -> Self:
        return self.filter(token_hash=hashed(token))


class Invitation(models.Model):
    """An offer of membership, bound to an email, for one use; the mail holds its only token."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=8, choices=Membership.Role, default=Membership.Role.HOST)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Host, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None),
                name="one_open_invitation_per_email_and_workspace",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def with_token(self, token: str) -> Self:
        return self.filter(token_hash=hashed(token))

    def holding(self, *, at: datetime) -> Self:
        """Those that open something: a token has the rights of its maker, as they are now."""
        return self.with_maker_being_owner().filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=at), is_of_an_owner=True
        )

    def with_maker_being_owner(self) -> Self:
        owner = Membership.objects.filter(
            workspace=models.OuterRef("workspace"),
            host=models.OuterRef("made_by"),
            role=Membership.Role.OWNER,
        )
        return self.annotate(
            is_of_an_owner=models.ExpressionWrapper(
                models.Q(made_by__is_active=True)
                & (models.Q(made_by__is_superuser=True) | models.Exists(owner)),
                output_field=models.BooleanField(),
            )
        )


class ApiToken(models.Model):
    """Lets another system act in the workspace, with the rights of the owner who made it."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, validators=[validate_line])
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Host, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


def random_key_id() -> str:
    return secrets.token_hex(6)


def random_key() -> str:
    return secrets.token_urlsafe(32)


class WorkspaceKey(models.Model):
    """A secret shared with another system, which signs personal links with it."""

    class Form(models.TextChoices):
        OWN = "own", "our own"
        # Weaker: a workspace takes links of this form only while it has a key for them.
        MEETINGPULSE = "meetingpulse", "MeetingPulse, ?i=…"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="keys")
    # A key signs links of one form only, so that what one gives away opens nothing in the other.
    form = models.CharField(max_length=16, choices=Form, default=Form.OWN)
    # What a link calls the key by: public, and the same in no two workspaces.
    kid = models.CharField(max_length=32, unique=True, default=random_key_id)
    secret = models.CharField(max_length=64, default=random_key)
    made_by = models.ForeignKey(Host, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.kid
