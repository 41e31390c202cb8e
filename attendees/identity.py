"""Who an attendee is, across meetings: normal forms, the identity key, and why two do not match.

What people type is compared forgivingly, what files say strictly: a false match is impersonation,
a false mismatch is one more prompt. Nothing is compared by the database's own idea of letters,
because PostgreSQL and SQLite differ in it.
"""

import re
import unicodedata
from enum import StrEnum

MAX_CODE = 64
MAX_EMAIL = 254
MAX_NAME = 150
MAX_EXTERNAL_ID = 128
# "c:" + code + ":" + email is the longer of the two kinds of key.
MAX_IDENTITY_KEY = 2 + MAX_CODE + 1 + MAX_EMAIL

HYPHENS = dict.fromkeys(
    map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u00ad"), None
)
# What people write into the column when there is no ID.
PLACEHOLDERS = frozenset(
    {
        "-", "--", "—", ".", "?", "0", "x", "xx", "xxx", "n/a", "na", "n.a.", "none", "null",
        "nil", "nan", "undefined", "unknown", "tbd", "tba", "test", "true", "false", "empty",
        "blank", "no id", "not available", "not applicable",
    }
)  # fmt: skip
# Excel always writes the sign of the exponent: 1.23E+05.
REWRITTEN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]\d+", re.IGNORECASE)
SPREADSHEET_ERROR = re.compile(
    r"#(?:n/a|n/d|nv|ref!|bezug!|value!|wert!|name\?|div/0!|num!|zahl!|null!|spill!|calc!)",
    re.IGNORECASE,
)
# No host writes these into a code; a broken file does.
DELIMITER = re.compile(r'[",;|]')
NOTHING_BUT_ZEROS = re.compile(r"0+")
EMAIL = re.compile(
    r"(?!\.)(?![^@]*\.\.)[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}(?<!\.)"
    r"@(?=[^_]{4,253}\Z)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)
# Joiners within a name are meant (many scripts need them), around it they are not.
INVISIBLE_EDGES = re.compile(r"\A[\s\ufeff\u200b\u2060]+|[\s\ufeff\u200b\u2060]+\Z")
LOST = "\ufffd"
BREAK = re.compile("\r\n|[\t\r\n\v\f\x85\u2028\u2029]")
ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


# The zeros in front of a number, of which one stays where there is nothing else.
ZEROS_IN_FRONT = re.compile(r"(?<!\d)0+(?=\d)")
ASCII_ZEROS_IN_FRONT = re.compile(r"(?<![0-9])0+(?=[0-9])")
# Letters and marks that show nothing, beyond format characters: fillers, joiners, selectors.
BLANK_LETTERS = dict.fromkeys(
    [
        0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
        *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
    ]
)  # fmt: skip


class Flaw(StrEnum):
    """Why a value is refused; the names are those of the import's JSON."""

    MISSING = "missing_value"
    EMAIL = "invalid_email"
    CHARACTER = "invalid_character"
    VALUE = "invalid_value"
    LONG = "value_too_long"


class FlawedValue(ValueError):
    def __init__(self, flaw: Flaw, message: str) -> None:
        super().__init__(message)
        self.flaw = flaw
        self.message = message


def without_invisible(text: str) -> str:
    """The text without format characters (zero width, BOM, direction marks), and trimmed."""
    if text.isascii():
        return text.strip()
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def refuse_unprintable(text: str, what: str) -> None:
    """Raise FlawedValue for control, unpaired, private and unassigned characters.

    And for the sign that a program writes in place of a letter that it could not read.
    """
    if text.isascii() and text.isprintable():
        return
    if LOST in text:
        raise FlawedValue(
            Flaw.CHARACTER, f"the {what} has a sign in place of a letter that was lost ({LOST})."
        )
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
            raise FlawedValue(
                Flaw.CHARACTER,
                f"the {what} has a character that cannot be printed (U+{ord(character):04X}).",
            )


def refuse_long(text: str, limit: int, what: str, *, times: int = 1) -> None:
    """Raise FlawedValue above the limit, or `times` the limit before a text is in normal form."""
    if len(text) > limit * times:
        raise FlawedValue(Flaw.LONG, f"the {what} is longer than {limit} characters ({len(text)}).")


def clean_code(text: str) -> str:
    """A code as it is kept and shown: trimmed, otherwise as written.

    Raises FlawedValue.
    """
    refuse_long(text, MAX_CODE, "code", times=4)  # before NFKC: one character can become 18
    code = without_invisible(text)
    refuse_long(code, MAX_CODE, "code")
    refuse_long(unicodedata.normalize("NFKC", code), MAX_CODE, "code", times=4)
    refuse_unprintable(code, "code")
    compared = compared_code(code)
    if DELIMITER.search(code):
        raise FlawedValue(
            Flaw.VALUE, f"“{code}” has a quotation mark or a delimiter in it, so a cell is broken."
        )
    if code and not compared:
        raise FlawedValue(Flaw.VALUE, f"“{code}” has no letter or digit to compare.")
    refuse_long(compared, MAX_CODE, "code")
    refuse_mangled(code, "code")
    return code


def compared_code(text: str) -> str:
    """The form in which codes are compared: what people type is matched forgivingly."""
    if text.isascii():
        return "".join(text.split()).replace("-", "").lower()
    folded = without_invisible(unicodedata.normalize("NFKC", text))
    return "".join(folded.split()).translate(HYPHENS).casefold()


def clean_email(text: str) -> str:
    """An email in its normal form; ASCII letters and the domain are lower-cased.

    Raises FlawedValue where it is not an email address. `straße@` and `strasse@` stay two
    mailboxes, so there is no case folding beyond ASCII in front of the @.
    """
    refuse_long(text, MAX_EMAIL, "email", times=4)
    email = unicodedata.normalize("NFC", without_invisible(text))
    refuse_long(email, MAX_EMAIL, "email")
    refuse_unprintable(email, "email")
    if not email:
        return ""
    if not EMAIL.fullmatch(email):
        raise FlawedValue(Flaw.EMAIL, f"“{email}” is not an email address.")
    local, _, domain = email.rpartition("@")
    return f"{local.translate(ASCII_LOWER)}@{domain.lower()}"


def clean_external_id(text: str) -> str:
    """An external ID in its normal form, or "" for a placeholder; case and zeros count.

    Raises FlawedValue, also for what a spreadsheet has made of an ID.
    """
    refuse_long(text, MAX_EXTERNAL_ID, "external ID", times=4)
    external_id = without_invisible(text)
    if not external_id.isascii():
        external_id = unicodedata.normalize("NFKC", external_id).strip()
    refuse_long(external_id, MAX_EXTERNAL_ID, "external ID")
    refuse_unprintable(external_id, "external ID")
    if external_id.casefold() in PLACEHOLDERS:
        return ""
    refuse_mangled(external_id, "external ID")
    return external_id


def refuse_mangled(text: str, what: str) -> None:
    if REWRITTEN_NUMBER.fullmatch(text):
        raise FlawedValue(
            Flaw.VALUE,
            f"“{text}” looks like a number that a spreadsheet has rewritten. "
            f"Format the column of the {what} as text and enter it again.",
        )
    if SPREADSHEET_ERROR.fullmatch(text):
        raise FlawedValue(Flaw.VALUE, f"“{text}” is an error of the spreadsheet, not a value.")


def clean_name(text: str, what: str) -> str:
    """A name, trimmed; line breaks and tabs within become blanks. Raises FlawedValue."""
    if text.isascii() and text.isprintable():
        name = text.strip()
    else:
        refuse_long(text.strip(), MAX_NAME, what, times=4)  # NFC of a long text may take minutes
        joined = BREAK.sub(" ", text.strip())
        name = unicodedata.normalize("NFC", INVISIBLE_EDGES.sub("", joined))
        refuse_unprintable(name, what)
    refuse_long(name, MAX_NAME, what)
    return name


def compared_name(text: str) -> str:
    """A name as typed names are compared: its letters and digits, without accents and case."""
    if len(text) > 4 * MAX_NAME:
        return ""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(character for character in letters if character.isalnum()).casefold()


def identity_key(code: str, email: str, external_id: str) -> str:
    """The key by which one person is known in several meetings; "" matches nothing.

    Takes values in their normal form (`clean_…`).
    """
    return key_of(compared_code(code), email, external_id)


def key_of(compared: str, email: str, external_id: str) -> str:
    """The identity key, from the code in its compared form."""
    if external_id and identifying(external_id):
        return f"x:{external_id}"
    if compared and email:
        return f"c:{compared}:{email}"
    return ""


def identifying(external_id: str) -> str:
    """The external ID where it names somebody; nothing but zeros is kept, but names nobody."""
    return "" if NOTHING_BUT_ZEROS.fullmatch(external_id) else external_id


def look_alike(key: str) -> str:
    """An identity key without what eyes skip: case, zeros in front, blanks, invisible characters.

    Only ever a hint for hosts: two people may well look alike.
    """
    if key.isascii():
        if not key.startswith("c:"):  # in codes and emails, their normal form has skipped both
            key = "".join(key.split()).lower()
        return ASCII_ZEROS_IN_FRONT.sub("", key) if "0" in key else key
    shown = unicodedata.normalize("NFKC", key.translate(BLANK_LETTERS)).translate(BLANK_LETTERS)
    folded = "".join(without_invisible(shown).split()).casefold()
    return ZEROS_IN_FRONT.sub("", folded)
