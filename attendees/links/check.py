"""The link check: who of one roster is carried into the other, who is asked again, and why.

It looks at rosters only; what stands in the way of everybody is said by `links.obstacles`. Whom the
door would carry follows the rule of `attendees.carrying`: one identity key, and no contradiction.
Both directions of any number of links are one statement (`links.statements`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from attendees.links.outcomes import Outcome, Tally
from attendees.links.remembering import Pair, remembered
from attendees.links.statements import COUNTED, LISTED, RULE, Lists


class Found(NamedTuple):
    """Somebody on the list, and who of the other list they are taken for, if anybody."""

    id: int
    other_id: int | None


# Of one direction: how many people are on the list, and of them by outcome who is asked again.
type Numbers = tuple[int, dict[str, int]]


def check(pairs: Collection[Pair], *, planned: Collection[int] = ()) -> dict[Pair, Tally]:
    """The numbers of these pairs and of their reverse.

    One statement. Where the numbers are known and neither list has changed, only a look at the
    versions of the lists (`remembering`). `planned` are meetings whose roster is looked at as
    `attendees.roster.rehearsal` has laid it out, not as it is.
    """
    asked = sorted({(min(pair), max(pair)) for pair in pairs})
    if not asked:
        return {}
    found = count(asked, planned) if planned else remembered(asked, count, rule=RULE)
    return {
        pair: tally_of(people, outcomes)
        for (one, other), numbers in found.items()
        for pair, (people, outcomes) in zip(((one, other), (other, one)), numbers, strict=True)
    }


def tally_of(people: int, outcomes: Mapping[str, int]) -> Tally:
    asked = {Outcome(name): times for name, times in outcomes.items()}
    not_meant = asked.pop(Outcome.NOT_MEANT, 0)
    return Tally(people - not_meant, asked, not_meant)


def count(
    asked: Sequence[Pair], planned: Collection[int] = ()
) -> dict[Pair, tuple[Numbers, Numbers]]:
    """The numbers of each pair, there and back, counted now."""
    lists = Lists(asked, planned)
    outcomes: list[tuple[dict[str, int], dict[str, int]]] = [({}, {}) for _ in asked]
    sizes = [[0, 0] for _ in asked]
    with planner_told() as cursor:
        cursor.execute(f"{lists.found} {COUNTED}", lists.parameters)
        for number, side, outcome, people in cursor.fetchall():
            if outcome:
                outcomes[number][side - 1][outcome] = people
            else:
                sizes[number][side - 1] = people
    return {
        pair: ((here, there[0]), (back, there[1]))
        for pair, there, (here, back) in zip(asked, outcomes, sizes, strict=True)
    }


def people(
    source: int, target: int, outcomes: Iterable[Outcome], *, start: int = 0, end: int | None = None
) -> list[Found]:
    """Those of the source's list whose outcome is one of these, by name; a slice of them."""
    lists = Lists([(source, target)])
    named = [outcome.value for outcome in outcomes]
    page = "" if end is None else f" LIMIT {end - start:d} OFFSET {start:d}"
    statement = f"{lists.everybody} {LISTED.format(', '.join(['%s'] * len(named)))}{page}"
    with planner_told() as cursor:
        cursor.execute(statement, [*lists.parameters, *named])
        return [Found(*row) for row in cursor.fetchall()]


# PostgreSQL cannot know how many are left over. It guesses few, and would then compare each with
# each.
TOLD = {"enable_nestloop": "off", "work_mem": "'64MB'"}


@contextmanager
def planner_told() -> Iterator[CursorWrapper]:
    """A cursor for which PostgreSQL joins lists by hashing."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = {value}" for name, value in TOLD.items()))
        yield cursor
        cursor.execute("; ".join(f"SET LOCAL {name} = DEFAULT" for name in TOLD))
