"""The hub: one subscription per process and group, and from there to every local socket.

A message reaches each process once, already rendered, and is written to its sockets as the same
text. That is 5 to 18 times cheaper than a subscription per socket, and the broker's work grows
with processes instead of people. Nothing here is promised to arrive: pages heal by asking.
"""

import asyncio
import logging
import random
import time
import types
from collections.abc import Callable, Coroutine, Generator, Iterable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.typing import ASGISendCallable
from channels.layers import get_channel_layer

logger = logging.getLogger("portal.fanout")

MAX_SOCKETS = 10_000  # in one process; further pages poll
MAX_SOCKETS_OF_HOLDER = 5  # in one group
BREATH = 100  # deliveries after which other work of the event loop has its turn
STALLED_AFTER = 10  # seconds in which a socket may take nothing before it is given up
RESUBSCRIBE_EVERY = 60  # seconds; brokers forget members, and some lose them in a restart
LONGEST_PAUSE = 5  # seconds between attempts to reach a broken layer

HANDED_OVER_WITHIN = 5  # seconds; whoever changed something waits for it

TRY_LATER, STALLED, REPLACED = 1013, 4408, 4409


class Socket:
    """One open page: where to write to, its group, and who holds it (one browser)."""

    __slots__ = ("group", "holder", "send", "stalled_at", "writing")

    def __init__(self, send: ASGISendCallable, *, group: str, holder: int) -> None:
        self.send = send
        self.group = group
        self.holder = holder
        self.writing: asyncio.Task[None] | None = None
        self.stalled_at = 0.0


class Members:
    """The sockets of one group, by holder, each holder's in order of arrival."""

    def __init__(self) -> None:
        self.of: dict[int, list[Socket]] = {}

    def add(self, socket: Socket) -> None:
        self.of.setdefault(socket.holder, []).append(socket)

    def remove(self, socket: Socket) -> bool:
        """False where it was not among them."""
        sockets = self.of.get(socket.holder, [])
        if socket not in sockets:
            return False
        sockets.remove(socket)
        if not sockets:
            del self.of[socket.holder]
        return True

    def all(self) -> list[Socket]:
        return [socket for sockets in self.of.values() for socket in sockets]


Companion = Callable[["Hub"], Coroutine[Any, Any, None]]
_companions: list[Companion] = []


def accompany(companion: Companion) -> Companion:
    """Run this coroutine beside every hub for as long as the hub has sockets."""
    _companions.append(companion)
    return companion


