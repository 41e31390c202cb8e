"""From bytes to text: what a file is, and in which encoding it is written."""

import re
from dataclasses import dataclass
from typing import Literal

from attendees.roster.problems import Problem, UnreadableFile

# Encodings that a host may choose where the file does not say.
CHOICES = {
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "iso8859-15": "Western European (ISO 8859-15)",
    "mac_roman": "Western European (Macintosh)",
    "cp850": "Western European (DOS 850)",
    "cp437": "United States (DOS 437)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp932": "Japanese (Shift-JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (Windows-949)",
    "utf-16-le": "UTF-16 little-endian",
    "utf-16-be": "UTF-16 big-endian",
}
SAVE_AS_UTF8 = "Save it as “CSV UTF-8” and upload it again, or choose its encoding."

KINDS_BY_START: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password"),
    (b"\x09\x08\x10\x00", "an old Excel workbook (.xls)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"RIFF", "a picture or a recording"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"7z\xbc\xaf", "a compressed file (7-Zip)"),
    (b"Rar!", "a compressed file (RAR)"),
    (b"\xfd7zXZ", "a compressed file (xz)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"bplist00", "a property list"),
    (b"PAR1", "a Parquet file"),
)
HTML = re.compile(rb"<(?:!doctype|html|head|body|table|meta|div|script|\?xml)\b", re.IGNORECASE)
OTHER_TEXT: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"<\?xml[^>]*>\s*(?:<\?mso|<Workbook\b)"), "an Excel workbook in XML"),
    (re.compile(rb"<\?xml\b"), "an XML file"),
    (HTML, "a web page (HTML)"),
    (re.compile(rb"\{\s*(?:[\"}])|\[\s*(?:[\[{\"\]]|-?\d)"), "a JSON file"),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), "a file of address cards (vCard)"),
    (re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE), "a calendar file"),
    (re.compile(rb"version https://git-lfs"), "a pointer to a file elsewhere (Git LFS)"),
)
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# C0 controls that no text has; a few in a cell are that cell's fault, many make it no text.
BINARY = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1c\x1d\x1e\x1f"))
# Characters that Windows-1252 leaves undefined.
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
MOJIBAKE = re.compile(rb"[\xc3-\xc5\xd0\xd1][\x80-\xbf]|\xe2\x80[\x80-\xbf]")

Kind = Literal["text", "workbook"]


@dataclass(frozen=True)
class Text:
    """A text file as UTF-8 bytes, and how it was written."""

    utf8: bytes
    encoding: str
    # Guessed: nothing in the file says so, and other encodings would give other letters.
    is_guess: bool = False


def kind_of(content: bytes) -> Kind:
    """Whether to read the file as text or as a workbook; raises UnreadableFile for all else."""
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile.because(Problem.EMPTY_FILE, "The file is empty.")
    if content.startswith(b"PK\x03\x04"):
        return "workbook"
    if not content.startswith(BOMS[1:]):
        refuse_other_kinds(content)
    return "text"


def refuse_other_kinds(content: bytes) -> None:
    head = content[:512].removeprefix(BOMS[0]).lstrip()
    for start, kind in KINDS_BY_START:
        if content.startswith(start) and not (len(start) == 2 and is_plain(content)):
            raise not_csv(kind)
    for pattern, kind in OTHER_TEXT:
        if pattern.match(head):
            raise not_csv(kind)


def is_plain(content: bytes) -> bool:
    """A text may begin with the letters BM or MZ, too."""
    return content[:4096].translate(None, BINARY) == content[:4096]


def not_csv(kind: str) -> UnreadableFile:
    return UnreadableFile.because(
        Problem.NOT_CSV,
        f"This is {kind}, not a list. Open it where it comes from, and save or export the "
        "list as CSV or as an Excel workbook (.xlsx).",
    )


