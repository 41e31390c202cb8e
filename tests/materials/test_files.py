"""What a file is, is told by what is in it; its name misleads nobody."""

import io

import pytest

from materials.files import (
    PDF,
    READ_AT_ONCE,
    TEXT,
    TEXT_OF_WINDOWS,
    UNKNOWN,
    icon_of,
    kept_name,
    type_of,
)
from tests.materials.conftest import PDF as PDF_BYTES
from tests.materials.conftest import PNG

HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

TYPES = [
    ("plan.pdf", PDF_BYTES, PDF),
    ("PLAN.PDF", PDF_BYTES, PDF),
    ("photo.png", PNG, "image/png"),
    ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
    ("anim.gif", b"GIF89a" + bytes(20), "image/gif"),
    ("photo.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ("notes.txt", "Grüße".encode(), TEXT),
    ("notes.txt", "Grüße".encode("cp1252"), TEXT_OF_WINDOWS),
    ("notes.txt", b"half a character \xc3", TEXT_OF_WINDOWS),
    ("empty.txt", b"", TEXT),
    ("table.xlsx", b"PK\x03\x04" + bytes(20), "spreadsheetml.sheet"),
    # Said to be one thing, and another inside.
    ("photo.png", HTML, UNKNOWN),
    ("photo.png", PDF_BYTES, UNKNOWN),
    ("plan.pdf", HTML, UNKNOWN),
    ("plan.pdf", b" " + PDF_BYTES, UNKNOWN),
    ("notes.txt", b"\x7fELF\x00\x00", UNKNOWN),
    ("notes.txt", "utf-16".encode("utf-16"), UNKNOWN),
    # Never shown inline, whatever they hold.
    ("page.html", HTML, UNKNOWN),
    ("page.htm", HTML, UNKNOWN),
    ("page.xhtml", HTML, UNKNOWN),
    ("drawing.svg", SVG, UNKNOWN),
    ("data.xml", b"<?xml version='1.0'?>", UNKNOWN),
    ("script.js", b"alert(1)", UNKNOWN),
    ("page.html.pdf", HTML, UNKNOWN),
    ("page.pdf.html", PDF_BYTES, UNKNOWN),
    ("no suffix", PDF_BYTES, UNKNOWN),
]


@pytest.mark.parametrize(("name", "content", "expected"), TYPES)
def test_a_type_needs_the_suffix_and_the_bytes(name, content, expected):
    stream = io.BytesIO(content)
    assert type_of(name, stream).endswith(expected)
    assert stream.read() == content, "The file is left at its beginning."


def test_a_character_across_two_pieces_is_one_character():
    text = b"a" * (READ_AT_ONCE - 1) + "ü".encode() + b"b"
    assert type_of("long.txt", io.BytesIO(text)) == TEXT


NAMES = [
    ("Budget 2027.pdf", "Budget 2027.pdf"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
    ("annex\u202efdp.exe", "annexfdp.exe"),
    ("zero\u200bwidth.txt", "zerowidth.txt"),
    ("two\r\nlines.txt", "two lines.txt"),
    ("nul\x00.txt", "nul.txt"),
    ('say "hi".txt', 'say "hi".txt'),
    ("…", "…"),
    (".", "file"),
    ("..", "file"),
    ("", "file"),
    (".htaccess", "htaccess"),
    ("اجندة.pdf", "اجندة.pdf"),
    ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
    ("ü" * 200 + ".pdf", "ü" * 125 + ".pdf"),
    ("a." + "b" * 300, "a." + "b" * 253),
]


@pytest.mark.parametrize(("said", "kept"), NAMES)
def test_names_are_one_honest_line(said, kept):
    assert kept_name(said) == kept
    assert len(kept_name(said).encode()) <= 255


@pytest.mark.parametrize(
    ("name", "file_type", "icon"),
    [
        ("a.pdf", PDF, "file-text"),
        ("a.png", "image/png", "image"),
        ("a.png", UNKNOWN, "file"),
        ("a.csv", UNKNOWN, "file-spreadsheet"),
        ("a.mp3", "audio/mpeg", "music"),
        ("a", UNKNOWN, "file"),
    ],
)
def test_icons_tell_kinds_of_files_apart(name, file_type, icon):
    assert icon_of(name, file_type) == icon
