"""Delimited text: which delimiter, which line is the header, and the rows with their lines.

Never `csv.Sniffer`: it corrupts doubled quotes silently and a crafted file stalls it for minutes.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO, TextIOWrapper
from itertools import islice

from attendees.roster import headers
from attendees.roster.problems import Finding, Problem, UnreadableFile, too_many_rows

DELIMITERS = (",", ";", "\t", "|")
# The header is looked for in the first rows only.
HEADER_WITHIN = 40  # lines
HEADER_OVER = 8  # lines: a cell of the header may have line breaks
LONGEST_HEADER_LINE = 64 * 1024  # characters
MAX_COLUMNS = 1000
ANY_LENGTH = 2**31 - 1  # characters: how long a cell may be is said where its field is known
SEP_LINE = re.compile(r"[\"']?sep=([^\w\r\n\"' ])[\"']?[,;\t| ]*[\r\n]*\Z", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")

# A line, or a row and where it starts.
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: the delimiter, and the physical line of the header."""

    delimiter: str
    header_line: int
    headers: tuple[str, ...]
    # What stands above the header: title lines, a `sep=` line.
    skipped: tuple[tuple[int, str], ...] = ()
    # Without a header the line is that of the first row, and the columns are numbered.
    has_header: bool = True


def opened(utf8: bytes) -> TextIOWrapper:
    """The lines of a text, whatever ends them: LF, CRLF, CR, or what a second CR was added to."""
    if b"\r\r\n" in utf8:
        utf8 = utf8.replace(b"\r\r\n", b"\n")
    # newline="" splits at LF, CRLF and CR only, not at U+2028 and the like as splitlines() does.
    return TextIOWrapper(BytesIO(utf8), encoding="utf-8", newline="")


def layout_of(utf8: bytes) -> Layout:
    """The layout under which the most headers are known; the first of equals.

    Raises UnreadableFile where there are too many columns.
    """
    head = [line[:LONGEST_HEADER_LINE] for line in islice(opened(utf8), HEADER_WITHIN)]
    sep = SEP_LINE.match(head[0].lstrip("\ufeff")) if head else None
    declared = [sep.group(1)] if sep else []
    best, layout = (0, 0), None
    for delimiter in (*declared, *DELIMITERS):
        for number in range(len(declared), len(head)):
            cells = row_at(head, number, delimiter)
            found = headers.score(cells) if cells else (0, 0)
            if found > best:
                best, layout = found, Layout(delimiter, number + 1, tuple(named(cells)))
    layout = layout or without_known_headers(head, declared)
    if (
        len(layout.headers) > MAX_COLUMNS
        or len(head[layout.header_line - 1]) >= LONGEST_HEADER_LINE
    ):
        raise UnreadableFile.because(
            Problem.TOO_LARGE,
            f"Line {layout.header_line}: there are more than {MAX_COLUMNS:,} columns.",
            layout.header_line,
        )
    return replace(layout, skipped=above(head, layout))


def row_at(lines: list[str], number: int, delimiter: str) -> list[str]:
    """The cells of the row that starts on a line, whatever stands above it."""
    rows = lines[number : number + HEADER_OVER]
    try:
        return next(csv.reader(rows, delimiter=delimiter, skipinitialspace=delimiter != " "), [])
    except csv.Error:
        return []  # what is broken is reported by `Rows`


def above(head: list[str], layout: Layout) -> tuple[tuple[int, str], ...]:
    told = (
        (number, line.strip(f"{layout.delimiter} \r\n\t\ufeff")[:200])
        for number, line in enumerate(head[: layout.header_line - 1], start=1)
    )
    return tuple((number, text) for number, text in told if text)


def without_known_headers(head: list[str], declared: list[str]) -> Layout:
    """No header is known: what divides the lines most, and the first of the widest lines."""
    delimiter = declared[0] if declared else max(DELIMITERS, key="".join(head).count)
    rows = [row_at(head, number, delimiter) for number in range(len(head))]
    widths = [
        len(cells) if number >= len(declared) and any(map(str.strip, cells)) else 0
        for number, cells in enumerate(rows)
    ]
    number = widths.index(max(widths, default=0)) if widths else 0
    cells = named(rows[number]) if rows else []
    if is_person(cells):
        return Layout(delimiter, number + 1, tuple(numbered(cells)), has_header=False)
    return Layout(delimiter, number + 1, tuple(cells))


def is_person(cells: list[str]) -> bool:
    """Whether this is no header but somebody's row."""
    return any(EMAIL.fullmatch(cell.strip()) for cell in cells)


def numbered(cells: list[str]) -> list[str]:
    return [f"Column {place}" for place in range(1, len(cells) + 1)]


def named(cells: list[str]) -> list[str]:
    """The headers, without the nameless columns at the end."""
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


