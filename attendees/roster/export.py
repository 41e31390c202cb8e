"""The roster as a file that comes back in as it went out."""

from collections.abc import Iterator, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from attendees.models import Attendee
from attendees.roster.csv_files import lines_of
from attendees.roster.formulas import protected
from attendees.roster.headers import FIELDS
from meetings.models import Meeting

FETCHED_AT_ONCE = 2000  # rows


def exported(meeting: Meeting) -> Iterator[str]:
    """The lines of a CSV file, in the order of the roster."""
    roster = Attendee.objects.of(meeting).order_by("lastname", "firstname", "pk")
    names = custom_names(roster)
    rows = roster.values_list(*FIELDS, "custom").iterator(chunk_size=FETCHED_AT_ONCE)
    named = (cells(values, custom, names) for *values, custom in rows)
    return lines_of(chain([[*FIELDS, *names]], named))


def exported_workbook(meeting: Meeting) -> IO[bytes]:
    """The same rows as .xlsx, every cell a text, so that no zero is lost and nothing is run."""
    roster = Attendee.objects.of(meeting).order_by("lastname", "firstname", "pk")
    names = custom_names(roster)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Attendees")
    found = roster.values_list(*FIELDS, "custom").iterator(chunk_size=FETCHED_AT_ONCE)
    rows = (cells(values, custom, names) for *values, custom in found)
    for row in chain([[*FIELDS, *names]], rows):
        sheet.append([as_text(WriteOnlyCell(sheet, protected(text))) for text in row])
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book.save(file)
    file.seek(0)
    return file


def as_text(cell: Cell) -> Cell:
    cell.data_type = "s"  # openpyxl makes formulas of what begins with "="
    cell.number_format = "@"  # and it stays text when somebody edits it
    return cell


def cells(values: Sequence[str], custom: dict[str, Any], names: Sequence[str]) -> list[str]:
    return [*values, *(str(custom.get(name, "")) for name in names)]


def custom_names(roster: QuerySet[Attendee]) -> list[str]:
    """The custom fields that anybody on the roster has, in the order in which they came."""
    customs = roster.exclude(custom={}).order_by("pk").values_list("custom", flat=True)
    names: dict[str, None] = {}
    for custom in customs.iterator(chunk_size=FETCHED_AT_ONCE):
        names.update(dict.fromkeys(custom))
    return list(names)
