"""The link check's numbers of two rosters, remembered until one of the two changes.

They are kept under the versions of both rosters: a changed list has another version, and so no
numbers; nor has a portal that counts by another rule since its upgrade. Within a transaction, which
may have changed a list under the same version, they are counted anew.

Nothing is kept for long, because what changes a list behind the versions' back leaves numbers that
are not right until then: SQL by hand, or, during an upgrade, a process of before there were
versions. To see that by other signs, every look would have to read the lists.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

from django.core.cache import cache
from django.db import connection

from attendees.models import Roster

Pair = tuple[int, int]  # primary keys: the meeting that people come from, and the other

KEPT = timedelta(hours=1)


def remembered[Numbers](
    pairs: Sequence[Pair], count: Callable[[Sequence[Pair]], Mapping[Pair, Numbers]], *, rule: str
) -> dict[Pair, Numbers]:
    """What `count` says of these pairs; it is asked only about those of which nothing is known.

    `rule` is another one where it counts otherwise.
    """
    if connection.in_atomic_block:
        return dict(count(pairs))
    # The versions come first: what is counted is at least as new.
    names = names_of(pairs, rule)
    known: dict[Pair, Numbers] = recalled(names)
    unknown = [pair for pair in pairs if pair not in known]
    if unknown:
        counted = count(unknown)
        known |= counted
        new = {names[pair]: numbers for pair, numbers in counted.items() if pair in names}
        cache.set_many(new, KEPT.total_seconds())
    return known


def digest(*said: str) -> str:
    return sha256(repr(said).encode()).hexdigest()[:16]


def recalled[Numbers](names: Mapping[Pair, str]) -> dict[Pair, Numbers]:
    kept = cache.get_many(names.values())
    return {pair: kept[name] for pair, name in names.items() if name in kept}


def names_of(pairs: Collection[Pair], rule: str) -> dict[Pair, str]:
    """Under which names the numbers are kept, where both rosters have a version."""
    meetings = {meeting for pair in pairs for meeting in pair}
    listed = Roster.objects.filter(meeting__in=meetings)
    # With a room's version goes for whom it is.
    named = ("meeting_id", "version", "meeting__part_column", "meeting__part_cell")
    versions = {
        pk: f"{version}-{digest(*part)}" if any(part) else version
        for pk, version, *part in listed.values_list(*named)
    }
    return {
        (one, other): f"link-check-{rule}-{versions[one]}-{versions[other]}"
        for one, other in pairs
        if one in versions and other in versions
    }
