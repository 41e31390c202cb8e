"""Who is present: visits are leases. Who stops renewing is gone, so a crash leaves no ghosts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from attendees.models import Admission, Visit
from meetings.models import Meeting

LEASE = timedelta(seconds=45)  # of a page with a socket; renewed every 15 s (see `heartbeat`)
LEAVING = timedelta(seconds=10)  # what is left of it when the socket closes: a reload is no leave
PLAIN_LEASE = timedelta(seconds=60)  # of a page without scripts, which reloads every 20 s

# A page that is asked for without a tab counts as one and the same tab of its browser.
NAMES_OF_TABS = UUID("6ff3b7d4-6d0c-4e0e-9d8a-1d6c0a4c9a11")


def lease_of_polling(every: int) -> timedelta:
    """The lease of a page that polls every so many seconds: it may come late once."""
    return timedelta(seconds=2 * every + 25)


@dataclass(frozen=True)
class Stay:
    """One tab of one admission's browser."""

    admission: int
    tab: UUID


@dataclass(frozen=True)
class Pulse:
    """What a heartbeat says of a meeting, and by what one sees that other people are here."""

    head: int  # the number of the newest change
    here: int  # participants present
    who: int  # changes, as good as always, when one comes while another goes


def begin(stays: Collection[Stay], *, at: datetime, lasts: timedelta = LEASE) -> dict[Stay, int]:
    """Begin or renew these stays, in one statement; gives their visits.

    Who comes back after a visit has ended begins another: a gap is nobody's presence. Stays whose
    admission is gone meanwhile are left out.
    """
    tabs: dict[int, list[Stay]] = {}
    for stay in stays:
        tabs.setdefault(stay.admission, []).append(stay)
    keys: dict[Stay, tuple[int, UUID]] = {}
    visits: dict[tuple[int, UUID], Visit] = {}
    returning: set[int] = set()
    with transaction.atomic():
        for admission, meeting, participant, is_anonymizing, has_been_here in held(tabs, at=at):
            if has_been_here and not is_anonymizing:
                returning.add(participant)
            for stay in tabs[admission]:
                keys[stay] = key = (participant, kept_tab(stay.tab, meeting))
                visits[key] = Visit(
                    meeting_id=meeting,
                    participant_id=participant,
                    admission_id=admission,
                    tab=key[1],
                    started_at=None if is_anonymizing else at,
                    present_until=at + lasts,
                )
        if returning:
            over(at).filter(participant__in=sorted(returning)).update(tab=None)
        Visit.objects.bulk_create(
            [visits[key] for key in sorted(visits)],  # one order for all processes: no deadlock
            update_conflicts=True,
            unique_fields=["participant", "tab"],
            update_fields=["present_until", "admission"],
        )
    return {stay: visits[key].pk for stay, key in keys.items()}


def held(admissions: Collection[int], *, at: datetime) -> list[tuple[int, int, int, bool, bool]]:
    """Those that are there still, and are until the transaction ends: see `ending.end`.

    Of each its meeting and participant, whether the meeting anonymizes, and whether the participant
    has a visit that is over.
    """
    rows = (
        Admission.objects.filter(pk__in=admissions)
        .annotate(has_been_here=Exists(over(at).filter(participant=OuterRef("participant"))))
        .order_by("pk")
        .values_list(
            "pk", "meeting", "participant", "meeting__anonymize_attendees", "has_been_here"
        )
    )
    if connection.vendor != "postgresql" or not admissions:  # SQLite has one writer at a time
        return list(rows)
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f'{sql} FOR KEY SHARE OF "{Admission._meta.db_table}"', parameters)
        return list(cursor.fetchall())


def over(at: datetime) -> QuerySet[Visit]:
    """Visits that have ended and still hold their tab: who comes back begins a new one."""
    return Visit.objects.filter(tab__isnull=False, present_until__lte=at)


def kept_tab(tab: UUID, meeting_id: int) -> UUID:
    """What is stored of a tab: another value in each meeting.

    One value would tie somebody's pseudonym in one meeting to their name in the next.
    """
    return uuid5(tab, str(meeting_id))


def renew(visits: Collection[int], *, at: datetime) -> None:
    """Renew the leases of all these visits in one statement."""
    if visits:
        Visit.objects.filter(pk__in=visits).update(present_until=at + LEASE)


def shorten(visits: Mapping[int, datetime], *, at: datetime) -> None:
    """Let visits end soon whose page has closed, given until when each was held from here.

    One that lasts longer is held by somebody else: the page has come back through another process.
    """
    if visits:
        Visit.objects.filter(pk__in=visits, present_until__lte=max(visits.values())).update(
            present_until=at + LEAVING
        )


def touch(
    admission: Admission,
    tab: UUID | None = None,
    *,
    at: datetime | None = None,
    lasts: timedelta = PLAIN_LEASE,
) -> None:
    """Somebody has asked for a page, or polls: they are present for a while."""
    tab = tab or uuid5(NAMES_OF_TABS, str(admission.pk))
    begin([Stay(admission.pk, tab)], at=at or timezone.now(), lasts=lasts)


def here(meeting: Meeting, *, at: datetime | None = None) -> int:
    """How many participants are present, however many tabs each has open."""
    visits = Visit.objects.filter(meeting=meeting).present(at=at or timezone.now())
    return int(visits.aggregate(here=Count("participant", distinct=True))["here"])


def pulses(meetings: Iterable[int], *, at: datetime) -> dict[int, Pulse]:
    """The pulse of each of these meetings, in one query."""
    present = Visit.objects.filter(meeting=OuterRef("pk")).present(at=at).order_by()
    of_meeting = present.values("meeting")
    rows = Meeting.objects.filter(pk__in=list(meetings)).values_list(
        "pk",
        "sequence",
        Coalesce(Subquery(of_meeting.values(n=Count("participant", distinct=True))), 0),
        Coalesce(Subquery(of_meeting.values(n=Sum("participant", distinct=True))), 0),
    )
    return {pk: Pulse(head, here, who) for pk, head, here, who in rows}
