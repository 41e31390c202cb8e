"""What reading gives: rows that are right in themselves, and what is to be said of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings

from attendees.roster import survey
from attendees.roster.headers import FIELDS, MEETINGS, Column
from attendees.roster.problems import Finding, Problem

MEGABYTE = 1024 * 1024

NO_CUSTOM: Mapping[str, str] = {}


class Row(NamedTuple):
    """A row that is right in itself, in normal form. Quicker to make than a dataclass."""

    line: int
    code: str
    email: str
    firstname: str
    lastname: str
    external_id: str
    custom: Mapping[str, str]
    compared_code: str

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


ROW = Row._make


def without_blanks(custom: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in custom.items() if value != ""}


@dataclass(frozen=True)
class Limits:
    size: int  # bytes
    rows: int

    def __str__(self) -> str:
        return (
            f"{self.size / MEGABYTE:,.0f} MB and {self.rows:,} rows; in a workbook "
            f"{survey.MAX_CELLS:,} cells"
        )


def limits() -> Limits:
    """What the settings allow."""
    return Limits(size=settings.MAX_ROSTER_SIZE, rows=settings.MAX_ROSTER_ROWS)


@dataclass(frozen=True)
class How:
    """What the host has said about the file beyond the file itself."""

    encoding: str = ""
    sheet: str = ""  # of a workbook; empty: the one that looks most like a list
    # By position of the column: a field, "custom", or "ignore". Absent: as its header says.
    mapping: Mapping[int, str] = field(default_factory=dict)
    # Rows may come without a code; who is new is given one.
    generates_codes: bool = False


AS_IT_IS = How()


@dataclass(kw_only=True)
class Reading:
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    skipped: tuple[tuple[int, str], ...] = ()
    header_line: int | None = None
    encoding: str = ""
    delimiter: str = ""
    sheets: Sequence[str] = ()  # of a workbook, those that can be seen
    sheet: str = ""  # which of them is read
    is_guessed_encoding: bool = False
    # Where the encoding is not known for sure: how lines look in those that can be chosen.
    ways_to_read: Sequence[tuple[str, str]] = ()
    # The cells of wrong rows as they were, by line: to be handed back with the reasons.
    wrong_cells: dict[int, Sequence[str]] = field(default_factory=dict)
    # Where a column names the meetings that a row is for (see `dividing`): its cell, by line.
    named: dict[int, str] = field(default_factory=dict)

    @property
    def is_fatal(self) -> bool:
        return any(finding.is_fatal for finding in self.findings)

    @property
    def is_helped_by_choosing(self) -> bool:
        """Whether the host can make the file readable: by naming columns, encoding or sheet."""
        helped = {Problem.MISSING_COLUMN, Problem.DUPLICATE_COLUMN, Problem.UNDECODABLE}
        if len(self.sheets) > 1:
            helped |= {Problem.EMPTY_FILE, Problem.NO_DATA_ROWS}
        return all(finding.problem in helped for finding in self.findings if finding.is_fatal)

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    @property
    def wrong_lines(self) -> set[int]:
        return {finding.line for finding in self.findings if finding.line is not None}

    @property
    def fields(self) -> set[str]:
        return {column.field for column in self.columns if column.field in FIELDS}

    def cells_of(self, row: Row) -> list[str]:
        """A row as the file has it, as far as it is kept."""
        return [self.cell_of(row, column) for column in self.columns]

    def cell_of(self, row: Row, column: Column) -> str:
        if column.field in FIELDS:
            return str(getattr(row, column.field))
        if column.field == MEETINGS:
            return self.named.get(row.line, "")
        return row.custom.get(column.header, "")

    @property
    def custom_names(self) -> list[str]:
        return [column.header for column in self.columns if column.field == "custom"]
