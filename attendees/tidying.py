"""What nobody needs any more is deleted, daily, so that tables do not grow for ever."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from attendees.models import Admission, Arrival, Participant, Repair, RetiredSession, Visit
from attendees.repairs.repairing import KEPT as REPAIRS_KEPT
from attendees.roster import undoing, uploads
from hosts.models import Invitation
from materials.strays import forget_strays
from meetingportal import limits, once
from meetings.models import Meeting

# Who came and who was present stays to be seen for a while after the meeting, where people are
# shown by name.
VISITS_KEPT = timedelta(days=90)
INVITATIONS_KEPT = timedelta(days=30)


def tidy(*, at: datetime) -> dict[str, int]:
    """Delete it; returns how many rows of each kind are gone."""
    return {
        "sessions": deleted(Session.objects.filter(expire_date__lte=at)),
        "retired session keys": deleted(RetiredSession.objects.filter(until__lte=at)),
        "admissions": deleted(Admission.objects.filter(expires_at__lte=at)),
        "visits": deleted(past_visits(at=at)),
        "arrivals": deleted(past_arrivals(at=at)),
        "anonymous participants": deleted(nameless_of_the_past()),
        "invitations": deleted(Invitation.objects.filter(expires_at__lte=at - INVITATIONS_KEPT)),
        "repairs of links": deleted(Repair.objects.filter(made_at__lte=at - REPAIRS_KEPT)),
        "uploaded rosters": uploads.forget_old(at=at),
        "replaced roster rows": undoing.forget_what_was(at=at),
        "stray files": forget_strays(at=at),
        "keys of sent forms": once.forget_old(at=at),
        "rate counters": limits.forget_old(now=at.timestamp()),
    }


def past_visits(*, at: datetime) -> QuerySet[Visit]:
    """Of an anonymizing meeting all that are over; else counted from the end of the meeting."""
    over = Visit.objects.filter(present_until__lte=at)
    return over.filter(
        Q(meeting__anonymize_attendees=True)
        | Q(present_until__lte=at - VISITS_KEPT) & is_long_over(at)
    )


def past_arrivals(*, at: datetime) -> QuerySet[Arrival]:
    return Arrival.objects.filter(is_long_over(at), at__lte=at - VISITS_KEPT)


def is_long_over(at: datetime) -> Q:
    """The meeting has not ended, or long ago; one that goes on for ever keeps the last weeks."""
    return ~Q(meeting__ended_at__gt=at - VISITS_KEPT)


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
