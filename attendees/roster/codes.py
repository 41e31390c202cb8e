"""Codes that the portal makes: hard to guess, hard to misread, and never a number.

Alphabet and lengths: no vowels, so no words; no 0/O, 1/I/L; no E, so nothing that a spreadsheet
takes for a number or a month. The first is a letter.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from attendees.identity import compared_code, identifying
from attendees.models import Attendee
from attendees.roster.listed import FETCHED_AT_ONCE
from attendees.roster.rows import Row
from attendees.roster.steps import Plan
from materials.links import pairs_of
from meetings.models import Meeting

ALPHABET = "23456789CFGHJMPQRVWX"
LETTERS = "CFGHJMPQRVWX"
SHORT = 8
LONG = 10
# Up to so many people, eight symbols take 2^24 guesses for a hit; beyond, ten are used.
SHORT_UP_TO = 900


def new_code(length: int) -> str:
    symbols = secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
    return grouped(symbols)


def grouped(code: str) -> str:
    """QX71PL3D as QX71-PL3D: groups of four or five, as codes are shown."""
    size = 5 if len(code) % 4 and not len(code) % 5 else 4
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def new_codes(people: int, taken: set[str]) -> Iterator[str]:
    """Codes without end for so many people, none of which is taken (compared forms)."""
    length = SHORT if people <= SHORT_UP_TO else LONG
    while True:
        code = new_code(length)
        if (compared := compared_code(code)) not in taken:
            taken.add(compared)
            yield code


@dataclass
class Elsewhere:
    """The codes that people have in linked meetings.

    Who it is, is told by the external ID, else by email and name together: whoever takes another's
    code along is taken for the other, and people do share mailboxes.
    """

    by_id: dict[str, str] = field(default_factory=dict)
    # With their external ID; None where several people of one meeting look the same.
    by_person: dict[tuple[str, ...], tuple[str, str] | None] = field(default_factory=dict)

    def code_of(self, one: Row | Attendee) -> str:
        if identifying(one.external_id) and (code := self.by_id.get(one.external_id)):
            return code
        code, external_id = self.by_person.get(person(one.email, one.firstname, one.lastname)) or (
            "",
            "",
        )
        return "" if one.external_id and external_id else code


def person(email: str, firstname: str, lastname: str) -> tuple[str, ...]:
    return email, firstname.casefold(), lastname.casefold()


def elsewhere(
    meetings: Sequence[Meeting], managed: QuerySet[Meeting], people: Sequence[Row | Attendee]
) -> Elsewhere:
    """The codes that these people have in meetings linked with these, of those that are managed.

    Another host's meeting is left alone: its codes are not for everybody who links to it.
    """
    ours = {meeting.pk for meeting in meetings}
    linked = {pk for pair in pairs_of(ours) for pk in pair} - ours
    found = Elsewhere()
    if not linked:
        return found
    ids = {one.external_id for one in people if identifying(one.external_id)}
    persons = {person(one.email, one.firstname, one.lastname) for one in people}
    listed = Attendee.objects.filter(meeting__in=managed.filter(pk__in=linked))
    rows = listed.order_by("meeting", "pk").values_list(
        "meeting", "external_id", "email", "firstname", "lastname", "code"
    )
    first_in: dict[tuple[str, ...], int] = {}
    for meeting, external_id, email, firstname, lastname, code in rows.iterator(FETCHED_AT_ONCE):
        if external_id in ids:
            found.by_id.setdefault(external_id, code)
        key = person(email, firstname, lastname)
        if key not in persons:
            continue
        if first_in.setdefault(key, meeting) == meeting and key in found.by_person:
            found.by_person[key] = None
        else:
            found.by_person.setdefault(key, (code, external_id))
    return found


def give_codes(plans: Sequence[Plan], managed: QuerySet[Meeting]) -> None:
    """Give a code to everybody new who has none: one person the same in all these meetings.

    Whoever is on the roster of one of the meetings, or of a linked one that is `managed`, takes
    the code along into the others.
    """
    if not any(plan.without_code for plan in plans):
        return
    lacking = {row.line: row for plan in plans for row in plan.new if not row.code}
    known = {
        row.line: row.code
        for plan in reversed(plans)
        for row in (*plan.unchanged, *(changed.new for changed in plan.changed))
        if row.code
    }
    meetings = [plan.meeting for plan in plans]
    linked = elsewhere(meetings, managed, list(lacking.values()))
    taken = codes_of(meetings, plans)
    people = max(plan.listed + len(plan.new) for plan in plans)
    fresh = new_codes(people, taken)
    held = {plan.meeting.pk: codes_of([plan.meeting], [plan]) for plan in plans}
    plans_of: dict[int, list[int]] = {}
    for plan in plans:
        for line in plan.without_code:
            plans_of.setdefault(line, []).append(plan.meeting.pk)
    given: dict[int, str] = {}
    for line, row in sorted(lacking.items()):
        code = known.get(line) or linked.code_of(row)
        if not code or any(compared_code(code) in held[pk] for pk in plans_of[line]):
            code = next(fresh)
        given[line] = code
        for pk in plans_of[line]:
            held[pk].add(compared_code(code))
    for plan in plans:
        lines = set(plan.without_code)
        plan.new = [coded(row, given[row.line]) if row.line in lines else row for row in plan.new]


def code_for(attendee: Attendee, managed: QuerySet[Meeting]) -> str:
    """A code for somebody who is new without one, by the same rules."""
    meeting = attendee.meeting
    taken = codes_of([meeting], [])
    code = elsewhere([meeting], managed, [attendee]).code_of(attendee)
    if code and compared_code(code) not in taken:
        return code
    return next(new_codes(len(taken) + 1, taken))


def coded(row: Row, code: str) -> Row:
    return row._replace(code=code, compared_code=compared_code(code))


def codes_of(meetings: Iterable[Meeting], plans: Iterable[Plan]) -> set[str]:
    """The codes that these meetings' people have, or are about to get (compared forms)."""
    listed = Attendee.objects.filter(meeting__in=[meeting.pk for meeting in meetings])
    taken = set(listed.values_list("compared_code", flat=True))
    taken.update(row.compared_code for plan in plans for row in plan.new if row.compared_code)
    return taken
