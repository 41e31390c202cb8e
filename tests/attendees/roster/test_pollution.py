"""A clean list, broken at every place: the same people, or an error on the broken line."""

import csv
import io
import re
from collections.abc import Iterator

import pytest

from attendees.roster.read import read
from attendees.roster.rows import Limits, Reading

LIMITS = Limits(size=1_000_000, rows=1000)
HEADER = ["code", "email", "firstname", "lastname", "notes"]
PEOPLE = [
    ["A1001", "ann.lee@example.org", "Ann", "Lee", "needs lift"],
    ["A1002", "bob.ito@example.org", "Bob", "Ito, Jr.", "vegetarian"],
    ["A1003", "cleo.diaz@example.org", "Cleo", "Diaz", "late"],
    ["A1004", "dan.ek@example.org", "Dan", "Ek", "first time"],
]


def written(quoting: int) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator="\n")
    writer.writerows([HEADER, *PEOPLE])
    return out.getvalue()


MINIMAL, QUOTED = written(csv.QUOTE_MINIMAL), written(csv.QUOTE_ALL)
# The same with names, which a broken cell must not change, at the end of each line.
NARROW = "".join(",".join([*row[:3], row[3].partition(",")[0]]) + "\n" for row in (HEADER, *PEOPLE))


def line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def is_quoted(text: str, position: int) -> bool:
    return text.count('"', 0, position) % 2 == 1


def broken(text: str) -> Iterator[tuple[str, int, str, bool]]:
    """What was done, on which line, the text that came of it, and whether a name may have changed.

    Within quotes a comma or a line break is a letter like any other, which nobody can tell.
    """
    first = text.index("\n") + 1
    for found in re.finditer(r"[,\"\n]", text):
        at, sign = found.start(), found.group()
        if at >= first:
            quoted = sign != '"' and is_quoted(text, at)
            yield f"without {sign!r} at {at}", line_at(text, at), text[:at] + text[at + 1 :], quoted
    for at in range(first, len(text), 3):
        for sign in '",\n\x00':
            quoted = sign in ",\n" and is_quoted(text, at)
            yield f"with {sign!r} at {at}", line_at(text, at), text[:at] + sign + text[at:], quoted


CASES = [*broken(MINIMAL), *broken(QUOTED)]
NARROW_CASES = [*broken(NARROW)]


def people(reading: Reading, cells: int) -> set[tuple[str, ...]]:
    found = [(row.code, row.email, row.firstname, row.lastname) for row in reading.rows]
    return {person[:cells] for person in found}


def test_there_are_enough_cases() -> None:
    assert len(CASES) > 190


@pytest.mark.parametrize(
    ("what", "line", "text", "is_name"), CASES, ids=[case[0] for case in CASES]
)
def test_broken_list_never_gives_another_person(
    what: str, line: int, text: str, is_name: bool
) -> None:
    reading = read(text.encode(), LIMITS)
    cells = 2 if is_name else 4
    known = {tuple(person[:cells]) for person in PEOPLE}
    found = people(reading, cells)
    assert found - known == set()
    if known - found:
        # A line break in the last cell makes the next line look like the rest of a row.
        wrong = {one.line for one in reading.findings}
        assert wrong & {line, line + 1} or reading.is_fatal


@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (";", "\r\n"), ("\t", "\r")])
@pytest.mark.parametrize(
    ("what", "line", "text", "is_name"), NARROW_CASES, ids=[case[0] for case in NARROW_CASES]
)
def test_list_that_ends_in_names_never_gives_another_person(
    what: str, line: int, text: str, is_name: bool, delimiter: str, end: str
) -> None:
    text = text.replace(",", delimiter).replace("\n", end)
    reading = read(text.encode(), LIMITS)
    known = {(*person[:3], person[3].partition(",")[0]) for person in PEOPLE}
    found = people(reading, 4)
    assert found - known == set()
    if known - found:
        wrong = {one.line for one in reading.findings}
        assert line in wrong or reading.is_fatal
