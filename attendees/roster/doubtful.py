"""What is right in itself and yet probably not meant: told to the host, never refused.

Only codes, emails and external IDs: by them people are known elsewhere, so that one sign less or
another one makes a stranger of them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from attendees.roster.problems import Finding, Problem

TOLD = 20  # lines of one kind in one column; of the others, only how many there are

KEPT_DIGITS = 15  # of a long number in a spreadsheet; zeros take the place of the others
# Programs that count in binary keep some digits more.
ROUNDED = re.compile(rf"[1-9][0-9]{{{KEPT_DIGITS - 1}}}(?:0+|[0-9]+00)").fullmatch
LATIN = re.compile("[A-Za-zªºÀ-ÖØ-öø-ʯＡ-Ｚａ-ｚ]")
LOOK_ALIKES = {
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
}
# Somebody's name and where the mailbox is may well be in two scripts.
PARTS_OF_EMAIL = re.compile("[@.]")

Cells = Sequence[tuple[int, str]]  # lines and values


def doubts(values: Sequence[str], lines: Iterable[int], column: str, what: str) -> list[Finding]:
    """What is doubtful in one column; most columns are seen at a glance to have nothing of it."""
    found: list[Finding] = []
    may_be_rounded = column != "email" and max(map(len, values), default=0) > KEPT_DIGITS
    may_be_mixed = not "".join(values).isascii()
    if may_be_rounded or may_be_mixed:
        cells = [*zip(lines, values, strict=True)]
        if may_be_rounded:
            found += bounded(rounded(cells, column, what))
        if may_be_mixed:
            found += bounded(mixed(cells, column, what))
    return found


def rounded(cells: Cells, column: str, what: str) -> Iterator[Finding]:
    """Long numbers of which a spreadsheet has kept the first digits only."""
    for line, value in cells:
        if ROUNDED(value):
            message = (
                f"Line {line}: the {what} “{value}” ends in zeros, as a long number does when a "
                "spreadsheet has rounded it. If it was another one, format the column as text "
                "and enter it again."
            )
            yield Finding(Problem.ROUNDED_NUMBER, message, line, column)


def mixed(cells: Cells, column: str, what: str) -> Iterator[Finding]:
    """Values with letters of another script among Latin ones, which look the same."""
    for line, value in cells:
        if not value.isascii() and (others := foreign_letters(value, column)):
            message = (
                f"Line {line}: the {what} “{value}” mixes Latin letters with {others}. They may "
                "look the same and are not, so whoever types or lists it in Latin letters is "
                "not found."
            )
            yield Finding(Problem.MIXED_SCRIPTS, message, line, column)


def foreign_letters(value: str, column: str) -> str:
    """“Cyrillic ones (А)”; "" where Latin letters stand by themselves, or others do."""
    parts = PARTS_OF_EMAIL.split(value) if column == "email" else [value]
    for part in filter(LATIN.search, parts):
        for script, letters in LOOK_ALIKES.items():
            if found := letters.findall(part):
                return f"{script} ones ({', '.join(dict.fromkeys(found))})"
    return ""


def bounded(findings: Iterator[Finding]) -> list[Finding]:
    """The first few; the last of them says how many more there are."""
    told = [*islice(findings, TOLD)]
    if more := sum(1 for _ in findings):
        lines = "line below is" if more == 1 else "lines below are"
        told[-1] = replace(told[-1], message=f"{told[-1].message} {more:,} more {lines} like it.")
    return told
