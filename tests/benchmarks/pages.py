"""What a switch between linked meetings costs, beside a meeting page and a bare Django view.

    python tests/benchmarks/pages.py [--runs 200]

Runs in one process on a database of its own (SQLite; PostgreSQL where PORTAL_DATABASE_URL says
so), in interleaved rounds, and prints medians and their ratios. The bare view has no middleware
and makes as many look-ups by primary key as the page makes queries.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import (  # noqa: E402
    CaptureQueriesContext,
    get_runner,
    setup_test_environment,
)
from django.urls import path  # noqa: E402

from attendees.models import Admission, Attendee  # noqa: E402
from hosts.models import Host, Workspace  # noqa: E402
from materials.models import Material  # noqa: E402
from meetings.models import Meeting  # noqa: E402
from tests.conftest import host_of, link_between, meeting_of  # noqa: E402


def bare(request: HttpRequest, queries: int) -> HttpResponse:
    for number in range(queries):
        Meeting.objects.filter(pk=number).first()
    return HttpResponse("ok")


urlpatterns = [path("bare/<int:queries>/", bare)]


def people(count: int) -> list[Attendee]:
    rows = []
    for number in range(count):
        person = Attendee(
            code=f"CODE-{number:06}", email=f"p{number}@example.org", firstname=f"P{number}"
        )
        person.derive()
        rows.append(person)
    return rows


def fill(meeting: Meeting, count: int) -> None:
    rows = people(count)
    for row in rows:
        row.meeting = meeting
    Attendee.objects.bulk_create(rows, batch_size=2000)


def link_many(source: Meeting, host: Host, count: int) -> None:
    """Links from the source to that many other meetings of the workspace."""
    made = [
        Meeting(workspace=source.workspace, title=f"Other {number}", created_by=host)
        for number in range(count)
    ]
    Meeting.objects.bulk_create(made, batch_size=2000)
    links = [
        Material(
            meeting=source, target=target, kind="meeting", title="Other", made_by=host,
            is_published=False, position=number,
        )
        for number, target in enumerate(made)
    ]  # fmt: skip
    Material.objects.bulk_create(links, batch_size=2000)
    # Published afterwards, in one statement; the page shows the first few, the door knows all.
    Material.objects.filter(meeting=source).update(is_published=True)


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def queries_of(act: Callable[[], object]) -> int:
    reset_queries()
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(1 for query in captured if query["sql"] not in ("BEGIN", "COMMIT"))


def measure(attendees: int, links: int, runs: int, host: Host) -> None:
    here, there = (meeting_of(host, f"{place}-{attendees}-{links}") for place in ("here", "there"))
    link_between(here, there, host)
    link_between(there, here, host)
    if links:
        link_many(there, host, links)
    for meeting in (here, there):
        fill(meeting, attendees)
    connection.cursor().execute("ANALYZE")
    client = Client()
    client.post(f"/m/{here.slug}/join/", {"code": "CODE-000001"})

    def page() -> None:
        assert client.get(f"/m/{here.slug}/").status_code == 200

    def forget() -> None:
        Admission.objects.filter(meeting=there).delete()

    def switch() -> None:
        answer = client.get(f"/m/{there.slug}/people/?from={here.slug}")
        assert answer.status_code == 200, answer["Location"]

    def people_page() -> None:
        assert client.get(f"/m/{here.slug}/people/").status_code == 200

    def join() -> None:
        Client().post(f"/m/{here.slug}/join/", {"code": "CODE-000002"})

    counts = {"page": queries_of(page), "people": queries_of(people_page)}
    forget()
    counts["switch"] = queries_of(switch)
    counts["join"] = queries_of(join)
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        naked = Client()
        naked.get("/bare/1/")

    def reference() -> None:
        with override_settings(ROOT_URLCONF=__name__):
            naked.get(f"/bare/{counts['page']}/")

    acts = {"bare view": reference, "page": page, "people": people_page, "switch": switch,
            "join": join}  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(runs):
        for name, act in acts.items():
            if name == "switch":
                forget()
            times[name].append(timed(act))
    median = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"\n{attendees:,} attendees in each, {links:,} more links, {connection.vendor}")
    for name in acts:
        print(f"  {name:10} {median[name] * 1000:7.2f} ms   {counts.get(name, '–')!s:>3} queries")
    print(f"  page / bare view   {median['page'] / median['bare view']:.2f}  (goal 2.0)")
    print(f"  switch / page      {median['switch'] / median['people']:.2f}  (goal 1.25)")
    print(f"  join / page        {median['join'] / median['page']:.2f}  (goal 2.0)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--attendees", type=int, nargs="*", default=[10, 100_000])
    parser.add_argument("--links", type=int, nargs="*", default=[0, 10, 10_000])
    options = parser.parse_args()
    setup_test_environment(debug=False)
    settings.ALLOWED_HOSTS = ["*"]
    settings.WRONG_CODES_PER_ADDRESS = 10**9
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        host = host_of(Workspace.objects.create(name="Bench"), "bench@example.org", "owner")
        for count in options.attendees:
            measure(count, 0, options.runs, host)
        for count in options.links:
            if count:
                measure(10, count, options.runs, host)
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main()
