"""One change of a roster at a time: whoever plans on a roster finds it as planned."""

from collections.abc import Iterable

from django.db import OperationalError, connection, transaction

# Names this kind of lock among PostgreSQL's advisory locks.
KIND = 0x526F7374  # "Rost"


class RosterIsBusy(Exception):
    """An import into the meeting is running; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("An import into this meeting is running. Try again in a moment.")


def lock_rosters(meeting_ids: Iterable[int]) -> None:
    """Hold these rosters until the transaction ends. Raises RosterIsBusy.

    SQLite has one writer at a time (IMMEDIATE transactions), so there is nothing to do.
    """
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for meeting_id in sorted(meeting_ids):  # in one order, so that nobody waits in a ring
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [KIND, meeting_id % 2**31])
    except OperationalError as error:
        raise RosterIsBusy from error
