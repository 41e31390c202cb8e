"""How many people of each meeting each other meeting knows, for many links at once.

One query reads whom the rosters name; each roster is then a set of bits, one for each person, and
a link costs three `&`. So a hundred rooms that are all linked with each other (9,900 links) cost
little more than a hundred that are linked with one.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence

from attendees.models import Attendee

Pair = tuple[int, int]  # source and target, by primary key of the meeting


def carried(pairs: Collection[Pair]) -> dict[Pair, int]:
    """How many attendees of each source are on the target's roster as the same person.

    The same person: the same identity key, and not contradicted (another code and another email).
    """
    meetings = {meeting for pair in pairs for meeting in pair}
    rows = (
        Attendee.objects.filter(meeting__in=meetings)
        .exclude(identity_key="")
        .order_by()
        .values_list("meeting", "identity_key", "compared_code", "email")
    )
    return overlaps(rows.iterator(chunk_size=10_000), pairs)


def overlaps(rows: Iterable[tuple[int, str, str, str]], pairs: Iterable[Pair]) -> dict[Pair, int]:
    """For each pair, how many rows of the source agree in code or email with one of the target.

    Takes (meeting, identity key, compared code, email), one row per key and meeting at most.
    """
    by_code, by_email, by_both = Numbering(), Numbering(), Numbering()
    for meeting, key, code, email in rows:
        by_code.add(meeting, (key, code))
        by_email.add(meeting, (key, email))
        by_both.add(meeting, (key, code, email))
    codes, emails, both = by_code.bits(), by_email.bits(), by_both.bits()
    return {
        (a, b): (codes[a] & codes[b]).bit_count()
        + (emails[a] & emails[b]).bit_count()
        - (both[a] & both[b]).bit_count()
        for a, b in pairs
    }


class Numbering:
    """Gives each thing a bit, and keeps which meetings have it."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.of_meeting: dict[int, list[int]] = defaultdict(list)

    def add(self, meeting: int, thing: Hashable) -> None:
        number = self.numbers.setdefault(thing, len(self.numbers))
        self.of_meeting[meeting].append(number)

    def bits(self) -> dict[int, int]:
        size = len(self.numbers) // 8 + 1
        sets = {meeting: packed(each, size) for meeting, each in self.of_meeting.items()}
        return defaultdict(int, sets)


def packed(numbers: Sequence[int], size: int) -> int:
    bits = bytearray(size)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
