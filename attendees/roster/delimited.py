"""Delimited text: which delimiter, which line is the header, and the rows with their lines.

Never `csv.Sniffer`: it corrupts doubled quotes silently and a crafted file stalls it for minutes.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice

from attendees.roster import headers
from attendees.roster.problems import Finding, Problem

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
# The header is looked for in the first rows only.
HEADER_WITHIN = 40  # lines
LONGEST_HEADER_LINE = 64 * 1024  # characters
LONGEST_CELL = 100_000  # characters: an opened quote that nobody closes ends here
SEP_LINE = re.compile(r"[\"']?sep=([^\w\r\n\"' ])[\"']?[,;\t| ]*[\r\n]*\Z", re.IGNORECASE)

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


def opened(utf8: bytes) -> TextIOWrapper:
    """The lines of a text, whatever ends them: LF, CRLF, CR, or what a second CR was added to."""
    if b"\r\r\n" in utf8:
        utf8 = utf8.replace(b"\r\r\n", b"\n")
    # newline="" splits at LF, CRLF and CR only, not at U+2028 and the like as splitlines() does.
    return TextIOWrapper(BytesIO(utf8), encoding="utf-8", newline="")


def layout_of(utf8: bytes) -> Layout:
    """The layout under which the most headers are known; the first of equals."""
    head = [line[:LONGEST_HEADER_LINE] for line in islice(opened(utf8), HEADER_WITHIN)]
    declared = [
        match.group(1)
        for line in head[:1]
        if (match := SEP_LINE.match(line.lstrip("\ufeff"))) is not None
    ]
    best: tuple[tuple[int, int], Layout] | None = None
    for delimiter in (*declared, *DELIMITERS):
        layout, found = layout_under(delimiter, head, after=len(declared))
        if best is None or found > best[0]:
            best = (found, layout)
    assert best is not None  # noqa: S101 - DELIMITERS is not empty
    if best[0] == (0, 0):
        return fallback(head, declared, after=len(declared))
    return best[1]


def layout_under(delimiter: str, head: list[str], *, after: int) -> tuple[Layout, tuple[int, int]]:
    best = (0, 0)
    layout = Layout(delimiter, after + 1, ())
    skipped: list[tuple[int, str]] = []
    try:
        for line, cells in rows_of_lines(head, delimiter):
            found = headers.score(cells) if line > after else (0, 0)
            if found > best:
                best = found
                layout = Layout(delimiter, line, tuple(named(cells)), tuple(skipped))
            if any(cell.strip() for cell in cells):
                skipped.append((line, delimiter.join(cells).strip()[:200]))
    except csv.Error:
        pass  # what is broken within the head is reported by `rows`
    return layout, best


def rows_of_lines(lines: list[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")
    before = 0
    for cells in reader:
        yield before + 1, cells
        before = reader.line_num


def fallback(head: list[str], declared: list[str], *, after: int) -> Layout:
    """No header is known: take the first line with words, and what divides it most."""
    for line, text in enumerate(head, start=1):
        if line > after and text.strip():
            delimiter = (
                declared[0] if declared else max(DELIMITERS, key=lambda sign: text.count(sign))
            )
            first = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
            return Layout(delimiter, line, tuple(named(first)))
    return Layout(",", 1, ())


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

    def __init__(self, utf8: bytes, layout: Layout) -> None:
        self.findings: list[Finding] = []
        self.layout = layout
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
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(
            self.lines(),
            delimiter=self.layout.delimiter,
            skipinitialspace=self.layout.delimiter != " ",
            strict=True,
        )
        header_line = self.layout.header_line
        before = 0
        while True:
            try:
                for cells in reader:
                    line = before + 1
                    before = reader.line_num
                    if self.pending:
                        physical, self.pending = self.pending, []
                        if line > header_line and self.has_stray_quote(physical, cells):
                            self.findings.append(stray(line))
                            continue
                    if line > header_line:
                        yield line, cells
                return
            except csv.Error as error:
                line, before = before + 1, reader.line_num
                physical, self.pending = self.pending, []
                mended = mend(physical, self.layout.delimiter)
                if mended is not None and line > header_line:
                    yield line, mended
                elif line > header_line:
                    # After a cell over several lines nobody knows where the next row starts.
                    ends = before > line or "unexpected end" in str(error)
                    self.findings.append(malformed(line, str(error), is_fatal=ends))
                    if ends:
                        return

    def has_stray_quote(self, physical: list[str], cells: list[str]) -> bool:
        """Whether an unquoted cell has a single quotation mark: a quote is broken there."""
        if not any('"' in cell for cell in cells):
            return False
        raw = "".join(physical)
        return any(cell.count('"') % 2 for cell in unquoted_cells(raw, self.layout.delimiter))


def unquoted_cells(raw: str, delimiter: str) -> Iterator[str]:
    sign = re.escape(delimiter)
    cell = re.compile(rf'[ ]*"(?:[^"]|"")*"[^{sign}\r\n]*|[^{sign}\r\n]*')
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
        f"Line {line}: there is a single quotation mark in a cell that is not quoted. "
        "Remove it, or quote the cell and double the mark.",
        line,
    )


def malformed(line: int, error: str, *, is_fatal: bool) -> Finding:
    if "unexpected end" in error or "field larger" in error:
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
