"""How hard the codes of a roster are to guess.

With S codes possible and N given out, about S / N tries hit one of them: more attendees make the
same kind of code weaker. S is the least that any pattern of the codes leaves. Source of the bounds:
security notes (b) 4.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

from attendees.identity import compared_code
from attendees.models import Attendee
from meetings.models import Meeting

STRONG = 2**24  # tries
HARD = 2**17  # tries: out of reach while wrong codes are limited
FEW = 2**10  # tries: with fewer a code is no secret

SAMPLED = 500  # codes of a list, from which all of them are judged
KNOWN_SHARE = 10  # one in so many codes that tell nothing new, and none of them is a secret

SIZES = ((str.isdigit, 10), (str.isalpha, 26))
OTHER_SIZE = 10
DATES = 36_500  # days of a century
# Of 8 digits and of 6: where year, month and day are.
LAYOUTS = (
    (slice(0, 4), slice(4, 6), slice(6, 8)),
    (slice(4, 8), slice(2, 4), slice(0, 2)),
    (slice(4, 8), slice(0, 2), slice(2, 4)),
    (slice(0, 2), slice(2, 4), slice(4, 6)),
    (slice(4, 6), slice(2, 4), slice(0, 2)),
    (slice(4, 6), slice(0, 2), slice(2, 4)),
)
YEARS = range(1900, 2100)
DATE = re.compile(r"\d{8}|\d{6}", re.ASCII)
BETWEEN = re.compile(r"[./\s]")


class Strength(StrEnum):
    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    NO_SECRET = "no secret"  # noqa: S105 - a class of codes


def strength_of(tries: int) -> Strength:
    if tries >= STRONG:
        return Strength.STRONG
    if tries >= HARD:
        return Strength.MEDIUM
    return Strength.WEAK if tries >= FEW else Strength.NO_SECRET


def tries_on_list(meeting: Meeting, listed: int) -> int:
    """About how many tries hit a code of the `listed` people of a meeting, judged from some."""
    people = Attendee.objects.of(meeting).order_by()
    rows = people.values_list("compared_code", "email", "lastname", "external_id")[:SAMPLED]
    sample = list(rows)
    if sample and sum(is_known(*row) for row in sample) * KNOWN_SHARE >= len(sample):
        return 1
    return tries_per_hit([code for code, *_ in sample], listed)


def is_known(compared: str, email: str, lastname: str, external_id: str) -> bool:
    """Whether the code is what others know of its person."""
    local, _, _ = email.partition("@")
    return compared in map(compared_code, (email, local, lastname, external_id))


def tries_per_hit(codes: Sequence[str], count: int) -> int:
    """About how many tries hit one of `count` codes, of which `codes` (compared forms) are some."""
    if not codes:
        return 0
    return space(codes) // max(count, 1)


def space(codes: Sequence[str]) -> int:
    """How many codes there could be of the pattern that these follow."""
    return min(spaces(codes))


def spaces(codes: Sequence[str]) -> Iterator[int]:
    parts = varying_parts(codes)
    yield alphabet_of(parts) ** len(min(parts, key=len))
    for alike in (codes, parts):
        if all(code.isascii() and code.isdigit() for code in alike):
            numbers = [int(code) for code in alike]
            yield max(numbers) - min(numbers) + 1
    if are_dates(codes):
        yield DATES


def varying_parts(codes: Sequence[str]) -> list[str]:
    """The codes without the beginning and the end that all of them share."""
    first = shared(min(codes), max(codes))
    parts = [code[first:] for code in codes]
    ends = [part[::-1] for part in parts]
    last = shared(min(ends), max(ends))
    return [part[: len(part) - last] for part in parts]


def shared(least: str, greatest: str) -> int:
    """How many letters all texts begin with, of which these are the least and the greatest.

    A single text shares nothing.
    """
    pairs = enumerate(zip(least, greatest, strict=False))
    return next((n for n, (a, b) in pairs if a != b), 0)


def alphabet_of(parts: Sequence[str]) -> int:
    characters = set("".join(parts))
    sizes = [size for is_of, size in SIZES if any(is_of(c) for c in characters)]
    if any(not c.isalnum() for c in characters):
        sizes.append(OTHER_SIZE)
    return sum(sizes)


def are_dates(codes: Sequence[str]) -> bool:
    """Whether all codes can be read as dates, in one way of writing them."""
    digits = [BETWEEN.sub("", code) for code in codes]
    if not all(DATE.fullmatch(one) for one in digits):
        return False
    return any(all(is_date(one, layout) for one in digits) for layout in LAYOUTS)


def is_date(digits: str, layout: tuple[slice, slice, slice]) -> bool:
    year, month, day = (digits[part] for part in layout)
    if sum(map(len, (year, month, day))) != len(digits) or not all((year, month, day)):
        return False
    full = int(year) if len(year) == 4 else 2000 + int(year)
    if len(year) == 4 and full not in YEARS:
        return False
    try:
        date(full, int(month), int(day))
    except ValueError:
        return False
    return True
