"""Connections of PostgreSQL's pool, looked at before they are used.

A database that was restarted has ended all of them. The pool would find out about one after the
other and wait longer each time: a request after a restart took ten seconds and failed.
"""

import psycopg
from django.db import connections
from psycopg_pool import ConnectionPool


def look_at(one: psycopg.Connection) -> None:
    """Raises psycopg.OperationalError where it is broken; then all others are looked at, too."""
    try:
        ConnectionPool.check_connection(one)
    except psycopg.OperationalError:
        pool = connections["default"].pool  # type: ignore[attr-defined]  # PostgreSQL's has one
        pool.check()
        raise
