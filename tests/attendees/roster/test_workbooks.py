"""Workbooks: text stays text, numbers are no codes, and bombs do not go off."""

import io
import time
import tracemalloc
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from attendees.roster.read import Limits, Reading, read

LIMITS = Limits(size=5 * 1024 * 1024, rows=10_000)
HEADER = ["code", "email", "firstname", "external id", "Table"]
SHEET = "xl/worksheets/sheet1.xml"


def book_of(rows: list[list[Any]], *, formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for address, number_format in (formats or {}).items():
        book.active[address].number_format = number_format
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def reading_of(content: bytes) -> Reading:
    return read(content, LIMITS)


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


def changed(content: bytes, path: str, text: bytes) -> bytes:
    """The workbook with another part in it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, text if entry.filename == path else old.read(entry))
    return out.getvalue()


SHEET_XML = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b"%s</sheetData></worksheet>"
)
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


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
ODS_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/"
 manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""


def ods_of(rows: list[list[str | int]]) -> bytes:
    def cell(value: str | int) -> str:
        kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
        return (
            f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )

    lines = [f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        book.writestr("content.xml", ODS.format(rows="".join(lines)))
    return out.getvalue()


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
