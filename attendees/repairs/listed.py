"""People of a roster as repairs read them: narrow rows, in few statements, never as models."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import NamedTuple

from attendees.identity import compared_code
from attendees.models import Attendee, AttendeeQuerySet
from attendees.roster.listed import Listed
from attendees.roster.rows import Row
from meetings.models import Meeting

FETCHED_AT_ONCE = 2000


class Versioned(NamedTuple):
    """A row of the roster, and how often its code or identity has been changed."""

    listed: Listed
    credential_version: int

    @property
    def print(self) -> str:
        """A fingerprint of everything that a host may change, and of how often it was."""
        one = self.listed
        told = [one.code, one.email, one.firstname, one.lastname, one.external_id]
        kept = json.dumps([*told, one.custom, self.credential_version], sort_keys=True)
        return hashlib.sha256(kept.encode()).hexdigest()[:16]


COLUMNS = [*Listed._fields, "credential_version"]


def by_ids(meeting: Meeting, ids: Iterable[int]) -> dict[int, Versioned]:
    roster = Attendee.objects.of(meeting)
    return {
        person.listed.pk: person
        for batch in batched(sorted(set(ids)), FETCHED_AT_ONCE)
        for person in read(roster.filter(pk__in=batch))
    }


def by_codes(meeting: Meeting, codes: Iterable[str]) -> Iterator[Versioned]:
    """Codes in their compared form."""
    roster = Attendee.objects.of(meeting)
    for batch in batched(sorted(set(codes)), FETCHED_AT_ONCE):
        yield from read(roster.filter(compared_code__in=batch))


def read(people: AttendeeQuerySet) -> Iterator[Versioned]:
    for *values, version in people.order_by().values_list(*COLUMNS):
        yield Versioned(Listed._make(values), version)


def as_row(listed: Listed, **values: str) -> Row:
    """The person as a row, some of it with other values."""
    code = values.get("code")
    return Row(
        0,
        listed.code if code is None else code,
        listed.email,
        listed.firstname,
        listed.lastname,
        values.get("external_id", listed.external_id),
        listed.custom,
        listed.compared_code if code is None else compared_code(code),
    )
