"""Rows that have another number of cells than the header, and those that a line break has cut."""

import re
from collections.abc import Sequence

from attendees.roster.headers import FIELDS
from attendees.roster.problems import Finding, Problem
from attendees.roster.repeats import Refused
from attendees.roster.rows import Reading

# What a line break within a row leaves: the beginning of a code, or the end of a last cell.
FRAGMENT = re.compile(r'"? *[\w.-]{1,64} *').fullmatch
# In what is a row of its own, only divided otherwise.
ANOTHER_ROW = re.compile(r"[@;|\t]")
NAMES = ("firstname", "lastname")


class Widths:
    """Makes rows as wide as the header where nothing is lost by it, and refuses the others."""

    def __init__(self, width: int, reading: Reading, *, is_workbook: bool) -> None:
        self.width = width
        self.reading = reading
        self.is_workbook = is_workbook
        self.broken_off = -1  # the line before, where a line break may have cut a row
        # By the line before it: what may be the end of the last cell there.
        self.fragments: dict[int, str] = {}

    def whole(self, line: int, cells: list[str]) -> list[str] | None:
        """The row with as many cells as the header has; None where it is blank or refused."""
        width = self.width
        if line == self.broken_off + 1 and len(cells) == width > 1:
            self.refuse_rest(line, cells)
            return None
        if len(cells) == width:
            return cells if cells[0].strip() or any(cell.strip() for cell in cells) else None
        if len(cells) == 1 and not self.is_workbook and (text := cells[0].strip()):
            self.fragments[line - 1] = text
            if FRAGMENT(cells[0]):
                self.broken_off = line
        if not any(cell.strip() for cell in cells):
            return None
        if len(cells) > width:
            if not any(cell.strip() for cell in cells[width:]):
                return cells
        elif self.is_workbook:
            return [*cells, *[""] * (width - len(cells))]
        self.refuse_count(line, cells)
        return None

    def refuse_rest(self, line: int, cells: Sequence[str]) -> None:
        self.reading.wrong_cells[line] = cells
        self.reading.findings.append(
            Finding(
                Problem.COLUMN_COUNT,
                f"Line {line}: the line before breaks off in its first cell, so this row may be "
                "the rest of it. Join the two lines, or remove the one before.",
                line,
            )
        )

    def refuse_count(self, line: int, cells: Sequence[str]) -> None:
        self.reading.wrong_cells[line] = cells
        many = "more" if len(cells) > self.width else "fewer"
        self.reading.findings.append(
            Finding(
                Problem.COLUMN_COUNT,
                f"Line {line}: {many} cells ({len(cells)}) than the header has ({self.width}). "
                "A cell that contains the delimiter must be quoted.",
                line,
            )
        )

    def refuse_cut(self, last: str, refused: Refused) -> None:
        """Refuse the rows whose cell in the `last` column may go on in the line below."""
        for row in [row for row in self.reading.rows if row.line in self.fragments]:
            if last in FIELDS and goes_on(last, getattr(row, last), self.fragments[row.line]):
                self.reading.rows.remove(row)
                refused.note(row.line, row.code, row.external_id)
                self.reading.wrong_cells[row.line] = self.reading.cells_of(row)
                self.reading.findings.append(
                    Finding(
                        Problem.COLUMN_COUNT,
                        f"Line {row.line}: the line below may be the rest of this row’s last "
                        "cell. Join the two lines, or remove the one below.",
                        row.line,
                    )
                )


def goes_on(field: str, value: str, fragment: str) -> bool:
    """Whether a line of one cell may be the rest of the one above, and not a footer (“Total”)."""
    if field in NAMES and not value:
        return not ANOTHER_ROW.search(fragment)
    return bool(FRAGMENT(fragment)) and (field not in NAMES or not fragment[0].isupper())
