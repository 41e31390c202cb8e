"""From bytes to text: what a file is, and in which encoding it is written."""

import codecs
import re
from dataclasses import dataclass, replace
from typing import Literal

from attendees.roster.problems import Problem, UnreadableFile

# Encodings that a host may choose where the file does not say.
CHOICES = {
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "iso8859-15": "Western European (ISO 8859-15)",
    "mac_roman": "Western European (Macintosh)",
    "cp850": "Western European (DOS 850)",
    "cp852": "Central European (DOS 852)",
    "cp437": "United States (DOS 437)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp866": "Cyrillic (DOS 866)",
    "mac_cyrillic": "Cyrillic (Macintosh)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp932": "Japanese (Shift-JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "iso2022_jp": "Japanese (ISO-2022-JP)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (Windows-949)",
    "utf-16-le": "UTF-16 little-endian",
    "utf-16-be": "UTF-16 big-endian",
}
BY_BOM: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLED = 1024 * 1024  # bytes in which lines are looked for that differ
SAMPLE_LINES = 3
# Latin letters beside those of another script.
MIXED = re.compile("[A-Za-z][\u0370-\uffff]|[\u0370-\uffff][A-Za-z]")
SAVE_AS_UTF8 = "Save it as “CSV UTF-8” and upload it again, or choose its encoding."

KINDS_BY_START: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password"),
    (b"\x09\x00\x04\x00", "an old Excel workbook (.xls)"),
    (b"\x09\x02\x06\x00", "an old Excel workbook (.xls)"),
    (b"\x09\x04\x06\x00", "an old Excel workbook (.xls)"),
    (b"\x09\x08", "an old Excel workbook (.xls)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"RIFF", "a picture or a recording"),
    (b"PK\x05\x06", "an archive (.zip)"),
    (b"PK\x07\x08", "an archive (.zip)"),
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
TAGS = (
    "html|head|body|title|meta|link|base|style|script|table|thead|tbody|caption|tr|t[dh]|div|span"
    "|p|br|h[1-6]|center|font|b|pre|ul|ol|form|section|main|article|header|nav"
)
OTHER_TEXT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(start, re.IGNORECASE), kind)
    for start, kind in (
        (r"<\?xml[^>]*>\s*(?:<\?mso|<Workbook\b)", "an Excel workbook in XML"),
        (r"<\?xml[^>]*>\s*(?:<!--[^>]*-->\s*)*<(?:!doctype\s+)?html\b", "a web page (HTML)"),
        (r"<svg\b", "a picture (SVG)"),
        (rf"<!doctype\s+html|<!--|<(?:{TAGS})(?:\s[^<]*)?/?>", "a web page (HTML)"),
        (r"<(?:\?xml|!doctype)\b|<[a-z][\w.:-]*(?:\s[^<>]*)?/?>\s*<", "an XML file"),
        (r"\{\s*[\"}]|\[\s*(?:[\[{\"]|-?\d[\d.]*\s*,|\]\s*\Z)", "a JSON file"),
        (r"BEGIN:VCARD", "a file of address cards (vCard)"),
        (r"BEGIN:VCALENDAR", "a calendar file"),
        (r"MIME-Version:", "a saved web page or mail"),
        (r"%PDF-", "a PDF document"),
        (r"version https://git-lfs", "a pointer to a file elsewhere (Git LFS)"),
    )
)
# C0 controls that no text has; a few in a cell are that cell's fault, many make it no text.
BINARY = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1c\x1d\x1e\x1f"))
NO_CONTENT = b' \t\r\n",;|'
# How Japanese mail programs switch between scripts.
ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\([BIJ])")
# Characters that Windows-1252 leaves undefined.
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
BEYOND_ASCII = bytes(range(128, 256))
# In text: the first byte of a UTF-8 letter as Windows-1252 shows it, and something after it.
TWICE_ENCODED = re.compile("[ÂÃÄÅÐÑâ][^\x00-\x7f]")
MOJIBAKE = re.compile(
    rb"[\xc3-\xc5\xd0\xd1][\x80-\xbf]|\xe2\x80[\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]"
)

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
        raise empty()
    if content.startswith(b"PK\x03\x04"):
        return "workbook"
    if not content.startswith(tuple(bom for bom, _ in BY_BOM)):
        refuse_by_start(content)
    return "text"


