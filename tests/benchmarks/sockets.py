"""One announcement to N open pages, beside `broadcast()` of the `websockets` library.

    python tests/benchmarks/sockets.py [--pages 1000] [--rounds 15] [--redis redis://127.0.0.1:6379/9]

Three servers run at the same time on scratch data: the yardstick, the portal on daphne and the
portal on uvicorn. In each round each of them announces once to all its pages; what is measured is
the time from the announcement to its receipt, the CPU time that the server takes for it, and what
was lost. Prints medians over the rounds, and their ratios. Goals: p99 at most 3.5 (daphne) and 1.5
(uvicorn) times the yardstick's.
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.load import rig
from tests.load.pages import OpenPage, open_page

APPLICATION = "tests.benchmarks.announcing:application"
SETTLE = 4  # seconds after which the pages have been told who is here
PAUSE = 0.3  # seconds between announcements
PATIENCE = 15  # seconds until a message counts as lost
AT_ONCE = 50  # pages that open at the same time


@dataclass
class Measured:
    name: str
    port: int
    pid: int
    slug: str
    cookies: list[str]
    pages: list[OpenPage] = field(default_factory=list)
    waits: dict[int, list[float]] = field(default_factory=dict)  # by mark, in milliseconds
    cpu: list[float] = field(default_factory=list)  # microseconds a delivery
    lost: int = 0

    def hear(self, payload: bytes) -> None:
        now = time.monotonic()
        if b'"mark"' in payload:
            told = json.loads(payload)
            self.waits.setdefault(told["mark"], []).append((now - told["sent"]) * 1000)

    def median(self, percent: float) -> float:
        return statistics.median(rig.percentile(waits, percent) for waits in self.waits.values())


async def fill(server: Measured) -> None:
    """Open a page for each cookie."""
    waiting = iter(server.cookies)

    async def open_some(cookies: Iterator[str]) -> None:
        path = f"/live/{server.slug}/"
        for cookie in cookies:
            server.pages.append(await open_page(server.port, path, cookie, server.hear))

    began, before = time.monotonic(), rig.cpu_seconds(server.pid)
    await asyncio.gather(*(open_some(waiting) for _ in range(AT_ONCE)))
    rate = len(server.pages) / (time.monotonic() - began)
    cost = (rig.cpu_seconds(server.pid) - before) / len(server.pages) * 1000
    print(f"{server.name}: {rate:.0f} pages opened a second, {cost:.2f} ms of CPU each")


async def announce(server: Measured, mark: int) -> None:
    before, expected = rig.cpu_seconds(server.pid), len(server.pages)
    address = f"http://127.0.0.1:{server.port}/announce?mark={mark}&slug={server.slug}"
    await asyncio.to_thread(lambda: urlopen(address, timeout=PATIENCE).close())
    until = time.monotonic() + PATIENCE
    while len(server.waits.get(mark, [])) < expected and time.monotonic() < until:
        await asyncio.sleep(0.02)
    server.lost += expected - len(server.waits.setdefault(mark, []))
    server.cpu.append((rig.cpu_seconds(server.pid) - before) / expected * 1e6)


async def measure(servers: list[Measured], rounds: int) -> None:
    for mark in range(rounds):
        for server in servers:
            await announce(server, mark)
            await asyncio.sleep(PAUSE)


def report(servers: list[Measured]) -> None:
    yardstick = servers[0]
    print(
        f"\n{'':28}{'p50':>9}{'p99':>9}{'p99 ratio':>11}{'CPU a delivery':>16}{'lost':>6}{'MB':>6}"
    )
    for server in servers:
        ratio = server.median(99) / yardstick.median(99)
        print(
            f"{server.name:28}{server.median(50):6.1f} ms{server.median(99):6.1f} ms{ratio:11.2f}"
            f"{statistics.mean(server.cpu):13.0f} µs{server.lost:6}{rig.memory(server.pid):6.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", default="", help="an empty scratch database")
    parser.add_argument("--redis", default="")
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    rig.use_scratch(asked.database, asked.redis)
    with ExitStack() as stack:
        servers = []
        for name, running in (
            ("websockets broadcast()", rig.running("tests.benchmarks.broadcasting")),
            ("the portal on daphne", rig.serving("daphne", APPLICATION)),
            ("the portal on uvicorn", rig.serving("uvicorn", APPLICATION)),
        ):
            slug = rig.a_meeting(asked.pages)
            port, pid = stack.enter_context(running)
            servers.append(Measured(name, port, pid, slug, rig.admitted(slug)))

        async def run() -> None:
            for server in servers:
                await fill(server)
            await asyncio.sleep(SETTLE)
            await measure(servers, asked.rounds)

        asyncio.run(run())
        report(servers)


if __name__ == "__main__":
    main()
