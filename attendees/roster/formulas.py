"""Cells that a spreadsheet would run: neutralised on export, and taken back on import.

An apostrophe in front makes a spreadsheet show a cell as text (CWE-1236). `unprotected` takes
back exactly what `protected` added, for every text.
"""

import re

# A cell is a formula by its first character, also after blanks; so is our own mark in front of one.
RUNS = re.compile(r"'*\s*[=+\-@\t\r\n\x00＝＋－＠]")
MARK = "'"


def protected(text: str) -> str:
    return MARK + text if RUNS.match(text) else text


def unprotected(text: str) -> str:
    if text.startswith(MARK) and RUNS.match(text, 1):
        return text[1:]
    return text
