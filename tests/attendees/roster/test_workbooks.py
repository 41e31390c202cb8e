"""Workbooks: text stays text, numbers are no codes, and bombs do not go off."""

import io
import time
import tracemalloc
import zipfile
from datetime import date
from datetime import time as time_of_day
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from attendees.roster.read import read
from attendees.roster.rows import How, Limits, Reading
from tests.attendees.roster.books import (
    SHEET,
    SHEET_XML,
    book_of,
    changed,
    ods_of,
    saved,
    sheet_of,
    text_row,
)

LIMITS = Limits(size=5 * 1024 * 1024, rows=10_000)
HEADER = ["code", "email", "firstname", "external id", "Table"]


def reading_of(content: bytes) -> Reading:
    return read(content, LIMITS)


def part(content: bytes, path: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(path)


def problems(reading: Reading) -> list[tuple[str, int | None, str | None]]:
    return [(str(one.problem), one.line, one.column) for one in reading.findings]


def test_text_cells_stay_as_they_are() -> None:
    reading = reading_of(book_of([HEADER, ["007", "a@example.org", "Ann", "00123", 15]]))
    assert problems(reading) == []
    row = reading.rows[0]
    assert (row.line, row.code, row.external_id, row.custom) == (2, "007", "00123", {"Table": "15"})


@pytest.mark.parametrize(
    ("row", "column", "cell"),
    [
        ([7, "a@example.org", "Ann", "", ""], "code", "A3"),
        ([12345678901234567890, "a@example.org", "Ann", "", ""], "code", "A3"),
        (["C7", "a@example.org", "Ann", 123, ""], "external_id", "D3"),
        ([True, "a@example.org", "Ann", "", ""], "code", "A3"),
    ],
)
def test_number_is_no_code_and_is_refused_with_its_cell(
    row: list[Any], column: str, cell: str
) -> None:
    good = ["A1", "b@example.org", "Bob", "", ""]
    reading = reading_of(book_of([HEADER, good, row]))
    assert problems(reading) == [("invalid_value", 3, column)]
    assert f"cell {cell}" in reading.findings[0].message
    assert [one.code for one in reading.rows] == ["A1"]


def test_number_whose_format_keeps_the_zeros_is_taken() -> None:
    rows = [HEADER, [7, "a@example.org", "Ann", "", ""], [8, "b@example.org", "Bob", "", ""]]
    reading = reading_of(book_of(rows, formats={"A2": "00000", "A3": "0.00"}))
    assert [row.code for row in reading.rows] == ["00007"]
    assert problems(reading) == [("invalid_value", 3, "code")]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "a truth value (TRUE)"),
        (7.5, "a number (7.5)"),
        (date(2026, 1, 2), "a date (2026-01-02)"),
        (time_of_day(3, 4), "a time (03:04:00)"),
    ],
)
def test_what_a_cell_holds_is_named(value: object, kind: str) -> None:
    reading = reading_of(book_of([HEADER, [value, "a@example.org", "Ann", "", ""]]))
    assert f"cell A2 is {kind}, not text" in reading.findings[0].message


@pytest.mark.parametrize("column", ["A", "D"])
def test_error_of_a_formula_is_not_taken_for_a_blank(column: str) -> None:
    texts = {"A": "A1", "B": "a@example.org", "C": "Ann", "D": "E7"}
    cells = [
        f'<c r="{letter}3" t="e"><v>#REF!</v></c>'
        if letter == column
        else f'<c r="{letter}3" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in texts.items()
    ]
    person = text_row(2, "B1", "b@example.org", "Bob", "")
    sheet = sheet_of(text_row(1, *HEADER), person, f'<row r="3">{"".join(cells)}</row>')
    reading = reading_of(changed(PLAIN, SHEET, sheet))
    field = {"A": "code", "D": "external_id"}[column]
    assert problems(reading) == [("invalid_value", 3, field)]
    assert f"cell {column}3 is an error of the spreadsheet" in reading.findings[0].message
    assert [row.code for row in reading.rows] == ["B1"]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "nan", "1e20", "-7", "7.5"])
def test_numbers_beyond_a_format_of_zeros_are_refused(number: str) -> None:
    content = book_of([HEADER, [7, "a@example.org", "Ann", "", ""]], formats={"A2": "00000"})
    sheet = part(content, SHEET).replace(b"<v>7</v>", f"<v>{number}</v>".encode())
    assert problems(reading_of(changed(content, SHEET, sheet))) == [("invalid_value", 2, "code")]


