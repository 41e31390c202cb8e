"""The link check: who of one roster is carried into the other, who is asked again, and why.

It looks at rosters only; what stands in the way of everybody is said by `links.obstacles`. Whom the
door would carry follows the rule of `attendees.carrying`: one identity key, and no contradiction.
Both directions of any number of links are one statement (`links.statements`), beside two short ones
that count whole lists.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from attendees.links.outcomes import Outcome, Tally
from attendees.links.remembering import Pair, remembered
from attendees.links.statements import (
    COUNTED,
    KEYLESS,
    LISTED,
    PEOPLE,
    RULE,
    Lists,
    listed,
    rosters,
)


class Found(NamedTuple):
    """Somebody on the list, and who of the other list they are taken for, if anybody."""

    id: int
    other_id: int | None


# Of one direction: how many people are on the list, and of them by outcome who is asked again.
type Numbers = tuple[int, dict[str, int]]
type Outcomes = Counter[str]


def check(pairs: Collection[Pair], *, planned: Collection[int] = ()) -> dict[Pair, Tally]:
    """The numbers of these pairs and of their reverse.

    As many statements for a hundred pairs as for one. Where the numbers are known and neither list
    has changed, only a look at the versions of the lists (`remembering`). `planned` are meetings
    whose roster is looked at as `attendees.roster.rehearsal` has laid it out, not as it is.
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
    with planner_told() as cursor:
        people = people_of(cursor, asked, planned)
        # The shorter list first: often everybody on it is on the longer one, and that is all.
        turned = [pair if people[pair[0]] <= people[pair[1]] else pair[::-1] for pair in asked]
        lists = Lists(turned, people, planned)
        outcomes: list[tuple[Outcomes, Outcomes]] = [(Counter(), Counter()) for _ in asked]
        cursor.execute(f"{lists.found} {COUNTED}", lists.parameters)
        for number, side, outcome, times in cursor.fetchall():
            outcomes[number][side - 1][outcome] = times
        add_left_out(cursor, lists, outcomes)
    counted = {
        (one, other): ((people[one], dict(+there)), (people[other], dict(+back)))
        for (one, other), (there, back) in zip(turned, outcomes, strict=True)
    }
    return {pair: counted[pair] if pair in counted else counted[pair[::-1]][::-1] for pair in asked}


def people_of(
    cursor: CursorWrapper, pairs: Iterable[Pair], planned: Collection[int] = ()
) -> Counter[int]:
    """How many are on each of the lists."""
    cursor.execute(PEOPLE.format(rosters(planned), listed({pk for pair in pairs for pk in pair})))
    return Counter(dict(cursor.fetchall()))


def add_left_out(
    cursor: CursorWrapper, lists: Lists, outcomes: Sequence[tuple[Outcomes, Outcomes]]
) -> None:
    """Add those whom the statement has left out because they are like nobody (`JOINED`)."""
    left_out: dict[int, int] = {}
    for number, ((one, other), (there, back)) in enumerate(zip(lists.pairs, outcomes, strict=True)):
        met = lists.people[one] - without_match(there)
        # Below zero where somebody has come or gone since the lists were measured.
        left_out[number] = max(lists.people[other] - met - without_match(back), 0)
    for aim in lists.aims:
        if aim.side == 2 and left_out[aim.number]:
            outcomes[aim.number][1][Outcome.NOT_MEANT] += left_out.pop(aim.number)
    longer = {lists.pairs[number][1] for number, people in left_out.items() if people}
    if not longer:
        return
    cursor.execute(KEYLESS.format(lists.rosters, listed(longer)))
    keyless = {pk: (people, placeholders) for pk, people, placeholders in cursor.fetchall()}
    for number, people in left_out.items():
        none, placeholders = keyless.get(lists.pairs[number][1], (0, 0)) if people else (0, 0)
        outcomes[number][1].update(
            {
                Outcome.NOT_LISTED.value: people - none,
                Outcome.NO_IDENTITY.value: none - placeholders,
                Outcome.PLACEHOLDER.value: placeholders,
            }
        )


def without_match(outcomes: Outcomes) -> int:
    """How many have nobody with the same key on the other list."""
    return outcomes.total() - outcomes[Outcome.CONTRADICTION]


def people(
    source: int, target: int, outcomes: Iterable[Outcome], *, start: int = 0, end: int | None = None
) -> list[Found]:
    """Those of the source's list whose outcome is one of these, by name; a slice of them."""
    pairs = [(source, target)]
    named = [outcome.value for outcome in outcomes]
    page = "" if end is None else f" LIMIT {end - start:d} OFFSET {start:d}"
    with planner_told() as cursor:
        lists = Lists(pairs, people_of(cursor, pairs))
        statement = f"{lists.everybody} {LISTED.format(', '.join(['%s'] * len(named)))}{page}"
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
