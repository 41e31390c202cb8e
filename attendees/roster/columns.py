"""Columns of a file: which field each is, and which are kept as custom fields."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from attendees.roster.cells import FORBIDDEN
from attendees.roster.headers import FIELDS, LABELS, REASON, REQUIRED, Column, fields_of
from attendees.roster.problems import Finding, Problem, UnreadableFile
from attendees.roster.repeats import listed
from attendees.roster.rows import How, Reading

MAX_CUSTOM_FIELDS = 60
MAX_CUSTOM_NAME = 100

Rows = Sequence[tuple[int, Sequence[str]]]  # lines and cells


def mapped(names: Sequence[str], how: How, reading: Reading) -> list[str]:
    """The field of each column: as the host has said, else as the header says."""
    fields = [
        how.mapping.get(position) or known or further(name)
        for position, (name, known) in enumerate(zip(names, fields_of(names), strict=True))
    ]
    kept = [position for position, kind in enumerate(fields) if kind == "custom"]
    surplus = [one for one in kept[MAX_CUSTOM_FIELDS:] if one not in how.mapping]
    for position in surplus:
        fields[position] = "ignore"
    if surplus:
        reading.warnings.append(
            Finding(
                Problem.LEFT_OUT_COLUMNS,
                f"Of the further columns {MAX_CUSTOM_FIELDS} are kept as custom fields, and "
                f"{len(surplus):,} are left out: {listed([names[one] for one in surplus])}.",
            )
        )
    return fields


def further(name: str) -> str:
    """What becomes of a column whose header is not known."""
    return "custom" if name and name != REASON else "ignore"


def custom_columns(names: Sequence[str], fields: Sequence[str]) -> list[tuple[int, str]]:
    """The columns kept as custom fields, each under a name of its own."""
    found: list[tuple[int, str]] = []
    taken: set[str] = set()
    for position, (name, kind) in enumerate(zip(names, fields, strict=True)):
        if kind != "custom":
            continue
        name = FORBIDDEN.sub("", name)[:MAX_CUSTOM_NAME].strip() or f"Column {position + 1}"
        unique, again = name, 2
        while unique in taken:
            unique, again = f"{name} ({again})", again + 1
        taken.add(unique)
        found.append((position, unique))
    return found


def required_by(how: How) -> list[str]:
    return [name for name in REQUIRED if not (name == "code" and how.generates_codes)]


def refuse_bad_columns(fields: Sequence[str], line: int, how: How) -> None:
    findings, required = [], required_by(how)
    for name in FIELDS:
        count = fields.count(name)
        if count > 1:
            findings.append(
                Finding(
                    Problem.DUPLICATE_COLUMN,
                    f"Line {line}: {count} columns are headed as “{LABELS[name]}”. "
                    "Rename or remove those that are not meant.",
                    line,
                    name,
                    is_fatal=True,
                )
            )
        elif not count and name in required:
            findings.append(
                Finding(
                    Problem.MISSING_COLUMN,
                    f"Line {line}: there is no column “{name}” ({LABELS[name]}).",
                    line,
                    name,
                    is_fatal=True,
                )
            )
    if fields.count("custom") > MAX_CUSTOM_FIELDS:
        findings.append(
            Finding(
                Problem.TOO_LARGE,
                f"Line {line}: there are more than {MAX_CUSTOM_FIELDS} further columns.",
                line,
                is_fatal=True,
            )
        )
    if findings:
        raise UnreadableFile(findings)


def with_samples(
    columns: Sequence[Column], rows: Sequence[tuple[int, Sequence[str]]]
) -> list[Column]:
    """The columns with what stands in them in these rows."""
    return [
        replace(column, samples=tuple(cells_at(rows, position)))
        for position, column in enumerate(columns)
    ]


def cells_at(rows: Rows, position: int) -> Iterator[str]:
    for _, row in rows:
        if position < len(row) and (cell := row[position].strip()):
            yield cell[:80]
