"""Small files that would take all time and memory: each is answered in bounded both.

They are read in a process of their own, because a reader that runs out of memory ends its process.
"""

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attendees.roster.books import SHEET, book_of, changed, ods_of, sheet_of, text_row

ROOT = Path(__file__).parents[3]
LIMITS = (20 * 1024 * 1024, 200_000)
MEMORY = 200 * 1024  # KB above what reading nothing takes
SECONDS = 5  # of processor time
READ = """
import json, resource, sys, time
from attendees.roster.rows import (Limits)
from attendees.roster.read import (read)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content = sys.stdin.buffer.read()
before, start = peak(), time.process_time()
reading = read(content, Limits(*map(int, sys.argv[1:])))
print(json.dumps({
    "seconds": time.process_time() - start,
    "memory": peak() - before,
    "problems": [str(one.problem) for one in reading.findings[:3]],
    "rows": len(reading.rows),
}))
"""

HEADER = b"code,email,firstname\n"
FIRST = text_row(1, "code", "email", "firstname")
CELL = "<c r={}><v>1</v></c>"
ODS_CELL = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'


def book(*rows: str) -> bytes:
    return changed(book_of([["code", "email", "firstname"]]), SHEET, sheet_of(FIRST, *rows))


def corner(address: str) -> Callable[[], bytes]:
    """One cell far away, as lenient readers take it."""
    number = re.sub(r"\D", "", address)
    return lambda: book(f"<row r='{int(number)}'>{CELL.format(address)}</row>")


def ods(further: str) -> Callable[[], bytes]:
    return lambda: ods_of([["code", "email", "firstname"]], further)


def ods_row(row: str = "", cell: str = "") -> str:
    return f"<table:table-row{row}>{ODS_CELL.format(cell)}</table:table-row>"


def rows_repeated(count: int) -> str:
    return f' table:number-rows-repeated="{count}"'


def columns_repeated(count: int) -> str:
    return f' table:number-columns-repeated="{count}"'


def moved_sheet() -> bytes:
    """The sheet is a part with another name."""
    relations = b"""<Relationships
        xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="rId1" Target="/other/s.bin" Type="http://schemas.openxmlformats.org/
        officeDocument/2006/relationships/worksheet"/></Relationships>"""
    content = changed(corner("'XFD1048576'")(), "xl/_rels/workbook.xml.rels", relations)
    far = sheet_of(FIRST, f"<row>{CELL.format('"XFD1048576"')}</row>")
    return changed(changed(content, SHEET, sheet_of()), "other/s.bin", far)


def shared_text(length: int, cells: int) -> bytes:
    """One long text that many cells share."""
    texts = f"<sst><si><t>{'x' * length}</t></si></sst>".encode()
    rows = (f'<row><c t="s"><v>{0:d}</v></c><c><v>{n}</v></c></row>' for n in range(cells))
    return changed(book(*rows), "xl/sharedStrings.xml", texts)


def entities(path: str) -> bytes:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 100}">' for n in range(8))
    text = f'<!DOCTYPE x [<!ENTITY e0 "{"A" * 1000}">{levels}]><sst><si><t>&e8;</t></si></sst>'
    return changed(shared_text(10, 3), path, text.encode())


def many_sheets() -> bytes:
    far = sheet_of(FIRST, f"<row>{CELL.format('"ZZ5000"')}</row>")
    content = book()
    for number in range(2, 40):
        content = changed(content, f"xl/worksheets/sheet{number}.xml", far)
    return content


