"""How many attendees, people here now, and materials meetings have, for many meetings at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from attendees.models import Attendee, Visit
from materials.models import Material
from meetings.models import Meeting


@dataclass(frozen=True, kw_only=True)
class Numbers:
    attendees: int = 0
    here: int = 0  # in the meeting, or in its lobby
    materials: int = 0


def numbers_of(meetings: Iterable[Meeting], *, at: datetime) -> dict[int, Numbers]:
    """By primary key of the meeting; three queries, however many the meetings are."""
    ids = [meeting.pk for meeting in meetings]
    attendees = counted(Attendee.objects.filter(meeting__in=ids), "pk")
    here = counted(Visit.objects.filter(meeting__in=ids).present(at=at), "participant")
    materials = counted(Material.objects.filter(meeting__in=ids), "pk")
    return {
        pk: Numbers(
            attendees=attendees.get(pk, 0), here=here.get(pk, 0), materials=materials.get(pk, 0)
        )
        for pk in ids
    }


def counted(
    rows: QuerySet[Attendee] | QuerySet[Visit] | QuerySet[Material], what: str
) -> dict[int, int]:
    per_meeting = rows.order_by().values("meeting").annotate(n=Count(what, distinct=what != "pk"))
    return dict(per_meeting.values_list("meeting", "n"))
