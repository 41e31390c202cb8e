"""The one door: by code or signed link, carried, or open. Pages, sockets and downloads ask.

The rules are those of the design, section 4. They are decided here, by the server, at every
arrival; what was decided stands only as long as its proof does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import Case, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from attendees import arrivals
from attendees.anonymity import anonymous_participant, participant_for, pseudonym_key
from attendees.browsers import kept_form, mark_of, named
from attendees.differing import difference
from attendees.identity import (
    FlawedValue,
    clean_email,
    clean_external_id,
    compared_code,
    key_of,
)
from attendees.models import (
    Admission,
    AdmissionQuerySet,
    Attendee,
    Participant,
    expiry_of_admission,
)
from materials import links
from materials.models import Material
from meetingportal.limits import Limit
from meetingportal.prepared import Prepared, PreparedInsert
from meetingportal.repeatable import repeatable
from meetings.live import close_pages
from meetings.models import Meeting

# Source of the figures: security notes (b) 5. A right code is given back.
WRONG_CODES_PER_ADDRESS = Limit(
    name="wrong codes of an address", burst=settings.WRONG_CODES_PER_ADDRESS, per_minute=6
)
# Only counted, and shown to the host: a meeting is never locked by strangers.
WRONG_CODES_PER_MEETING = Limit(
    name="wrong codes in a meeting", burst=1000, per_minute=1000 / (24 * 60)
)

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

# What is read of the attendee whom an identity leads to. Each is a look-up in a unique index;
# one JSON object would need a transaction of its own on SQLite, only to ask whether it can.
MATCHED = ("pk", "code", "email", "credential_version", "firstname", "lastname")
# What is read of an admission that may lead on, and of the attendee whom it shows.
SHOWN = (
    "pk", "source_id", "how", "meeting_id", "meeting__title", "meeting__slug",
    "attendee__firstname", "attendee__lastname",
    "attendee__compared_code", "attendee__email", "attendee__identity_key", "attendee_id",
)  # fmt: skip


LED_TO = ("link", *(f"match_{field}" for field in MATCHED), "known")


class Reason(StrEnum):
    """Why somebody who may be known elsewhere is asked for a code: a class, nobody's data."""

    UNKNOWN = "unknown"
    PLAIN_LINK = "plain link"
    ALWAYS_ASK = "always ask"
    NO_MATCH = "no match"
    CONTRADICTION = "contradiction"
    SEVERAL = "several people"
    NAMES_HIDDEN = "names hidden there"
    NO_CODES = "no codes there"


# What the person is told. None of it says whether a code or a person exists in another meeting.
SENTENCES = {
    Reason.UNKNOWN: "",
    Reason.PLAIN_LINK: "This meeting checks everybody itself. Please type your code for it.",
    Reason.ALWAYS_ASK: "This meeting asks everybody for the code at its own door.",
    Reason.NO_MATCH: "This meeting has a list of its own. Please type your code for it.",
    Reason.CONTRADICTION: "This meeting has a list of its own. Please type your code for it.",
    Reason.SEVERAL: (
        "More than one person has used this browser. Please type the code of the one who enters."
    ),
    Reason.NAMES_HIDDEN: (
        "The meeting you come from shows no names, so nobody is known here by it. "
        "Please type your code."
    ),
    Reason.NO_CODES: (
        "The meeting you come from asks for no codes, so nobody is known here by it. "
        "Please type your code."
    ),
}


class Rule(StrEnum):
    """By which rule somebody was carried."""

    EXTERNAL_ID = "same external ID"
    CODE_AND_EMAIL = "same code and email"


@dataclass(frozen=True)
class Match:
    """The one attendee of the meeting arrived at who has the same identity key."""

    id: int
    code: str
    email: str
    version: int
    firstname: str
    lastname: str
    participant: int | None  # whom the meeting already knows by this attendee's name


