"""A thousand people arrive within half a minute, as before a plenary.

    python tests/load/arrivals.py [--people 1000] [--seconds 30] [--server daphne]
                                  [--database postgres://…] [--redis redis://…]

Each opens the meeting page, is sent to the code prompt, types the code, stands in the meeting and
opens the socket. Prints how long pages took, what went wrong, how often one page was told who is
here, and when it had heard of everybody. Goals: every page answered, p95 at most 2 s, at most one
message about people a second.
"""

import argparse
import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.load import rig
from tests.load.pages import OpenPage, open_page

TOKEN = "t" * 32  # of the CSRF cookie; the form sends the same
PATIENCE = 60  # seconds after the last arrival in which everybody must be counted


class Arrivals:
    def __init__(self, port: int, slug: str) -> None:
        self.port = port
        self.slug = slug
        self.site = f"http://127.0.0.1:{port}"
        self.waits: dict[str, list[float]] = {}
        self.answers: Counter[str] = Counter()
        self.pages: list[OpenPage] = []
        # One for all: a client of its own would cost each person more than the server takes.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.transport = httpx.AsyncHTTPTransport(verify=False, limits=limits)

    async def ask(
        self, client: httpx.AsyncClient, what: str, path: str, code: str | None = None
    ) -> None:
        """Get the page, or post the code to it."""
        form = {"data": {"code": code}, "headers": {"X-CSRFToken": TOKEN}} if code else {}
        address = f"{self.site}/m/{self.slug}/{path}"
        began = time.monotonic()
        try:
            answer = await client.request("POST" if code else "GET", address, **form)
        except httpx.HTTPError as problem:
            self.answers[f"{what}: {type(problem).__name__}"] += 1
            return
        self.waits.setdefault(what, []).append(time.monotonic() - began)
        self.answers[f"{what}: {answer.status_code}"] += 1

    async def arrive(self, number: int, after: float) -> None:
        """One person: page, prompt, code, page, socket."""
        await asyncio.sleep(after)
        cookies = {"csrftoken": TOKEN}
        client = httpx.AsyncClient(cookies=cookies, timeout=60, transport=self.transport)
        await self.ask(client, "sent to the door", "")
        await self.ask(client, "code prompt", "join/")
        await self.ask(client, "code", "join/", f"CROWD-{number}")
        await self.ask(client, "meeting page", "")
        cookie = f"sessionid={client.cookies.get('sessionid')}"
        began = time.monotonic()
        try:
            page = await open_page(self.port, f"/live/{self.slug}/", cookie, lambda text: None)
        except (OSError, TimeoutError) as problem:
            self.answers[f"socket: {problem}"] += 1
            return
        self.waits.setdefault("socket", []).append(time.monotonic() - began)
        self.answers["socket: open"] += 1
        self.pages.append(page)


class Witness:
    """Somebody who was there before all others, and hears who is here."""

    def __init__(self) -> None:
        self.told: list[tuple[float, int]] = []

    def hear(self, text: bytes) -> None:
        message = json.loads(text)
        if message.get("change") == "people":
            self.told.append((time.monotonic(), message["here"]))

    def most_in_a_second(self) -> int:
        times = [at for at, _ in self.told]
        return max((sum(at <= later < at + 0.95 for later in times) for at in times), default=0)


async def run(port: int, slug: str, people: int, seconds: float, witness_cookie: str) -> None:
    arrivals, witness = Arrivals(port, slug), Witness()
    watching = await open_page(port, f"/live/{slug}/", witness_cookie, witness.hear)
    began = time.monotonic()
    draw = random.Random(1)
    await asyncio.gather(
        *(arrivals.arrive(n, draw.uniform(0, seconds)) for n in range(2, people + 1))
    )
    arrived = time.monotonic()
    while time.monotonic() < arrived + PATIENCE and (
        not witness.told or witness.told[-1][1] < people
    ):
        await asyncio.sleep(0.1)
    print(f"{people} people in {arrived - began:.1f} s")
    for answer, number in sorted(arrivals.answers.items()):
        print(f"  {number:6} × {answer}")
    for what, waits in arrivals.waits.items():
        p50, p95 = (rig.percentile(waits, percent) * 1000 for percent in (50, 95))
        print(
            f"  {what:18} p50 {p50:6.0f} ms   p95 {p95:6.0f} ms   most {max(waits) * 1000:6.0f} ms"
        )
    last = witness.told[-1]
    print(
        f"  told who is here {len(witness.told)} times, at most {witness.most_in_a_second()}"
        f" in a second; {last[1]} counted {last[0] - arrived:+.1f} s after the last arrival"
    )
    assert watching.is_open


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    parser.add_argument("--database", default="", help="an empty scratch database")
    parser.add_argument("--redis", default="")
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    rig.use_scratch(asked.database, asked.redis)
    slug = rig.a_meeting(asked.people)
    [witness_cookie] = rig.admitted(slug, 1)
    with rig.serving(asked.server) as (port, pid):
        before = rig.cpu_seconds(pid)
        asyncio.run(run(port, slug, asked.people, asked.seconds, witness_cookie))
        used = (rig.cpu_seconds(pid) - before) / asked.people * 1000
        print(f"  {used:.1f} ms of CPU for each arrival, {rig.memory(pid):.0f} MB")


if __name__ == "__main__":
    main()
