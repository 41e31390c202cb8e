"""The link check for rosters as an import would leave them, before it is made."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from itertools import batched, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from attendees.identity import key_of, look_alike
from attendees.links.check import check
from attendees.links.outcomes import Tally, reasons
from attendees.links.remembering import Pair
from attendees.links.statements import PLANNED, PLANNED_COLUMNS, ROSTER
from attendees.roster.apply import as_json
from attendees.roster.codes import give_codes
from attendees.roster.preview import Preview
from attendees.roster.rows import Row
from attendees.roster.steps import Plan
from hosts.models import Host
from materials.links import pairs_of
from meetings.models import Meeting

BATCH = 5000  # rows
DELETED_AT_ONCE = 500


@dataclass(frozen=True)
class Rehearsed:
    """One direction of a link, as it would be."""

    source: Meeting
    target: Meeting
    tally: Tally

    @property
    def reasons(self) -> str:
        return reasons(self.tally)


def rehearse(plans: Sequence[Plan], host: Host) -> list[Rehearsed]:
    """Whom the links of these meetings would carry, where this host may know both lists."""
    planned = {plan.meeting.pk: plan.meeting for plan in plans}
    pairs = pairs_of(planned)
    ids = {pk for pair in pairs for pk in pair}
    managed = Meeting.objects.filter(pk__in=ids).managed_by(host).in_bulk() if ids else {}
    meetings = managed | planned
    known = [pair for pair in pairs if meetings.keys() >= set(pair)]
    if not known:
        return []
    with laid_out(plans, Meeting.objects.managed_by(host)):
        tallies = check(known, planned=planned)
    return [
        Rehearsed(meetings[source], meetings[target], tallies[source, target])
        for source, target in in_order(known, planned)
    ]


def told_links(preview: Preview, host: Host) -> list[dict[str, Any]]:
    """What the preview says of links, as values that can be kept; where people are asked first."""
    if preview.is_fatal:
        return []
    rehearsed = sorted(rehearse(preview.plans, host), key=lambda one: not one.tally.asked_again)
    return [
        {
            "meetings": [one.source.pk, one.target.pk],
            "source_title": one.source.title,
            "target_title": one.target.title,
            "people": one.tally.people,
            "carried": one.tally.carried,
            "asked": one.tally.asked_again,
            "not_meant": one.tally.not_meant,
            "reasons": one.reasons,
        }
        for one in rehearsed
    ]


def may_be_told(links: list[dict[str, Any]], host: Host) -> list[dict[str, Any]]:
    """Of what was kept when another host looked, what this one may know."""
    ids = {pk for link in links for pk in link["meetings"]}
    if not ids:
        return []
    managed = set(Meeting.objects.filter(pk__in=ids).managed_by(host).values_list("pk", flat=True))
    return [link for link in links if managed.issuperset(link["meetings"])]


def in_order(pairs: Iterable[Pair], planned: Iterable[int]) -> Iterator[Pair]:
    """Both directions, first those that start at a meeting of the import."""
    both = [direction for one, other in pairs for direction in ((one, other), (other, one))]
    first = set(planned)
    return iter(sorted(both, key=lambda pair: (pair[0] not in first, pair)))


@contextmanager
def laid_out(plans: Sequence[Plan], managed: QuerySet[Meeting]) -> Iterator[None]:
    """The rosters as they would be."""
    plans = [copy(plan) for plan in plans]
    give_codes(plans, managed)
    with planned_table():
        for plan in plans:
            lay_out(plan)
        yield


@contextmanager
def planned_table() -> Iterator[None]:
    """For people as they would be: a temporary table, which this connection alone sees."""
    # On SQLite a transaction would hold up everybody who writes.
    scope = transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
    with scope, connection.cursor() as cursor:
        # Without rows, for the types of the columns.
        cursor.execute(
            f"CREATE TEMPORARY TABLE {PLANNED} AS "  # noqa: S608 - names only
            f"SELECT {PLANNED_COLUMNS} FROM {ROSTER} WHERE 1 = 0"
        )
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute(f"DROP TABLE {PLANNED}")


def lay_out(plan: Plan) -> None:
    gone = [changed.old.pk for changed in plan.changed] + [listed.pk for listed in plan.removed]
    rows = [*plan.new, *(changed.new for changed in plan.changed)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {PLANNED} SELECT {PLANNED_COLUMNS} FROM {ROSTER} WHERE meeting_id = %s",  # noqa: S608 - the same
            [plan.meeting.pk],
        )
        for batch in batched(gone, DELETED_AT_ONCE):
            places = ", ".join(["%s"] * len(batch))
            cursor.execute(f"DELETE FROM {PLANNED} WHERE id IN ({places})", batch)  # noqa: S608 - the same
    numbered = enumerate(rows, 1)
    while some := list(islice(numbered, BATCH)):
        insert([values(plan.meeting, number, row) for number, row in some])


def insert(rows: Sequence[tuple[int | str, ...]]) -> None:
    """People into the `planned_table`."""
    names = PLANNED_COLUMNS.split(", ")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {PLANNED} ({PLANNED_COLUMNS}) FROM STDIN") as copying:
                for row in rows:
                    copying.write_row(row)
            return
        places = ", ".join(["%s"] * len(names))
        cursor.executemany(f"INSERT INTO {PLANNED} ({PLANNED_COLUMNS}) VALUES ({places})", rows)  # noqa: S608 - the same


def values(meeting: Meeting, number: int, row: Row) -> tuple[int | str, ...]:
    """Whoever is not on the roster yet has a negative number."""
    key = key_of(row.compared_code, row.email, row.external_id)
    return (
        -number,
        meeting.pk,
        row.compared_code,
        row.email,
        row.external_id,
        key,
        look_alike(key),
        as_json(row.custom),
    )
