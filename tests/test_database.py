"""What every connection to the database is told."""

import pytest
from django.db import connection


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("setting", "value"),
    [("jit", "off"), ("enable_mergejoin", "off"), ("plan_cache_mode", "force_generic_plan")],
)
def test_postgresql_plans_for_pages_and_not_for_reports(db: None, setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone() == (value,)