@dataclass(frozen=True)
class Candidate:
    """An admission of this browser in a linked meeting, and where it leads in this one."""

    admission_id: int
    source_id: int | None
    how: str
    meeting: Meeting  # in which it is an admission; of it, only what a link back shows
    name: str
    compared_code: str
    email: str
    key: str
    link: UUID | None  # primary key of a material that carries
    match: Match | None
    attendee_id: int | None = None

    @property
    def leads(self) -> Match | None:
        return self.match if self.link and not self.is_contradicted else None

    @property
    def is_contradicted(self) -> bool:
        """One external ID, but another code and another email: somebody else's ID in one file."""
        return (
            self.match is not None
            and self.key.startswith("x:")
            and compared_code(self.match.code) != self.compared_code
            and self.match.email != self.email
        )

    @property
    def reason(self) -> Reason:
        if not self.link:
            return Reason.PLAIN_LINK
        return Reason.CONTRADICTION if self.match else Reason.NO_MATCH

    @property
    def identity_key(self) -> str:
        return self.key


@dataclass(frozen=True)
class Carrying:
    """Decided: this candidate is carried to this attendee."""

    candidate: Candidate
    match: Match

    @property
    def rule(self) -> Rule:
        return Rule.EXTERNAL_ID if self.candidate.key.startswith("x:") else Rule.CODE_AND_EMAIL

    def attendee(self, meeting: Meeting) -> Attendee:
        """The attendee who is admitted, without asking the database again."""
        return Attendee(
            pk=self.match.id,
            meeting=meeting,
            code=self.match.code,
            compared_code=compared_code(self.match.code),
            email=self.match.email,
            identity_key=self.candidate.key,
            credential_version=self.match.version,
            firstname=self.match.firstname,
            lastname=self.match.lastname,
        )


@dataclass(frozen=True)
class Arrival:
    """The answer of the door: stay as you are, be carried, or the reason to ask for a code."""

    admission: Admission | None = None
    carrying: Carrying | None = None
    reason: Reason = Reason.UNKNOWN
    considered: Sequence[Candidate] = ()  # whom the browser has shown where a code is asked


def considered(shown: Sequence[Candidate], came_from: str) -> Sequence[Candidate]:
    """The meeting whose link was followed wins over the others."""
    return [c for c in shown if c.meeting.slug == came_from] or shown


def decide(meeting: Meeting, shown: Sequence[Candidate], came_from: str = "") -> Carrying | Reason:
    """Who, if anybody, is carried into the meeting. Looks at nothing but its arguments."""
    if not shown:
        return Reason.UNKNOWN
    if meeting.always_ask:
        return Reason.ALWAYS_ASK
    looked_at = considered(shown, came_from)
    leading = [(c, c.leads) for c in looked_at if c.leads]
    if not leading:
        return looked_at[0].reason
    if len({match.id for _, match in leading if match}) > 1:
        return Reason.SEVERAL
    candidate, match = leading[0]
    assert match is not None  # noqa: S101 - by the condition of the list
    return Carrying(candidate, match)


def candidates_of(mark: str, meeting: Meeting, *, at: datetime) -> list[Candidate]:
    """The named admissions of the browser in meetings linked with this one, and their matches.

    One query, and one more where some were carried, whatever the size of the rosters and the
    number of links.
    """
    if not mark:
        return []
    browser = named(mark)
    rows = CANDIDATES.run(
        browser=browser, meeting=meeting.pk, workspace=meeting.workspace_id, at=at
    )
    found = [candidate_in(row) for row in rows]
    if all(candidate.how != Admission.How.CARRIED for candidate in found):
        return found
    standing = standing_of(browser, at=at)
    return [c for c in found if rests_on_a_code(c.admission_id, standing)]


def candidates(
    browser: str, meeting: int, workspace: int, at: datetime
) -> QuerySet[Admission, tuple[Any, ...]]:
    here = holding(Admission.objects.filter(browser=browser), at=at)
    shown = leading_into(here.filter(attendee__isnull=False), meeting, workspace)
    return shown.values_list(*SHOWN, *LED_TO)


