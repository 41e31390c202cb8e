"""What goes out as a file comes back in as it was, whatever is in it."""

import codecs
import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from attendees.identity import FlawedValue
from attendees.models import Attendee
from attendees.roster.cells import clean
from attendees.roster.export import exported, exported_workbook
from attendees.roster.formulas import RUNS, protected, unprotected
from attendees.roster.headers import FIELDS
from attendees.roster.plan import plan
from attendees.roster.read import read
from attendees.roster.rows import Limits
from meetings.models import Meeting
from tests.conftest import attendee_of

LIMITS = Limits(size=5_000_000, rows=20_000)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
NASTY = [
    "=1+1", "+49", "-7", "@x", "'=1", "''=1", "'", "''", " =1", "\t=1", "＝1", "'-", "= ", "=",
    "1,2", "a;b", 'say "hi"', '"', '""', "a\nb", "a\r\nb", "back\\slash", "tab\tbed", "\\N", "\\.",
    "null", "NULL", "None", "00123", "1E5", "0x1F", "TRUE", "sep=;", "\u200b", "\ufeff", "é",
    "e\u0301", "Ω", "🙂", "日本", "עברית", "İ", "ß", "ﬁ", "a\u2028b", "<script>alert(1)</script>",
    "{{ 7 }}", "%s", "' OR 1=1 --", "../..", "😀" * 30,
]  # fmt: skip


@given(TEXTS)
def test_marks_before_formulas_come_off_again(text: str) -> None:
    assert unprotected(protected(text)) == text
    assert not RUNS.match(protected(text)) or protected(text).startswith("'")


@pytest.mark.parametrize("text", ["=1", " +1", "-1", "@x", "\t1", "\r1", "＝1", "'=1"])
def test_no_exported_cell_is_run_by_a_spreadsheet(text: str) -> None:
    assert protected(text) == f"'{text}"


@given(st.sampled_from(FIELDS), TEXTS)
def test_normal_forms_are_their_own_normal_form(name: str, text: str) -> None:
    try:
        once = clean(name, text)
    except FlawedValue:
        return
    assert clean(name, protected(once)) == once


def as_csv(meeting: Meeting) -> bytes:
    return "".join(exported(meeting)).encode()


def as_csv_with_bom(meeting: Meeting) -> bytes:
    return codecs.BOM_UTF8 + as_csv(meeting)


def as_xlsx(meeting: Meeting) -> bytes:
    with exported_workbook(meeting) as file:
        return file.read()


def changes(meeting: Meeting, export: Callable[[Meeting], bytes] = as_csv) -> dict[str, int]:
    """What importing the meeting's own export into it would do."""
    reading = read(export(meeting), LIMITS)
    assert [one.message for one in reading.findings] == []
    return plan(meeting, reading).counts


def keep(meeting: Meeting, code: str, cells: dict[str, str], custom: dict[str, str]) -> bool:
    """Put somebody on the roster as the edit page would; False where it would refuse."""
    try:
        values = {name: clean(name, cell) for name, cell in cells.items()}
    except FlawedValue:
        return False
    if not values["firstname"]:
        return False
    custom = {name: kept for name, value in custom.items() if (kept := value.strip())}
    attendee_of(meeting, code, f"{code.lower()}@example.org", **values, custom=custom)
    return True


@pytest.mark.django_db
@pytest.mark.parametrize("export", [as_csv, as_csv_with_bom, as_xlsx])
def test_export_of_nasty_values_comes_back_unchanged(
    meeting1: Meeting, export: Callable[[Meeting], bytes]
) -> None:
    kept = 0
    for number, text in enumerate(NASTY):
        cells = {"firstname": f"{text}", "lastname": text, "external_id": ""}
        kept += keep(meeting1, f"N{number}", cells, {"Note": text.replace("\r\n", "\n")})
    assert kept > len(NASTY) - 6
    assert changes(meeting1, export) == {
        "new": 0,
        "changed": 0,
        "unchanged": kept,
        "skipped": 0,
        "errors": 0,
    }


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_every_export_comes_back_unchanged(
    meeting1: Meeting, people: list[tuple[str, str, str]]
) -> None:
    Attendee.objects.all().delete()
    kept = 0
    for number, (firstname, lastname, external_id) in enumerate(people):
        cells = {
            "firstname": firstname,
            "lastname": lastname,
            "external_id": f"{number}-{external_id}",
        }
        kept += keep(meeting1, f"N{number}", cells, {})
    if not kept:
        return
    assert changes(meeting1)["unchanged"] == kept


@pytest.mark.django_db
def test_custom_fields_named_like_ours_stay_custom(meeting1: Meeting) -> None:
    attendee_of(
        meeting1, "A", "a@example.org", "Ann", custom={"E-Mail": "x", "Code": "y", "=z": "1"}
    )
    assert changes(meeting1)["unchanged"] == 1


@pytest.mark.django_db
def test_export_is_formula_safe(meeting1: Meeting) -> None:
    attendee_of(meeting1, "=A1", "a@example.org", "=cmd|' /C calc'!A0", custom={"@sum": "+1"})
    rows = list(csv.reader(io.StringIO("".join(exported(meeting1)))))
    assert rows == [
        ["code", "email", "firstname", "lastname", "external_id", "'@sum"],
        ["'=A1", "a@example.org", "'=cmd|' /C calc'!A0", "", "", "'+1"],
    ]
    assert changes(meeting1)["unchanged"] == 1


@pytest.mark.django_db
def test_workbook_has_nothing_but_texts(meeting1: Meeting) -> None:
    attendee_of(meeting1, "00123", "a@example.org", "=1+1", custom={"Table": "7", "=x": "1E5"})
    sheet = load_workbook(io.BytesIO(as_xlsx(meeting1))).active
    kinds = {(cell.data_type, cell.number_format) for row in sheet for cell in row if cell.value}
    assert kinds == {("s", "@")}
    assert [cell.value for cell in sheet[2]][:3] == ["00123", "a@example.org", "'=1+1"]
