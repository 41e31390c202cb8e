"""Cells to rows: what a row must be like to be true in itself, and what is wrong with it else."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter

from attendees import identity
from attendees.identity import FlawedValue
from attendees.roster import workbook
from attendees.roster.doubtful import doubts
from attendees.roster.formulas import unprotected
from attendees.roster.headers import (
    FIELDS,
    LABELS,
    MEETINGS,
    REASON,
    REQUIRED,
    Column,
    fields_of,
    may_be_id,
)
from attendees.roster.problems import Finding, Problem, UnreadableFile, too_many_rows
from attendees.roster.rows import NO_CUSTOM, ROW, How, Limits, Reading, Row

MAX_CUSTOM_FIELDS = 60
MAX_CUSTOM_NAME = 100
MAX_CUSTOM_VALUE = 2000
SAMPLES = 3  # rows shown beside each column
SHOWN_LINES = 5  # where many share a value
MISSING = {
    "code": "there is no code.",
    "email": "there is no email address.",
    "firstname": "there is no first name.",
}
# What names a person, as it is called within a sentence.
WHAT = {"code": "code", "email": "email", "external_id": "external ID"}
# What needs no second look, by field; everything else goes through `identity`. The letters are
# those that no normal form changes.
LETTERS = "A-Za-zÀ-ÖØ-öø-žА-яЁёІіЇїЄєҐґぁ-ゖァ-ヺー一-鿿가-힣"
END = "\x1f"  # between the cells of a row, joined to be looked at in one go
PLAIN = {
    "code": rf"(?!\d+[eE]-\d+{END})(-*[A-Za-z0-9][A-Za-z0-9-]{{0,50}})",
    "email": (
        r"((?=[^@]{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
        rf"@(?=[A-Za-z0-9.-]{{4,63}}{END})(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z]{{2,}})"
    ),
    "firstname": rf"(?! *')([ -~{LETTERS}]{{1,150}})",
    "lastname": rf"(?! *')([ -~{LETTERS}]{{0,150}})",
    "external_id": rf"((?=[^{END}]*\d)[A-Za-z0-9]{{2,64}}|)",
}
# What a line break within a row leaves: the beginning of a code, or the end of a last cell.
FRAGMENT = re.compile(r'"? *[\w.-]{1,64} *').fullmatch
# In what is a row of its own, only divided otherwise.
ANOTHER_ROW = re.compile(r"[@;|\t]")
NAMES = ("firstname", "lastname")
# Characters that no cell may have; a cell of notes may have line breaks and tabs.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Checker:
    """Checks the rows of one file, and keeps what is right and what is wrong of them."""

    def __init__(
        self, names: list[str], line: int, how: How, reading: Reading, *, is_workbook: bool
    ) -> None:
        self.how = how
        self.reading = reading
        self.is_workbook = is_workbook
        # Codes and external IDs of rows that are wrong in something else: they count as seen.
        self.wrong_codes: list[tuple[str, int]] = []
        self.wrong_ids: list[tuple[str, int]] = []
        names = [unprotected(name) for name in names]
        fields = self.mapped(names)
        self.fields, self.header_line = fields, line
        self.places = {name: fields.index(name) for name in FIELDS if name in fields}
        self.custom = custom_columns(names, fields)
        self.naming = [position for position, name in enumerate(fields) if name == MEETINGS]
        labels = dict(self.custom)
        reading.columns = [
            Column(labels.get(position, name), fields[position])
            for position, name in enumerate(names)
        ]
        self.width = len(names)
        self.plain_places = [self.places[name] for name in FIELDS if name in self.places]
        self.broken_off = -1  # the line before, where a line break may have cut a row
        # By the line before it: what may be the end of the last cell there.
        self.fragments: dict[int, str] = {}
        # Always five groups; a column that the file lacks gives none.
        self.is_plain = re.compile(
            "".join(PLAIN[name] + END if name in self.places else "()" for name in FIELDS)
        ).fullmatch
        self.required = [name for name in REQUIRED if not (name == "code" and how.generates_codes)]

    def mapped(self, names: Sequence[str]) -> list[str]:
        """The field of each column: as the host has said, else as the header says."""
        fields = [
            self.how.mapping.get(position) or known or further(name)
            for position, (name, known) in enumerate(zip(names, fields_of(names), strict=True))
        ]
        kept = [position for position, kind in enumerate(fields) if kind == "custom"]
        surplus = [one for one in kept[MAX_CUSTOM_FIELDS:] if one not in self.how.mapping]
        for position in surplus:
            fields[position] = "ignore"
        if surplus:
            self.reading.warnings.append(
                Finding(
                    Problem.LEFT_OUT_COLUMNS,
                    f"Of the further columns {MAX_CUSTOM_FIELDS} are kept as custom fields, and "
                    f"{len(surplus):,} are left out: {listed([names[one] for one in surplus])}.",
                )
            )
        return fields

    def refuse_bad_columns(self, fields: Sequence[str], line: int) -> None:
        findings = []
        for name in FIELDS:
            count = fields.count(name)
            if count > 1:
                findings.append(
                    Finding(
                        Problem.DUPLICATE_COLUMN,
                        f"Line {line}: {count} columns are headed as “{LABELS[name]}”. "
                        "Rename or remove those that are not meant.",
                        line,
                        name,
                        is_fatal=True,
                    )
                )
            elif (
                not count and name in REQUIRED and not (name == "code" and self.how.generates_codes)
            ):
                findings.append(
                    Finding(
                        Problem.MISSING_COLUMN,
                        f"Line {line}: there is no column “{name}” ({LABELS[name]}).",
                        line,
                        name,
                        is_fatal=True,
                    )
                )
        if fields.count("custom") > MAX_CUSTOM_FIELDS:
            findings.append(
                Finding(
                    Problem.TOO_LARGE,
                    f"Line {line}: there are more than {MAX_CUSTOM_FIELDS} further columns.",
                    line,
                    is_fatal=True,
                )
            )
        if findings:
            raise UnreadableFile(findings)

    def check_all(self, rows: Iterable[tuple[int, list[str]]], limits: Limits) -> None:
        rows = iter(rows)  # the first are taken from it, the loop goes on with the rest
        first = list(islice(self.not_blank(rows), SAMPLES))
        self.reading.columns = [
            Column(column.header, column.field, tuple(cells_at(first, position)))
            for position, column in enumerate(self.reading.columns)
        ]
        self.refuse_bad_columns(self.fields, self.header_line)
        self.plain_cells = itemgetter(*self.plain_places)
        good, width, room = self.reading.rows, self.width, limits.rows
        for line, cells in first:
            self.look_at(line, cells, limits)
        for line, cells in rows:
            if len(cells) == width and line != self.broken_off + 1:
                row = self.plain(line, cells)
                if row is not None and len(good) < room:
                    good.append(row)
                    continue
            if (whole := self.whole(line, cells)) is not None:
                self.look_at(line, whole, limits)
            room = limits.rows - len(self.reading.wrong_cells)
            if room < len(good):
                raise too_many_rows(limits.rows, line)
        if self.fragments:
            self.refuse_cut()
        self.refuse_duplicates()
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
            if (whole := self.whole(line, cells)) is not None:
                yield line, whole

    def whole(self, line: int, cells: list[str]) -> list[str] | None:
        """The row with as many cells as the header has; None where it is blank or refused."""
        width = self.width
        if line == self.broken_off + 1 and len(cells) == width > 1:
            self.refuse_rest(line, cells)
            return None
        if len(cells) == width:
            return cells if cells[0].strip() or any(cell.strip() for cell in cells) else None
        if len(cells) == 1 and not self.is_workbook and (text := cells[0].strip()):
            self.fragments[line - 1] = text
            if FRAGMENT(cells[0]):
                self.broken_off = line
        if not any(cell.strip() for cell in cells):
            return None
        if len(cells) > width:
            if not any(cell.strip() for cell in cells[width:]):
                return cells
        elif self.is_workbook:
            return [*cells, *[""] * (width - len(cells))]
        self.refuse_count(line, cells)
        return None

    def refuse_rest(self, line: int, cells: Sequence[str]) -> None:
        self.reading.wrong_cells[line] = cells
        self.reading.findings.append(
            Finding(
                Problem.COLUMN_COUNT,
                f"Line {line}: the line before breaks off in its first cell, so this row may be "
                "the rest of it. Join the two lines, or remove the one before.",
                line,
            )
        )

    def refuse_cut(self) -> None:
        """Refuse the rows whose last cell may go on in the line below."""
        last = self.fields[-1]
        for row in [row for row in self.reading.rows if row.line in self.fragments]:
            if last in FIELDS and goes_on(last, getattr(row, last), self.fragments[row.line]):
                self.reading.rows.remove(row)
                self.wrong_codes.append((row.compared_code, row.line))
                self.wrong_ids.append((identity.identifying(row.external_id), row.line))
                self.reading.wrong_cells[row.line] = self.reading.cells_of(row)
                self.reading.findings.append(
                    Finding(
                        Problem.COLUMN_COUNT,
                        f"Line {row.line}: the line below may be the rest of this row’s last "
                        "cell. Join the two lines, or remove the one below.",
                        row.line,
                    )
                )

    def refuse_count(self, line: int, cells: Sequence[str]) -> None:
        self.reading.wrong_cells[line] = cells
        many = "more" if len(cells) > self.width else "fewer"
        self.reading.findings.append(
            Finding(
                Problem.COLUMN_COUNT,
                f"Line {line}: {many} cells ({len(cells)}) than the header has ({self.width}). "
                "A cell that contains the delimiter must be quoted.",
                line,
            )
        )

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
            self.wrong_codes.append((identity.compared_code(code), line))
            self.wrong_ids.append((identity.identifying(values.get("external_id", "")), line))
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
            value = unprotected(cells[position].strip()).strip()
            if not value.isascii() or not value.isprintable():
                value = value.replace("\r\n", "\n").replace("\r", "\n").strip("\ufeff").strip()
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

    def refuse_duplicates(self) -> None:
        """A code names one person, and so does an external ID: all rows that share one go."""
        rows = self.reading.rows
        lines_of = [row.line for row in rows]
        codes = repeated(
            [row.compared_code for row in rows] + [code for code, _ in self.wrong_codes],
            lines_of + [line for _, line in self.wrong_codes],
        )
        for lines in codes.values():
            self.refuse_shared(lines, Problem.DUPLICATE_CODE, "code")
        ids = repeated(
            [row.external_id and identity.identifying(row.external_id) for row in rows]
            + [external_id for external_id, _ in self.wrong_ids],
            lines_of + [line for _, line in self.wrong_ids],
        )
        wrong = self.reading.wrong_lines
        for lines in ids.values():
            if not wrong.issuperset(lines):
                self.refuse_shared(lines, Problem.DUPLICATE_ATTENDEE, "external_id")
        if codes or ids:
            wrong = self.reading.wrong_lines
            self.reading.wrong_cells |= {
                row.line: self.reading.cells_of(row) for row in rows if row.line in wrong
            }
            self.reading.rows = [row for row in rows if row.line not in wrong]
        rows = self.reading.rows
        emails = repeated([row.email for row in rows], [row.line for row in rows])
        for email, lines in emails.items():
            self.reading.warnings.append(
                Finding(
                    Problem.SHARED_EMAIL,
                    f"Lines {listed(lines)} share the email {email}.",
                    lines[0],
                    "email",
                )
            )

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

    def refuse_shared(self, lines: Sequence[int], problem: Problem, column: str) -> None:
        what = WHAT[column]
        lines = sorted(lines)
        first = lines[: SHOWN_LINES + 1]  # enough to name, and not all of them for each line
        for line in lines:
            others = listed([other for other in first if other != line], len(lines) - 1)
            self.find(
                problem, f"Line {line}: the same {what} is also on line {others}.", line, column
            )


def goes_on(field: str, value: str, fragment: str) -> bool:
    """Whether a line of one cell may be the rest of the one above, and not a footer (“Total”)."""
    if field in NAMES and not value:
        return not ANOTHER_ROW.search(fragment)
    return bool(FRAGMENT(fragment)) and (field not in NAMES or not fragment[0].isupper())


def repeated(values: Sequence[str], lines: Sequence[int]) -> dict[str, list[int]]:
    """The values that occur more than once, and the lines on which they do; "" is no value."""
    given = [value for value in values if value]
    if len(set(given)) == len(given):
        return {}
    first: dict[str, int] = {}
    again: dict[str, list[int]] = {}
    for value, line in zip(values, lines, strict=True):
        if first.setdefault(value, line) != line and value:
            again.setdefault(value, [first[value]]).append(line)
    return again


def listed(what: Sequence[int | str], count: int | None = None) -> str:
    """The first few of them, and how many more there are."""
    more = (len(what) if count is None else count) - SHOWN_LINES
    shown = ", ".join(map(str, what[:SHOWN_LINES]))
    return f"{shown} and {more:,} more" if more > 0 else shown


def clean(name: str, cell: str) -> str:
    """The normal form of a cell. Raises FlawedValue."""
    if isinstance(cell, workbook.Untyped):
        raise FlawedValue(identity.Flaw.VALUE, cell.flaw)
    cell = unprotected(cell.strip()) if "'" in cell else cell
    match name:
        case "code":
            return identity.clean_code(cell)
        case "email":
            return identity.clean_email(cell)
        case "external_id":
            return identity.clean_external_id(cell)
        case _:
            return identity.clean_name(cell, LABELS[name].lower())


def further(name: str) -> str:
    """What becomes of a column whose header is not known."""
    return "custom" if name and name != REASON else "ignore"


def custom_columns(names: Sequence[str], fields: Sequence[str]) -> list[tuple[int, str]]:
    """The columns kept as custom fields, each under a name of its own."""
    found: list[tuple[int, str]] = []
    taken: set[str] = set()
    for position, (name, kind) in enumerate(zip(names, fields, strict=True)):
        if kind != "custom":
            continue
        name = FORBIDDEN.sub("", name)[:MAX_CUSTOM_NAME].strip() or f"Column {position + 1}"
        unique, again = name, 2
        while unique in taken:
            unique, again = f"{name} ({again})", again + 1
        taken.add(unique)
        found.append((position, unique))
    return found


def cells_at(rows: Sequence[tuple[int, Sequence[str]]], position: int) -> Iterator[str]:
    for _, row in rows:
        if position < len(row) and (cell := row[position].strip()):
            yield cell[:80]
