"""The roster as it stands: narrow rows, in few statements, never as models."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast

from attendees.identity import key_of
from attendees.models import Attendee
from attendees.roster.rows import NO_CUSTOM, Row
from meetings.models import Meeting

FETCHED_AT_ONCE = 5000  # rows
# One text of all its fields is fetched and compared in one go; no field has this sign in it.
BETWEEN = "\x1f"
COMPARED = Row._fields[1:6]  # from the code to the external ID


class Listed(NamedTuple):
    """A row of the roster as it stands."""

    pk: int
    code: str
    compared_code: str
    email: str
    firstname: str
    lastname: str
    external_id: str
    custom: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


class Stored(NamedTuple):
    """A row of the roster as it is fetched: most are equal to a row of the file, and need no more.

    `custom` is text, because nearly all custom fields are empty and need no decoding.
    """

    pk: int
    text: str
    compared_code: str
    custom: str

    def custom_fields(self) -> Mapping[str, str]:
        return NO_CUSTOM if self.custom == "{}" else json.loads(self.custom)

    def listed(self) -> Listed:
        code, email, firstname, lastname, external_id = self.text.split(BETWEEN)
        return Listed(
            self.pk,
            code,
            self.compared_code,
            email,
            firstname,
            lastname,
            external_id,
            self.custom_fields(),
        )


def stored_of(meeting: Meeting) -> Iterator[Stored]:
    rows: QuerySet[Attendee] = Attendee.objects.filter(meeting=meeting).order_by("pk")
    joined = chain.from_iterable((Value(BETWEEN), F(name)) for name in COMPARED)
    text = Func(
        *islice(joined, 1, None),
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=TextField(),
    )
    values = rows.annotate(text=text, custom_text=Cast("custom", TextField())).values_list(
        "pk", "text", "compared_code", "custom_text"
    )
    return map(Stored._make, values.iterator(chunk_size=FETCHED_AT_ONCE))


def roster_of(meeting: Meeting) -> Iterator[Listed]:
    return (stored.listed() for stored in stored_of(meeting))


def credentials(of: Row | Listed) -> tuple[str, str]:
    """What an admission rests on: with another one, it ends."""
    return of.compared_code, key_of(of.compared_code, of.email, of.external_id)


def described(of: Row | Listed) -> str:
    return f"{of.name} (code {of.code})"