def test_text_in_pieces_is_one_text() -> None:
    book = Workbook()
    book.active.append(HEADER)
    book.active.append([None, "a@example.org", "Ann", "", ""])
    book.active["A2"] = CellRichText("B", TextBlock(InlineFont(b=True), "7"))
    assert [row.code for row in reading_of(saved(book)).rows] == ["B7"]


def test_hidden_rows_count_and_hidden_sheets_do_not() -> None:
    book = Workbook()
    book.active.append(["Notes"])
    old, new = book.create_sheet("Old"), book.create_sheet("New")
    for sheet, code in ((old, "O1"), (new, "N1")):
        sheet.append(HEADER)
        sheet.append([code, "a@example.org", "Ann", "", ""])
    old.sheet_state = "hidden"
    new.row_dimensions[2].hidden = True
    reading = reading_of(saved(book))
    assert ([row.code for row in reading.rows], reading.warnings) == (["N1"], [])


@pytest.fixture
def of_three_sheets() -> bytes:
    """“Hall” and “Balcony” have lists, “Notes” has none, and the first sheet is empty."""
    book = Workbook()
    for number, name in enumerate(("Hall", "Balcony", "Notes")):
        sheet = book.create_sheet(name)
        sheet.append(HEADER if name != "Notes" else ["Notes"])
        sheet.append([f"A{number}", "a@example.org", "Ann", "", ""])
    return saved(book)


def test_further_lists_in_a_workbook_are_named(of_three_sheets: bytes) -> None:
    reading = reading_of(of_three_sheets)
    assert [row.code for row in reading.rows] == ["A0"]
    assert (reading.sheet, reading.sheets) == ("Hall", ["Sheet", "Hall", "Balcony", "Notes"])
    assert [one.message for one in reading.warnings] == [
        "Only the sheet “Hall” is read. There are lists on “Balcony”, too: "
        "choose a sheet to import its list."
    ]


def test_another_sheet_of_a_workbook_can_be_read(of_three_sheets: bytes) -> None:
    reading = read(of_three_sheets, LIMITS, How(sheet="Balcony"))
    assert ([row.code for row in reading.rows], reading.sheet) == (["A1"], "Balcony")


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        ("Sheet", "The sheet “Sheet” has no cells with content."),
        (
            "Foyer",
            "The workbook has no sheet “Foyer”. It has “Sheet”, “Hall”, “Balcony”, “Notes”.",
        ),
    ],
)
def test_a_sheet_that_has_no_list_is_told(of_three_sheets: bytes, sheet: str, told: str) -> None:
    reading = read(of_three_sheets, LIMITS, How(sheet=sheet))
    assert [(one.problem, one.message) for one in reading.findings] == [("empty_file", told)]
    assert reading.is_helped_by_choosing


def test_an_empty_sheet_is_not_taken_for_the_list() -> None:
    book = Workbook()
    sheet = book.create_sheet("People")
    sheet.append(["A1", "a@example.org", "Ann"])
    assert reading_of(saved(book)).sheet == "People"


def test_empty_cells_formatted_to_the_far_corner_do_no_harm() -> None:
    rows = [text_row(1, *HEADER), text_row(2, "A1", "a@example.org", "Ann", "")]
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    reading = reading_of(changed(PLAIN, SHEET, sheet_of(*rows, far)))
    assert ([row.code for row in reading.rows], problems(reading)) == (["A1"], [])


