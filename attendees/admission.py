"""The one door: by code or signed link, carried, or open. Pages, sockets and downloads ask.

The rules are those of the design, section 4. They are decided here, by the server, at every
arrival; what was decided stands only as long as its proof does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from attendees import arrivals
from attendees.anonymity import (
    anonymous_participant,
    named_participant,
    pseudonym_key,
    with_pseudonym,
)
from attendees.browsers import kept_form
from attendees.carrying import Candidate, Carrying, Reason, candidates_of, considered, decide
from attendees.differing import difference
from attendees.identity import FlawedValue, clean_external_id, compared_code, key_of
from attendees.models import Admission, Attendee, Participant, expiry_of_admission
from attendees.standing import current_admission
from materials import links
from meetingportal.prepared import NotInserted, PreparedInsert, PreparedInserts
from meetingportal.repeatable import repeatable
from meetings.lifecycle import kept_as_it_is
from meetings.models import Meeting


@dataclass(frozen=True)
class Arrival:
    """The answer of the door: stay as you are, be carried, or the reason to ask for a code."""

    admission: Admission | None = None
    carrying: Carrying | None = None
    reason: Reason = Reason.UNKNOWN
    considered: Sequence[Candidate] = ()  # whom the browser has shown where a code is asked


def arrive(
    mark: str, meeting: Meeting, *, came_from: str = "", at: datetime | None = None
) -> Arrival:
    """Decide about somebody who arrives at the meeting. Writes nothing: see `carry`."""
    at = at or timezone.now()
    existing = current_admission(mark, meeting, at=at)
    return answer(meeting, existing, came_from, lambda: candidates_of(mark, meeting, at=at))


def answer(
    meeting: Meeting,
    existing: Admission | None,
    came_from: str,
    candidates: Callable[[], Sequence[Candidate]],
) -> Arrival:
    """What the door answers a browser; the candidates are looked for only where they matter."""
    if existing and (not came_from or came_from in whence(existing)):
        return Arrival(existing)
    if not meeting.require_access_codes:
        return Arrival(existing)
    shown = candidates()
    if existing:
        return second_arrival(meeting, existing, shown, came_from)
    decision = decide(meeting, shown, came_from)
    if isinstance(decision, Reason):
        if decision == Reason.UNKNOWN and came_from:
            decision = why_nobody_is_shown(meeting, came_from)
        return Arrival(reason=decision, considered=considered(shown, came_from))
    return Arrival(carrying=decision)


def why_nobody_is_shown(meeting: Meeting, came_from: str) -> Reason:
    """Why nobody can be known by the meeting whose link was followed."""
    source = links.linked_meetings(meeting).filter(slug=came_from).first()
    if source is None:
        return Reason.UNKNOWN
    if not source.require_access_codes:
        return Reason.NO_CODES
    return Reason.NAMES_HIDDEN if source.anonymize_attendees else Reason.UNKNOWN


def second_arrival(
    meeting: Meeting, existing: Admission, shown: Sequence[Candidate], came_from: str
) -> Arrival:
    """Somebody follows a link into a meeting in which this browser is already somebody.

    The meeting whose link was followed decides. Where it does not lead to anybody, the admission
    stands only if it belongs to the same chain (they typed the code coming from there, or back).
    """
    followed = [c for c in shown if c.meeting.slug == came_from]
    if not followed:
        return Arrival(existing)
    decision = decide(meeting, followed, came_from)
    if isinstance(decision, Carrying):
        if leads_to(decision, existing, meeting):
            return Arrival(existing)
        return Arrival(carrying=decision)
    other = followed[0]
    same_chain = existing.source_id == other.admission_id or other.source_id == existing.pk
    if same_chain or meeting.anonymize_attendees:
        return Arrival(existing)
    return Arrival(reason=decision, considered=followed)


def leads_to(carrying: Carrying, existing: Admission, meeting: Meeting) -> bool:
    if not meeting.anonymize_attendees:
        return existing.attendee_id == carrying.match.id
    return existing.participant.key == pseudonym_key(meeting, carrying.attendee(meeting))


def whence(admission: Admission) -> set[str]:
    """The slugs of the meetings from which this admission was carried or asked for."""
    return {admission.source.meeting.slug} if admission.source else set()


def carry(
    mark: str, meeting: Meeting, carrying: Carrying, *, at: datetime | None = None
) -> Admission:
    """Admit the attendee whom the decision leads to."""
    candidate = carrying.candidate
    admission = admit(
        mark,
        meeting,
        carrying.attendee(meeting),
        how=Admission.How.CARRIED,
        source=candidate,
        link=candidate.link,
        rule=carrying.rule,
        at=at or timezone.now(),
        known=carrying.match.participant,
        is_repeatable=True,  # if it is lost, the next page carries them again
    )
    if admission.source_id:  # as pages ask for it: the way back
        admission.source = Admission(pk=candidate.admission_id, meeting=candidate.meeting)
    return admission


def admit_by_code(
    mark: str,
    meeting: Meeting,
    code: str,
    *,
    is_enough_for: Callable[[Attendee], bool],
    came_from: str = "",
    at: datetime | None = None,
) -> Admission | None:
    """Admit whom the code names on this meeting's roster, or None: the code opens nothing here.

    Where the door asks for more than the code (see `attendees.guarding`), the code alone names
    nobody.
    """
    at = at or timezone.now()
    compared = compared_code(code)
    meeting = kept_as_it_is(meeting)  # whom its list has now, it has until they are in
    attendee = Attendee.objects.filter(meeting=meeting, compared_code=compared).first()
    if not attendee or not compared or not is_enough_for(attendee):
        return None
    shown = candidates_of(mark, meeting, at=at)
    from_there = considered(shown, came_from)
    decision = decide(meeting, shown, came_from)
    return admit(
        mark,
        meeting,
        attendee,
        how=Admission.How.CODE,
        source=from_there[0] if from_there else None,
        reason=decision if isinstance(decision, Reason) else "",
        at=at,
    )


def attendee_with(meeting: Meeting, external_id: str) -> Attendee | None:
    """Who on the meeting's list has this external ID."""
    try:
        key = key_of("", "", clean_external_id(external_id))
    except FlawedValue:
        return None
    return Attendee.objects.filter(meeting=meeting, identity_key=key).first() if key else None


