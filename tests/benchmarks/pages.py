"""What a switch between linked meetings and joining cost, beside a meeting page and a bare view.

    python tests/benchmarks/pages.py [--rounds 200] [--database postgres://…]

The portal and the bare view run on daphne at the same time, on scratch data (SQLite, or the given
empty database). In each round each page is asked for once; printed are medians, their ratios, and
the number of queries. Joining is the sending of a code by a browser that nobody knows. The bare
view has no middleware and no template, and makes as many look-ups by primary key as the page makes
queries.
"""

import argparse
import http.client
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.load import rig

PORTAL, BARE = "meetingportal.asgi:application", "tests.benchmarks.bare:application"
GOALS = {"page / bare": 2.0, "switch / page": 1.25, "join / page": 2.0}
SECRET = "c" * 32  # of a browser's forms
CONTROL = ("BEGIN", "COMMIT", "PRAGMA", "SET LOCAL", "SAVEPOINT", "RELEASE")  # no queries


class Site:
    """A server that is asked over one kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, address: str, cookie: str = "", *, form: str = "") -> float:
        """Seconds until the answer is read. Raises AssertionError where it is no page."""
        headers = {"Cookie": cookie, "Referer": "http://127.0.0.1/"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self.connection.request("POST" if form else "GET", address, form or None, headers)
        answer = self.connection.getresponse()
        answer.read()
        took = time.perf_counter() - begun
        expected = 302 if form else 200
        assert answer.status == expected, f"{address}: {answer.status}"
        return took


def linked(attendees: int, links: int) -> tuple[str, str]:
    """Two linked meetings with the same roster, the second with so many more links; their slugs."""
    from hosts.models import Host, Membership
    from materials.models import Material
    from meetings.models import Meeting

    here, there = (Meeting.objects.get(slug=rig.a_meeting(attendees)) for _ in "ab")
    host, _ = Host.objects.get_or_create(email="bench@example.org")
    Membership.objects.get_or_create(workspace=here.workspace, host=host, role="owner")
    others = Meeting.objects.bulk_create(
        [Meeting(workspace=here.workspace, title=f"Other {n}") for n in range(links)],
        batch_size=2000,
    )
    pairs = [(here, there), (there, here), *((there, other) for other in others)]
    Material.objects.bulk_create(
        [
            Material(
                meeting=source, target=target, kind="meeting", title="A link", made_by=host,
                position=n, is_published=True,
            )
            for n, (source, target) in enumerate(pairs)
        ],
        batch_size=2000,
    )  # fmt: skip
    return here.slug, there.slug


def queries_of(address: str, cookie: str, form: dict[str, str] | None = None) -> int:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Cookie": cookie}, HTTP_HOST="127.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie.partition("=")[2]
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(address, form) if form else client.get(address)
    assert answer.status_code in (200, 302), answer.status_code
    return sum(1 for query in captured if not query["sql"].startswith(CONTROL))


def measure(portal: Site, bare: Site, attendees: int, links: int, rounds: int) -> None:
    from django.conf import settings
    from django.db import connection

    from attendees.models import Admission

    here, there = linked(attendees, links)
    [cookie] = rig.admitted(here, 1)
    if connection.vendor == "postgresql":  # as autovacuum does; nobody keeps SQLite's statistics
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    settings.ALLOWED_HOSTS = ["*"]
    page, switch = f"/m/{here}/people/", f"/m/{there}/people/?from={here}"
    door, form = f"/m/{here}/join/", f"code=CROWD-2&csrfmiddlewaretoken={SECRET}"

    def forget() -> None:
        Admission.objects.filter(meeting__slug=there).delete()

    queries = {"page": queries_of(page, cookie), "switch": queries_of(switch, cookie)}
    queries["join"] = queries_of(door, "", {"code": "CROWD-2"})
    acts: dict[str, Callable[[], float]] = {
        "bare": lambda: bare.ask(f"/bare/{queries['page']}/"),
        "page": lambda: portal.ask(page, cookie),
        "switch": lambda: portal.ask(switch, cookie),
        "join": lambda: portal.ask(door, f"csrftoken={SECRET}", form=form),
    }
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        forget()
        for name, act in acts.items():
            times[name].append(act())
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"\n{attendees:,} attendees in each, {links:,} more links, {connection.vendor}")
    for name, seconds in middle.items():
        print(
            f"  {name:7} {seconds * 1000:7.2f} ms  {queries.get(name, queries['page']):3} queries"
        )
    for name, goal in GOALS.items():
        one, other = name.split(" / ")
        print(f"  {name:14} {middle[one] / middle[other]:5.2f}  (goal {goal})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--attendees", type=int, nargs="*", default=[10, 100_000])
    parser.add_argument("--links", type=int, nargs="*", default=[10, 10_000])
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    rig.use_scratch(options.database)
    with ExitStack() as running:
        portal, bare = (
            Site(running.enter_context(rig.serving("daphne", application))[0])
            for application in (PORTAL, BARE)
        )
        for attendees in options.attendees:
            measure(portal, bare, attendees, 0, options.rounds)
        for links in options.links:
            measure(portal, bare, 10, links, options.rounds)


if __name__ == "__main__":
    main()
