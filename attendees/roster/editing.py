"""Single attendees: add, change, remove."""

from uuid import UUID

from django.db import transaction

from attendees import guarding
from attendees.ending import end_admissions
from attendees.models import Attendee
from attendees.roster.codes import code_for
from attendees.roster.lock import lock_rosters
from attendees.roster.versions import renew
from hosts.models import Host
from meetingportal.once import take
from meetings.lifecycle import locked
from meetings.live import announce
from meetings.models import Meeting


class NotListed(Exception):
    """Somebody else has taken them off the roster; nothing was changed."""


def add(attendee: Attendee, *, by: Host, key: UUID | None = None) -> Attendee:
    """Put somebody on the roster; who has no code is given one.

    Raises AlreadyDone or RosterIsBusy.

    It is the code that they have in a linked meeting that the host manages, if there is any.
    """
    with transaction.atomic():
        take(key, by=by.pk)
        lock_rosters([attendee.meeting_id])
        if not attendee.code:
            attendee.code = code_for(attendee, Meeting.objects.managed_by(by))
        attendee.derive()
        attendee.save(force_insert=True)
        renew([attendee.meeting_id])
    return attendee


def change(attendee: Attendee) -> bool:
    """Save a changed attendee; True where their admissions have ended by it.

    Raises NotListed or RosterIsBusy.
    """
    with transaction.atomic():
        hold(attendee)
        attendee.derive()
        kept = Attendee.objects.filter(pk=attendee.pk).first()
        if kept is None:
            raise NotListed
        ends = (kept.compared_code, kept.identity_key) != (
            attendee.compared_code,
            attendee.identity_key,
        )
        if ends:
            end_admissions(attendee.meeting, [attendee.pk])
            guarding.begin_anew(attendee)
            attendee.credential_version = kept.credential_version + 1
        attendee.save(force_update=True)
        renew([attendee.meeting_id])
        announce(attendee.meeting, "roster")
    return ends


def remove(attendee: Attendee) -> None:
    """Take somebody off the roster; whoever is inside by it is out. Raises RosterIsBusy."""
    with transaction.atomic():
        hold(attendee)
        end_admissions(attendee.meeting, [attendee.pk])
        attendee.delete()
        renew([attendee.meeting_id])
        announce(attendee.meeting, "roster")


def hold(attendee: Attendee) -> None:
    """Hold the roster, then the meeting: nobody enters by what is about to hold no more."""
    lock_rosters([attendee.meeting_id])
    attendee.meeting = locked(attendee.meeting)
