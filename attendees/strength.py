"""How hard the codes of a roster are to guess.

With S codes possible and N given out, about S / N tries hit one of them: more attendees make the
same kind of code weaker.
"""

from collections.abc import Sequence

HARD = 2**17  # tries: out of reach while wrong codes are limited

SIZES = ((str.isdigit, 10), (str.isalpha, 26))
OTHER_SIZE = 10


def tries_per_hit(codes: Sequence[str], count: int) -> int:
    """About how many tries hit one of `count` codes, of which `codes` (compared forms) are some."""
    if not codes:
        return 0
    return space(codes) // max(count, 1)


def space(codes: Sequence[str]) -> int:
    """How many codes there could be of the pattern that these follow."""
    if all(code.isascii() and code.isdigit() for code in codes):
        numbers = [int(code) for code in codes]
        return max(numbers) - min(numbers) + 1
    shortest = min(varying_parts(codes), key=len)
    return int(alphabet_of(codes) ** len(shortest))


def varying_parts(codes: Sequence[str]) -> list[str]:
    """The codes without the beginning that all of them share."""
    first, last = min(codes), max(codes)
    shared = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return [code[shared:] for code in codes]


def alphabet_of(codes: Sequence[str]) -> int:
    characters = set("".join(varying_parts(codes)))
    sizes = [size for is_of, size in SIZES if any(is_of(c) for c in characters)]
    if any(not c.isalnum() for c in characters):
        sizes.append(OTHER_SIZE)
    return sum(sizes)
