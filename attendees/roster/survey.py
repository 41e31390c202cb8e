"""How far a workbook reaches, before a reader allocates anything for it.

The reader makes a full table of whatever lies between the first and the last cell of a sheet, and
a text of its own of every cell: a few bytes in a far corner, or one long text used a million times,
would take all memory of the machine and end the process. So every part is passed through once, as
the reader would, and nothing is kept but numbers.
"""

import zipfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from string import digits
from xml.parsers import expat

from attendees.roster.problems import Problem, UnreadableFile

MAX_ENTRIES = 200
MAX_UNPACKED = 100 * 1024 * 1024  # bytes
MAX_RATIO = 100
RATIO_FROM = 1024 * 1024  # bytes: below, a good ratio is no danger
MAX_COLUMNS = 1000
MAX_CELLS = 4_000_000
MAX_TEXT = 64_000_000  # characters that cells share
MAX_BLANKS = 1000  # that one element of .ods stands for
TITLE_ROWS = 40
CHUNK = 1 << 20  # bytes

# Without one of these there is no sheet in a part; whatever has one is looked at closely.
SHEET_MARKS = (b"sheetData", b"table:table")
SHARED_TEXTS = "xl/sharedstrings.xml"

# A row and a column, from 1.
Place = tuple[int, int]


@dataclass
class Extent:
    """What one part has in it."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    # Cells whose own format keeps zeros in front (“00000”: 5), and cells with an error.
    zeros: dict[Place, int] = field(default_factory=dict)
    errors: set[Place] = field(default_factory=set)
    shared: int = 0  # cells with a text of the shared ones
    # The lengths of the shared texts.
    lengths: "array[int]" = field(default_factory=lambda: array("L"))
    has_sheet: bool = False


def survey(content: bytes, max_rows: int, styles: Mapping[int, int]) -> dict[str, Extent]:
    """The extent of every part by its name; raises UnreadableFile for what is too large.

    `styles` are the numbers of the cell formats that keep zeros, and how many digits they show.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        refuse_bombs(entries)
        extents = {
            entry.filename: passed(archive, entry, Pass(max_rows, styles)) for entry in entries
        }
        if sum(extent.rows * extent.columns for extent in extents.values()) > MAX_CELLS:
            raise too_large(f"it has more than {MAX_CELLS:,} cells")
        refuse_long_texts(archive, entries, extents, max_rows)
    return extents


