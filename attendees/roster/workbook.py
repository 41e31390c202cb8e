"""Workbooks (.xlsx, .ods): what is in their cells, without being blown up by them."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO

from defusedxml import ElementTree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from attendees.roster import headers
from attendees.roster.decode import not_csv
from attendees.roster.problems import Problem, UnreadableFile

MAX_ENTRIES = 400
MAX_UNPACKED = 200 * 1024 * 1024  # bytes
MAX_RATIO = 150
RATIO_FROM = 1024 * 1024  # bytes: below, a good ratio is no danger
MAX_COLUMNS = 500
MAX_CELLS = 8_000_000
HEADER_WITHIN = 40  # rows

CELL_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
REPEATED = re.compile(rb'number-(rows|columns)-repeated="(\d+)"')
ZERO_PADDED = re.compile(r"0{2,15}")
SPREADSHEET_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

Value = str | float | int | bool | date | datetime | time | timedelta | None


class Untyped(str):
    """The text of a cell that holds a number or a date: good enough to show, not to compare."""

    address: str
    what: str

    def __new__(cls, text: str, address: str, what: str) -> "Untyped":
        cell = super().__new__(cls, text)
        cell.address = address
        cell.what = what
        return cell


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows; those of the header are the first with known headers."""

    name: str
    rows: list[list[Value]]
    header_row: int
    formats: "Formats"

    @property
    def header(self) -> list[str]:
        return [shown(value) for value in self.rows[self.header_row]]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for number in range(self.header_row + 1, len(self.rows)):
            yield (
                number + 1,
                [
                    value if type(value) is str else self.cell(value, number, column)
                    for column, value in enumerate(self.rows[number])
                ],
            )

    def cell(self, value: Value, row: int, column: int) -> str:
        if isinstance(value, str):
            return value
        address = f"{column_letters(column)}{row + 1}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            digits = self.formats.zeros_at(address)
            if digits and value == int(value) and 0 <= value < 1e15:
                return str(int(value)).zfill(digits)
        what = "a number" if isinstance(value, (int, float)) else "a date"
        return Untyped(shown(value), address, what)


def shown(value: Value) -> str:
    """A cell as text for people to read."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return format(value, ".15g")
        case timedelta():
            return str(value)
        case _:
            return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()


def column_letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def sheet_of(content: bytes, max_rows: int) -> Sheet:
    """The first sheet with known headers, else the first. Raises UnreadableFile."""
    refuse_bombs(content, max_rows)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not names:
            raise UnreadableFile.because(Problem.EMPTY_FILE, "The workbook has no sheet to read.")
        best = max(names, key=lambda name: header_of(rows_of(book, name, HEADER_WITHIN))[0])
        rows = rows_of(book, best, None)
    except (CalamineError, zipfile.BadZipFile, ValueError) as error:
        raise broken(error) from None
    if not any(value not in ("", None) for row in rows for value in row):
        raise UnreadableFile.because(Problem.EMPTY_FILE, "The workbook has no cells with content.")
    return Sheet(best, rows, header_of(rows)[1], Formats(content, best))


def rows_of(book: CalamineWorkbook, name: str, limit: int | None) -> list[list[Value]]:
    sheet = book.get_sheet_by_name(name)
    return sheet.to_python(skip_empty_area=False, nrows=limit)  # type: ignore[return-value]


def header_of(rows: list[list[Value]]) -> tuple[tuple[int, int], int]:
    """How well the best row of the first ones does as the header, and which it is."""
    best, place = (0, 0), None
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        cells = [shown(value) for value in row]
        if place is None and any(cells):
            place = number
        if (found := headers.score(cells)) > best:
            best, place = found, number
    return best, place or 0


def refuse_bombs(content: bytes, max_rows: int) -> None:
    """Look at what the archive declares, then at how far its cells reach, before reading it."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            refuse_other_archives({entry.filename for entry in entries})
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MAX_ENTRIES
                or unpacked > MAX_UNPACKED
                or any(
                    entry.file_size > RATIO_FROM
                    and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
                    for entry in entries
                )
            ):
                raise too_large("its content, unpacked, is too large")
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/") or entry.filename == "content.xml":
                    refuse_wide_sheets(archive, entry, max_rows)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise broken(error) from None


