"""The wrong rows of a file as a file: with the reasons, to be mended and uploaded again."""

from collections.abc import Iterator
from itertools import chain

from attendees.roster.csv_files import lines_of
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
    blank = [""] * len(reading.columns)
    rows = (
        [*[*cells.get(number, ()), *blank][: len(blank)], " ".join(told)]
        for number, told in sorted(reasons.items())
    )
    return lines_of(chain([[*reading.headers, REASON]], rows))
