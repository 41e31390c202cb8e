"""A column whose cells name the meetings that each row is for: by title or by meeting ID.

Whoever is for no meeting in particular goes where the file goes. A name that is nobody's, or that
several meetings have, is a problem of its row: nobody lands in a meeting by a slip of the pen.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from attendees.roster.headers import MEETINGS, normal_header
from attendees.roster.problems import Finding, Problem
from attendees.roster.rows import Reading, Row
from meetings.models import Meeting

HEADERS = frozenset({"rooms", "meetings"})
# Between names; a comma only where the name with the comma is nobody's.
SIGNS = re.compile(r"[;|\n]")

# By their names in the form in which they are compared: one meeting, or several of that name.
Names = Mapping[str, Sequence[Meeting]]


def names_of(meetings: Iterable[Meeting]) -> Names:
    found: dict[str, dict[int, Meeting]] = {}
    for meeting in meetings:
        for name in (meeting.slug, meeting.title):
            found.setdefault(compared(name), {})[meeting.pk] = meeting
    return {name: list(meetings.values()) for name, meetings in found.items()}


def compared(name: str) -> str:
    return " ".join(name.split()).casefold()


def named_in(cell: str, names: Names) -> Iterator[str]:
    """The names in a cell, as they are written there."""
    if compared(cell) in names:
        yield cell
        return
    for part in SIGNS.split(cell):
        whole = compared(part) in names
        yield from (one.strip() for one in ([part] if whole else part.split(",")) if one.strip())


def mapping_of(reading: Reading, names: Names) -> dict[str, str]:
    """The mapping under which a column headed so is taken as naming meetings; {} where none is.

    Where no cell names a meeting it is a column like others: rooms of a hotel, perhaps.
    """
    for position, column in enumerate(reading.columns):
        if column.field == "custom" and normal_header(column.header) in HEADERS:
            cells = {row.custom.get(column.header, "") for row in reading.rows}
            if any(compared(name) in names for cell in cells for name in named_in(cell, names)):
                return {str(position): MEETINGS}
    return {}


def meetings_named(reading: Reading, names: Names) -> list[Meeting]:
    """All meetings that the cells name."""
    found: dict[int, Meeting] = {}
    for cell in set(reading.named.values()):
        for name in named_in(cell, names):
            found |= {meeting.pk: meeting for meeting in names.get(compared(name), ())}
    return list(found.values())


def divided(
    reading: Reading, meetings: Sequence[Meeting], *, by_name_only: Collection[int] = ()
) -> tuple[Reading, list[Reading]]:
    """The reading with what is wrong about names, and of it the rows for each of the meetings.

    Rows that name no meeting are for all but those (primary keys) that are there `by_name_only`.
    """
    names = names_of(meetings)
    everywhere = [meeting.pk for meeting in meetings if meeting.pk not in by_name_only]
    targets = {cell: targets_of(cell, names) for cell in set(reading.named.values())}
    rows_for: dict[int, list[Row]] = {meeting.pk: [] for meeting in meetings}
    findings, wrong = [*reading.findings], {**reading.wrong_cells}
    right: list[Row] = []
    for row in reading.rows:
        cell = reading.named.get(row.line, "")
        found = targets[cell] if cell else everywhere
        if isinstance(found, str):
            findings.append(flaw(row.line, found))
            wrong[row.line] = reading.cells_of(row)
            continue
        right.append(row)
        for pk in found:
            rows_for[pk].append(row)
    findings.sort(key=lambda finding: finding.line or 0)
    whole = replace(reading, rows=right, findings=findings, wrong_cells=wrong)
    return whole, [replace(whole, rows=rows_for[meeting.pk]) for meeting in meetings]


def targets_of(cell: str, names: Names) -> list[int] | str:
    """The meetings (primary keys) that a cell names, or what is wrong with it."""
    found: dict[int, None] = {}
    for name in named_in(cell, names):
        match names.get(compared(name), []):
            case [meeting]:
                found[meeting.pk] = None
            case []:
                return f"“{name}” is no meeting that you manage in this workspace"
            case _:
                return f"several meetings are called “{name}”; write the meeting ID instead"
    return list(found)


def flaw(line: int, what: str) -> Finding:
    return Finding(Problem.INVALID_VALUE, f"Line {line}: {what}.", line, MEETINGS)
