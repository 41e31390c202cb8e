"""Acts: a meeting is created, its settings change, co-hosts come and go."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hosts.models import Host, Workspace
from meetingportal.once import take
from meetings.consequences import Event, follow
from meetings.lifecycle import locked
from meetings.models import CoHost, Meeting

SETTINGS = (
    "title",
    "slug",
    "description",
    "starts_at",
    "require_access_codes",
    "ask_email",
    "anonymize_attendees",
    "always_ask",
    "part_column",
    "part_cell",
)
SHOWN_TO_ATTENDEES = frozenset({"title", "slug", "description", "starts_at"})


def create(meeting: Meeting, *, by: Host, key: UUID | None = None) -> Meeting:
    """Save a new meeting; whoever creates it manages it.

    Raises AlreadyDone, and ValidationError where somebody took the meeting ID a moment ago.
    """
    meeting.created_by = by
    meeting.settle_secret()
    with transaction.atomic():
        take(key, by=by.pk)
        with refusing_taken_slug(meeting):
            meeting.save(force_insert=True)
        CoHost.objects.create(meeting=meeting, host=by)
    return meeting


def change(wanted: Meeting, *, seen: str = "") -> Meeting:
    """Save the settings of `wanted`, and let what follows from them follow at once.

    `seen` is the `print_of` the settings that the host was looking at. Raises ValidationError where
    they are others by now, or the meeting ID was taken a moment ago.
    """
    with transaction.atomic():
        meeting = locked(wanted)
        if seen and seen != print_of(meeting):
            raise ValidationError(
                "Somebody changed these settings while you were looking at them. Your changes are "
                "not saved. Open the page again to see what they are now.",
                code="stale",
            )
        changed = [n for n in SETTINGS if getattr(meeting, n) != getattr(wanted, n)]
        for name in changed:
            setattr(meeting, name, getattr(wanted, name))
        meeting.settle_secret()
        with refusing_taken_slug(meeting):
            meeting.save(update_fields=[*changed, "pseudonym_secret"])
        for event in events_of(meeting, changed):
            follow(meeting, event)
    return meeting


def print_of(meeting: Meeting) -> str:
    """A fingerprint of the settings: equal exactly while nobody changes them."""
    settings = repr([getattr(meeting, name) for name in SETTINGS])
    return hashlib.sha256(settings.encode()).hexdigest()[:16]


def events_of(meeting: Meeting, changed: list[str]) -> Iterator[Event]:
    if "anonymize_attendees" in changed:
        yield Event.ANONYMIZED if meeting.anonymize_attendees else Event.NAMES_SHOWN
    if "require_access_codes" in changed:
        yield Event.CODES_REQUIRED if meeting.require_access_codes else Event.CODES_DROPPED
    if SHOWN_TO_ATTENDEES.intersection(changed):
        yield Event.RENAMED


@contextmanager
def refusing_taken_slug(meeting: Meeting) -> Iterator[None]:
    """Between a form's check and the saving another host may have taken the meeting ID."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not Meeting.objects.exclude(pk=meeting.pk).filter(slug=meeting.slug).exists():
            raise
        taken = Meeting._meta.get_field("slug").error_messages["unique"]
        raise ValidationError({"slug": [taken]}) from error


def add_cohost(meeting: Meeting, host: Host) -> None:
    """Let a member of the meeting's workspace manage the meeting, too."""
    CoHost.objects.get_or_create(meeting=meeting, host=host)


def remove_cohost(meeting: Meeting, host: Host) -> None:
    CoHost.objects.filter(meeting=meeting, host=host).delete()


def forget_departed(workspace: Workspace, host: Host) -> None:
    """A host who has left the workspace is co-host of nothing there, even after coming back."""
    CoHost.objects.filter(meeting__workspace=workspace, host=host).delete()
