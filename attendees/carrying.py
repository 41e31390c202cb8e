"""Who, if anybody, is carried into a meeting: decided by named rules, of admissions that stand.

The rules are those of the design, section 4. Looking up whom a browser has shown is one query,
whatever the size of the rosters and the number of links; deciding looks at nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from attendees.browsers import named
from attendees.identity import compared_code
from attendees.models import Admission, Attendee, Participant
from attendees.standing import holding, rests_on_a_code, standing_of
from materials import links
from materials.models import Material
from meetingportal.prepared import Prepared
from meetings.models import Meeting

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
    known_as = Attendee.objects.filter(meeting=meeting).exclude(identity_key="").order_by()
    same_person = known_as.filter(identity_key=OuterRef(identity_key))
    # By the attendee alone: with the meeting, a database may read through all who are in it.
    known = Participant.objects.filter(
        attendee=Subquery(
            known_as.filter(identity_key=OuterRef(OuterRef(identity_key))).values("pk")[:1]
        )
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
