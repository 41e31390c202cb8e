"""Titles as people compare and sort them."""

import re
import unicodedata


def folded(text: str) -> str:
    """The form in which names of rooms are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def spoken(title: str) -> list[str]:
    """What a cell may say, folded, to mean a room: its title, or “3” for “Room 3”."""
    return list(dict.fromkeys([folded(title), folded(title.removeprefix("Room "))]))


def natural(text: str) -> tuple[tuple[str | int, ...], str]:
    """Sorts “Room 2” before “Room 10”; words and numbers take turns, beginning with a word."""
    parts = re.split(r"(\d+)", folded(text))
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), text