class Rows:
    """The rows below the header with the physical line on which each starts.

    What cannot be divided into cells is left out and found in `findings`.
    """

    def __init__(self, utf8: bytes, layout: Layout, most: int) -> None:
        self.findings: list[Finding] = []
        self.layout = layout
        self.most = most
        self.source = opened(utf8)
        # A stray quotation mark is looked for only where there is any.
        self.has_quotes = b'"' in utf8
        self.pending: list[str] = []

    def lines(self) -> Iterator[str]:
        if not self.has_quotes:
            yield from self.source
            return
        for line in self.source:
            self.pending.append(line)
            yield line

    def __iter__(self) -> Iterator[Row]:
        csv.field_size_limit(ANY_LENGTH)
        # What stands above the header is no CSV: a quotation mark there opens nothing.
        above = self.layout.header_line - 1
        for _ in islice(self.source, above):
            pass
        reader = csv.reader(
            self.lines(),
            delimiter=self.layout.delimiter,
            skipinitialspace=self.layout.delimiter != " ",
            strict=True,
        )
        if self.layout.has_header:
            self.pass_header(reader)
        before = reader.line_num
        while True:
            try:
                for cells in reader:
                    line = above + before + 1
                    before = reader.line_num
                    if self.pending:
                        physical, self.pending = self.pending, []
                        if fault := self.fault_of(line, physical, cells):
                            self.findings.append(fault)
                            if len(self.findings) > self.most:
                                raise too_many_rows(self.most, line)
                            continue
                    yield line, cells
                return
            except csv.Error as error:
                line, taken = above + before + 1, reader.line_num - before
                before = reader.line_num
                physical, self.pending = self.pending, []
                mended = mend(physical, self.layout.delimiter)
                if mended is not None:
                    yield line, mended
                else:
                    # After a cell over several lines nobody knows where the next row starts.
                    ends = taken > 1 or "unexpected end" in str(error)
                    self.findings.append(malformed(line, str(error), is_fatal=ends))
                    if ends:
                        return
                    if len(self.findings) > self.most:
                        raise too_many_rows(self.most, line) from None

    def pass_header(self, reader: "Iterator[list[str]]") -> None:
        try:
            next(reader, None)
        except csv.Error as error:
            if mend(self.pending, self.layout.delimiter) is None:
                raise UnreadableFile(
                    [malformed(self.layout.header_line, str(error), is_fatal=True)]
                ) from None
        self.pending = []

    def fault_of(self, line: int, physical: list[str], cells: list[str]) -> Finding | None:
        """What shows that a quotation mark is broken in a row that can be divided all the same."""
        if self.has_stray_quote(physical, cells):
            return stray(line)
        ends = len(self.layout.headers) - 1
        for number, text in enumerate(physical[1:], start=line + 1):
            if "@" in text and text.count(self.layout.delimiter) >= max(ends, 1):
                return swallowed(line, number)
        return None

    def has_stray_quote(self, physical: list[str], cells: list[str]) -> bool:
        """Whether an unquoted cell has a single or an empty pair of quotation marks.

        A quote is broken there; “Robert "Bob"” is not.
        """
        if not any('"' in cell for cell in cells):
            return False
        raw = "".join(physical)
        return any(
            cell.count('"') % 2 or '""' in cell
            for cell in unquoted_cells(raw, self.layout.delimiter)
        )


def unquoted_cells(raw: str, delimiter: str) -> Iterator[str]:
    sign = re.escape(delimiter)
    # Possessive, so that a long cell takes no memory to go back.
    cell = re.compile(rf'[ ]*"[^"]*+(?:""[^"]*+)*+"[^{sign}\r\n]*|[^{sign}\r\n]*')
    for match in cell.finditer(raw):
        if not match.group().lstrip(" ").startswith('"'):
            yield match.group()


BLANKS_AFTER_QUOTE = r'"[ \t\u00a0]+(?={sign}|[\r\n]*\Z)'


def mend(physical: list[str], delimiter: str) -> list[str] | None:
    """The cells of a line whose only fault are blanks between a quote and the delimiter."""
    if len(physical) != 1:
        return None
    pattern = BLANKS_AFTER_QUOTE.replace("{sign}", re.escape(delimiter))
    text = re.sub(pattern, '"', physical[0])
    if text == physical[0]:
        return None
    try:
        rows = list(csv.reader([text], delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def stray(line: int) -> Finding:
    return Finding(
        Problem.MALFORMED_CSV,
        f"Line {line}: there is a stray quotation mark in a cell that is not quoted. "
        "Remove it, or quote the cell and double the mark.",
        line,
    )


def swallowed(line: int, number: int) -> Finding:
    return Finding(
        Problem.MALFORMED_CSV,
        f"Line {line}: a quoted cell goes on over line {number}, which looks like a row of its "
        "own. Close the quotation mark.",
        line,
    )


def malformed(line: int, error: str, *, is_fatal: bool) -> Finding:
    if "unexpected end" in error:
        return Finding(
            Problem.MALFORMED_CSV,
            f"Line {line}: a quotation mark opens a cell here and is never closed.",
            line,
            is_fatal=is_fatal,
        )
    return Finding(
        Problem.MALFORMED_CSV,
        f"Line {line}: a quoted cell goes on after its closing quotation mark. "
        "Double the quotation marks within the cell, or mend the row.",
        line,
        is_fatal=is_fatal,
    )
