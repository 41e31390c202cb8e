"""Bytes to rows: reads an attendee list, or says of every line what is wrong with it.

No database here. What a row must be like to be true in itself is decided in `checking`; who it
is, in `plan`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from attendees.roster import decode, delimited, workbook
from attendees.roster.checking import Checker
from attendees.roster.columns import MAX_CUSTOM_NAME
from attendees.roster.headers import FIELDS
from attendees.roster.misread import looks_misread
from attendees.roster.problems import Finding, Problem, UnreadableFile
from attendees.roster.repeats import listed
from attendees.roster.rows import AS_IT_IS, MEGABYTE, How, Limits, Reading

# Blank lines, and line breaks within cells, are not without end either.
LINES_PER_ROW = 10
HEADER_LINES = 1000
JUDGED_BY = 20_000  # names: whether the letters are misread


def read(content: bytes, limits: Limits, how: How = AS_IT_IS) -> Reading:
    """Read an attendee list; whatever is wrong is in `findings`, nothing is raised."""
    reading = Reading()
    try:
        if len(content) > limits.size:
            raise UnreadableFile.because(
                Problem.TOO_LARGE,
                f"The file has {len(content) / MEGABYTE:,.1f} MB; the most is "
                f"{limits.size / MEGABYTE:,.0f} MB.",
            )
        if decode.kind_of(content) == "workbook":
            read_workbook(content, limits, how, reading)
        else:
            read_text(content, limits, how, reading)
    except UnreadableFile as error:
        reading.rows.clear()
        reading.findings = [*error.findings]
    is_undecodable = any(one.problem is Problem.UNDECODABLE for one in reading.findings)
    if reading.is_guessed_encoding or is_undecodable:
        reading.ways_to_read = decode.ways_to_read(content)
    reading.findings.sort(key=lambda finding: finding.line or 0)
    return reading


def read_text(content: bytes, limits: Limits, how: How, reading: Reading) -> None:
    text = decode.decode(content, how.encoding or None)
    most_lines = HEADER_LINES + LINES_PER_ROW * limits.rows
    if text.utf8.count(b"\n") + text.utf8.count(b"\r") > 2 * most_lines:
        raise UnreadableFile.because(
            Problem.TOO_LARGE, f"The file has more than {most_lines:,} lines."
        )
    layout = delimited.layout_of(text.utf8)
    reading.encoding, reading.is_guessed_encoding = text.encoding, text.is_guess
    reading.delimiter = layout.delimiter
    reading.skipped, reading.header_line = layout.skipped, layout.header_line
    rows = delimited.Rows(text.utf8, layout, limits.rows)
    checker = Checker(list(layout.headers), layout.header_line, how, reading, is_workbook=False)
    try:
        checker.check_all(rows, limits)
    except UnreadableFile:
        if text.is_guess:
            refuse_misread_header(layout)
        raise
    reading.findings.extend(rows.findings)
    checker.refuse_no_rows()
    if text.is_guess:
        refuse_misread(reading)
        tell_guess(reading)
    elif not text.utf8.isascii():
        tell_twice_encoded(reading)


def read_workbook(content: bytes, limits: Limits, how: How, reading: Reading) -> None:
    book = workbook.Book(content, limits.rows)
    reading.sheets, reading.sheet = book.names, how.sheet or book.best
    reading.encoding, reading.delimiter = "workbook", ""
    if reading.sheet not in book.names:
        raise UnreadableFile.because(
            Problem.EMPTY_FILE,
            f"The workbook has no sheet “{reading.sheet}”. It has {quoted(book.names)}.",
        )
    sheet = book.sheet(reading.sheet)
    reading.header_line = sheet.header_row + 1
    reading.skipped = tuple(
        (number + 1, " ".join(filter(None, map(workbook.shown, row)))[:200])
        for number, row in enumerate(sheet.rows[: sheet.header_row])
        if any(map(workbook.shown, row))
    )
    names = delimited.named(sheet.header)
    if not sheet.has_header:
        names = delimited.numbered(names)
    checker = Checker(names, sheet.header_row + 1, how, reading, is_workbook=True)
    checker.check_all(sheet, limits)
    checker.refuse_no_rows()
    if others := book.lists_beside(reading.sheet):
        reading.warnings.append(
            Finding(
                Problem.OTHER_SHEETS,
                f"Only the sheet “{reading.sheet}” is read. There are lists on {quoted(others)}, "
                "too: choose a sheet to import its list.",
            )
        )


def quoted(names: Sequence[str]) -> str:
    return listed([f"“{name}”" for name in names])


def read_objects(objects: Sequence[object], limits: Limits, how: How = AS_IT_IS) -> Reading:
    """Read rows that come as JSON objects, by the rules of files; lines count from 1.

    Whatever is wrong is in `findings`, nothing is raised. Each object says the same of its person:
    a field that only some have would otherwise be blank, or left as it is, by chance.
    """
    reading = Reading()
    names = names_in(objects)
    if not names:  # nothing is said of anybody
        flaws = (flaw_of(line, one, names) for line, one in enumerate(objects, start=1))
        reading.findings = [flaw for flaw in flaws if flaw]
        nothing = Finding(Problem.NO_DATA_ROWS, "There are no rows.", is_fatal=True)
        reading.findings.append(nothing)
        return reading
    fields = [name if name in FIELDS else "custom" for name in names]
    # Field names are exact here: no further name is anybody's synonym.
    how = replace(how, mapping=dict(enumerate(fields)))
    try:
        checker = Checker(names, 1, how, reading, is_workbook=True)
        checker.check_all(text_rows(objects, names, reading), limits)
        checker.refuse_no_rows()
    except UnreadableFile as error:
        reading.rows.clear()
        reading.findings = [*error.findings]
    reading.findings.sort(key=lambda finding: finding.line or 0)
    return reading


def names_in(objects: Sequence[object]) -> list[str]:
    found = dict.fromkeys(name for one in objects if isinstance(one, dict) for name in one)
    return [*found]


def text_rows(
    objects: Sequence[object], names: Sequence[str], reading: Reading
) -> Iterator[tuple[int, list[str]]]:
    """The cells of each object in the order of the names; what is not text is found wrong."""
    for line, one in enumerate(objects, start=1):
        finding = flaw_of(line, one, names)
        if finding is None:
            assert isinstance(one, dict)  # noqa: S101 - has no flaw
            yield line, [one[name] or "" for name in names]
        else:
            reading.findings.append(finding)


def flaw_of(line: int, one: object, names: Sequence[str]) -> Finding | None:
    if not isinstance(one, dict):
        return Finding(Problem.COLUMN_COUNT, f"Line {line}: this is not an object.", line)
    for name in names:
        if name not in one:
            return Finding(
                Problem.COLUMN_COUNT,
                f"Line {line}: there is no “{name[:40]}”, which other rows have. "
                "Send it in each row, empty where there is nothing.",
                line,
                name,
            )
        if one[name] is not None and not isinstance(one[name], str):
            return Finding(
                Problem.INVALID_VALUE,
                f"Line {line}: “{name[:40]}” is not text. Send it in quotation marks, so that "
                "zeros and long numbers stay as they are.",
                line,
                name,
            )
    return None


def refuse_misread(reading: Reading) -> None:
    """A guess of the encoding that makes names impossible is no guess to import by."""
    seen: set[str] = set()
    for line, name in foreign_names(reading):
        if name in seen:
            continue
        if looks_misread(name):
            raise decode.undecodable(f"they would give “{name}” as a name", line)
        seen.add(name)
        if len(seen) > JUDGED_BY:
            return


def refuse_misread_header(layout: delimited.Layout) -> None:
    """Columns that seem to be missing may only be misread."""
    for name in layout.headers:
        name = name[:MAX_CUSTOM_NAME]
        if not name.isascii() and looks_misread(name):
            raise decode.undecodable(f"they would give “{name}” as a header", layout.header_line)


def tell_guess(reading: Reading) -> None:
    line, name = next(foreign_names(reading), (None, ""))
    sample = f", as “{name}” on line {line}" if name else ""
    reading.warnings.append(
        Finding(
            Problem.GUESSED_ENCODING,
            "The file does not say how its letters are written. They are taken for Western "
            f"European (Windows-1252){sample}; if that is wrong, choose the encoding.",
            line,
        )
    )


def tell_twice_encoded(reading: Reading) -> None:
    """Names like “JÃ¼rgen”: UTF-8 that a program took for Windows-1252 and encoded again."""
    found = [
        (line, name, meant)
        for line, name in foreign_names(reading)
        if decode.TWICE_ENCODED.search(name) and (meant := decode.encoded_once(name))
    ]
    if found:
        line, name, meant = found[0]
        more = f" (and {len(found) - 1:,} more names)" if found[1:] else ""
        reading.warnings.append(
            Finding(
                Problem.DOUBLE_ENCODED,
                f"Line {line}: “{name}” is probably “{meant}”{more}; the file was once saved "
                "with the wrong letters. Names are taken as the file has them.",
                line,
            )
        )


def foreign_names(reading: Reading) -> Iterator[tuple[int, str]]:
    """The names with letters beyond ASCII, and their lines."""
    for row in reading.rows:
        for name in (row.firstname, row.lastname):
            if not name.isascii():
                yield row.line, name
