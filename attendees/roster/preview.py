"""What a file would do to the rosters it is meant for, looked at before it is done."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge

from attendees.roster.choosing import Chosen, mapping_for
from attendees.roster.dividing import divided
from attendees.roster.plan import Choices, plan
from attendees.roster.read import read
from attendees.roster.rows import Reading, Row, limits
from attendees.roster.steps import Plan, State
from hosts.models import Host
from meetings.models import Meeting


@dataclass(frozen=True)
class Preview:
    """What a file would do to the rosters it is meant for."""

    reading: Reading
    plans: Sequence[Plan]

    @property
    def first(self) -> Plan:
        return self.plans[0]

    @property
    def is_fatal(self) -> bool:
        return self.reading.is_fatal

    @property
    def has_problems(self) -> bool:
        return any(plan.findings for plan in self.plans)

    @property
    def changes_nothing(self) -> bool:
        return all(plan.changes_nothing for plan in self.plans)

    @property
    def is_divided(self) -> bool:
        """Whether each row names the meetings it is for."""
        return bool(self.reading.named)

    @property
    def people(self) -> int:
        """How many rows the file has, right or wrong."""
        return len(self.reading.rows) + len(self.reading.wrong_lines)

    @property
    def imported(self) -> int:
        """How many rows of the file are on a roster afterwards."""
        if not self.is_divided:
            return self.first.imported
        return len({row.line for plan in self.plans for _, row in plan.rows()})

    @property
    def removed(self) -> int:
        return sum(len(plan.removed) for plan in self.plans)

    def rows(self) -> Iterator[tuple[Meeting, State, Row]]:
        """What is shown row by row: the first meeting stands for all where all get the same."""
        plans = self.plans if self.is_divided else self.plans[:1]
        return merge(*map(rows_of, plans), key=lambda found: found[2].line)

    def shown(self) -> int:
        """How many rows that are."""
        return sum(plan.imported for plan in (self.plans if self.is_divided else self.plans[:1]))

    def digest(self) -> str:
        told = "\n".join(f"{plan.meeting.pk} {plan.digest()}" for plan in self.plans)
        return hashlib.sha256(told.encode()).hexdigest()


def rows_of(plan: Plan) -> Iterator[tuple[Meeting, State, Row]]:
    return ((plan.meeting, state, row) for state, row in plan.rows())


def look_at(meetings: Sequence[Meeting], content: bytes, chosen: Chosen) -> Preview:
    """What importing would do; writes nothing."""
    reading = read(content, limits(), chosen.how)
    return planned(meetings, reading, chosen.choices, named=chosen.named)


def look_first(
    meeting: Meeting, content: bytes, chosen: Chosen, *, by: Host
) -> tuple[Chosen, Preview]:
    """What importing would do, its columns taken as is best for a file that nobody has seen yet."""
    preview = look_at([meeting], content, chosen)
    if len(preview.reading.sheets) > 1:
        chosen = replace(chosen, sheet=preview.reading.sheet)
    if mapping := mapping_for(meeting, preview.reading, by=by):
        chosen = replace(chosen, mapping=mapping, headers=preview.reading.headers)
        preview = look_at([meeting], content, chosen)
    return chosen, preview


def planned(
    meetings: Sequence[Meeting], reading: Reading, choices: Choices, *, named: Sequence[int] = ()
) -> Preview:
    if not reading.named:
        return Preview(reading, [plan(meeting, reading, choices) for meeting in meetings])
    reading, parts = divided(reading, meetings, by_name_only=named)
    # A meeting that no row is for is not emptied by it.
    keeping = replace(choices, removes_missing=False)
    pairs = zip(meetings, parts, strict=True)
    plans = [plan(one, part, choices if part.rows else keeping) for one, part in pairs]
    return Preview(reading, plans)
