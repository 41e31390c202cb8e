"""What nobody needs any more is deleted, daily, so that tables do not grow for ever."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from attendees.models import Admission, Participant, RetiredSession, Visit
from attendees.roster import importing
from hosts.models import Invitation
from materials.strays import forget_strays
from meetingportal import limits, once
from meetings.models import Meeting

# Who was present stays to be seen for a while after the meeting.
VISITS_KEPT = timedelta(days=30)
INVITATIONS_KEPT = timedelta(days=30)


def tidy(*, at: datetime) -> dict[str, int]:
    """Delete it; returns how many rows of each kind are gone."""
    return {
        "sessions": deleted(Session.objects.filter(expire_date__lte=at)),
        "retired session keys": deleted(RetiredSession.objects.filter(until__lte=at)),
        "admissions": deleted(Admission.objects.filter(expires_at__lte=at)),
        "visits": deleted(Visit.objects.filter(present_until__lte=at - VISITS_KEPT)),
        "anonymous participants": deleted(nameless_of_the_past()),
        "invitations": deleted(Invitation.objects.filter(expires_at__lte=at - INVITATIONS_KEPT)),
        "uploaded rosters": importing.forget_old(at=at),
        "stray files": forget_strays(at=at),
        "keys of sent forms": once.forget_old(at=at),
        "rate counters": limits.forget_old(now=at.timestamp()),
    }


def nameless_of_the_past() -> QuerySet[Participant]:
    """Participants who are nobody on the roster and of whom nothing is left in an ended meeting."""
    mine = {"participant": OuterRef("pk")}
    return Participant.objects.filter(
        ~Exists(Admission.objects.filter(**mine)),
        ~Exists(Visit.objects.filter(**mine)),
        attendee=None,
        meeting__state=Meeting.State.ENDED,
    )


def deleted(rows: QuerySet) -> int:  # type: ignore[type-arg]  # of any model
    return rows.delete()[1].get(rows.model._meta.label, 0)
