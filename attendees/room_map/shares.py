"""How many people of each meeting each other meeting knows, for many links at once.

One query reads whom the rosters name; each roster is then a set of bits, one for each person, and
a link costs three `&`. So a hundred rooms that are all linked with each other (9,900 links) cost
little more than a hundred that are linked with one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from attendees.links.parts import Part, cell_of
from attendees.models import Attendee
from meetings.titles import folded, spoken

Pair = tuple[int, int]  # source and target, by primary key of the meeting
Row = tuple[int, str, str, str]  # meeting, identity key, compared code, email


@dataclass(frozen=True)
class Share:
    """How many attendees of the source are on the target's roster as the same person.

    `meant` is how many of them should be, where the target is for a part of the people only.
    """

    known: int
    meant: int | None = None


def shares_of(pairs: Collection[Pair], parts: Mapping[int, Part]) -> dict[Pair, Share]:
    """Takes which of the meetings are for a part of the people.

    The same person: the same identity key, and not contradicted (another code and another email).
    Likenesses, which the link check looks for, are not looked for here: whoever has the wrong
    external ID and is not meant to be there is not counted.
    """
    rows = list(identities(pairs))
    known = overlaps(rows, pairs)
    missing = missed(rows, pairs, parts)
    return {
        pair: Share(number, number + missing[pair] if pair in missing else None)
        for pair, number in known.items()
    }


def identities(pairs: Collection[Pair]) -> Iterator[Row]:
    meetings = {meeting for pair in pairs for meeting in pair}
    rows = (
        Attendee.objects.filter(meeting__in=meetings)
        .exclude(identity_key="")
        .order_by()
        .values_list("meeting", "identity_key", "compared_code", "email")
    )
    return rows.iterator(chunk_size=10_000)


def missed(
    rows: Iterable[Row], pairs: Collection[Pair], parts: Mapping[int, Part]
) -> dict[Pair, int]:
    """How many are meant for the target and not known there, where the lists say who is meant."""
    asked = {pair for pair in pairs if pair[1] in parts}
    if not asked:
        return {}
    found: Counter[Pair] = Counter()
    people = {(meeting, key): (code, email) for meeting, key, code, email in rows}
    for column in sorted({part.column for part in parts.values()}):
        targets: dict[str, list[int]] = defaultdict(list)
        for pk, part in parts.items():
            if part.column == column:
                for name in spoken(part.cell):
                    targets[name].append(pk)
        of_column = {pair for pair in asked if parts[pair[1]].column == column}
        speaking: set[int] = set()
        for source, key, code, email, cell in cells({pair[0] for pair in of_column}, column):
            speaking.add(source)
            for target in targets.get(folded(cell), ()):
                there = people.get((target, key)) if key else None
                if not there or (there[0] != code and there[1] != email):
                    found[source, target] += 1
        found.update(dict.fromkeys((pair for pair in of_column if pair[0] in speaking), 0))
    return {pair: found[pair] for pair in asked if pair in found}


def cells(meetings: Collection[int], column: str) -> Iterator[tuple[int, str, str, str, str]]:
    """The people who have something in this column, and what."""
    listed = Attendee.objects.filter(meeting__in=meetings).order_by()
    rows = listed.annotate(cell=RawSQL(cell_of("attendees_attendee", "%s"), [column]))  # noqa: S611 - ours
    told = rows.exclude(cell=None).values_list(
        "meeting", "identity_key", "compared_code", "email", "cell"
    )
    return told.iterator(chunk_size=10_000)


def overlaps(rows: Iterable[Row], pairs: Iterable[Pair]) -> dict[Pair, int]:
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
