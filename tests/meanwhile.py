"""Two who act in the same moment, in an order that a test can rely on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction


def is_waited_for() -> bool:
    """Whether another connection waits for what this one holds; SQLite lets nobody look."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            # Not of pg_stat_activity: a transaction sees there for ever what it has seen first.
            "SELECT EXISTS (SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def meanwhile(
    begun: Callable[[], object],
    act: Callable[[], object],
    ended: Callable[[], object] = lambda: None,
) -> None:
    """Somebody has begun, and before it has ended and is written for good, another acts.

    Both succeed.
    """

    def acting() -> None:
        act()
        connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            begun()
            acted = other.submit(acting)
            while not (is_waited_for() or acted.done()):
                pass
            ended()
        acted.result()
