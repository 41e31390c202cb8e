"""How the lists of two meetings differ: by the very rules by which one would be imported."""

from collections.abc import Sequence
from dataclasses import dataclass

from attendees.roster.export import exported
from attendees.roster.listed import Listed, roster_of
from attendees.roster.plan import Choices, plan
from attendees.roster.problems import Finding
from attendees.roster.read import read
from attendees.roster.rows import Row, limits
from attendees.roster.steps import Changed
from meetings.models import Meeting

SHOWN = 200  # people of each kind


@dataclass(frozen=True)
class Difference:
    """Between one meeting's list and another's; `same` are equal in all that both know."""

    only_here: Sequence[Listed]
    only_there: Sequence[Row]
    changed: Sequence[Changed]
    conflicts: Sequence[Finding]
    same: int

    @property
    def is_none(self) -> bool:
        return not (self.only_here or self.only_there or self.changed or self.conflicts)


def difference_of(meeting: Meeting, other: Meeting) -> Difference:
    """What distinguishes this meeting's list from the other's; writes nothing."""
    reading = read("".join(exported(other)).encode(), limits())
    found = plan(meeting, reading, Choices(takes_new_codes=True, removes_missing=True))
    if reading.is_fatal:  # nobody is on the other list
        return Difference(list(roster_of(meeting)), [], [], [], 0)
    return Difference(found.removed, found.new, found.changed, found.findings, len(found.unchanged))