def refuse_other_archives(names: set[str]) -> None:
    if "xl/workbook.xml" in names or "content.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise not_csv("a binary Excel workbook (.xlsb)")
    if "word/document.xml" in names:
        raise not_csv("a Word document")
    if "ppt/presentation.xml" in names:
        raise not_csv("a presentation")
    raise not_csv("an archive (.zip)")


def refuse_wide_sheets(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_rows: int) -> None:
    """One cell in the far corner would make a reader allocate everything before it."""
    seen = cells = widest = lowest = 0
    repeated_rows = 0
    tail = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(1 << 20):
            seen += len(chunk)
            if seen > entry.file_size:
                raise too_large("it unpacks to more than it declares")
            text = tail + chunk
            cells += chunk.count(b"<c") + chunk.count(b"<table:table-cell")
            for letters, row in CELL_REFERENCE.findall(text):
                widest = max(widest, column_number(letters))
                lowest = max(lowest, int(row))
            for what, count in REPEATED.findall(text):
                # A sheet's empty rest is repeated in one element at its end.
                if what == b"rows" and int(count) < 100_000:
                    repeated_rows += int(count)
            tail = text[-40:]
    if lowest > max_rows + HEADER_WITHIN or repeated_rows > 2 * max_rows:
        raise too_large(f"it has more than {max_rows:,} rows")
    if (widest > MAX_COLUMNS and widest * lowest > MAX_CELLS) or widest > 5 * MAX_COLUMNS:
        raise too_large(f"it has more than {MAX_COLUMNS} columns")
    if cells > MAX_CELLS:
        raise too_large(f"it has more than {MAX_CELLS:,} cells")


class Formats:
    """The number formats of the cells of a sheet, read only where a number asks for them."""

    def __init__(self, content: bytes, sheet: str) -> None:
        self.content = content
        self.sheet = sheet
        self.digits: dict[str, int] | None = None

    def zeros_at(self, address: str) -> int:
        """How many digits the cell's own format keeps (“00000”: 5), or 0."""
        if self.digits is None:
            try:
                self.digits = self.read()
            except (KeyError, ValueError, ElementTree.ParseError, zipfile.BadZipFile):
                self.digits = {}
        return self.digits.get(address, 0)

    def read(self) -> dict[str, int]:
        with zipfile.ZipFile(BytesIO(self.content)) as archive:
            if "xl/styles.xml" not in archive.namelist():
                return {}
            styles = padded_styles(archive.read("xl/styles.xml"))
            if not styles:
                return {}
            path = self.path_in(archive)
            digits = {}
            with archive.open(path) as stream:
                for _, element in ElementTree.iterparse(stream):
                    if element.tag == f"{SPREADSHEET_NAMESPACE}c":
                        found = styles.get(int(element.get("s", 0)))
                        if found:
                            digits[element.get("r", "")] = found
                    elif element.tag == f"{SPREADSHEET_NAMESPACE}row":
                        element.clear()
            return digits

    def path_in(self, archive: zipfile.ZipFile) -> str:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
        office = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
        for sheet in book.iter(f"{SPREADSHEET_NAMESPACE}sheet"):
            if sheet.get("name") == self.sheet:
                target = targets[sheet.get(office)]
                return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        raise KeyError(self.sheet)


def padded_styles(styles: bytes) -> dict[int, int]:
    """The styles whose number format is nothing but zeros, and how many."""
    root = ElementTree.fromstring(styles)
    padded = {
        element.get("numFmtId"): len(element.get("formatCode", ""))
        for element in root.iter(f"{SPREADSHEET_NAMESPACE}numFmt")
        if ZERO_PADDED.fullmatch(element.get("formatCode", ""))
    }
    cell_styles = root.find(f"{SPREADSHEET_NAMESPACE}cellXfs")
    return {
        number: padded[style.get("numFmtId")]
        for number, style in enumerate(cell_styles if cell_styles is not None else ())
        if style.get("numFmtId") in padded
    }


def too_large(reason: str) -> UnreadableFile:
    return UnreadableFile.because(Problem.TOO_LARGE, f"The workbook is too large: {reason}.")


def broken(error: Exception) -> UnreadableFile:
    return UnreadableFile.because(
        Problem.NOT_CSV,
        "This looks like an Excel workbook, but cannot be opened. Save it again as .xlsx or "
        f"as CSV, and upload that. ({str(error)[:120]})",
    )
