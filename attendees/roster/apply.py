"""Steps to database: does what a plan says, decides nothing.

The number of statements does not grow with the people, only with batches of thousands: COPY on
PostgreSQL, executemany on SQLite.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched

from django.db import connection

from attendees.admission import end_admissions
from attendees.identity import key_of, look_alike
from attendees.models import Attendee
from attendees.roster.plan import Changed, Plan, without_blanks
from attendees.roster.read import Row
from meetings.live import announce
from meetings.models import Meeting

BATCH = 5000  # rows

TABLE = "attendees_attendee"
NEW_COLUMNS = (
    "meeting_id", "code", "email", "firstname", "lastname", "external_id", "custom",
    "compared_code", "identity_key", "look_alike", "credential_version",
)  # fmt: skip
INSERT = f"INSERT INTO {TABLE} ({', '.join(NEW_COLUMNS)}) VALUES (%s{', %s' * 10})"  # noqa: S608
COPY = f"COPY {TABLE} ({', '.join(NEW_COLUMNS)}) FROM STDIN"
CHANGED_COLUMNS = (
    "code", "email", "firstname", "lastname", "external_id", "custom",
    "compared_code", "identity_key", "look_alike",
)  # fmt: skip
# Every change in one statement; whose credentials change, has to be admitted anew.
UPDATE_ALL = f"""
UPDATE {TABLE} AS listed SET
  {", ".join(f"{name} = file.{name}" for name in CHANGED_COLUMNS)},
  credential_version = credential_version + file.step
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::jsonb[], %s::text[], %s::text[], %s::text[])
  AS file (id, step, {", ".join(CHANGED_COLUMNS)})
WHERE listed.id = file.id AND listed.meeting_id = %s
"""  # noqa: S608
UPDATE_ONE = f"""
UPDATE {TABLE} SET
  {", ".join(f"{name} = %s" for name in CHANGED_COLUMNS)},
  credential_version = credential_version + %s
WHERE id = %s AND meeting_id = %s
"""  # noqa: S608


def apply(plan: Plan) -> None:
    """Do what the plan says. Call it in the transaction and under the lock of the planning."""
    meeting = plan.meeting
    ended = [changed.old.pk for changed in plan.changed if changed.changes_credentials]
    ended += [listed.pk for listed in plan.removed]
    if ended:
        end_admissions(meeting, ended)
    if plan.removed:
        Attendee.objects.of(meeting).filter(pk__in=[one.pk for one in plan.removed]).delete()
    for batch in batched(plan.changed, BATCH):
        update(meeting, batch)
    insert(meeting, plan.new)
    if plan.changed or plan.removed:
        announce(meeting, "roster")


def insert(meeting: Meeting, rows: Sequence[Row]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # psycopg's own errors otherwise: Django does not know COPY.
            with connection.wrap_database_errors, cursor.copy(COPY) as copy:
                for batch in batched(rows, BATCH):
                    copy.write("".join(copied(meeting.pk, batch)))
        else:
            # An iterator, so that the rows are never all there a second time.
            cursor.executemany(INSERT, inserted(meeting.pk, rows))  # type: ignore[arg-type]


def copied(meeting_id: int, rows: Iterable[Row]) -> Iterator[str]:
    """The rows in the text format of COPY: no value has a tab or a line break."""
    for row in rows:
        key = key_of(row.compared_code, row.email, row.external_id)
        line = (
            f"{meeting_id}\t{row.code}\t{row.email}\t{row.firstname}\t{row.lastname}"
            f"\t{row.external_id}\t{as_json(row.custom)}\t{row.compared_code}"
            f"\t{key}\t{look_alike(key)}\t1\n"
        )
        yield line.replace("\\", "\\\\") if "\\" in line else line


def inserted(meeting_id: int, rows: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        key = key_of(row.compared_code, row.email, row.external_id)
        yield (
            meeting_id,
            row.code,
            row.email,
            row.firstname,
            row.lastname,
            row.external_id,
            as_json(row.custom),
            row.compared_code,
            key,
            look_alike(key),
            1,
        )


def update(meeting: Meeting, batch: Sequence[Changed]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = zip(*((*changed_ids(one), *values(one.new)) for one in batch), strict=True)
            cursor.execute(UPDATE_ALL, [*map(list, columns), meeting.pk])
        else:
            cursor.executemany(
                UPDATE_ONE,
                [
                    (*values(one.new), int(one.changes_credentials), one.old.pk, meeting.pk)
                    for one in batch
                ],
            )


def changed_ids(changed: Changed) -> tuple[int, int]:
    return changed.old.pk, int(changed.changes_credentials)


def values(row: Row) -> tuple[str, ...]:
    key = key_of(row.compared_code, row.email, row.external_id)
    return (
        row.code,
        row.email,
        row.firstname,
        row.lastname,
        row.external_id,
        as_json(row.custom),
        row.compared_code,
        key,
        look_alike(key),
    )


def as_json(custom: Mapping[str, str]) -> str:
    if not custom:
        return "{}"
    return json.dumps(without_blanks(custom), ensure_ascii=False)
