"""What names one person and stands in several rows of a file: then none of them is taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from attendees.identity import compared_code, identifying
from attendees.roster.problems import Finding, Problem
from attendees.roster.rows import Reading

SHOWN_LINES = 5  # where many share a value
# What names a person, as it is called within a sentence.
WHAT = {"code": "code", "email": "email", "external_id": "external ID"}


@dataclass
class Refused:
    """Codes and external IDs of rows that are wrong in something else: they count as seen."""

    codes: list[tuple[str, int]] = field(default_factory=list)
    ids: list[tuple[str, int]] = field(default_factory=list)

    def note(self, line: int, code: str, external_id: str) -> None:
        self.codes.append((compared_code(code), line))
        self.ids.append((identifying(external_id), line))


def refuse_repeated(reading: Reading, refused: Refused) -> None:
    """A code names one person, and so does an external ID: all rows that share one go."""
    rows = reading.rows
    lines_of = [row.line for row in rows]
    codes = repeated(
        [row.compared_code for row in rows] + [code for code, _ in refused.codes],
        lines_of + [line for _, line in refused.codes],
    )
    for lines in codes.values():
        refuse_shared(reading, lines, Problem.DUPLICATE_CODE, "code")
    ids = repeated(
        [row.external_id and identifying(row.external_id) for row in rows]
        + [external_id for external_id, _ in refused.ids],
        lines_of + [line for _, line in refused.ids],
    )
    wrong = reading.wrong_lines
    for lines in ids.values():
        if not wrong.issuperset(lines):
            refuse_shared(reading, lines, Problem.DUPLICATE_ATTENDEE, "external_id")
    if codes or ids:
        wrong = reading.wrong_lines
        reading.wrong_cells |= {
            row.line: reading.cells_of(row) for row in rows if row.line in wrong
        }
        reading.rows = [row for row in rows if row.line not in wrong]


def refuse_shared(reading: Reading, lines: Sequence[int], problem: Problem, column: str) -> None:
    what = WHAT[column]
    lines = sorted(lines)
    first = lines[: SHOWN_LINES + 1]  # enough to name, and not all of them for each line
    for line in lines:
        others = listed([other for other in first if other != line], len(lines) - 1)
        message = f"Line {line}: the same {what} is also on line {others}."
        reading.findings.append(Finding(problem, message, line, column))


def tell_shared_emails(reading: Reading) -> None:
    rows = reading.rows
    emails = repeated([row.email for row in rows], [row.line for row in rows])
    for email, lines in emails.items():
        message = f"Lines {listed(lines)} share the email {email}."
        reading.warnings.append(Finding(Problem.SHARED_EMAIL, message, lines[0], "email"))


def repeated(values: Sequence[str], lines: Sequence[int]) -> dict[str, list[int]]:
    """The values that occur more than once, and the lines on which they do; "" is no value."""
    given = [value for value in values if value]
    if len(set(given)) == len(given):
        return {}
    first: dict[str, int] = {}
    again: dict[str, list[int]] = {}
    for value, line in zip(values, lines, strict=True):
        if first.setdefault(value, line) != line and value:
            again.setdefault(value, [first[value]]).append(line)
    return again


def listed(what: Sequence[int | str], count: int | None = None) -> str:
    """The first few of them, and how many more there are."""
    more = (len(what) if count is None else count) - SHOWN_LINES
    shown = ", ".join(map(str, what[:SHOWN_LINES]))
    return f"{shown} and {more:,} more" if more > 0 else shown
