"""Which files were imported into a meeting: also those that were uploaded at another."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from attendees.models import RosterImport
from hosts.models import Host
from meetings.models import Meeting

SHOWN = 100  # imports


@dataclass(frozen=True)
class Entry:
    upload: RosterImport
    counts: Mapping[str, int]  # what it changed here; empty where nothing was imported yet
    may_be_opened: bool


def history_of(meeting: Meeting, host: Host) -> list[Entry]:
    elsewhere = RosterImport.objects.filter(also_into=meeting, imported_at__isnull=False)
    uploads = (
        RosterImport.objects.filter(Q(meeting=meeting) | Q(pk__in=elsewhere.values("pk")))
        .select_related("uploaded_by", "meeting")
        .defer("content", "before", "kept", "chosen")[:SHOWN]
    )
    others = {one.meeting_id for one in uploads} - {meeting.pk}
    managed = Meeting.objects.managed_by(host).filter(pk__in=others)
    opened = {meeting.pk, *managed.values_list("pk", flat=True)}
    return [Entry(one, counts_of(one, meeting), one.meeting_id in opened) for one in uploads]


def counts_by_title(upload: RosterImport) -> list[tuple[str, Mapping[str, int]]]:
    """What an import changed in each of its meetings; whichever is renamed goes by its old ID."""
    meetings = [upload.meeting, *upload.also_into.all()]
    titles = {meeting.slug: meeting.title for meeting in meetings}
    return [(titles.get(slug, slug), counts) for slug, counts in upload.counts.items()]


def counts_of(upload: RosterImport, meeting: Meeting) -> Mapping[str, int]:
    """By the meeting ID that it had then; the only meeting of an import is this one."""
    counts: dict[str, dict[str, int]] = upload.counts
    if meeting.slug not in counts and len(counts) == 1:
        return next(iter(counts.values()))
    return counts.get(meeting.slug, {})
