"""Acts: a meeting starts, ends, is reopened, archived and taken back."""

from django.db import connection, transaction
from django.utils import timezone

from meetings.consequences import Event, follow
from meetings.models import Meeting, PastLiveTime


class NotNow(Exception):
    """The act does not fit the meeting's state; the message is a sentence for the host."""


def locked(meeting: Meeting) -> Meeting:
    """The meeting as it is now, held until the transaction ends."""
    return Meeting.objects.select_for_update().get(pk=meeting.pk)


def held(meeting: Meeting) -> Meeting:
    """The meeting as it is now; who enters need not wait, but whoever is to change it does."""
    return Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)


def kept_as_it_is(meeting: Meeting) -> Meeting:
    """The meeting as it is now; whoever is to change it waits until the transaction ends.

    Come here before writing what is in a meeting. The foreign keys would hold the meeting, too, but
    last of all, when an act may wait already for what was written.
    """
    statement = "SELECT * FROM meetings_meeting WHERE id = %s"
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        statement += " FOR KEY SHARE"
    [found] = Meeting.objects.raw(statement, [meeting.pk])
    return found


def start(meeting: Meeting) -> Meeting:
    """Open the doors for the first time. Starting a live meeting changes nothing. Raises NotNow."""
    with transaction.atomic():
        meeting = locked(meeting)
        if meeting.is_ended:
            raise NotNow("This meeting has ended. Reopen it if it should go on.")
        return opened(meeting, Event.STARTED)


def reopen(meeting: Meeting) -> Meeting:
    """Open an ended meeting again. Reopening a live one changes nothing. Raises NotNow."""
    with transaction.atomic():
        meeting = locked(meeting)
        if meeting.is_scheduled:
            raise NotNow("This meeting has not started yet. Start it instead.")
        return opened(meeting, Event.REOPENED)


def opened(meeting: Meeting, event: Event) -> Meeting:
    if meeting.is_live:
        return meeting
    if meeting.is_archived:
        raise NotNow("This meeting is archived. Take it back from the archive first.")
    keep_live_time(meeting)
    meeting.state = Meeting.State.LIVE
    meeting.started_at = timezone.now()
    meeting.ended_at = None
    meeting.settle_secret()
    meeting.save(update_fields=["state", "started_at", "ended_at", "pseudonym_secret"])
    follow(meeting, event)
    return meeting


def keep_live_time(meeting: Meeting) -> None:
    """A meeting that opens again has been live before: who was there then has attended."""
    if meeting.started_at and meeting.ended_at:
        PastLiveTime.objects.create(
            meeting=meeting, started_at=meeting.started_at, ended_at=meeting.ended_at
        )


def call_off(meeting: Meeting) -> Meeting:
    """Take the start back: who is inside waits in the lobby again. Raises NotNow."""
    with transaction.atomic():
        meeting = locked(meeting)
        if not meeting.is_live:
            raise NotNow("This meeting is not live, so its start cannot be taken back.")
        meeting.state = Meeting.State.SCHEDULED
        meeting.started_at = None
        meeting.save(update_fields=["state", "started_at"])
        follow(meeting, Event.CALLED_OFF)
    return meeting


def end(meeting: Meeting) -> Meeting:
    """Close the doors, and erase the secret under which pseudonyms were made. Raises NotNow."""
    with transaction.atomic():
        meeting = locked(meeting)
        if meeting.is_ended:
            return meeting
        if not meeting.is_live:
            raise NotNow("This meeting has not started, so it cannot end.")
        meeting.state = Meeting.State.ENDED
        meeting.ended_at = timezone.now()
        meeting.settle_secret()
        meeting.save(update_fields=["state", "ended_at", "pseudonym_secret"])
        follow(meeting, Event.ENDED)
    return meeting


def archive(meeting: Meeting) -> Meeting:
    """Put a meeting that is not live out of sight. Raises NotNow."""
    with transaction.atomic():
        meeting = locked(meeting)
        if meeting.is_live:
            raise NotNow("This meeting is live. End it before archiving it.")
        if not meeting.is_archived:
            meeting.archived_at = timezone.now()
            meeting.save(update_fields=["archived_at"])
            follow(meeting, Event.ARCHIVED)
    return meeting


def take_back(meeting: Meeting) -> Meeting:
    """Bring an archived meeting back."""
    with transaction.atomic():
        meeting = locked(meeting)
        meeting.archived_at = None
        meeting.save(update_fields=["archived_at"])
    return meeting
