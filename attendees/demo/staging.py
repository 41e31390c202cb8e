"""The demonstration: a host, and two linked, live meetings of 200 invented people."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from attendees.models import Attendee
from attendees.roster.apply import apply
from attendees.roster.plan import plan
from attendees.roster.read import read
from attendees.roster.rows import Limits
from hosts import members
from hosts.models import Host, Workspace
from materials import links, publishing
from materials.models import Material
from meetings import arranging, lifecycle
from meetings.models import Meeting

ROSTER = Path(__file__).parent / "attendees.csv"
HOST_EMAIL = "demo@example.org"
TITLES = {"meeting1": "Plenary", "meeting2": "Room B · Finance"}


class Taken(Exception):
    """Somebody else's data stands where the demonstration would; the message says which."""


@dataclass(frozen=True)
class Demonstration:
    host: Host
    password: str
    meetings: list[Meeting]
    codes: list[str]


def stage() -> Demonstration:
    """Make what is missing of the demonstration; what is there stays. Raises Taken."""
    password = kept_password()
    with transaction.atomic():
        host = demo_host(password)
        workspace = Workspace.objects.owned_by(host).first() or members.found(
            "Demonstration", by=host
        )
        meetings = [demo_meeting(workspace, host, slug) for slug in TITLES]
        link(meetings[0], meetings[1], by=host)
    codes = Attendee.objects.of(meetings[0]).order_by("pk").values_list("code", flat=True)
    return Demonstration(host, password, meetings, list(codes[:3]))


def kept_password() -> str:
    """The host's password on this machine: made at the first start, then read back."""
    path = settings.DATA_DIR / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12))
    return path.read_text()


def demo_host(password: str) -> Host:
    host = Host.objects.filter(email=HOST_EMAIL).first()
    if host is None:
        host = Host.objects.create_user(HOST_EMAIL, password, name="Dana Demo")
    elif not host.check_password(password):
        host.set_password(password)
        host.save(update_fields=["password"])
    # Nobody reads this mailbox, so nobody could confirm it.
    EmailAddress.objects.update_or_create(
        user=host, email=host.email, defaults={"verified": True, "primary": True}
    )
    return host


def demo_meeting(workspace: Workspace, host: Host, slug: str) -> Meeting:
    existing = Meeting.objects.filter(slug=slug).first()
    if existing is None:
        return new_meeting(workspace, host, slug)
    if existing.workspace != workspace:
        raise Taken(f"The meeting ID “{slug}” is taken by another workspace of this portal.")
    return existing


def new_meeting(workspace: Workspace, host: Host, slug: str) -> Meeting:
    meeting = Meeting(workspace=workspace, slug=slug, title=TITLES[slug])
    arranging.create(meeting, by=host)
    invite_everybody(meeting)
    return lifecycle.start(meeting)


def invite_everybody(meeting: Meeting) -> None:
    limits = Limits(size=settings.MAX_ROSTER_SIZE, rows=settings.MAX_ROSTER_ROWS)
    apply(plan(meeting, read(ROSTER.read_bytes(), limits)))


def link(one: Meeting, other: Meeting, *, by: Host) -> None:
    if links.between(one, [other.pk]).exists():
        return
    contents = publishing.Contents(kind=Material.Kind.MEETING, target=other)
    publishing.add(one, contents, by=by, link_back=True)
