"""Workbooks (.xlsx, .ods): what is in their cells, without being blown up by them."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO

from defusedxml import ElementTree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from attendees.roster import headers
from attendees.roster.decode import not_csv
from attendees.roster.delimited import is_person
from attendees.roster.headers import REQUIRED
from attendees.roster.problems import Problem, UnreadableFile
from attendees.roster.survey import Extent, refuse_bombs, survey

HEADER_WITHIN = 40  # rows
ZERO_PADDED = re.compile(r"0{2,15}")
# What a file that is no workbook makes its readers raise.
UNREADABLE = (
    CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError,
    ElementTree.ParseError, ValueError, KeyError,
)  # fmt: skip

Value = str | float | int | bool | date | datetime | time | timedelta | None


class Untyped(str):
    """The text of a cell that holds no text: good enough to show, not to compare."""

    flaw: str

    def __new__(cls, text: str, flaw: str) -> "Untyped":
        cell = super().__new__(cls, text)
        cell.flaw = flaw
        return cell


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows; the header is the first row with known headers."""

    rows: list[list[Value]]
    header_row: int
    has_header: bool
    extent: Extent

    @property
    def header(self) -> list[str]:
        return [shown(value) for value in self.rows[self.header_row]]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        errors = self.extent.errors
        for number in range(self.header_row + self.has_header, len(self.rows)):
            yield (
                number + 1,
                [
                    value
                    if type(value) is str and (value or not errors)
                    else self.cell(value, number + 1, column)
                    for column, value in enumerate(self.rows[number], start=1)
                ],
            )

    def cell(self, value: Value, row: int, column: int) -> str:
        """The text of a cell; the reader gives a cell with an error as blank."""
        if isinstance(value, str):
            return in_error(row, column) if (row, column) in self.extent.errors else value
        if value is None:
            return ""
        digits = self.extent.zeros.get((row, column), 0)
        if digits and type(value) in (int, float) and 0 <= value < 1e15 and value == int(value):  # type: ignore[operator, arg-type]
            return str(int(value)).zfill(digits)  # type: ignore[arg-type]
        text, kind = shown(value), KINDS.get(type(value), "a time")
        return Untyped(
            text,
            f"cell {address(row, column)} is {kind} ({text}), not text, so it may have lost zeros "
            "or digits. Format the column as text and enter it again.",
        )


KINDS: dict[type, str] = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    date: "a date",
    datetime: "a date",
}


def in_error(row: int, column: int) -> Untyped:
    return Untyped(
        "#ERROR",
        f"cell {address(row, column)} is an error of the spreadsheet, not a value. "
        "Mend its formula, or enter the value.",
    )


