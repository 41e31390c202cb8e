"""CSV files that a spreadsheet takes as they are meant, made and sent line by line."""

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse

from attendees.roster.formulas import protected

type Cell = str | int | datetime


class Line:
    """Where csv writes a line to, to be handed on at once."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def lines_of(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The lines of a CSV file of which no spreadsheet runs a cell; the header is the first row."""
    line = Line()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([protected(cell) if isinstance(cell, str) else cell for cell in row])
        yield line.text


def for_excel(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines in UTF-8, with the mark without which Excel would misread names."""
    yield codecs.BOM_UTF8
    for line in lines:
        yield line.encode()


def csv_file(lines: Iterable[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
