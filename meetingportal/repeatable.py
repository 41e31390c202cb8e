"""Transactions that nobody misses after a power cut, because they are simply done again.

They are as whole and as orderly as any other, and survive the end of the process; only their end
does not wait until the disk has turned. What is promised to somebody is no such transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# SQL that says so of the transaction in which it is selected (PostgreSQL).
WITHOUT_WAITING = "set_config('synchronous_commit', 'off', TRUE)"


@contextmanager
def repeatable() -> Iterator[None]:
    """Within another transaction this is a part of it, and waits as that one does."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            [usual] = cursor.fetchone()
            cursor.execute("PRAGMA synchronous=NORMAL")
            try:
                with transaction.atomic():
                    yield
            finally:
                cursor.execute(f"PRAGMA synchronous={usual}")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {WITHOUT_WAITING}")
            yield
