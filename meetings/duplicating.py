"""Act: a meeting is duplicated, with those of its parts that the host chose.

Imports run downwards only, so `meetings` cannot see materials or rosters. The apps that own such a
part register here how it is copied, once, when the app is ready.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hosts.models import Host
from meetings.arranging import create
from meetings.models import CoHost, Meeting

COPIED_SETTINGS = (
    "description",
    "require_access_codes",
    "ask_email",
    "anonymize_attendees",
    "always_ask",
)
# Of a template these are not taken over: the next room is for others.
KEPT_BY_COPIES = (*COPIED_SETTINGS, "part_column", "part_cell")


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str  # in the form
    label: str
    is_usual: bool  # ticked unless the host unticks it
    copy: Callable[[Meeting, Meeting, Host], None]  # from a meeting, to its copy, made by


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    _parts[part.name] = part


def registered_parts() -> list[Part]:
    return list(_parts.values())


def duplicate(
    meeting: Meeting, copy: Meeting, *, by: Host, parts: Collection[str], key: UUID | None = None
) -> Meeting:
    """Save `copy` (a new title and time) with the settings and co-hosts of `meeting`, and parts.

    Raises AlreadyDone.
    """
    copy.workspace = meeting.workspace
    for name in KEPT_BY_COPIES:
        setattr(copy, name, getattr(meeting, name))
    with transaction.atomic():
        create(copy, by=by, key=key)
        CoHost.objects.bulk_create(
            CoHost(meeting=copy, host_id=host_id)
            for host_id in meeting.cohosts.exclude(host=by).values_list("host_id", flat=True)
        )
        for part in registered_parts():
            if part.name in parts:
                part.copy(meeting, copy, by)
    return copy
