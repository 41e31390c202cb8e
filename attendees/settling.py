"""What becomes of those inside when a meeting's settings or state change."""

from django.utils import timezone

from attendees import guarding
from attendees.anonymity import sever
from attendees.models import Admission
from attendees.standing import holding
from meetings.consequences import Event
from meetings.live import close_pages
from meetings.models import Meeting


def settle(meeting: Meeting, event: Event) -> None:
    """Runs in the transaction of the change (see `meetings.consequences`).

    Pages that are closed load again, and the door decides about each of them anew.
    """
    match event:
        case Event.ANONYMIZED:
            sever(meeting)
            guarding.forget_people(meeting)
            close_pages(meeting.pk)
        case Event.NAMES_SHOWN | Event.CODES_REQUIRED | Event.CODES_DROPPED:
            forget_unfit(meeting)
            close_pages(meeting.pk)
        case Event.ARCHIVED:
            close_pages(meeting.pk)
        case _:
            pass


def forget_unfit(meeting: Meeting) -> None:
    """Delete the admissions that the meeting, as it is set now, would not give."""
    admissions = Admission.objects.filter(meeting=meeting)
    fitting = holding(admissions, at=timezone.now()).values("pk")
    admissions.exclude(pk__in=fitting).delete()
