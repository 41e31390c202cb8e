"""Something goes wrong at the nth statement of an act, for every n."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.test_url_map import everything_stored

# Of transactions within the test's own.
BRACKETS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


class Fault(Exception):
    """Not an error that any act expects."""


@contextmanager
def failing_at(statement: int) -> Iterator[None]:
    """The statement of this number (the first is 1) is not run, and raises."""
    ran = 0

    def count(execute, sql, params, many, context):
        nonlocal ran
        ran += not sql.startswith(BRACKETS)
        if ran == statement and not sql.startswith(BRACKETS):
            raise Fault(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


def leaves_nothing_half_made(act: Callable[[], object], fewest: int) -> None:
    """Let the act fail at each of its statements, then succeed; it has so many at least."""
    before = everything_stored()
    for statement in range(1, 1000):
        try:
            with failing_at(statement):
                act()
        except Fault:
            assert everything_stored() == before, f"after a fault in statement {statement}"
        else:
            assert statement > fewest
            assert everything_stored() != before
            return
    pytest.fail("It never came to an end.")
