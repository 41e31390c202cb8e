"""The import without a browser, whose JSON others script against."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from attendees.models import Attendee
from meetings.models import Meeting

HEADER = "code,email,firstname,lastname\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def run(*args: str) -> tuple[dict[str, Any], int]:
    """What the command prints as JSON, and its exit status."""
    out = StringIO()
    try:
        call_command("importattendees", *args, "--format", "json", stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), int(ended.code or 0)
    return json.loads(out.getvalue()), 0


def test_answer_has_the_shape_that_scripts_rely_on(file: Path, meeting1: Meeting) -> None:
    file.write_text(HEADER + "00123,a@example.org,Ana,\n\nX,ana@,Ana,\n")
    told, status = run("meeting1", str(file))
    assert status == 1
    assert told == {
        "rows": [
            {
                "line": 2,
                "state": "new",
                "code": "00123",
                "email": "a@example.org",
                "firstname": "Ana",
                "lastname": "",
                "external_id": "",
            }
        ],
        "errors": [
            {
                "line": 4,
                "column": "email",
                "problem": "invalid_email",
                "message": "Line 4: “ana@” is not an email address.",
            }
        ],
        "warnings": [],
        "summary": {"new": 1, "changed": 0, "unchanged": 0, "skipped": 0, "errors": 1},
    }
    assert not Attendee.objects.exists()


def test_doubtful_values_are_warnings_and_are_imported(file: Path, meeting1: Meeting) -> None:
    file.write_text(HEADER + "1234567890123450000,a@example.org,Ana,\nАB1,b@example.org,Bea,\n")
    told, status = run("meeting1", str(file))
    assert status == 0
    assert [(one["line"], one["column"], one["problem"]) for one in told["warnings"]] == [
        (2, "code", "rounded_number"),
        (3, "code", "mixed_scripts"),
    ]
    assert told["summary"] == {"new": 2, "changed": 0, "unchanged": 0, "skipped": 0, "errors": 0}
    assert Attendee.objects.of(meeting1).count() == 2


def test_file_is_imported_and_again_changes_nothing(file: Path, meeting1: Meeting) -> None:
    file.write_text(HEADER + "A1,a@example.org,Ana,Lee\nA2,b@example.org,Bea,Lee\n")
    told, status = run("meeting1", str(file))
    assert (told["summary"]["new"], status) == (2, 0)
    assert Attendee.objects.of(meeting1).count() == 2
    again, status = run("meeting1", str(file))
    assert (again["summary"]["unchanged"], again["summary"]["new"], status) == (2, 0, 0)
    assert [row["state"] for row in again["rows"]] == ["unchanged", "unchanged"]


def test_a_sheet_can_be_named(tmp_path: Path, meeting1: Meeting) -> None:
    book, file = Workbook(), tmp_path / "list.xlsx"
    for sheet, code in ((book.active, "A1"), (book.create_sheet("Guests"), "G1")):
        sheet.append(["code", "email", "firstname"])
        sheet.append([code, "a@example.org", "Ana"])
    book.save(file)
    told, status = run("meeting1", str(file), "--sheet", "Guests")
    assert ([row["code"] for row in told["rows"]], status) == (["G1"], 0)
    told, status = run("meeting1", str(file), "--sheet", "Gests")
    assert ([error["problem"] for error in told["errors"]], status) == (["empty_file"], 1)


def test_dry_run_writes_nothing(file: Path, meeting1: Meeting) -> None:
    file.write_text(HEADER + "A1,a@example.org,Ana,Lee\n")
    told, status = run("meeting1", str(file), "--dry-run")
    assert (told["summary"]["new"], status) == (1, 0)
    assert not Attendee.objects.exists()


def test_errors_are_left_out_where_the_host_asks(file: Path, meeting1: Meeting) -> None:
    file.write_text(HEADER + "A1,a@example.org,Ana,Lee\nA2,b@,Bea,Lee\n")
    _, status = run("meeting1", str(file), "--leave-out-errors")
    assert status == 1
    assert [one.code for one in Attendee.objects.of(meeting1)] == ["A1"]


def test_codes_are_generated_on_request(file: Path, meeting1: Meeting) -> None:
    file.write_text("email,firstname\na@example.org,Ana\nb@example.org,Bea\n")
    assert run("meeting1", str(file))[1] == 1
    told, status = run("meeting1", str(file), "--generate-codes")
    assert status == 0
    codes = {row["code"] for row in told["rows"]}
    assert codes == {one.code for one in Attendee.objects.of(meeting1)}
    assert len(codes) == 2
    again, _ = run("meeting1", str(file), "--generate-codes")
    assert again["summary"]["unchanged"] == 2
    assert {row["code"] for row in again["rows"]} == codes


def test_file_level_errors_have_no_rows(file: Path, meeting1: Meeting) -> None:
    file.write_bytes(b"")
    told, status = run("meeting1", str(file))
    assert status == 1
    assert told["rows"] == []
    assert told["errors"] == [
        {"line": None, "column": None, "problem": "empty_file", "message": "The file is empty."}
    ]


def test_meeting_and_file_must_exist(file: Path, meeting1: Meeting) -> None:
    with pytest.raises(CommandError, match="There is no meeting “nowhere”"):
        run("nowhere", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        run("meeting1", str(file))


def test_text_names_every_problem(
    file: Path, meeting1: Meeting, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + "A1,,Ana,Lee\nA2,b@,Bea,Lee\n")
    with pytest.raises(SystemExit) as ended:
        call_command("importattendees", "meeting1", str(file))
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "Line 2: there is no email address.",
        "Line 3: “b@” is not an email address.",
    ]
    assert "Nothing was written: 0 new" in told.out
