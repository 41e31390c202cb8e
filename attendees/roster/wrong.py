"""The wrong rows of a file as a file: with the reasons, to be mended and uploaded again."""

import csv
from collections.abc import Iterator

from attendees.roster.export import Line
from attendees.roster.formulas import protected
from attendees.roster.headers import REASON
from attendees.roster.preview import Preview


def wrong_rows(preview: Preview) -> Iterator[str]:
    """The lines of a CSV file: the header as it was, the wrong rows, and why each is wrong."""
    reading = preview.reading
    cells = dict(reading.wrong_cells)
    reasons: dict[int, list[str]] = {}
    for plan in preview.plans:
        for finding in plan.findings:
            told = reasons.setdefault(finding.line or 0, [])
            if finding.message not in told:
                told.append(finding.message)
    cells |= {
        row.line: reading.cells_of(row)
        for row in reading.rows
        if row.line in reasons and row.line not in cells
    }
    line = Line()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    writer.writerow([*map(protected, reading.headers), REASON])
    yield line.text
    for number in sorted(reasons):
        row = list(cells.get(number, []))[: len(reading.columns)]
        row += [""] * (len(reading.columns) - len(row))
        writer.writerow([*map(protected, row), " ".join(reasons[number])])
        yield line.text