def admit_signed(
    mark: str, meeting: Meeting, attendee: Attendee, *, rule: str, at: datetime
) -> Admission:
    """Admit whom a verified link names."""
    shown = candidates_of(mark, meeting, at=at)
    return admit(
        mark, meeting, attendee,
        how=Admission.How.SIGNED, source=shown[0] if shown else None, rule=rule, at=at,
    )  # fmt: skip


def admit(
    mark: str,
    meeting: Meeting,
    attendee: Attendee,
    *,
    how: Admission.How,
    at: datetime,
    source: Candidate | None = None,
    link: UUID | None = None,
    rule: str = "",
    reason: str = "",
    known: int | None = None,
    is_repeatable: bool = False,
) -> Admission:
    """Write the admission; in an anonymizing meeting without a word of whence, who and when.

    `source` is whom the browser has shown in a linked meeting, `reason` why a code was asked, and
    `known` the primary key of the attendee's participant, where somebody has looked it up.
    """
    if meeting.anonymize_attendees:
        with repeatable() if is_repeatable else transaction.atomic(savepoint=False):
            meeting = kept_as_it_is(meeting)
            if meeting.anonymize_attendees:
                return admit_under_pseudonym(mark, meeting, attendee, how=how, at=at, source=source)
        # Since a moment ago it shows names.
        return admit(mark, meeting, attendee, how=how, at=at, source=source)
    participant = named_participant(meeting, attendee, known)
    row = row_for(
        meeting, attendee, participant, how=how, at=at, source=source, link=link, rule=rule
    )
    row.browser = kept_form(mark, meeting)
    arrival = arrivals.row_for(
        row,
        at=at,
        whence=source.meeting.pk if source else None,
        shown=source.attendee_id if source else None,
        reason=reason,
        difference=difference(source, attendee) if source and reason else "",
    )
    writing = ENTER if known is None else ENTER_AGAIN
    rows = {"participant": participant, "admission": row, "arrival": arrival}
    try:
        whence = source.meeting.pk if source else meeting.pk
        writing.run(rows, is_repeatable=is_repeatable, meeting=meeting.pk, whence=whence)
    except NotInserted:  # since a moment ago it anonymizes
        meeting = Meeting.objects.select_related("workspace").get(pk=meeting.pk)
        return admit(mark, meeting, attendee, how=how, at=at, source=source)
    return row


def admit_under_pseudonym(
    mark: str,
    meeting: Meeting,
    attendee: Attendee,
    *,
    how: Admission.How,
    at: datetime,
    source: Candidate | None,
) -> Admission:
    """In the transaction of who calls it."""
    row = row_for(meeting, attendee, with_pseudonym(meeting, attendee), how=how, at=at)
    row.browser = kept_form(mark, meeting)
    arrivals.let_in(kept(row), whence=source.meeting.pk if source else None)
    return row


def row_for(
    meeting: Meeting,
    attendee: Attendee,
    participant: Participant,
    *,
    how: Admission.How,
    at: datetime,
    source: Candidate | None = None,
    link: UUID | None = None,
    rule: str = "",
) -> Admission:
    """The admission, not yet of any browser."""
    row = Admission(
        meeting=meeting, participant=participant, how=how, expires_at=expiry_of_admission(at)
    )
    if not meeting.anonymize_attendees:
        row.attendee = attendee
        row.credential_version = attendee.credential_version
        row.source_id = source.admission_id if source else None
        row.material_id, row.rule, row.created_at = link, rule, at
    return row


def admit_openly(mark: str, meeting: Meeting, *, at: datetime | None = None) -> Admission:
    """Admit anybody to a meeting that requires no codes; shown as “Anonymous”."""
    at = at or timezone.now()
    existing = current_admission(mark, meeting, at=at)
    if existing:
        return existing
    with transaction.atomic():
        meeting = kept_as_it_is(meeting)
        admission = kept(
            Admission(
                meeting=meeting,
                browser=kept_form(mark, meeting),
                participant=anonymous_participant(meeting),
                how=Admission.How.OPEN,
                created_at=None if meeting.anonymize_attendees else at,
                expires_at=expiry_of_admission(at),
            )
        )
        arrivals.let_in(admission)
    return admission


def kept(row: Admission) -> Admission:
    """Insert the admission, or let it take the place of this browser's earlier one."""
    return KEEP.run(row)


KEEP = PreparedInsert(Admission, unique=["meeting", "browser"])
ENTER = PreparedInserts(
    only_if=arrivals.SHOWS_NAMES,
    held=arrivals.BOTH,
    participant=PreparedInsert(Participant, unique=["meeting", "key"]),
    admission=KEEP,
    arrival=arrivals.WRITE,
)
ENTER_AGAIN = PreparedInserts(  # the participant is there
    only_if=arrivals.SHOWS_NAMES, held=arrivals.BOTH, admission=KEEP, arrival=arrivals.WRITE
)