def leading_into(rows: QuerySet[Any], meeting: int, workspace: int) -> QuerySet[Any]:
    """Those of the admissions, or of the attendees, that count before this meeting's door.

    Each with the link that carries, if one does, and with the attendee of the same identity.
    """
    identity_key = "identity_key" if rows.model is Attendee else "attendee__identity_key"
    between = Material.objects.published().filter(
        Q(meeting=meeting, target=OuterRef("meeting"))
        | Q(meeting=OuterRef("meeting"), target=meeting),
        kind=Material.Kind.MEETING,
    )
    same_person = Attendee.objects.filter(
        meeting=meeting, identity_key=OuterRef(identity_key)
    ).exclude(identity_key="")
    known = Participant.objects.filter(
        meeting=meeting, attendee__meeting=meeting, attendee__identity_key=OuterRef(identity_key)
    )
    counting: QuerySet[Any] = (
        rows.filter(
            Exists(between),
            meeting__workspace=workspace,
            meeting__anonymize_attendees=False,
            meeting__require_access_codes=True,
        )
        .exclude(meeting=meeting)
        .annotate(
            # The link to here is the one that was followed, if there is one.
            link=Subquery(
                links.carrying_into(between, meeting)
                .order_by(Case(When(target=meeting, then=0), default=1), "position", "pk")
                .values("pk")[:1]
            ),
            **{f"match_{field}": Subquery(same_person.values(field)[:1]) for field in MATCHED},
            known=Subquery(known.values("pk")[:1]),
        )
        .order_by("pk")
    )
    return counting


CANDIDATES = Prepared(candidates, browser=str, meeting=int, workspace=int, at=datetime)


def candidate_in(row: tuple[Any, ...]) -> Candidate:
    admission_id, source_id, how, *meeting = row[:6]
    firstname, lastname, code, email, key, attendee_id, link, *match = row[6:]
    return Candidate(
        admission_id=admission_id,
        source_id=source_id,
        how=how,
        meeting=Meeting.from_db("default", ["id", "title", "slug"], meeting),
        name=f"{firstname} {lastname}".strip(),
        compared_code=code,
        email=email,
        key=key,
        link=UUID(str(link)) if link else None,
        match=Match(*match) if match[0] is not None else None,
        attendee_id=attendee_id,
    )


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


# --- Admitting ---------------------------------------------------------------------------


def carry(
    mark: str, meeting: Meeting, carrying: Carrying, *, at: datetime | None = None
) -> Admission:
    """Admit the attendee whom the decision leads to."""
    at = at or timezone.now()
    candidate = carrying.candidate
    with repeatable():  # if it is lost, the next page carries them again
        admission = admit(
            mark,
            meeting,
            carrying.attendee(meeting),
            how=Admission.How.CARRIED,
            source=candidate,
            link=candidate.link,
            rule=carrying.rule,
            at=at,
            known=carrying.match.participant,
        )
    if admission.source_id:  # as pages ask for it: the way back
        admission.source = Admission(pk=candidate.admission_id, meeting=candidate.meeting)
    return admission


def admit_by_code(
    mark: str,
    meeting: Meeting,
    code: str,
    *,
    email: str = "",
    came_from: str = "",
    at: datetime | None = None,
) -> Admission | None:
    """Admit whom the code names on this meeting's roster, or None: the code opens nothing here.

    Where the meeting asks for the email, too, the code alone names nobody.
    """
    at = at or timezone.now()
    compared = compared_code(code)
    attendee = Attendee.objects.filter(meeting=meeting, compared_code=compared).first()
    if not attendee or not compared:
        return None
    if meeting.ask_email and not is_email_of(attendee, email):
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