class Hub:
    """The open sockets of one event loop."""

    def __init__(self) -> None:
        self.groups: dict[str, Members] = {}
        self.count = 0
        self._channel: str | None = None
        self._subscribed: set[str] = set()
        self._subscribing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def sockets(self) -> list[Socket]:
        return [socket for members in self.groups.values() for socket in members.all()]

    # --- Sockets come, are written to, and go ------------------------------------------------

    async def join(self, socket: Socket) -> None:
        """Take in an accepted socket, or close it where the process is full."""
        if self.count >= MAX_SOCKETS:
            self.shut(socket, TRY_LATER)
            return
        members = self.groups.get(socket.group) or Members()
        held = members.of.get(socket.holder, [])
        for oldest in held[: max(0, len(held) + 1 - MAX_SOCKETS_OF_HOLDER)]:
            self.shut(oldest, REPLACED)
        members.add(socket)
        self.groups[socket.group] = members
        self.count += 1
        self._work()
        await self._settle(socket.group)

    async def leave(self, socket: Socket) -> None:
        self._forget(socket)
        await self._settle(socket.group)
        if not self.groups:
            self._rest()

    async def tell(self, group: str, text: str) -> int:
        """Write the text to each socket of the group; gives how many they are."""
        if group not in self.groups:
            return 0
        sockets = self.groups[group].all()
        for number, socket in enumerate(sockets, start=1):
            self.greet(socket, text)
            if number % BREATH == 0:
                await asyncio.sleep(0)
        return len(sockets)

    def greet(self, socket: Socket, text: str) -> None:
        """Write the text to one socket."""
        self.write(socket, {"type": "websocket.send", "text": text})

    def close(self, group: str, code: int, holders: Iterable[int] | None = None) -> None:
        """Close the sockets of these holders, or (None) all of the group."""
        if group not in self.groups:
            return
        of = self.groups[group].of
        for holder in list(of) if holders is None else holders:
            for socket in list(of.get(holder, ())):
                self.shut(socket, code)

    def shut(self, socket: Socket, code: int) -> None:
        """Close one socket. Its consumer sees the end, and calls `leave`."""
        self._forget(socket)
        socket.writing = None  # a close does not wait for its turn
        self.write(socket, {"type": "websocket.close", "code": code, "reason": ""})

    def write(self, socket: Socket, message: Any) -> None:
        """Send without waiting: whoever cannot keep up misses messages, then the connection.

        The send runs here and now, without a task of its own, which would cost four times as much
        as the rest; it gets one only where the server makes it wait because the reader is behind
        (uvicorn does; daphne buffers, and cuts by its ping).
        """
        if socket.writing is not None and not socket.writing.done():
            if time.monotonic() - socket.stalled_at > STALLED_AFTER:
                socket.writing.cancel()
                self.shut(socket, STALLED)
            return
        sending = self._write(socket, message)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        socket.writing = asyncio.create_task(finish(sending, waits_for))
        socket.stalled_at = time.monotonic()

    async def _write(self, socket: Socket, message: Any) -> None:
        try:
            await socket.send(message)
        except Exception:  # noqa: BLE001 - servers differ in what they raise for a gone client
            self._forget(socket)

    def _forget(self, socket: Socket) -> None:
        members = self.groups.get(socket.group)
        if members is None or not members.remove(socket):
            return
        self.count -= 1
        if not members.of:
            del self.groups[socket.group]

    # --- The subscription ------------------------------------------------------------------

    def _work(self) -> None:
        if not self._tasks:
            works: list[Companion] = [Hub._listen, *_companions]
            self._tasks = [asyncio.create_task(work(self)) for work in works]

    def _rest(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._channel, self._subscribed = None, set()

    async def _settle(self, group: str) -> None:
        """Be subscribed to the group exactly while it has sockets here."""
        async with self._subscribing:
            layer, channel = get_channel_layer(), self._channel
            if layer is None or channel is None:
                return  # once there is a channel, `_keep_subscribed` makes up for it
            try:
                if group in self.groups and group not in self._subscribed:
                    await layer.group_add(group, channel)
                    self._subscribed.add(group)
                elif group not in self.groups and group in self._subscribed:
                    self._subscribed.discard(group)
                    await layer.group_discard(group, channel)
            except Exception as problem:  # noqa: BLE001 - whatever the broker raises
                logger.warning("Could not subscribe to %s (%s); trying again.", group, problem)

    async def _listen(self) -> None:
        """Receive for all groups; a layer that breaks is tried again after a pause."""
        while True:
            try:
                await self._receive()
            except Exception as problem:  # noqa: BLE001 - whatever the broker raises
                logger.warning("The channel layer does not answer (%s).", problem)
                self._channel = None
                await asyncio.sleep(random.uniform(0.5, LONGEST_PAUSE))  # noqa: S311 - no secret

    async def _receive(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("none is configured")
        channel = await layer.new_channel()
        self._channel, self._subscribed = channel, set()
        keeping = asyncio.create_task(self._keep_subscribed())
        try:
            while True:
                await self._pass_on(await layer.receive(channel))
        finally:
            keeping.cancel()

    async def _keep_subscribed(self) -> None:
        """Subscribe to what is missing, and now and then to everything anew."""
        renewed_at = time.monotonic()
        while True:
            groups = self.groups.keys() ^ self._subscribed
            if time.monotonic() - renewed_at > RESUBSCRIBE_EVERY:
                renewed_at = time.monotonic()
                groups |= self._subscribed
            for group in groups:
                if group in self.groups:
                    self._subscribed.discard(group)
                await self._settle(group)
            await asyncio.sleep(1)

    async def _pass_on(self, message: dict[str, Any]) -> None:
        try:
            if message["type"] == "tell":
                await self.tell(message["group"], message["text"])
            elif message["type"] == "close":
                self.close(message["group"], message["code"], message["holders"])
        except Exception:
            logger.exception("Could not pass on a message.")


async def hand_over(group: str, message: dict[str, Any]) -> None:
    """Give the message to the layer, for the hubs of all processes; raises what went wrong.

    A subscription may be silent for hours, so the layer itself waits for ever for a broker that has
    stopped to answer.
    """
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("none is configured")
    async with asyncio.timeout(HANDED_OVER_WITHIN):
        await layer.group_send(group, message)


async def finish(begun: Coroutine[Any, Any, None], waits_for: Any) -> None:
    """Run to its end a coroutine that has been begun outside of a task."""
    await rest_of(begun, waits_for)


@types.coroutine
def rest_of(begun: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    while True:
        try:
            answer = yield waits_for
        except BaseException as problem:  # noqa: BLE001 - also when the task is cancelled
            step = partial(begun.throw, problem)
        else:
            step = partial(begun.send, answer)
        try:
            waits_for = step()
        except StopIteration:
            return


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop (a server process has one)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
