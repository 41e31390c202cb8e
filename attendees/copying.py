"""The roster as a part that a duplicate of a meeting may take along."""

from django.db import connection

from attendees.models import Attendee
from hosts.models import Host
from meetings.duplicating import Part
from meetings.models import Meeting


def copy_roster(original: Meeting, copy: Meeting, by: Host) -> None:
    """Copy all attendees, with their codes, in one statement however many they are."""
    quote = connection.ops.quote_name
    table = quote(Attendee._meta.db_table)
    columns = ", ".join(
        quote(str(field.column))
        for field in Attendee._meta.concrete_fields
        if not field.primary_key and field.name != "meeting"
    )
    statement = (
        f"INSERT INTO {table} (meeting_id, {columns})"  # noqa: S608 - names of columns only
        f" SELECT %s, {columns} FROM {table} WHERE meeting_id = %s ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [copy.pk, original.pk])


ROSTER = Part(
    name="attendees",
    label="Attendees, with the same codes",
    is_usual=False,
    copy=copy_roster,
)
