"""What attendees are given to come in by: personal links, and cards to be printed.

The code is in the fragment of the link, which no browser sends and no log keeps; the code prompt
fills it in, and a click sends it, so that whatever follows links in mails signs in nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

import segno

from attendees.models import Attendee
from attendees.roster.csv_files import lines_of
from attendees.roster.export import FETCHED_AT_ONCE
from meetings.models import Meeting


@dataclass(frozen=True)
class Card:
    name: str
    code: str
    qr: str  # SVG


def personal_link(meeting: Meeting, code: str) -> str:
    return f"{meeting.full_address}join/#c={quote(code, safe='')}"


def cards(meeting: Meeting, attendees: Sequence[Attendee]) -> Iterator[Card]:
    for attendee in attendees:
        made = segno.make(personal_link(meeting, attendee.code), micro=False)
        qr = made.svg_inline(scale=3, border=2, light="#fff", omitsize=True)
        yield Card(attendee.name, attendee.code, qr)


def links(meeting: Meeting) -> Iterator[str]:
    """The lines of a CSV file for a mail merge."""
    roster = Attendee.objects.of(meeting).order_by("lastname", "firstname", "pk")
    found = roster.values_list("email", "firstname", "lastname", "code")
    rows = (
        [*values, personal_link(meeting, code)]
        for *values, code in found.iterator(chunk_size=FETCHED_AT_ONCE)
    )
    return lines_of(chain([["email", "firstname", "lastname", "link"]], rows))