def empty() -> UnreadableFile:
    return UnreadableFile.because(Problem.EMPTY_FILE, "The file is empty.")


def refuse_by_start(content: bytes) -> None:
    for start, kind in KINDS_BY_START:
        if content.startswith(start) and not (len(start) == 2 and is_plain(content)):
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
    text = decoded(content, encoding) if encoding else recognised(content)
    # What old programs put behind the text: the mark of its end, and zeros up to a full block.
    text = replace(text, utf8=text.utf8.rstrip(b"\x1a\x00"))
    refuse_blank(text.utf8)
    refuse_other_text(text.utf8)
    return text if encoding else plain(text)


def recognised(content: bytes) -> Text:
    """The text in the encoding that the file shows to be its own, else in a guessed one."""
    for bom, encoding in BY_BOM:
        if content.startswith(bom):
            return decoded(content, encoding)
    if wide := utf16_without_bom(content):
        return decoded(content, wide)
    if content.startswith(codecs.BOM_UTF8):
        return decoded(content, "utf-8")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return guessed(content, error.start)
    if escape := ISO_2022.search(content):
        line = lines(content[: escape.start()].decode("utf-8"))
        raise undecodable("it is probably ISO-2022-JP", line)
    return Text(content, "utf-8")


def decoded(content: bytes, encoding: str) -> Text:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="ignore")
        raise undecodable(
            f"it is not {CHOICES.get(encoding, encoding.upper())} throughout", lines(before)
        ) from None
    return Text(text.lstrip("\ufeff").encode(), encoding)


def refuse_blank(utf8: bytes) -> None:
    """Blanks, line ends and what divides cells are no content."""
    for part in (utf8[:4096], utf8):  # nearly always the beginning is enough
        if part.translate(None, NO_CONTENT).decode(errors="ignore").strip():
            return
    raise empty()


def refuse_other_text(utf8: bytes) -> None:
    head = utf8[:2048].decode(errors="ignore").lstrip()
    for pattern, kind in OTHER_TEXT:
        if pattern.match(head):
            raise not_csv(kind)


def plain(text: Text) -> Text:
    """Refuse what decodes as text, but is none."""
    binary = len(text.utf8) - len(text.utf8.translate(None, BINARY))
    if b"\0" in text.utf8[:8] or (binary > 8 and binary * 50 > len(text.utf8)):
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
    text = content.decode("utf-8", errors="ignore")
    others = len(content) - len(text.encode())
    sequences = len(text) - len(content.translate(None, BEYOND_ASCII))
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


def encoded_once(name: str) -> str:
    """The name that was encoded as UTF-8 twice, or "" where it was not."""
    try:
        return name.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""


def ways_to_read(content: bytes) -> list[tuple[str, str]]:
    """How the first lines beyond ASCII look in the encodings that can be chosen, by their names.

    Left out is where they cannot be read, or mix scripts within a word; of several encodings that
    give the same, the first stands for all.
    """
    lines = [line for line in re.split(rb"[\r\n]+", content[:SAMPLED]) if not line.isascii()]
    found: dict[str, str] = {}
    for encoding, label in CHOICES.items():
        try:
            texts = [line.decode(encoding) for line in lines[:SAMPLE_LINES]]
        except UnicodeDecodeError:
            continue
        text = " · ".join(" ".join(one.split())[:80] for one in texts)
        if text and text.isprintable() and not MIXED.search(text):
            found.setdefault(text, label)
    return [(label, text) for text, label in found.items()]