def refuse_bombs(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Look at what the archive declares."""
    if (
        len(entries) > MAX_ENTRIES
        or sum(entry.file_size for entry in entries) > MAX_UNPACKED
        or any(
            entry.file_size > RATIO_FROM
            and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
            for entry in entries
        )
    ):
        raise too_large("its content, unpacked, is too large")


def refuse_long_texts(
    archive: zipfile.ZipFile,
    entries: Sequence[zipfile.ZipInfo],
    extents: Mapping[str, Extent],
    max_rows: int,
) -> None:
    """Every cell gets a copy of the text that it shares with others."""
    lengths = max((extent.lengths for extent in extents.values()), key=len)
    longest = max(lengths, default=0)
    if longest * sum(extent.shared for extent in extents.values()) <= MAX_TEXT:
        return
    total = 0
    for entry in entries:
        if extents[entry.filename].shared:
            counting = TextPass(max_rows, lengths)
            passed(archive, entry, counting)
            total += counting.text
            if total > MAX_TEXT:
                raise too_large(f"its cells have more than {MAX_TEXT:,} characters")


def passed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, one: "Pass") -> Extent:
    """Pass through one part. Raises UnreadableFile, BadZipFile or ValueError."""
    is_xml, seen, tail = True, 0, b""
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            seen += len(chunk)
            if seen > entry.file_size:
                raise too_large("it unpacks to more than it declares")
            one.extent.has_sheet |= any(mark in tail + chunk for mark in SHEET_MARKS)
            tail = chunk[-16:]
            if is_xml:
                is_xml = parsed(one.expat, chunk)
    matters = one.extent.has_sheet or entry.filename.lower() == SHARED_TEXTS
    if matters and not (is_xml and parsed(one.expat, b"", is_last=True)):
        # A more lenient reader would read on.
        raise ValueError(f"{entry.filename} is no well-formed XML")
    return one.extent


def parsed(parser: expat.XMLParserType, chunk: bytes, *, is_last: bool = False) -> bool:
    try:
        parser.Parse(chunk, is_last)
    except expat.ExpatError:
        return False
    return True


class Pass:
    """Counts the cells of one part as the reader would place them."""

    def __init__(self, max_rows: int, styles: Mapping[int, int]) -> None:
        self.max_rows = max_rows
        self.styles = {str(number): digits for number, digits in styles.items()}
        self.extent = Extent()
        self.row = self.column = 0
        # Of .ods, where one element stands for many.
        self.row_repeats = self.repeats = 1
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self.start_row,
            "c": self.start_cell,
            "v": self.start_content,
            "t": self.start_content,
            "si": self.start_shared,
            "table:table-row": self.start_ods_row,
            "table:table-cell": self.start_ods_cell,
            "table:covered-table-cell": self.start_ods_cell,
            "text:p": self.start_ods_content,
            "text:s": self.start_blanks,
        }

        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self.start
        self.expat.EntityDeclHandler = refuse_entity

    def start(self, name: str, attributes: dict[str, str]) -> None:
        act = self.starts.get(name)
        if act is None and ":" in name:
            # The reader of .xlsx minds no prefix, that of .ods knows but one.
            act = self.starts.get(name.partition(":")[2])
        if act is not None:
            act(attributes)

    # --- .xlsx -----------------------------------------------------------------------------

    def start_row(self, attributes: dict[str, str]) -> None:
        self.row = whole(attributes.get("r")) or self.row + 1
        self.column = 0

    def start_cell(self, attributes: dict[str, str]) -> None:
        self.column += 1
        if address := attributes.get("r"):
            self.row, self.column = place_of(address)
        kind = attributes.get("t")
        if kind == "s":
            self.extent.shared += 1
        elif kind == "e":
            self.extent.errors.add((self.row, self.column))
        elif zeros := self.styles.get(attributes.get("s", "0")):
            self.extent.zeros[self.row, self.column] = zeros

    def start_content(self, attributes: dict[str, str]) -> None:
        self.extent.cells += 1
        self.reach(self.row, self.column)

    def start_shared(self, attributes: dict[str, str]) -> None:
        self.extent.lengths.append(0)
        self.expat.CharacterDataHandler = self.add_shared

    def add_shared(self, text: str) -> None:
        self.extent.lengths[-1] += len(text)

    # --- .ods ------------------------------------------------------------------------------

    def start_ods_row(self, attributes: dict[str, str]) -> None:
        self.row += self.row_repeats
        self.row_repeats = whole(attributes.get("table:number-rows-repeated")) or 1
        self.column, self.repeats = 0, 1

    def start_ods_cell(self, attributes: dict[str, str]) -> None:
        self.column += self.repeats
        self.repeats = whole(attributes.get("table:number-columns-repeated")) or 1
        if "office:value-type" in attributes:
            self.start_ods_content(attributes)

    def start_ods_content(self, attributes: dict[str, str]) -> None:
        self.extent.cells += self.repeats * self.row_repeats
        self.reach(self.row + self.row_repeats - 1, self.column + self.repeats - 1)

    def start_blanks(self, attributes: dict[str, str]) -> None:
        if whole(attributes.get("text:c")) > MAX_BLANKS:
            raise too_large(f"a cell has more than {MAX_BLANKS:,} blanks in a row")

    # --- Both ------------------------------------------------------------------------------

    def reach(self, row: int, column: int) -> None:
        extent = self.extent
        if row <= extent.rows and column <= extent.columns and extent.cells <= MAX_CELLS:
            return
        extent.rows, extent.columns = max(row, extent.rows), max(column, extent.columns)
        if extent.rows > self.max_rows + TITLE_ROWS:
            raise too_large(f"it has more than {self.max_rows:,} rows")
        if extent.columns > MAX_COLUMNS:
            raise too_large(f"it has more than {MAX_COLUMNS:,} columns")
        if extent.cells > MAX_CELLS or extent.rows * extent.columns > MAX_CELLS:
            raise too_large(f"it has more than {MAX_CELLS:,} cells")


class TextPass(Pass):
    """Adds up the texts that the cells of a sheet share with others."""

    def __init__(self, max_rows: int, lengths: "array[int]") -> None:
        super().__init__(max_rows, {})
        self.lengths = lengths
        self.text = 0
        self.is_shared = False
        self.number = ""
        self.expat.CharacterDataHandler = self.add
        self.expat.EndElementHandler = self.end

    def start_cell(self, attributes: dict[str, str]) -> None:
        super().start_cell(attributes)
        self.is_shared = attributes.get("t") == "s"
        self.number = ""

    def add(self, text: str) -> None:
        if self.is_shared:
            self.number += text[:20]

    def end(self, name: str) -> None:
        if self.is_shared and name.rpartition(":")[2] == "c":
            number = whole(self.number.strip())
            self.text += self.lengths[number] if number < len(self.lengths) else 0


def whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def place_of(address: str) -> Place:
    """Row and column of “AB12”. Raises ValueError."""
    letters = address.rstrip(digits)
    return int(address[len(letters) :]), column_of(letters)


@lru_cache(maxsize=MAX_COLUMNS)
def column_of(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha() and len(letters) < 10):
        raise ValueError(f"“{letters[:20]}” is no column of a sheet")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def refuse_entity(*_: object) -> None:
    raise ValueError("it declares entities")


def too_large(reason: str) -> UnreadableFile:
    return UnreadableFile.because(
        Problem.TOO_LARGE,
        f"The workbook is too large: {reason}. Save the list as CSV, or split it.",
    )
