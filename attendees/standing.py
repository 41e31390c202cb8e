"""Which admissions still stand: as long as their own proof does, and all that they rest on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from attendees.browsers import kept_form, mark_of
from attendees.models import Admission, AdmissionQuerySet, Attendee, Participant
from materials import links
from materials.models import Material
from meetingportal.prepared import Prepared
from meetings.models import Meeting

# What is read of the admission that a page is shown on.
HELD = (
    "id", "meeting_id", "how", "participant_id", "attendee_id", "source_id",
    "participant__id", "participant__meeting_id", "participant__key", "participant__number",
    "participant__attendee_id",
    "participant__attendee__id", "participant__attendee__firstname",
    "participant__attendee__lastname",
    "source__id", "source__how", "source__meeting_id",
    "source__meeting__id", "source__meeting__slug", "source__meeting__title",
)  # fmt: skip


def holding(admissions: AdmissionQuerySet, *, at: datetime) -> AdmissionQuerySet:
    """Narrow to admissions whose own proof and, where carried, whose last link still hold."""
    return (
        admissions.current(at=at)
        .filter(fits_the_settings())
        .filter(
            ~Q(how=Admission.How.CARRIED)
            | Q(meeting__anonymize_attendees=True)
            | (Exists(source_holds(at)) & Exists(link_carries()))
        )
    )


def fits_the_settings() -> Q:
    """The admission is of the kind that its meeting, as it is set now, admits."""
    by_name = Q(attendee__isnull=False, meeting__anonymize_attendees=False)
    hidden = Q(attendee__isnull=True, meeting__anonymize_attendees=True)
    with_code = Q(how__in=[Admission.How.CODE, Admission.How.SIGNED]) | Q(
        how=Admission.How.CARRIED, meeting__always_ask=False
    )
    return Q(how=Admission.How.OPEN, meeting__require_access_codes=False) | (
        with_code & (by_name | hidden) & Q(meeting__require_access_codes=True)
    )


def source_holds(at: datetime) -> QuerySet[Admission]:
    return Admission.objects.filter(
        pk=OuterRef("source"),
        expires_at__gt=at,
        attendee__isnull=False,
        credential_version=F("attendee__credential_version"),
        meeting__anonymize_attendees=False,
        meeting__require_access_codes=True,
    )


def link_carries() -> QuerySet[Material]:
    link = Material.objects.published().filter(
        pk=OuterRef("material"), meeting__workspace=F("target__workspace")
    )
    return links.carrying_into(link, OuterRef("meeting"))


# By primary key of an admission that holds by itself: how it came about, and from which other.
type Standing = Mapping[int, tuple[str, int | None]]


def standing_of(browser: str, *, at: datetime) -> Standing:
    """All that the browser has in meetings that show names: what one rests on is among them."""
    return {pk: (how, source) for pk, how, source in STANDING.run(browser=browser, at=at)}


def rests_on_a_code(admission_id: int | None, standing: Standing) -> bool:
    """Whether the admission holds, and everything behind it, back to where a code was typed."""
    seen: set[int] = set()
    while admission_id is not None and admission_id in standing and admission_id not in seen:
        seen.add(admission_id)
        how, admission_id = standing[admission_id]
        if how != Admission.How.CARRIED:
            return True
    return False


def holding_with_source(admissions: AdmissionQuerySet, *, at: datetime) -> QuerySet[Any, Any]:
    return holding(admissions, at=at).values_list("pk", "how", "source_id")


STANDING = Prepared(
    lambda browser, at: holding_with_source(Admission.objects.filter(browser=browser), at=at),
    browser=str,
    at=datetime,
)

CURRENT = Prepared(
    lambda meeting, browser, at: holding(
        Admission.objects.filter(meeting=meeting, browser=browser), at=at
    ).values_list(*HELD),
    meeting=int,
    browser=str,
    at=datetime,
)


def current_admission(mark: str, meeting: Meeting, *, at: datetime) -> Admission | None:
    """The browser's admission to the meeting, if all that it rests on still holds.

    Of the rows behind it only what pages show is loaded; the rest loads when it is asked for.
    """
    if not mark:
        return None
    browser = kept_form(mark, meeting)
    rows = CURRENT.run(meeting=meeting.pk, browser=browser, at=at)
    if not rows:
        return None
    admission = admission_in(rows[0], meeting)
    source = admission.source
    was_carried_on = (
        admission.how == Admission.How.CARRIED
        and source is not None
        and source.how == Admission.How.CARRIED
    )
    if was_carried_on and not rests_on_a_code(admission.pk, standing_of(browser, at=at)):
        return None
    return admission


def admission_in(row: tuple[Any, ...], meeting: Meeting) -> Admission:
    values = dict(zip(HELD, row, strict=True))
    admission = partly(Admission, values, "")
    admission.meeting = meeting
    admission.participant = partly(Participant, values, "participant__")
    admission.participant.meeting = meeting
    if values["attendee_id"] is not None:
        attendee = partly(Attendee, values, "participant__attendee__")
        admission.attendee = admission.participant.attendee = attendee
    elif values["participant__attendee_id"] is None:
        admission.participant.attendee = None
    if values["source_id"] is not None:
        admission.source = partly(Admission, values, "source__")
        admission.source.meeting = partly(Meeting, values, "source__meeting__")
    return admission


def partly[M: Model](model: type[M], values: dict[str, Any], prefix: str) -> M:
    """An instance with the values under the prefix; its other fields load when asked for."""
    fields = [f.attname for f in model._meta.concrete_fields if f"{prefix}{f.attname}" in values]
    return model.from_db("default", fields, [values[f"{prefix}{name}"] for name in fields])


def admission_of_session(session: SessionBase, slug: str) -> Admission | None:
    """Who this session may be in the meeting, wherever it is asked. Admits nobody anew."""
    meeting = Meeting.objects.current().filter(slug=slug).first()
    if meeting is None:
        return None
    return current_admission(mark_of(session), meeting, at=timezone.now())


def still_hold(admission_ids: Iterable[int]) -> set[int]:
    """Which of the admissions hold now: the re-check of open sockets."""
    at, ids = timezone.now(), list(admission_ids)
    admissions = Admission.objects.filter(pk__in=ids)
    holds = set(holding(admissions, at=at).values_list("pk", flat=True))
    # Those carried from one that was carried itself: their browsers' other admissions count, too.
    further = admissions.filter(how=Admission.How.CARRIED, source__how=Admission.How.CARRIED)
    carried_on = dict(further.values_list("pk", "browser"))
    if not carried_on:
        return holds
    theirs = Admission.objects.filter(browser__in=set(carried_on.values()))
    rows = holding_with_source(theirs, at=at)
    standing = {pk: (how, source) for pk, how, source in rows}
    return {pk for pk in holds if pk not in carried_on or rests_on_a_code(pk, standing)}