ATTACKS: dict[str, Callable[[], bytes]] = {
    "sniffer": lambda: b'"' * 30_000 + b"\n" + b'"a,' * 10_000,
    "nothing but quotes": lambda: HEADER + b'"' * 20_000_000,
    "a quote in each letter": lambda: HEADER + b'a"' * 10_000_000,
    "a broken quote in each line": lambda: HEADER + b'a"b"c,"",""\n' * 1_500_000,
    "quotes over lines": lambda: HEADER + b'"\n' * 9_000_000,
    "a wrong row in each line": lambda: HEADER + b"a\n" * 9_000_000,
    "blank lines": lambda: b"\n" * 19_000_000,
    "one code for everybody": lambda: HEADER + b"a,b@c.de,d\n" * 190_000,
    "header without end": lambda: HEADER.rstrip() + b",x" * 9_000_000,
    "long lines above the header": lambda: (b"x," * 200_000 + b"\n") * 40 + HEADER,
    "quoted lines above the header": lambda: (b'"x,' * 20_000 + b"\n") * 40 + HEADER,
    "brackets in the header": lambda: b"code," + b"(" * 60_000 + b"\n",
    "letters that search an address": lambda: HEADER + (b"A,a@" + b"a-" * 125 + b",B\n") * 60_000,
    "marks on one letter": lambda: HEADER + b"A,a@b.de,a" + "\u0301\u0327".encode() * 50_000,
    "blanks within a name": lambda: HEADER + b"A,a@b.de,a\xc3\xa9" + b" " * 200_000 + b"b\n",
    "signs that become words": lambda: HEADER + ("\ufdfa" * 64 + ",a@b.de,B\n").encode() * 30_000,
    "letters of two encodings": lambda: HEADER + "é".encode() * 9_000_000 + b"\xe9",
    "names in a guessed encoding": lambda: HEADER + b"".join(
        b"a%d,a%d@b.de,%s\n" % (n, n, b"a\xe8 \xf0" * 30) for n in range(90_000)
    ),
    "far corner": corner('"XFD1048576"'),
    "far corner, single quotes": corner("'XFD1048576'"),
    "far corner, small letters": corner('"xfd1048576"'),
    "far corner, zeros in front": corner('"XFD00000001048576"'),
    "far corner by its row": lambda: book('<row r="1048576"><c><v>1</v></c></row>'),
    "far corner under a prefix": lambda: changed(
        book(), SHEET, b"<x:worksheet><x:sheetData><x:c r='XFD1048576'><x:v>1</x:v></x:c>"
        b"</x:sheetData></x:worksheet>"
    ),
    "far corner within the limits": corner('"SF190000"'),
    "far corner in another part": moved_sheet,
    "many sheets": many_sheets,
    "many cells": lambda: book(*("<row>" + "<c><v>1</v></c>" * 300 + f"<!--{n}--></row>"
                                 for n in range(15_000))),
    "one text in many cells": lambda: shared_text(1_000_000, 100_000),
    "entities in a sheet": lambda: entities(SHEET),
    "entities in the shared texts": lambda: entities("xl/sharedStrings.xml"),
    "sheet that is no XML": lambda: changed(book(), SHEET, b"<sheetData><row><c r='XFD1048576'>"),
    "many entries": lambda: changed_often(300),
    "ods: wide cell": ods(ods_row(cell=columns_repeated(1_000_000_000))),
    "ods: high row": ods(ods_row(rows_repeated(4_000_000_000))),
    "ods: square": ods(ods_row(rows_repeated(99_999), columns_repeated(900))),
    "ods: many squares": ods(ods_row(rows_repeated(9_999), columns_repeated(100)) * 19),
    "ods: far corner": ods(
        f"<table:table-row{rows_repeated(1_048_000)}><table:table-cell/></table:table-row>"
        + ods_row()
    ),
    "ods: blanks": ods(
        '<table:table-row><table:table-cell office:value-type="string"><text:p>'
        '<text:s text:c="4000000000"/></text:p></table:table-cell></table:table-row>'
    ),
}  # fmt: skip


def changed_often(count: int) -> bytes:
    content = book()
    for number in range(count):
        content = changed(content, f"xl/media/{number}", b"x")
    return content


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def told(content: bytes) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, LIMITS)],
        input=content,
        capture_output=True,
        cwd=ROOT,
        preexec_fn=limit,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_answered_in_bounded_time_and_memory(name: str) -> None:
    answer = told(ATTACKS[name]())
    assert answer["problems"] or answer["rows"], answer
    assert answer["seconds"] < SECONDS, answer
    assert answer["memory"] < MEMORY, answer


def test_a_list_of_the_largest_size_is_no_attack() -> None:
    rows = b"".join(b"A%d,a%d@example.org,Ann\n" % (n, n) for n in range(LIMITS[1]))
    answer = told(HEADER + rows)
    assert (answer["problems"], answer["rows"]) == ([], LIMITS[1])
