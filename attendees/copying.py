"""Attendees are copied from one roster into others: sets of rows, in one statement."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from attendees.models import Attendee
from attendees.roster.versions import renew
from hosts.models import Host
from meetings.duplicating import Part
from meetings.models import Meeting

quote = connection.ops.quote_name


def copied_columns() -> list[str]:
    """All but the primary key and the meeting."""
    return [
        quote(str(field.column))
        for field in Attendee._meta.concrete_fields
        if not field.primary_key and field.name != "meeting"
    ]


def insert_copies(destinations: str, condition: str, params: list[Any]) -> None:
    """Copy attendees AS person, each into the meetings that the join AS room gives."""
    table = quote(Attendee._meta.db_table)
    columns = copied_columns()
    statement = (
        f"INSERT INTO {table} (meeting_id, {', '.join(columns)})"  # noqa: S608 - names of columns
        f" SELECT room.id, {', '.join(f'person.{column}' for column in columns)}"
        f" FROM {table} AS person JOIN {destinations} ON {condition}"
        " ORDER BY room.id, person.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def copy_rosters(pairs: Iterable[tuple[Meeting, Meeting]]) -> None:
    """Copy each first meeting's whole roster, with the codes, into the second's."""
    listed = [(original.pk, copy.pk) for original, copy in pairs]
    if listed:
        destinations, params = paired(listed)
        insert_copies(destinations, "room.source = person.meeting_id", params)
        renew(copy for _, copy in listed)


def seat(seats: Iterable[tuple[int, Meeting]]) -> None:
    """Copy attendees, given by primary key, each into the roster of the meeting beside it."""
    listed = [(attendee_id, room.pk) for attendee_id, room in seats]
    if listed:
        destinations, params = paired(listed)
        insert_copies(destinations, "room.source = person.id", params)
        renew({room for _, room in listed})


def paired(pairs: Sequence[tuple[int, int]]) -> tuple[str, list[Any]]:
    """Pairs as a table `room` with the columns `source` and `id`, however many they are."""
    if connection.vendor == "postgresql":
        sources, ids = ([pair[i] for pair in pairs] for i in (0, 1))
        return "unnest(%s::bigint[], %s::bigint[]) AS room (source, id)", [sources, ids]
    elements = "json_extract(value, '$[0]') AS source, json_extract(value, '$[1]') AS id"
    return f"(SELECT {elements} FROM json_each(%s)) AS room", [json.dumps(pairs)]  # noqa: S608


def copy_roster(original: Meeting, copy: Meeting, by: Host) -> None:
    copy_rosters([(original, copy)])


ROSTER = Part(
    name="attendees",
    label="Attendees, with the same codes",
    is_usual=False,
    copy=copy_roster,
)
