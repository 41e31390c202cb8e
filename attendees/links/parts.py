"""Of links to rooms whose list is a part of another on purpose: who is meant to go there.

The room knows the column and the cell by which its people were chosen; on whichever list they come
from, their own cell says whether they are meant. A list on which nobody has such a cell says
nothing of it: then everybody is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from attendees.links.remembering import Pair
from meetings.models import Meeting
from meetings.titles import folded, spoken


@dataclass(frozen=True, order=True)
class Part:
    column: str
    cell: str


@dataclass(frozen=True)
class Aim:
    """One direction of a pair, given by number, to a room that is for a part of the people."""

    number: int
    side: int  # on which people come from: 1 or 2
    source: int
    column: str
    cells: Sequence[str]  # of the source's list, as they are written there; those that are meant

    @property
    def rows(self) -> list[tuple[str, str | None]]:
        """One for each cell, and one without where nobody is meant."""
        return [(self.column, cell) for cell in self.cells] or [(self.column, None)]


def parts_of(meetings: Iterable[int]) -> dict[int, Part]:
    """By primary key, those of the meetings that are for a part of the people."""
    rows = Meeting.objects.filter(pk__in=meetings).exclude(part_column="")
    found = rows.order_by().values_list("pk", "part_column", "part_cell")
    return {pk: Part(column, cell) for pk, column, cell in found}


def aims(pairs: Sequence[Pair], rosters: str) -> list[Aim]:
    """Takes SQL for the rosters, as they are or as they are planned."""
    parts = parts_of({meeting for pair in pairs for meeting in pair})
    ways = [
        (number, side, source, parts[target])
        for number, (one, other) in enumerate(pairs)
        for side, source, target in ((1, one, other), (2, other, one))
        if target in parts
    ]
    written = cells({(source, part.column) for _, _, source, part in ways}, rosters)
    return [
        Aim(number, side, source, part.column, meant(part, said))
        for number, side, source, part in ways
        if (said := written.get((source, part.column)))
    ]


def meant(part: Part, written: Mapping[str, Sequence[str]]) -> list[str]:
    return [cell for name in spoken(part.cell) for cell in written.get(name, ())]


def cells(
    asked: Collection[tuple[int, str]], rosters: str
) -> dict[tuple[int, str], dict[str, list[str]]]:
    """What stands in these columns of these meetings' lists: by its folded form, as written."""
    found: dict[tuple[int, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    sources: dict[str, list[int]] = defaultdict(list)
    for source, column in sorted(asked):
        sources[column].append(source)
    with connection.cursor() as cursor:
        for column, ids in sources.items():
            numbers = ", ".join(f"{pk:d}" for pk in ids)
            cursor.execute(
                f"SELECT DISTINCT meeting_id, {cell_of('listed', '%s')} "  # noqa: S608 - ours
                f"FROM {rosters} AS listed WHERE meeting_id IN ({numbers})",
                [column],
            )
            for source, cell in cursor.fetchall():
                if cell and folded(cell):
                    found[source, column][folded(cell)].append(cell)
    return found


def cell_of(person: str, column: str) -> str:
    """SQL for what somebody has in a column; any name of a column will do, “2” and quotes too."""
    if connection.vendor == "postgresql":
        return f"({person}.custom ->> CAST({column} AS text))"
    return f"(SELECT value FROM json_each({person}.custom) WHERE key = {column})"  # noqa: S608
