"""What goes out as a file comes back in as it was, whatever is in it."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendees.identity import FlawedValue
from attendees.models import Attendee
from attendees.roster.export import exported
from attendees.roster.formulas import RUNS, protected, unprotected
from attendees.roster.headers import FIELDS
from attendees.roster.plan import plan
from attendees.roster.read import Limits, clean, read
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


def changes(meeting: Meeting) -> dict[str, int]:
    """What importing the meeting's own export into it would do."""
    reading = read("".join(exported(meeting)).encode(), LIMITS)
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
def test_export_of_nasty_values_comes_back_unchanged(meeting1: Meeting) -> None:
    kept = 0
    for number, text in enumerate(NASTY):
        cells = {"firstname": f"{text}", "lastname": text, "external_id": ""}
        kept += keep(meeting1, f"N{number}", cells, {"Note": text.replace("\r\n", "\n")})
    assert kept > len(NASTY) - 6
    assert changes(meeting1) == {
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
