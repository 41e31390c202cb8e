"""A cell in normal form, by the rules of its field, and what is wrong with it else."""

import re
from collections.abc import Collection

from attendees import identity
from attendees.identity import FlawedValue
from attendees.roster import workbook
from attendees.roster.formulas import unprotected
from attendees.roster.headers import FIELDS, LABELS

MAX_CUSTOM_VALUE = 2000
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
# Characters that no cell may have; a cell of notes may have line breaks and tabs.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


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


def plain_row(places: Collection[str]) -> re.Pattern[str]:
    """Matches the joined cells of a row that needs no second look: of these fields, in order.

    Always five groups; a column that the file lacks gives none.
    """
    return re.compile("".join(PLAIN[name] + END if name in places else "()" for name in FIELDS))


def clean_custom(cell: str) -> str:
    """A cell of a custom field; it may have characters that are FORBIDDEN."""
    value = unprotected(cell.strip()).strip()
    if value.isascii() and value.isprintable():
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").strip("\ufeff").strip()