def address(row: int, column: int) -> str:
    """“A1”: the name of a cell, counted from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


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


class Book:
    """The sheets of a workbook that can be seen. Raises UnreadableFile."""

    def __init__(self, content: bytes, max_rows: int) -> None:
        with whatever_is_broken_told(), zipfile.ZipFile(BytesIO(content)) as archive:
            refuse_other_archives(archive)
            refuse_bombs(archive.infolist())
            styles, self.paths = styles_of(archive), paths_of(archive)
            self.extents = survey(content, max_rows, styles)
            self.book = CalamineWorkbook.from_filelike(BytesIO(content))
            self.names = [
                sheet.name
                for sheet in self.book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
                and sheet.visible == SheetVisibleEnum.Visible
            ]
            starts = {name: rows_of(self.book, name, HEADER_WITHIN) for name in self.names}
        if not self.names:
            raise UnreadableFile.because(Problem.EMPTY_FILE, "The workbook has no sheet to read.")
        self.scores = {name: header_of(rows)[0] for name, rows in starts.items()}
        self.filled = {name for name, rows in starts.items() if has_content(rows)}

    @property
    def best(self) -> str:
        """The first sheet with the most known headers, else the first that is not empty."""
        return max(self.names, key=lambda name: (self.scores[name], name in self.filled))

    def lists_beside(self, sheet: str) -> list[str]:
        """Which other sheets have a list."""
        has_all = (name for name in self.names if self.scores[name][0] == len(REQUIRED))
        return [name for name in has_all if name != sheet]

    def sheet(self, name: str) -> Sheet:
        """One of `names`. Raises UnreadableFile."""
        with whatever_is_broken_told():
            rows = rows_of(self.book, name, None)
        if not has_content(rows):
            where = f"The sheet “{name}”" if len(self.names) > 1 else "The workbook"
            raise UnreadableFile.because(Problem.EMPTY_FILE, f"{where} has no cells with content.")
        found, header_row = header_of(rows)
        is_header = found > (0, 0) or not is_person([shown(value) for value in rows[header_row]])
        extent = self.extents.get(self.paths.get(name, ""), Extent())
        return Sheet(rows, header_row, has_header=is_header, extent=extent)


@contextmanager
def whatever_is_broken_told() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise broken(error) from None


def has_content(rows: list[list[Value]]) -> bool:
    return any(value not in ("", None) for row in rows for value in row)


def rows_of(book: CalamineWorkbook, name: str, limit: int | None) -> list[list[Value]]:
    sheet = book.get_sheet_by_name(name)
    return sheet.to_python(skip_empty_area=False, nrows=limit)  # type: ignore[return-value]


def header_of(rows: list[list[Value]]) -> tuple[tuple[int, int], int]:
    """How well the best row of the first ones does as the header, and which it is.

    Where no header is known, it is the first of the widest rows: above may be titles.
    """
    best, place, widest = (0, 0), 0, 0
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        cells = [shown(value) for value in row]
        found, width = headers.score(cells), sum(map(bool, cells))
        if found > best or (best == (0, 0) and width > widest):
            best, place, widest = found, number, width
    return best, place


def refuse_other_archives(archive: zipfile.ZipFile) -> None:
    names = {entry.filename for entry in archive.infolist()}
    if "xl/workbook.xml" in names:
        return
    if "content.xml" in names:
        kind = kind_of_document(archive)
        if "spreadsheet" in kind or not kind:
            return
        raise not_csv("a text document" if "text" in kind else "a document of an office program")
    for start, kind in OTHER_ARCHIVES:
        if any(name.startswith(start) for name in names):
            raise not_csv(kind)
    raise not_csv("an archive (.zip)")


OTHER_ARCHIVES = (
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    ("word/", "a Word document"),
    ("ppt/", "a presentation"),
    ("Index/", "a document of Apple Numbers, Pages or Keynote"),
    ("Index.zip", "a document of Apple Numbers, Pages or Keynote"),
)


def kind_of_document(archive: zipfile.ZipFile) -> str:
    """What an OpenDocument file says it is: “application/vnd.oasis.opendocument.text”."""
    try:
        with archive.open("mimetype") as stream:
            return stream.read(200).decode("ascii", errors="replace")
    except KeyError:
        return ""


def styles_of(archive: zipfile.ZipFile) -> dict[int, int]:
    """The numbers of the cell formats that are nothing but zeros, and how many they show."""
    try:
        return padded_styles(archive.read("xl/styles.xml"))
    except UNREADABLE:
        return {}


def paths_of(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet of an .xlsx, by the sheet's name."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except UNREADABLE:
        return {}
    targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
    paths = {}
    for sheet in book.iter():
        if local(sheet.tag) == "sheet":
            ids = [value for name, value in sheet.items() if local(name) == "id"]
            target = targets.get(ids[0], "") if ids else ""
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            paths[sheet.get("name", "")] = path
    return paths


def local(name: object) -> str:
    """The name of an element or attribute without its namespace, of which there are two."""
    return str(name).rpartition("}")[2]


def padded_styles(styles: bytes) -> dict[int, int]:
    root = ElementTree.fromstring(styles)
    padded = {
        element.get("numFmtId"): len(element.get("formatCode", ""))
        for element in root.iter()
        if local(element.tag) == "numFmt" and ZERO_PADDED.fullmatch(element.get("formatCode", ""))
    }
    cell_styles = next((one for one in root.iter() if local(one.tag) == "cellXfs"), ())
    return {
        number: padded[style.get("numFmtId")]
        for number, style in enumerate(cell_styles)
        if style.get("numFmtId") in padded
    }


def broken(error: Exception) -> UnreadableFile:
    return UnreadableFile.because(
        Problem.NOT_CSV,
        "This looks like an Excel workbook, but cannot be opened. Save it again as .xlsx or "
        f"as CSV, and upload that. ({str(error)[:120]})",
    )
