"""What each process does for its open pages: begin and renew their visits, tell them who is here.

All pages of a process together cost a few statements, whatever their number. Each process asks
the database who is present and tells its own pages, so a hint about people cannot get lost between
processes, and no page hears more than one a second.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.typing import ASGISendCallable
from channels.db import database_sync_to_async
from django.utils import timezone

from attendees import presence
from attendees.models import Admission
from attendees.presence import Pulse, Stay
from attendees.standing import still_hold
from meetingportal.fanout import Hub, Socket, accompany, hub
from meetings.live import group_of

logger = logging.getLogger("portal.heartbeat")

TICK = 1  # seconds between looks at who is new
# A process that has more pages than this tells them more rarely who is here: 10,000 every 10 s. It
# counts pages and not time, so that a machine that was busy for a moment is not slow for long.
PAGES_A_SECOND = 1000
BEAT = 15  # seconds between renewals; pages that hear nothing for 40 s ask
RECHECK = 60  # seconds in which an admission that ended unheard is noticed
GATHER = 0.3  # seconds in which pages that close are gathered, to be written at once

ADMISSION_ENDED = 4401


class OpenPage(Socket):
    """The socket of one open meeting page."""

    __slots__ = ("held_until", "meeting", "stay", "visit")

    def __init__(self, send: ASGISendCallable, admission: Admission, tab: UUID) -> None:
        super().__init__(send, group=group_of(admission.meeting_id), holder=admission.pk)
        self.meeting = admission.meeting_id
        self.stay = Stay(admission.pk, tab)
        self.visit: int | None = None
        self.held_until: datetime | None = None


@accompany
async def keep(the_hub: Hub) -> None:
    """Look after the hub's pages until it has none; a database that fails is asked again."""
    keeper = Keeper(the_hub)
    while True:
        try:
            await keeper.turn(timezone.now())
        except Exception:
            logger.exception("Could not look after the open pages; trying again.")
        await asyncio.sleep(TICK)


class Keeper:
    """Looks after the pages of one hub, in turns."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.told: dict[int, Pulse] = {}
        self.unheard: set[OpenPage] = set()  # new ones that have not been told anything yet
        self.next_telling = time.monotonic()
        self.next_beat = time.monotonic() + BEAT
        self.next_recheck = time.monotonic() + RECHECK

    async def turn(self, at: datetime) -> None:
        now = time.monotonic()
        is_beat, is_recheck = now >= self.next_beat, now >= self.next_recheck
        new = [page for page in open_pages(self.hub) if page.visit is None]
        await self.close_ended(open_pages(self.hub) if is_recheck else new)
        if is_beat:
            await self.renew(at)
        if new:
            await self.begin(at)
        self.unheard.update(new)
        if is_beat or now >= self.next_telling:
            told = await self.tell(at, newcomers=self.unheard, everybody=is_beat)
            self.unheard.clear()
            self.next_telling = now + told / PAGES_A_SECOND
        if is_beat:
            self.next_beat = now + BEAT
        if is_recheck:
            self.next_recheck = now + RECHECK

    async def close_ended(self, pages: Iterable[OpenPage]) -> None:
        """Close the pages whose admission ended without this process having heard of it."""
        holders = {page.holder for page in pages}
        if not holders:
            return
        ended = holders - await database_sync_to_async(still_hold)(holders)
        for page in pages:
            if page.holder in ended:
                self.hub.shut(page, ADMISSION_ENDED)

    async def begin(self, at: datetime) -> None:
        pages = [page for page in open_pages(self.hub) if page.visit is None]
        visits = await database_sync_to_async(presence.begin)({page.stay for page in pages}, at=at)
        for page in pages:
            page.visit, page.held_until = visits.get(page.stay), at + presence.LEASE
        await let_go(set(pages).difference(open_pages(self.hub)))

    async def renew(self, at: datetime) -> None:
        pages = [page for page in open_pages(self.hub) if page.visit is not None]
        visits = {page.visit for page in pages if page.visit is not None}
        await database_sync_to_async(presence.renew)(visits, at=at)
        for page in pages:
            page.held_until = at + presence.LEASE

    async def tell(self, at: datetime, *, newcomers: set[OpenPage], everybody: bool) -> int:
        """Tell the pages of each meeting who is here if that is news to them, and the head.

        Gives how many pages were told.
        """
        told = 0
        meetings = {page.meeting for page in open_pages(self.hub)}
        pulses = await database_sync_to_async(presence.pulses)(meetings, at=at)
        for meeting, pulse in pulses.items():
            before = self.told.get(meeting)
            message: dict[str, object] = {"head": pulse.head, "here": pulse.here}
            if before is None or (before.here, before.who) != (pulse.here, pulse.who):
                text = json.dumps({"change": "people", **message})
                told += await self.hub.tell(group_of(meeting), text)
            elif everybody:
                told += await self.hub.tell(group_of(meeting), json.dumps(message))
            else:
                for page in newcomers.intersection(open_pages(self.hub)):
                    if page.meeting == meeting:
                        self.hub.greet(page, json.dumps(message))
        self.told = pulses
        return told


def open_pages(hub: Hub) -> list[OpenPage]:
    return [page for page in hub.sockets() if isinstance(page, OpenPage)]


_closed: WeakKeyDictionary[Hub, list[OpenPage]] = WeakKeyDictionary()


async def farewell(page: OpenPage) -> None:
    """A page has closed: its visit ends soon. Pages that close together are written together."""
    closed = _closed.setdefault(hub(), [])
    closed.append(page)
    if len(closed) > 1:
        return  # the first one writes for all
    try:
        await asyncio.sleep(GATHER)
    finally:
        del _closed[hub()]
    await let_go(closed)


async def let_go(pages: Iterable[OpenPage]) -> None:
    """Shorten the leases of these pages, except where the same tab has come back meanwhile."""
    back = {page.visit for page in open_pages(hub())}
    held = {
        page.visit: page.held_until
        for page in pages
        if page.visit is not None and page.held_until is not None and page.visit not in back
    }
    try:
        await database_sync_to_async(presence.shorten)(held, at=timezone.now())
    except Exception:
        logger.exception("Could not note that pages have closed; their leases lapse.")
