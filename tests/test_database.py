"""What every connection to the database is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

from tests.browser import server


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("setting", "value"),
    [("jit", "off"), ("enable_mergejoin", "off"), ("plan_cache_mode", "force_generic_plan")],
)
def test_postgresql_plans_for_pages_and_not_for_reports(db: None, setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone() == (value,)


def open_at_once(number: int) -> None:
    """Have as many connections in the pool as threads that need one at the same time."""
    together = Barrier(number)

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            together.wait(timeout=60)
        connection.close()

    with ThreadPoolExecutor(number) as threads:
        list(threads.map(lambda _: ask(), range(number)))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_restarted_is_asked_over_new_connections() -> None:
    connection.close()  # into the pool
    open_at_once(8)
    with psycopg.connect(server.test_database_url()) as operator:
        operator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.postgresql
def test_a_database_that_has_vanished_is_given_up_within_seconds(db: None) -> None:
    connection.ensure_connection()
    told = connection.connection.info.get_parameters()
    assert (told["connect_timeout"], told["tcp_user_timeout"]) == ("5", "10000")