def decode(content: bytes, encoding: str | None = None) -> Text:
    """The text of the file, without byte order marks. Raises UnreadableFile."""
    if encoding:
        return decoded(content, encoding)
    if content.startswith(BOMS[0]):
        while content.startswith(BOMS[0]):
            content = content.removeprefix(BOMS[0])
        return plain(decoded(content, "utf-8"))
    if content.startswith(BOMS[1:]):
        return decoded(content, "utf-16-le" if content.startswith(BOMS[1]) else "utf-16-be")
    if wide := utf16_without_bom(content):
        return decoded(content, wide)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return guessed(content, error.start)
    return plain(Text(content, "utf-8"))


def decoded(content: bytes, encoding: str) -> Text:
    if encoding.startswith("utf-16"):
        content = content.removeprefix(BOMS[1]).removeprefix(BOMS[2])
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="ignore")
        raise undecodable(
            f"it is not {CHOICES.get(encoding, encoding)} throughout", lines(before)
        ) from None
    if encoding == "utf-8":
        return Text(content, encoding)
    return Text(text.lstrip("\ufeff").encode(), encoding)


def plain(text: Text) -> Text:
    """Refuse what decodes as text, but is none."""
    binary = len(text.utf8) - len(text.utf8.translate(None, BINARY))
    if binary > 8 and binary * 50 > len(text.utf8):
        raise not_csv("a file of another kind")
    return text


def utf16_without_bom(content: bytes) -> str:
    """UTF-16 shows itself by a zero in every other byte: blanks, digits and delimiters have one."""
    head = content[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd * 4 > len(head) // 2 and even * 20 < odd:
        return "utf-16-le"
    if even * 4 > len(head) // 2 and odd * 20 < even:
        return "utf-16-be"
    return ""


def guessed(content: bytes, first: int) -> Text:
    """Not UTF-8: Windows-1252, unless something speaks against it."""
    line = lines(content[:first].decode("latin-1"))
    binary = len(content) - len(content.translate(None, BINARY))
    if binary * 100 > len(content):
        raise not_csv("a file of another kind")
    if has_utf8(content):
        raise undecodable("it is UTF-8 in some lines and something else in this one", line)
    if bad := NOT_IN_CP1252.search(content):
        line = lines(content[: bad.start()].decode("latin-1"))
        raise undecodable("it is neither UTF-8 nor Windows-1252", line)
    return Text(content.decode("cp1252").encode(), "cp1252", is_guess=True)


def has_utf8(content: bytes) -> bool:
    """Whether some letters are UTF-8: by their number, or because nobody writes “Ã¼”."""
    rest, sequences = UTF8_SEQUENCE.subn(b"", content)
    others = len(rest) - len(rest.translate(None, bytes(range(128, 256))))
    return sequences >= others or MOJIBAKE.search(content) is not None


def lines(before: str) -> int:
    """The physical line that a text ends on, the first being 1."""
    return len(re.findall(r"\r*\n|\r", before)) + 1


def undecodable(reason: str, line: int) -> UnreadableFile:
    return UnreadableFile.because(
        Problem.UNDECODABLE,
        f"Line {line}: the file's letters cannot be read, {reason}. {SAVE_AS_UTF8}",
        line,
    )


# In names, Windows-1252 shows other encodings as signs between letters (“¯ó³æ”), as words of
# nothing but accented letters (“Îëåíà”), or as capitals where none can be (“JŸrgen”).
SIGN = "\u00a1-\u00a9\u00ab-\u00b3\u00b5\u00b6\u00b8\u00b9\u00bb-\u00bf"
MISREAD = re.compile(
    rf"[^\W\d_][{SIGN}]|[{SIGN}][^\W\d_]"
    r"|(?<![^\W\d_])[\u00c0-\u00ff]{3,}(?![^\W\d_])|[\u00c0-\u00ff]{4}"
    r"|[^\W\d_][ŽŸŠŒ](?=[a-z\u00df-\u00ff])|[a-z][\u00c0-\u00d6\u00d8-\u00de](?=[a-z])"
    r"|[×÷ƒˆ˜†‡‰‹›™]"
)


def looks_misread(name: str) -> bool:
    return MISREAD.search(name) is not None
