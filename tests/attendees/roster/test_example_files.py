"""Every example file gives what its manifest says, lines included."""

import json
from pathlib import Path
from typing import Any

import pytest

from attendees.roster.headers import FIELDS
from attendees.roster.read import read
from attendees.roster.rows import Limits, Reading

FILES = Path(__file__).parent / "files"
LIMITS = Limits(size=20 * 1024 * 1024, rows=200_000)

Case = dict[str, Any]


def cases() -> list[Case]:
    return json.loads((FILES / "manifest.json").read_text())["files"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: Path(case["file"]).stem)
def test_example_file_gives_what_the_manifest_says(case: Case) -> None:
    reading = read((FILES / Path(case["file"]).name).read_bytes(), LIMITS)
    accepted = [case["expected"], *case["alternatives"]]
    assert any(is_as_expected(reading, expected) for expected in accepted), (
        rows_of(reading),
        problems_of(reading),
    )


@pytest.mark.parametrize("name", ["p16_xlsx_renamed.csv", "p21_attendees.xlsx"])
def test_workbooks_are_imported_whatever_they_are_called(name: str) -> None:
    reading = read((FILES / name).read_bytes(), LIMITS)
    assert [row.code for row in reading.rows] == ["A1001", "A1002", "A1003"]
    assert reading.findings == []


def is_as_expected(reading: Reading, expected: Case) -> bool:
    if expected["outcome"] == "accepted":
        return not reading.findings and rows_of(reading) == expected["rows"]
    needed = {
        key for error in expected["errors"] if not error.get("optional") for key in [at(error)]
    }
    allowed = {at(error) for error in expected["errors"]}
    found = problems_of(reading)
    if "valid_rows" in expected and rows_of(reading) != expected["valid_rows"]:
        return False
    return needed <= found <= allowed


def at(error: Case) -> tuple[str, int | None, str | None]:
    return error["class"], error["line"], error.get("column")


def problems_of(reading: Reading) -> set[tuple[str, int | None, str | None]]:
    return {(str(one.problem), one.line, one.column) for one in reading.findings}


def rows_of(reading: Reading) -> list[dict[str, str]]:
    return [{name: getattr(row, name) for name in FIELDS} for row in reading.rows]
