"""Steps to database: does what a plan says, decides nothing.

The number of statements does not grow with the people, only with batches of thousands: COPY on
PostgreSQL, executemany on SQLite.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import batched

from django.db import connection

from attendees.ending import end_admissions
from attendees.identity import key_of, look_alike
from attendees.models import Attendee
from attendees.roster.rows import NO_CUSTOM, Row, without_blanks
from attendees.roster.steps import Changed, Plan
from attendees.roster.versions import renew
from meetings.lifecycle import held
from meetings.live import announce
from meetings.models import Meeting

BATCH = 5000  # rows
CHANGED_AT_ONCE = 20_000  # rows: the database walks through the roster once for so many

TABLE = "attendees_attendee"
NEW_COLUMNS = (
    "meeting_id", "code", "email", "firstname", "lastname", "external_id", "custom",
    "compared_code", "identity_key", "look_alike", "credential_version",
)  # fmt: skip
COPY = f"COPY {TABLE} ({', '.join(NEW_COLUMNS)}) FROM STDIN"
CHANGED_COLUMNS = (
    "code", "email", "firstname", "lastname", "external_id", "custom",
    "compared_code", "identity_key", "look_alike",
)  # fmt: skip
# What is the same for all rows is written into the statement: fewer values to hand over.
INSERT = f"""
INSERT INTO {TABLE} (meeting_id, credential_version, {", ".join(CHANGED_COLUMNS)})
VALUES ({{meeting_id:d}}, 1{", %s" * len(CHANGED_COLUMNS)})
"""  # noqa: S608
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


def apply(plan: Plan, wrote: Callable[[int], None] = lambda rows: None) -> None:
    """Do what the plan says. Call it in the transaction and under the lock of the planning.

    After each batch `wrote` is told of how many rows it was.
    """
    meeting = plan.meeting
    ended = [changed.old.pk for changed in plan.changed if changed.changes_credentials]
    ended += [listed.pk for listed in plan.removed]
    if ended:
        meeting = held(meeting)  # before admissions, as everybody does
        end_admissions(meeting, ended)
    if plan.removed:
        Attendee.objects.of(meeting).filter(pk__in=[one.pk for one in plan.removed]).delete()
    for batch in batched(plan.changed, CHANGED_AT_ONCE):
        update(meeting, batch)
        wrote(len(batch))
    insert(meeting, plan.new, wrote)
    if plan.changed or plan.removed or plan.new:
        renew([meeting.pk])
    if plan.changed or plan.removed:
        announce(meeting, "roster")


def insert(
    meeting: Meeting, rows: Sequence[Row], wrote: Callable[[int], None] = lambda rows: None
) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # psycopg's own errors otherwise: Django does not know COPY.
            with connection.wrap_database_errors, cursor.copy(COPY) as copy:
                for batch in batched(rows, BATCH):
                    copy.write("".join(copied(meeting.pk, batch)))
                    wrote(len(batch))
        else:
            # In batches, so that the rows are never all there a second time.
            for batch in batched(rows, BATCH):
                cursor.executemany(INSERT.format(meeting_id=meeting.pk), list(derived(batch)))
                wrote(len(batch))


def copied(meeting_id: int, rows: Iterable[Row]) -> Iterator[str]:
    """The rows in the text format of COPY: no value has a tab or a line break."""
    for values in derived(rows):
        line = f"{meeting_id}\t{'\t'.join(values)}\t1\n"
        yield line.replace("\\", "\\\\") if "\\" in line else line


def derived(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """What is written of each row, in the order of `CHANGED_COLUMNS`."""
    for _, code, email, firstname, lastname, external_id, custom, compared in rows:
        key = key_of(compared, email, external_id)
        kept = "{}" if custom is NO_CUSTOM else as_json(custom)
        yield (
            code, email, firstname, lastname, external_id, kept, compared, key, look_alike(key),
        )  # fmt: skip


def update(meeting: Meeting, batch: Sequence[Changed]) -> None:
    new = derived(one.new for one in batch)
    steps = [int(one.changes_credentials) for one in batch]
    ids = [one.old.pk for one in batch]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = map(list, zip(*new, strict=True))
            cursor.execute(UPDATE_ALL, [ids, steps, *columns, meeting.pk])
        else:
            cursor.executemany(
                UPDATE_ONE,
                [
                    (*values, step, pk, meeting.pk)
                    for values, step, pk in zip(new, steps, ids, strict=True)
                ],
            )


def as_json(custom: Mapping[str, str]) -> str:
    if not custom:
        return "{}"
    return json.dumps(without_blanks(custom), ensure_ascii=False)
