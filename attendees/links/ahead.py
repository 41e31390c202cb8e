"""Counting the link check's numbers ahead, where nobody waits for them."""

from collections.abc import Collection
from datetime import timedelta
from itertools import islice
from time import monotonic

from attendees.links.check import check
from materials.links import pairs_of

MOST_LINKS = 50  # of more, the rest is counted when somebody looks
ENOUGH = timedelta(seconds=20)


def count_ahead(meetings: Collection[int]) -> None:
    """Count the links of these meetings, one after the other, for as long as is reasonable."""
    until = monotonic() + ENOUGH.total_seconds()
    for pair in islice(pairs_of(meetings), MOST_LINKS):
        if monotonic() > until:
            return
        check([pair])
