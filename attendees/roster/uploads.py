"""Lists that were taken in, and wait to be looked at and imported; forgotten after a day."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from attendees.models import Attendee, PreviewPage, RosterImport
from attendees.roster.choosing import Chosen, choose
from attendees.roster.export import exported
from hosts.models import Host
from meetings.models import Meeting

FORGOTTEN_AFTER = timedelta(days=1)


def take_in(
    meeting: Meeting,
    content: bytes,
    file_name: str,
    *,
    by: Host,
    also_into: Sequence[Meeting] = (),
    rows: int = 0,
) -> RosterImport:
    upload = RosterImport.objects.create(
        meeting=meeting,
        uploaded_by=by,
        file_name=file_name[-200:],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        rows=rows,
    )
    upload.also_into.set(also_into)
    return upload


def count_rows(upload: RosterImport, rows: int) -> None:
    """How many a file has depends on how it is read, and on that by whom it is imported."""
    if rows != upload.rows:
        upload.rows = rows
        upload.save(update_fields=["rows"])


def take_list_of(other: Meeting, meeting: Meeting, *, by: Host) -> RosterImport:
    """The list of another meeting as an upload into this one: previewed as any file is."""
    content = "".join(exported(other)).encode()
    rows = Attendee.objects.of(other).count()
    upload = take_in(meeting, content, f"List of {other.title}", by=by, rows=rows)
    choose(upload, Chosen())
    return upload


def targets(upload: RosterImport) -> list[Meeting]:
    return [upload.meeting, *upload.also_into.order_by("title", "pk")]


def discard(upload: RosterImport) -> None:
    """Forget an upload that is not to be imported."""
    RosterImport.objects.waiting().filter(pk=upload.pk).delete()


def forget_old(*, at: datetime) -> int:
    """Erase uploads that nobody has imported for a day; returns how many."""
    old = RosterImport.objects.waiting().filter(uploaded_at__lt=at - FORGOTTEN_AFTER)
    with transaction.atomic():
        PreviewPage.objects.filter(upload__in=old).delete()
        return old.update(content=None)
