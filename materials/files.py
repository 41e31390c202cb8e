"""What an uploaded file is, by what is in it; who uploaded it is not believed.

Only a few types that cannot run anything are ever shown inside the browser. Everything else is
handed over as a download.
"""

import codecs
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

MAX_FILE_NAME = 255  # bytes of UTF-8, as in most file systems
HEAD = 512  # bytes that tell what a file is
READ_AT_ONCE = 1024 * 1024

UNKNOWN = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
TEXT_OF_WINDOWS = "text/plain; charset=windows-1252"
PDF = "application/pdf"

# Shown in the browser; the rest is downloaded. Never HTML, SVG or XML: they can run scripts.
SHOWN_INLINE = frozenset(
    {PDF, "image/png", "image/jpeg", "image/gif", "image/webp", TEXT, TEXT_OF_WINDOWS}
)
# Bytes that no text has: control characters other than tab, line feed, form feed, return, escape.
NEVER_IN_TEXT = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b")) + b"\x7f"
TEXT_SUFFIXES = frozenset({".txt", ".text", ".log", ".md"})

ZIP = b"PK\x03\x04"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"


@dataclass(frozen=True)
class Signature:
    """A type is told by the suffix of the name and by bytes at a place, together."""

    type: str
    magic: bytes
    at: int = 0

    def fits(self, head: bytes) -> bool:
        return head[self.at : self.at + len(self.magic)] == self.magic


SIGNATURES: dict[str, tuple[Signature, ...]] = {
    ".pdf": (Signature(PDF, b"%PDF-"),),
    ".png": (Signature("image/png", b"\x89PNG\r\n\x1a\n"),),
    ".jpg": (Signature("image/jpeg", b"\xff\xd8\xff"),),
    ".jpeg": (Signature("image/jpeg", b"\xff\xd8\xff"),),
    ".gif": (Signature("image/gif", b"GIF87a"), Signature("image/gif", b"GIF89a")),
    ".webp": (Signature("image/webp", b"WEBP", at=8),),
    ".docx": (Signature(f"{OFFICE}.wordprocessingml.document", ZIP),),
    ".xlsx": (Signature(f"{OFFICE}.spreadsheetml.sheet", ZIP),),
    ".pptx": (Signature(f"{OFFICE}.presentationml.presentation", ZIP),),
    ".odt": (Signature(f"{OPEN_DOCUMENT}.text", ZIP),),
    ".ods": (Signature(f"{OPEN_DOCUMENT}.spreadsheet", ZIP),),
    ".odp": (Signature(f"{OPEN_DOCUMENT}.presentation", ZIP),),
    ".doc": (Signature("application/msword", OLE),),
    ".xls": (Signature("application/vnd.ms-excel", OLE),),
    ".ppt": (Signature("application/vnd.ms-powerpoint", OLE),),
    ".zip": (Signature("application/zip", ZIP),),
    ".mp3": (Signature("audio/mpeg", b"ID3"), Signature("audio/mpeg", b"\xff\xfb")),
    ".mp4": (Signature("video/mp4", b"ftyp", at=4),),
    ".webm": (Signature("video/webm", b"\x1a\x45\xdf\xa3"),),
}  # fmt: skip


def suffix_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def type_of(name: str, content: File[bytes] | BinaryIO) -> str:
    """The content type that is safe to send with this file."""
    suffix = suffix_of(name)
    if suffix in TEXT_SUFFIXES:
        return text_type(content)
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    for signature in SIGNATURES.get(suffix, ()):
        if signature.fits(head):
            return signature.type
    return UNKNOWN


def text_type(content: File[bytes] | BinaryIO) -> str:
    """Plain text with its charset, or unknown where the bytes are not text."""
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    while chunk := content.read(READ_AT_ONCE):
        if len(chunk.translate(None, NEVER_IN_TEXT)) != len(chunk):
            content.seek(0)
            return UNKNOWN
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    content.seek(0)
    return TEXT if is_utf8 and not decoder.getstate()[0] else TEXT_OF_WINDOWS


def kept_name(name: str) -> str:
    """What the host called the file, as one line that misleads nobody and fits everywhere.

    Without folders, control characters and direction marks (`annex\u202efdp.exe` would read as
    `annexexe.pdf`); at most 255 bytes, and the suffix stays.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    printable = "".join(" " if c.isspace() else c for c in name)
    printable = "".join(c for c in printable if unicodedata.category(c)[0] != "C")
    tidy = " ".join(printable.split()).strip(". ") or "file"
    suffix = PurePosixPath(tidy).suffix
    if len(suffix.encode()) > MAX_FILE_NAME // 4:
        suffix = ""
    stem = tidy.removesuffix(suffix) if suffix else tidy
    room = MAX_FILE_NAME - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def icon_of(name: str, file_type: str) -> str:
    """The name of the icon that shows what kind of file it is."""
    kind = file_type.partition("/")[0]
    if kind in KIND_ICONS:
        return KIND_ICONS[kind]
    return SUFFIX_ICONS.get(suffix_of(name), "file")


KIND_ICONS = {"image": "image", "audio": "music", "video": "video", "text": "file-text"}
SUFFIX_ICONS = {
    **dict.fromkeys((".pdf", ".doc", ".docx", ".odt", ".rtf"), "file-text"),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".csv"), "file-spreadsheet"),
    **dict.fromkeys((".ppt", ".pptx", ".odp"), "presentation"),
    **dict.fromkeys((".zip", ".7z", ".gz", ".tar"), "file-archive"),
}


def forget(stored_name: str) -> None:
    """Delete a stored file once the transaction that no longer needs it has been committed."""
    if stored_name:
        transaction.on_commit(lambda: default_storage.delete(stored_name), robust=True)
