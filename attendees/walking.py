"""To walk through the doors as an attendee would, without leaving a trace.

The browser is invented, and so are its admissions; what decides is the door itself
(`admission.answer`), and what leads on is asked of the lists and links as they are now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Case, Q, When

from attendees.admission import Arrival, answer, row_for
from attendees.anonymity import named_key, pseudonym_key
from attendees.carrying import (
    LED_TO,
    SENTENCES,
    Candidate,
    Carrying,
    Reason,
    candidate_in,
    considered,
    leading_into,
)
from attendees.differing import EXPLAINED, difference, likeness
from attendees.explaining import BY_RULE, WHY_ASKED
from attendees.guarding import guard_of
from attendees.models import Admission, Attendee, Participant
from attendees.roster.listing import searched
from materials.models import Material
from meetings.models import Meeting

LONGEST_WALK = 20  # steps
LIKELY = 5  # rows of a roster that are offered as the same person
FOUND = 10
EMAIL_TOO = "It asks for the email of its list, too."
EMAIL_NOW = (
    "For the moment it asks newcomers for the email of its list, too, since somebody tries codes."
)

# In the order of `carrying.SHOWN`, after what is of the admission.
OF_ATTENDEE = (
    "meeting_id", "meeting__title", "meeting__slug",
    "firstname", "lastname", "compared_code", "email", "identity_key", "pk",
)  # fmt: skip


class Outcome(StrEnum):
    IN = "in"
    ASKED = "asked"
    CLOSED = "closed"  # archived, so that nobody finds it
    UNTOLD = "untold"  # not managed by the host who walks


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What happened at one door."""

    meeting: Meeting
    came: str  # "Opened the address", "Followed …"
    outcome: Outcome
    headline: str
    why: str = ""
    told: str = ""  # what the attendee reads at the code prompt
    advice: str = ""

    @property
    def is_in(self) -> bool:
        return self.outcome is Outcome.IN

    @property
    def is_asked(self) -> bool:
        return self.outcome is Outcome.ASKED


class NoSuchStep(ValueError):
    """A step that cannot be taken from where the walk stands."""


@dataclass
class Walk:
    """An invented browser, in the hands of a person of the roster."""

    person: Attendee
    managed: set[int]  # meetings of which the host may be told
    at: datetime
    gates: list[Gate] = field(default_factory=list)
    standing: Meeting | None = None  # where the person was let in last
    door: Meeting | None = None  # where a code is asked now
    came_from: str = ""
    admissions: dict[int, Admission] = field(default_factory=dict)  # by meeting

    def open(self, meeting: Meeting) -> None:
        self.arrive(meeting, "", "Opened the address")

    def follow(self, material_id: UUID) -> None:
        links = self.links()
        link = next((link for link in links if link.pk == material_id), None)
        if link is None or link.target is None or self.standing is None:
            raise NoSuchStep("There is no such link in the meeting where the walk stands.")
        came = f"Followed “{link.label}” in “{self.standing.title}”"
        self.arrive(link.target, self.standing.slug, came)

    def links(self) -> Sequence[Material]:
        """The published links of the meeting in which the person stands."""
        if self.standing is None:
            return []
        links = Material.objects.of(self.standing).published().filter(kind=Material.Kind.MEETING)
        return list(links.select_related("target", "meeting").in_order())

    def arrive(self, meeting: Meeting, came_from: str, came: str) -> None:
        self.door, self.came_from = None, came_from
        if meeting.is_archived:
            self.note(meeting, came, Outcome.CLOSED, "Archived", "Nobody finds this meeting now.")
            return
        if meeting.pk not in self.managed:
            self.note(meeting, came, Outcome.UNTOLD, "Not to be told here", (
                "You do not manage this meeting, so it is not said who is on its list."
            ))  # fmt: skip
            return
        existing = self.admissions.get(meeting.pk)
        arrival = answer(meeting, existing, came_from, lambda: self.candidates(meeting))
        if arrival.admission:
            self.enter(arrival.admission, came, "Known here already", "")
        elif arrival.carrying:
            self.carry(meeting, arrival.carrying, came)
        elif not meeting.require_access_codes:
            self.come_in_openly(meeting, came)
        else:
            self.ask(meeting, arrival, came)

    def candidates(self, meeting: Meeting) -> list[Candidate]:
        """What `carrying.candidates_of` finds for a browser, for this one."""
        shown = {a.attendee_id: a for a in self.admissions.values() if a.attendee_id}
        here = Attendee.objects.filter(pk__in=shown)
        rows = leading_into(here, meeting.pk, meeting.workspace_id).values_list(
            "pk", *OF_ATTENDEE, *LED_TO
        )
        found = []
        for pk, *rest in rows:
            admission = shown[pk]
            found.append(candidate_in((admission.pk, admission.source_id, admission.how, *rest)))
        return sorted(found, key=lambda candidate: candidate.admission_id)

    def carry(self, meeting: Meeting, carrying: Carrying, came: str) -> None:
        admission = self.admission(
            carrying.attendee(meeting), Admission.How.CARRIED, carrying.candidate
        )
        self.enter(admission, came, "Carried, without a code", BY_RULE[carrying.rule])

    def come_in_openly(self, meeting: Meeting, came: str) -> None:
        nobody = Participant(meeting=meeting, key="o:")
        admission = Admission(
            pk=self.number(meeting), meeting=meeting, participant=nobody, how=Admission.How.OPEN
        )
        why = "This meeting requires no codes, so nobody is known in it."
        self.enter(admission, came, "In as “Anonymous”", why)

    def type_code(self, attendee_id: int) -> None:
        """The code of this row of the roster is typed at the door where the walk stands."""
        door = self.door
        attendee = Attendee.objects.filter(meeting=door, pk=attendee_id).first() if door else None
        if attendee is None or door is None:
            raise NoSuchStep("No code is asked here, or nobody on the list has it.")
        attendee.meeting = door
        from_there = considered(self.candidates(door), self.came_from)
        source = from_there[0] if from_there else None
        admission = self.admission(attendee, Admission.How.CODE, source)
        self.enter(admission, "Typed the code", f"In by the code of {attendee.name}", "")
        self.door = None

    def admission(
        self, attendee: Attendee, how: Admission.How, source: Candidate | None
    ) -> Admission:
        meeting = attendee.meeting
        participant = Participant(meeting=meeting, key=self.key(attendee))
        row = row_for(meeting, attendee, participant, how=how, at=self.at, source=source)
        row.pk = self.number(meeting)
        if row.source_id:
            row.source = next(a for a in self.admissions.values() if a.pk == row.source_id)
        return row

    def key(self, attendee: Attendee) -> str:
        meeting = attendee.meeting
        if meeting.anonymize_attendees:
            return pseudonym_key(meeting, attendee)
        return named_key(attendee.pk)

    def number(self, meeting: Meeting) -> int:
        """The primary key of the browser's admission: one for each meeting, as in the table."""
        existing = self.admissions.get(meeting.pk)
        return int(existing.pk) if existing else len(self.admissions) + 1

    def enter(self, admission: Admission, came: str, headline: str, why: str) -> None:
        meeting = admission.meeting
        self.admissions[meeting.pk] = admission
        self.standing = meeting
        if meeting.anonymize_attendees:
            shown = "Shown under a pseudonym to everybody, hosts included."
        elif admission.attendee is not None:
            shown = f"Shown as {admission.attendee.name}."
        else:
            shown = "Shown as “Anonymous”."
        self.note(meeting, came, Outcome.IN, headline, f"{why} {shown}".strip())

    def ask(self, meeting: Meeting, arrival: Arrival, came: str) -> None:
        self.door = meeting
        advice = ""
        if arrival.reason in (Reason.NO_MATCH, Reason.CONTRADICTION):
            advice = self.advice(meeting, arrival.considered)
        self.gates.append(
            Gate(
                meeting=meeting,
                came=came,
                outcome=Outcome.ASKED,
                headline="Asked for the code",
                why=f"{WHY_ASKED[arrival.reason]} {beside_the_code(meeting)}".strip(),
                told=SENTENCES[arrival.reason],
                advice=advice,
            )
        )

    def advice(self, meeting: Meeting, shown: Iterable[Candidate]) -> str:
        """In what the row of the list differs that is likely this person."""
        likely = likely_rows(meeting, self.person)
        for candidate in shown:
            for row in likely:
                return EXPLAINED[difference(candidate, row)]
        return "Nobody on its list has this code, email, external ID or name."

    def note(
        self, meeting: Meeting, came: str, outcome: Outcome, headline: str, why: str = ""
    ) -> None:
        self.gates.append(
            Gate(meeting=meeting, came=came, outcome=outcome, headline=headline, why=why)
        )