def test_workbook_without_a_header_loses_nobody_when_it_is_mapped() -> None:
    content = book_of([["List"], ["A1", "a@example.org", "Ann"], ["B1", "b@example.org", "Bob"]])
    assert {one.line for one in reading_of(content).findings} == {2}
    how = How(mapping={0: "code", 1: "email", 2: "firstname"})
    assert [row.code for row in read(content, LIMITS, how).rows] == ["A1", "B1"]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["word/document.xml"], "a Word document"),
        (["ppt/presentation.xml"], "a presentation"),
        (["xl/workbook.bin"], "a binary Excel workbook (.xlsb)"),
        (["Index/Document.iwa"], "a document of Apple Numbers"),
        (["list.csv"], "an archive (.zip)"),
        (["content.xml", "mimetype"], "a text document"),
    ],
)
def test_other_archives_are_called_by_their_name(names: list[str], kind: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text")
    reading = reading_of(out.getvalue())
    assert problems(reading) == [("not_csv", None, None)]
    assert reading.findings[0].message.startswith(f"This is {kind}")


def test_title_rows_and_blank_rows_count() -> None:
    person = ["A1", "a@example.org", "Ann", "", ""]
    reading = reading_of(book_of([["Annual list"], [], HEADER, person, [], ["A2", "bad", "Bob"]]))
    assert [row.line for row in reading.rows] == [4]
    assert problems(reading) == [("invalid_email", 6, "email")]
    assert reading.skipped == ((1, "Annual list"),)


def test_the_sheet_with_the_list_is_found() -> None:
    book = Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("People")
    sheet.append(HEADER)
    sheet.append(["A1", "a@example.org", "Ann", "", ""])
    assert [row.code for row in reading_of(saved(book)).rows] == ["A1"]


@pytest.mark.parametrize("rows", [[], [HEADER]])
def test_workbook_without_people(rows: list[list[str]]) -> None:
    found = problems(reading_of(book_of(rows)))
    assert found in ([("empty_file", None, None)], [("no_data_rows", None, None)])


PLAIN = book_of([HEADER, ["A1", "a@example.org", "Ann", "", ""]])
ATTACKS = {
    "far corner": changed(
        PLAIN, SHEET, SHEET_XML % b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "a million rows": changed(
        PLAIN,
        SHEET,
        SHEET_XML % b"".join(b'<row r="%d"><c r="A%d"/></row>' % (n, n) for n in range(10**6)),
    ),
    "wide row": changed(
        PLAIN, SHEET, SHEET_XML % b'<row r="1"><c r="XFD1"><v>1</v></c></row>'
    ),
    "zeros": changed(PLAIN, SHEET, bytes(300 * 1024 * 1024)),
    "other archive": changed(PLAIN, "xl/workbook.xml", b""),
    "entities": changed(
        PLAIN,
        "xl/workbook.xml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"A" * 1000 + b'">'
        + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a;" * 100) for n in range(9))
        + b"]><x>&a8;</x>",
    ),
    "cut off": PLAIN[: len(PLAIN) // 2],
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_in_bounded_time_and_memory(name: str) -> None:
    start = time.process_time()
    reading = reading_of(ATTACKS[name])
    spent = time.process_time() - start
    tracemalloc.start()  # which takes time of its own
    reading_of(ATTACKS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading.is_fatal
    assert reading.findings[0].problem in ("too_large", "not_csv")
    assert spent < 5
    assert peak < 100 * 1024 * 1024


def test_text_that_stalls_a_sniffer_is_read_at_once() -> None:
    start = time.process_time()
    reading_of(b'"' * 30_000 + b"\n" + b'"a,' * 10_000)
    reading_of(b"code,email,firstname\n" + b'"a,"b,"' * 50_000)
    reading_of(b"code,email,firstname\nA," + b"a@" * 100_000 + b",Ann\n")
    reading_of(b"code,email,firstname\nA," + b"a" * 90_000 + b"@a.b,Ann\n")
    assert time.process_time() - start < 2


def test_ods_is_read() -> None:
    rows = [["code", "email", "firstname"], ["00123", "a@example.org", "Åsa"]]
    reading = reading_of(ods_of(rows))
    assert reading.findings == []
    assert [(row.line, row.code, row.email, row.firstname) for row in reading.rows] == [
        (2, "00123", "a@example.org", "Åsa")
    ]


def test_number_as_code_in_ods_is_refused() -> None:
    reading = reading_of(ods_of([["code", "email", "firstname"], [123, "a@example.org", "Åsa"]]))
    assert problems(reading) == [("invalid_value", 2, "code")]


def test_rows_and_cells_that_ods_repeats_count() -> None:
    empty = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    twice = ' table:number-columns-repeated="2"'
    bob = cell.format("", "B1") + cell.format("", "bad") + cell.format(twice, "Bob")
    rest = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/>'
    further = f"{empty}<table:table-row>{bob}</table:table-row>{rest}</table:table-row>"
    header: list[str | int] = ["code", "email", "firstname", "lastname"]
    reading = reading_of(ods_of([header, ["A1", "a@example.org", "Ann", "Lee"]], further))
    assert [row.code for row in reading.rows] == ["A1"]
    assert problems(reading) == [("invalid_email", 6, "email")]
