"""What every connection to the database is told."""

from django.db import connection


def test_postgresql_does_not_compile_what_runs_in_milliseconds(db: None) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
