"""The roster page by page: by key, so that the last page is as quick as the first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from attendees.identity import compared_code
from attendees.models import Attendee
from meetings.models import Meeting

PAGE = 100


@dataclass(frozen=True)
class RosterPage:
    attendees: Sequence[Attendee]
    found: int
    before: int | None = None
    after: int | None = None


def page_of(meeting: Meeting, *, search: str = "", after: str = "", before: str = "") -> RosterPage:
    """The page that follows, or precedes, the attendee with this key; else the first."""
    found = searched(Attendee.objects.of(meeting), search)
    backwards = bool(before) and not after
    edge = Attendee.objects.of(meeting).filter(pk=numbered(before if backwards else after)).first()
    rows = found.order_by("lastname", "firstname", "pk")
    if edge is None:
        backwards = False
    elif backwards:
        rows = rows.filter(~beyond(edge) & ~Q(pk=edge.pk)).reverse()
    else:
        rows = rows.filter(beyond(edge))
    shown = list(rows[: PAGE + 1])
    more, shown = len(shown) > PAGE, shown[:PAGE]
    if backwards:
        shown.reverse()
    has_before = more if backwards else edge is not None
    has_after = edge is not None if backwards else more
    return RosterPage(
        attendees=shown,
        found=found.count(),
        before=shown[0].pk if shown and has_before else None,
        after=shown[-1].pk if shown and has_after else None,
    )


def numbered(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0


def beyond(edge: Attendee) -> Q:
    """Those who come after in the order of the roster; the first part lets the index be used."""
    return Q(lastname__gte=edge.lastname) & (
        Q(lastname__gt=edge.lastname)
        | Q(firstname__gt=edge.firstname)
        | Q(firstname=edge.firstname, pk__gt=edge.pk)
    )


def searched(attendees: QuerySet[Attendee], search: str) -> QuerySet[Attendee]:
    """Those in whose name, email, code or external ID every word occurs."""
    for word in search.replace("\x00", "").split()[:8]:
        matches = (
            Q(firstname__icontains=word)
            | Q(lastname__icontains=word)
            | Q(email__icontains=word)
            | Q(external_id__icontains=word)
        )
        if compared := compared_code(word):
            matches |= Q(compared_code__contains=compared)
        attendees = attendees.filter(matches)
    return attendees
