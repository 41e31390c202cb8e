"""The people who are present, by name, a page at a time: ten thousand do not hurt."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Q, QuerySet
from django.utils import timezone

from attendees.anonymity import shown_name
from attendees.models import Participant, Visit
from meetings.models import Meeting

PAGE = 100
OTHER = "#"  # the heading of names that begin with no letter


@dataclass(frozen=True)
class Letter:
    """The people of one page whose names begin alike; "" in an anonymizing meeting.

    Names only: primary keys would tell the order of arrival.
    """

    letter: str
    people: Sequence[str]


@dataclass(frozen=True)
class PresentPage:
    """One page of who is present."""

    letters: Sequence[Letter]
    anonymous: int  # of whom nothing is known, not even a number: counted, not listed
    here: int
    number: int = 1
    last: int = 1
    index: Sequence[tuple[str, int]] = ()  # the letters of all pages, and where each begins

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.last else None


def present(meeting: Meeting, *, page: int = 1, at: datetime | None = None) -> PresentPage:
    """The page with this number, or the nearest that there is."""
    here = participants_present(meeting, at=at or timezone.now())
    unknown = Q(attendee=None, number=None)
    listed = in_order(here.exclude(unknown), meeting)
    anonymous = here.filter(unknown).count()
    last = max(1, -(-len(listed) // PAGE))
    number = min(max(page, 1), last)
    shown = listed[(number - 1) * PAGE : number * PAGE]
    index: dict[str, int] = {}
    for position, (letter, _) in enumerate(listed):
        index.setdefault(letter, position // PAGE + 1)
    return PresentPage(
        letters=lettered(shown),
        anonymous=anonymous,
        here=len(listed) + anonymous,
        number=number,
        last=last,
        index=[] if meeting.anonymize_attendees or last == 1 else list(index.items()),
    )


def participants_present(meeting: Meeting, *, at: datetime) -> QuerySet[Participant]:
    # One list of visits, and not a look at all visits for each participant: those would be squared.
    visits = Visit.objects.filter(meeting=meeting).present(at=at)
    return Participant.objects.filter(pk__in=visits.values("participant"))


def in_order(participants: QuerySet[Participant], meeting: Meeting) -> list[tuple[str, int]]:
    """Letter and primary key of each, in the order of the list; one query of narrow rows.

    Pseudonyms stand by their numbers, which are drawn at random: never by name or by arrival.
    Names are sorted here and not by the database, so that all databases agree.
    """
    if meeting.anonymize_attendees:
        return [("", pk) for pk in participants.order_by("number").values_list("pk", flat=True)]
    rows = participants.values_list("pk", "attendee__firstname", "attendee__lastname", "number")
    named = [
        (folded(f"{first} {last}" if first is not None else f"Anonymous {number:06}"), pk)
        for pk, first, last, number in rows
    ]
    return [(letter_of(name), pk) for name, pk in sorted(named)]


def folded(name: str) -> str:
    """The name as it is sorted: without accents, and capitals among small letters."""
    name = name.strip()
    if not name.isascii():
        name = "".join(
            c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)
        )
    return name.casefold()


def letter_of(folded_name: str) -> str:
    first = folded_name[:1]
    return first.upper() if first.isalpha() else OTHER


def lettered(shown: Sequence[tuple[str, int]]) -> list[Letter]:
    people = Participant.objects.select_related("attendee").in_bulk([pk for _, pk in shown])
    return [
        Letter(letter, [shown_name(people[pk]) for _, pk in group if pk in people])
        for letter, group in groupby(shown, key=lambda row: row[0])
    ]
