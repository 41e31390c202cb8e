"""Codes that the portal makes: hard to guess, hard to misread, and never a number.

Alphabet and lengths: no vowels, so no words; no 0/O, 1/I/L; no E, so nothing that a spreadsheet
takes for a number or a month. The first is a letter.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence

from attendees.identity import compared_code
from attendees.models import Attendee
from attendees.roster.plan import Plan
from attendees.roster.read import Row
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


def give_codes(plans: Sequence[Plan]) -> None:
    """Give a code to everybody new who has none: one person the same in all these meetings.

    Whoever is on the roster of one of the meetings takes the code along into the others.
    """
    lacking = sorted({line for plan in plans for line in plan.without_code})
    if not lacking:
        return
    known = {
        row.line: row.code
        for plan in reversed(plans)
        for row in (*plan.unchanged, *(changed.new for changed in plan.changed))
        if row.code
    }
    taken = codes_of([plan.meeting for plan in plans], plans)
    people = max(plan.listed + len(plan.new) for plan in plans)
    fresh = new_codes(people, taken)
    held = {plan.meeting.pk: codes_of([plan.meeting], [plan]) for plan in plans}
    given: dict[int, str] = {}
    for line in lacking:
        code = known.get(line)
        if code and any(
            line in plan.without_code and compared_code(code) in held[plan.meeting.pk]
            for plan in plans
        ):
            code = None
        given[line] = code or next(fresh)
    for plan in plans:
        lines = set(plan.without_code)
        plan.new = [coded(row, given[row.line]) if row.line in lines else row for row in plan.new]


def coded(row: Row, code: str) -> Row:
    return row._replace(code=code, compared_code=compared_code(code))


def codes_of(meetings: Iterable[Meeting], plans: Iterable[Plan]) -> set[str]:
    """The codes that these meetings' people have, or are about to get (compared forms)."""
    listed = Attendee.objects.filter(meeting__in=[meeting.pk for meeting in meetings])
    taken = set(listed.values_list("compared_code", flat=True))
    taken.update(row.compared_code for plan in plans for row in plan.new if row.compared_code)
    return taken