def beside_the_code(meeting: Meeting) -> str:
    if meeting.ask_email:
        return EMAIL_TOO
    return EMAIL_NOW if guard_of(meeting).is_up else ""


def likely_rows(meeting: Meeting, person: Attendee) -> Sequence[Attendee]:
    """Who on the roster may be the same person, the most alike first."""
    alike = Q(compared_code=person.compared_code)
    alike |= Q(firstname=person.firstname, lastname=person.lastname)
    if person.email:
        alike |= Q(email=person.email)
    if person.external_id:
        alike |= Q(external_id=person.external_id)
    # The same email, or the same name, may be that of many: whose code or ID agrees comes first.
    nearest = Case(
        When(compared_code=person.compared_code, then=0),
        When(~Q(external_id="") & Q(external_id=person.external_id), then=1),
        default=2,
    )
    found = Attendee.objects.of(meeting).filter(alike).order_by(nearest, "pk")
    rows = list(found[: LIKELY * 4])
    return sorted(rows, key=lambda row: -likeness(row, person))[:LIKELY]


def offered(meeting: Meeting, person: Attendee, search: str) -> Sequence[Attendee]:
    """Whose code may be typed at this door: the likely ones, or those whom the host looks for."""
    if search:
        return list(searched(Attendee.objects.of(meeting), search)[:FOUND])
    return likely_rows(meeting, person)


def walk(person: Attendee, steps: Sequence[str], *, managed: set[int], at: datetime) -> Walk:
    """Walk from the address of the person's meeting. Raises NoSuchStep.

    A step is `link:` and the key of a material, or `code:` and the key of an attendee.
    """
    if len(steps) > LONGEST_WALK:
        raise NoSuchStep("This walk is too long.")
    going = Walk(person, managed, at)
    going.open(person.meeting)
    for step in steps:
        kind, _, key = step.partition(":")
        try:
            if kind == "link":
                going.follow(UUID(key))
            elif kind == "code" and key.isascii() and key.isdigit() and len(key) < 19:
                going.type_code(int(key))
            else:
                raise NoSuchStep("This is no step.")
        except ValueError as wrong:
            raise NoSuchStep(str(wrong)) from wrong
    return going
