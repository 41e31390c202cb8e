"""The hub writes to sockets without waiting for any of them."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from meetingportal import fanout
from meetingportal.fanout import STALLED, Hub, Socket, hand_over
from tests.live.conftest import PATIENCE
from tests.live.servers import Redis


class Reader:
    """The other end of a socket, which takes messages only while it is not behind."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_ready = asyncio.Event()
        self.is_ready.set()
        self.is_gone = False

    async def send(self, message: Any) -> None:
        await self.is_ready.wait()
        await asyncio.sleep(0)
        if self.is_gone:
            raise ConnectionResetError
        self.heard.append(message.get("text") or str(message["code"]))


@pytest.fixture
async def hub() -> Hub:
    return Hub()


def opened(hub: Hub, reader: Reader, holder: int = 1) -> Socket:
    socket = Socket(reader.send, group="meeting.1", holder=holder)
    hub.groups.setdefault("meeting.1", fanout.Members()).add(socket)
    hub.count += 1
    return socket


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_who_is_behind_keeps_nobody_waiting(hub: Hub) -> None:
    slow, quick = Reader(), Reader()
    opened(hub, slow, holder=1)
    opened(hub, quick, holder=2)
    slow.is_ready.clear()
    assert await hub.tell("meeting.1", "one") == 2
    await settled()
    assert (slow.heard, quick.heard) == ([], ["one"])


async def test_who_is_behind_misses_what_comes_meanwhile_and_goes_on_after_it(hub: Hub) -> None:
    reader = Reader()
    opened(hub, reader)
    reader.is_ready.clear()
    await hub.tell("meeting.1", "one")
    await hub.tell("meeting.1", "two")
    reader.is_ready.set()
    await settled()
    await hub.tell("meeting.1", "three")
    await settled()
    assert reader.heard == ["one", "three"]


async def test_who_takes_nothing_for_long_is_closed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "STALLED_AFTER", 0)
    reader = Reader()
    socket = opened(hub, reader)
    reader.is_ready.clear()
    await hub.tell("meeting.1", "one")
    first = socket.writing
    assert first is not None
    await asyncio.sleep(0.01)
    await hub.tell("meeting.1", "two")
    await settled()
    assert first.cancelled()
    assert hub.count == 0
    reader.is_ready.set()
    await settled()
    assert reader.heard == [str(STALLED)]


async def test_who_is_gone_is_forgotten(hub: Hub) -> None:
    reader = Reader()
    opened(hub, reader)
    reader.is_gone = True
    await hub.tell("meeting.1", "one")
    await settled()
    assert (hub.count, hub.groups) == (0, {})


@pytest.mark.asyncio
async def test_nobody_waits_for_ever_for_a_redis_that_has_stopped_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = Redis(tmp_path)
    redis.start()
    layer = RedisPubSubChannelLayer(hosts=[{"address": redis.url, "socket_timeout": None}])
    usual = channel_layers.set("default", layer)
    try:
        await hand_over("meeting.1", {"type": "tell"})
        redis.process.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(fanout, "HANDED_OVER_WITHIN", 0.1)
        with pytest.raises(TimeoutError):
            await hand_over("meeting.1", {"type": "tell"})
        redis.process.send_signal(signal.SIGCONT)
        monkeypatch.setattr(fanout, "HANDED_OVER_WITHIN", PATIENCE)
        await hand_over("meeting.1", {"type": "tell"})
    finally:
        channel_layers.set("default", usual)
        await layer.flush()
        redis.kill()
