"""People of a roster as repairs read them: narrow rows, in few statements, never as models."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from typing import NamedTuple

from attendees.identity import compared_code
from attendees.models import Attendee, AttendeeQuerySet
from attendees.roster.listed import Listed
from attendees.roster.rows import Row
from meetings.models import Meeting

FETCHED_AT_ONCE = 2000


class Person(NamedTuple):
    """A row of the roster, and how often its code or identity has been changed."""

    pk: int
    code: str
    compared_code: str
    email: str
    firstname: str
    lastname: str
    external_id: str
    custom: Mapping[str, str]
    credential_version: int

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


COLUMNS = ["pk", *Person._fields[1:]]


def by_ids(meeting: Meeting, ids: Iterable[int]) -> dict[int, Person]:
    roster = Attendee.objects.of(meeting)
    return {
        person.pk: person
        for batch in batched(sorted(set(ids)), FETCHED_AT_ONCE)
        for person in read(roster.filter(pk__in=batch))
    }


def by_codes(meeting: Meeting, codes: Iterable[str]) -> Iterator[Person]:
    """Codes in their compared form."""
    roster = Attendee.objects.of(meeting)
    for batch in batched(sorted(set(codes)), FETCHED_AT_ONCE):
        yield from read(roster.filter(compared_code__in=batch))


def read(people: AttendeeQuerySet) -> Iterator[Person]:
    return map(Person._make, people.order_by().values_list(*COLUMNS))


def print_of(person: Person) -> str:
    """A fingerprint of everything that a host may change, and of how often it was."""
    told = [person.code, person.email, person.firstname, person.lastname, person.external_id]
    kept = json.dumps([*told, person.custom, person.credential_version], sort_keys=True)
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def as_listed(person: Person) -> Listed:
    return Listed(*person[:-1])


def as_row(person: Person, **values: str) -> Row:
    """The person as a row, some of it with other values."""
    code = values.get("code")
    return Row(
        0,
        person.code if code is None else code,
        person.email,
        person.firstname,
        person.lastname,
        values.get("external_id", person.external_id),
        person.custom,
        person.compared_code if code is None else compared_code(code),
    )