def is_email_of(attendee: Attendee, typed: str) -> bool:
    try:
        return bool(attendee.email) and clean_email(typed) == attendee.email
    except FlawedValue:
        return False


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
) -> Admission:
    """Write the admission; in an anonymizing meeting without a word of whence, who and when.

    `source` is whom the browser has shown in a linked meeting, `reason` why a code was asked, and
    `known` the primary key of the attendee's participant, where somebody has looked it up.
    """
    with transaction.atomic(savepoint=False):
        participant = participant_for(meeting, attendee, known)
        row = row_for(
            meeting, attendee, participant, how=how, at=at, source=source, link=link, rule=rule
        )
        row.browser = kept_form(mark, meeting)
        admission = kept(row)
        arrivals.let_in(
            admission,
            at=at,
            whence=source.meeting.pk if source else None,
            shown=source.attendee_id if source else None,
            reason=reason,
            difference=difference(source, attendee) if source and reason else "",
        )
    return admission


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
    arrivals.let_in(admission, at=at)
    return admission


def kept(row: Admission) -> Admission:
    """Insert the admission, or let it take the place of this browser's earlier one."""
    return KEEP.run(row)


KEEP = PreparedInsert(Admission, unique=["meeting", "browser"])


# --- What stands ---------------------------------------------------------------------------


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
    """For sockets: who this session may be in the meeting. Admits nobody anew."""
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


# --- Ending ------------------------------------------------------------------------------


def end_admissions(meeting: Meeting, attendee_ids: Iterable[int]) -> None:
    """End the admissions of these attendees, sockets included.

    Call it in the transaction that removes them or changes their code or identity, before their
    rows change: a pseudonym can only be found by the identity that it was made from.
    """
    ids = set(attendee_ids)
    if meeting.anonymize_attendees:
        found = pseudonymous_admissions(meeting, ids)
    else:
        all_of_meeting = Admission.objects.filter(meeting=meeting, attendee__isnull=False)
        rows = all_of_meeting.values_list("pk", "attendee_id")
        found = {pk for pk, attendee_id in rows if attendee_id in ids}
    end(found)


def pseudonymous_admissions(meeting: Meeting, attendee_ids: set[int]) -> set[int]:
    inside = dict(Admission.objects.filter(meeting=meeting).values_list("pk", "participant__key"))
    if not inside or not meeting.pseudonym_secret:
        return set()
    people = Attendee.objects.filter(meeting=meeting).only("pk", "identity_key")
    keys = {
        pseudonym_key(meeting, person)
        for person in people.iterator(chunk_size=5000)
        if person.pk in attendee_ids
    }
    return {pk for pk, key in inside.items() if key in keys}


def end(admission_ids: set[int]) -> None:
    """Delete the admissions and all that were carried from them, and close their pages."""
    ending = set(admission_ids)
    newest = ending
    while newest:
        carried = Admission.objects.filter(source__in=newest, how=Admission.How.CARRIED)
        newest = set(carried.values_list("pk", flat=True)) - ending
        ending |= newest
    if not ending:
        return
    by_meeting: dict[int, list[int]] = {}
    with transaction.atomic():
        for pk, meeting_id in Admission.objects.filter(pk__in=ending).values_list(
            "pk", "meeting_id"
        ):
            by_meeting.setdefault(meeting_id, []).append(pk)
        Admission.objects.filter(pk__in=ending).delete()
        for meeting_id, ids in by_meeting.items():
            close_pages(meeting_id, admissions=ids)


def leave(mark: str, meeting: Meeting) -> None:
    """“Not you?”: forget this person here and in every meeting linked with it, step by step."""
    if not mark:
        return
    forgotten: set[int] = set()
    seen: set[int] = set()
    waiting = [meeting]
    while waiting:
        here = waiting.pop()
        if here.pk in seen:
            continue
        seen.add(here.pk)
        admissions = Admission.objects.filter(meeting=here, browser=kept_form(mark, here))
        forgotten.update(admissions.values_list("pk", flat=True))
        waiting.extend(visited_by(mark, links.linked_meetings(here)))
    end(forgotten)


def visited_by(mark: str, meetings: QuerySet[Meeting]) -> list[Meeting]:
    """Those of the meetings in which the browser may have an admission."""
    by_name = Admission.objects.filter(meeting=OuterRef("pk"), browser=named(mark))
    return list(meetings.filter(Exists(by_name) | Q(anonymize_attendees=True)))
