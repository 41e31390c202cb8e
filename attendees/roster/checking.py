"""Cells to rows: what a row must be like to be true in itself, and what is wrong with it else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter

from attendees import identity
from attendees.identity import FlawedValue
from attendees.roster.cells import END, FORBIDDEN, MAX_CUSTOM_VALUE, clean, clean_custom, plain_row
from attendees.roster.columns import (
    custom_columns,
    mapped,
    refuse_bad_columns,
    required_by,
    with_samples,
)
from attendees.roster.doubtful import doubts
from attendees.roster.formulas import unprotected
from attendees.roster.headers import FIELDS, MEETINGS, Column, may_be_id
from attendees.roster.problems import Finding, Problem, UnreadableFile, too_many_rows
from attendees.roster.repeats import WHAT, Refused, refuse_repeated, tell_shared_emails
from attendees.roster.rows import NO_CUSTOM, ROW, How, Limits, Reading, Row
from attendees.roster.widths import Widths

SAMPLES = 3  # rows shown beside each column
MISSING = {
    "code": "there is no code.",
    "email": "there is no email address.",
    "firstname": "there is no first name.",
}


class Checker:
    """Checks the rows of one file, and keeps what is right and what is wrong of them."""

    def __init__(
        self, names: list[str], line: int, how: How, reading: Reading, *, is_workbook: bool
    ) -> None:
        self.how = how
        self.reading = reading
        self.is_workbook = is_workbook
        self.refused = Refused()
        names = [unprotected(name) for name in names]
        fields = mapped(names, how, reading)
        self.fields, self.header_line = fields, line
        self.places = {name: fields.index(name) for name in FIELDS if name in fields}
        self.custom = custom_columns(names, fields)
        self.naming = [position for position, name in enumerate(fields) if name == MEETINGS]
        labels = dict(self.custom)
        reading.columns = [
            Column(labels.get(position, name), fields[position])
            for position, name in enumerate(names)
        ]
        self.widths = Widths(len(names), reading, is_workbook=is_workbook)
        self.plain_places = [self.places[name] for name in FIELDS if name in self.places]
        self.is_plain = plain_row(self.places).fullmatch
        self.required = required_by(how)

    def check_all(self, rows: Iterable[tuple[int, list[str]]], limits: Limits) -> None:
        rows = iter(rows)  # the first are taken from it, the loop goes on with the rest
        first = list(islice(self.not_blank(rows), SAMPLES))
        self.reading.columns = with_samples(self.reading.columns, first)
        refuse_bad_columns(self.fields, self.header_line, self.how)
        self.plain_cells = itemgetter(*self.plain_places)
        good, room, widths = self.reading.rows, limits.rows, self.widths
        for line, cells in first:
            self.look_at(line, cells, limits)
        for line, cells in rows:
            if len(cells) == widths.width and line != widths.broken_off + 1:
                row = self.plain(line, cells)
                if row is not None and len(good) < room:
                    good.append(row)
                    continue
            if (whole := widths.whole(line, cells)) is not None:
                self.look_at(line, whole, limits)
            room = limits.rows - len(self.reading.wrong_cells)
            if room < len(good):
                raise too_many_rows(limits.rows, line)
        if widths.fragments:
            widths.refuse_cut(self.fields[-1], self.refused)
        refuse_repeated(self.reading, self.refused)
        tell_shared_emails(self.reading)
        self.tell_doubtful()
        self.tell_perhaps_id()

    def look_at(self, line: int, cells: list[str], limits: Limits) -> None:
        row = self.plain(line, cells) or self.checked(line, cells)
        if row is None:
            return
        if len(self.reading.rows) == limits.rows:
            raise too_many_rows(limits.rows, line)
        self.reading.rows.append(row)

    def refuse_no_rows(self) -> None:
        """For a file that has a header, and neither good nor bad rows."""
        if not self.reading.rows and not self.reading.findings:
            raise UnreadableFile.because(
                Problem.NO_DATA_ROWS, "There is a header, but no row below it."
            )

    def not_blank(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        for line, cells in rows:
            if (whole := self.widths.whole(line, cells)) is not None:
                yield line, whole

    def plain(self, line: int, cells: Sequence[str]) -> Row | None:
        """The row where nothing about it needs a second look: the common case, made quick."""
        looked_at = self.plain_cells(cells)
        match = self.is_plain(END.join(looked_at) + END)
        if match is None or (self.is_workbook and any(type(cell) is not str for cell in looked_at)):
            return None
        code, email, firstname, lastname, external_id = match.groups("")
        if self.custom:
            custom = self.plain_custom(cells)
            if custom is None:
                return None
        else:
            custom = NO_CUSTOM
        if not (firstname := firstname.strip()):
            return None
        if self.naming:
            self.note_meetings(line, cells)
        compared = code.replace("-", "").lower()
        lastname = lastname.strip()
        return ROW((line, code, email.lower(), firstname, lastname, external_id, custom, compared))

    def plain_custom(self, cells: Sequence[str]) -> Mapping[str, str] | None:
        custom = {}
        for position, name in self.custom:
            value = cells[position].strip()
            if not value.isprintable() or len(value) > MAX_CUSTOM_VALUE or value[:1] == "'":
                return None
            custom[name] = value
        return custom

    def checked(self, line: int, cells: Sequence[str]) -> Row | None:
        if not any(map(identity.without_invisible, cells)):
            return None
        before = len(self.reading.findings)
        values = {name: self.value(name, cells[place], line) for name, place in self.places.items()}
        custom = self.custom_values(line, cells)
        code = values.get("code", "")
        if len(self.reading.findings) > before:
            self.refused.note(line, code, values.get("external_id", ""))
            self.reading.wrong_cells[line] = cells
            return None
        if self.naming:
            self.note_meetings(line, cells)
        return Row(
            line,
            code,
            values["email"],
            values["firstname"],
            values.get("lastname", ""),
            values.get("external_id", ""),
            custom,
            identity.compared_code(code),
        )

    def note_meetings(self, line: int, cells: Sequence[str]) -> None:
        names = (unprotected(cells[position].strip()) for position in self.naming)
        self.reading.named[line] = "; ".join(filter(None, names))

    def value(self, name: str, cell: str, line: int) -> str:
        try:
            value = clean(name, cell)
        except FlawedValue as flaw:
            self.find(Problem(flaw.flaw), f"Line {line}: {flaw.message}", line, name)
            return ""
        if not value and name in self.required:
            self.find(Problem.MISSING_VALUE, f"Line {line}: {MISSING[name]}", line, name)
        if not value and name == "external_id" and cell.strip():
            self.reading.warnings.append(
                Finding(
                    Problem.BLANK_ID,
                    f"Line {line}: “{cell.strip()[:40]}” is taken as no external ID.",
                    line,
                    name,
                )
            )
        return value

    def find(self, problem: Problem, message: str, line: int, column: str) -> None:
        self.reading.findings.append(Finding(problem, message, line, column))

    def custom_values(self, line: int, cells: Sequence[str]) -> Mapping[str, str]:
        if not self.custom:
            return NO_CUSTOM
        values = {}
        for position, name in self.custom:
            value = clean_custom(cells[position])
            if FORBIDDEN.search(value):
                self.find(
                    Problem.INVALID_CHARACTER,
                    f"Line {line}: “{name}” has a character that cannot be printed.",
                    line,
                    name,
                )
            if len(value) > MAX_CUSTOM_VALUE:
                self.find(
                    Problem.VALUE_TOO_LONG,
                    f"Line {line}: “{name}” is longer than {MAX_CUSTOM_VALUE} characters.",
                    line,
                    name,
                )
            # Blank is kept, so that the plan knows that the file has the column.
            values[name] = value
        return values

    def tell_doubtful(self) -> None:
        """What names people elsewhere, and probably says something else than is meant."""
        for column, what in WHAT.items():
            if column in self.places:
                values = [*map(itemgetter(Row._fields.index(column)), self.reading.rows)]
                lines = map(itemgetter(0), self.reading.rows)
                self.reading.warnings += doubts(values, lines, column, what)

    def tell_perhaps_id(self) -> None:
        """A number of each person's own that is not taken for their external ID unasked."""
        if "external_id" in self.places:
            return
        for position, name in self.custom:
            column = self.reading.columns[position]
            if not may_be_id(name) or not self.tells_apart(name):
                continue
            self.reading.columns[position] = replace(column, may_be_id=True)
            if position not in self.how.mapping:
                message = (
                    f"The column “{name}” may be the external ID, and is not taken for it unasked. "
                    "If it is the same for the same person in every list, say so on the preview, "
                    "or head it “external_id”."
                )
                self.reading.warnings.append(
                    Finding(Problem.PERHAPS_ID, message, self.header_line, "external_id")
                )

    def tells_apart(self, name: str) -> bool:
        """Whether no two people have the same value in this custom field, and somebody has one."""
        values = [value for row in self.reading.rows if (value := row.custom.get(name, ""))]
        return bool(values) and len(set(values)) == len(values)
