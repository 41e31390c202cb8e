"""Open pages of meetings that link to a meeting are told when its state or title changes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import batched

from django.db import transaction
from django.db.models import Exists, OuterRef

from materials.models import Material
from materials.panel import tell_materials
from meetings.consequences import Event
from meetings.live import announce
from meetings.models import Meeting

# What a link to the meeting shows has changed.
SHOWN = frozenset(
    {
        Event.STARTED,
        Event.CALLED_OFF,
        Event.ENDED,
        Event.REOPENED,
        Event.RENAMED,
        Event.ARCHIVED,
    }
)
# Up to here the panels are rendered and sent; where more meetings link, their pages ask for them.
RENDERED_AT_ONCE = 50
TOLD_AT_ONCE = 500  # meetings in one transaction


# Within `telling_once`: the meetings that have changed so far.
_changed: ContextVar[set[int] | None] = ContextVar("changed", default=None)


@contextmanager
def telling_once() -> Iterator[None]:
    """Within, many meetings change in one transaction; pages that link to them are told once."""
    changed: set[int] = set()
    token = _changed.set(changed)
    try:
        yield
    finally:
        _changed.reset(token)
    if changed:
        transaction.on_commit(lambda: tell_live_meetings_linking_to(changed), robust=True)


def tell_linking_meetings(meeting: Meeting, event: Event) -> None:
    """After the commit, so that two linked meetings never wait for each other's row."""
    if event not in SHOWN:
        return
    changed = _changed.get()
    if changed is not None:
        changed.add(meeting.pk)
    else:
        transaction.on_commit(lambda: tell_live_meetings_linking_to([meeting.pk]), robust=True)


def tell_live_meetings_linking_to(changed: Iterable[int]) -> None:
    links = Material.objects.published().filter(meeting=OuterRef("pk"), target__in=list(changed))
    linking = Meeting.objects.filter(Exists(links), state=Meeting.State.LIVE).order_by("pk")
    ids = list(linking.values_list("pk", flat=True))
    for chunk in batched(ids, TOLD_AT_ONCE, strict=False):
        with transaction.atomic():
            rows = Meeting.objects.select_for_update().filter(pk__in=chunk)
            for each in rows.order_by("pk"):
                if len(ids) <= RENDERED_AT_ONCE:
                    tell_materials(each)
                else:
                    announce(each, "materials")
