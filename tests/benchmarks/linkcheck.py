"""What does the link check cost beside a bare SQL join of the two lists on the key?

    python tests/benchmarks/linkcheck.py [--people 100000] [--runs 9] [--format json]

Runs in a database of its own, on whatever PORTAL_DATABASE_URL names, and removes it. The bare join
counts, in one direction, how many of one list are on the other; the check gives all numbers by
reason in both directions: at the first look after a list has changed, at every other one, and at
the first after an import, whose process has counted ahead. Every ratio is a median of interleaved
runs in this one process. The bare join is quadratic on SQLite: take --people 4000 there.
"""

# ruff: noqa: E402 - the settings come before the models

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")
os.environ.setdefault("PORTAL_DATA_DIR", tempfile.mkdtemp(prefix="portal-benchmark-"))

import django

django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from attendees.identity import compared_code
from attendees.links.ahead import count_ahead
from attendees.links.check import check
from attendees.links.outcomes import Tally
from attendees.models import Attendee
from attendees.roster.apply import insert
from attendees.roster.rows import Row
from attendees.roster.versions import renew
from hosts.models import Workspace
from materials.models import Material
from meetings.models import Meeting

BARE = """
SELECT count(*) FROM attendees_attendee one JOIN attendees_attendee other
  ON other.identity_key = one.identity_key WHERE one.meeting_id = %s AND other.meeting_id = %s
"""


def row(n: int, code: str, email: str, external_id: str = "") -> Row:
    return Row(n, code, email, "Ann", f"Family{n % 5000}", external_id, {}, compared_code(code))


def usual(n: int) -> Row:
    """The second list of most meetings: one in ten is somehow not the same."""
    code, email = f"QX{n:07}", f"person{n}@example.org"
    return {
        0: row(n, f"NEW{n:07}", email),
        10: row(n, code, email, f"E-{n}"),
        20: row(n, code, f"other{n}@example.org"),
        30: row(n, f"ELSE{n:07}", f"stranger{n}@example.org"),
    }.get(n % 40, row(n, code, email))


SECOND_LISTS = {
    "the same list": lambda n: row(n, f"QX{n:07}", f"person{n}@example.org"),
    "one in ten differs": usual,
    "an ID on one side only": lambda n: row(n, f"QX{n:07}", f"person{n}@example.org", f"E-{n}"),
    "a tenth of the people": lambda n: (
        None if n % 10 else row(n, f"QX{n:07}", f"person{n}@example.org")
    ),
    "two lists of strangers": lambda n: row(n, f"NN{n:07}", f"stranger{n}@example.org"),
}


def list_of(workspace: Workspace, name: str, rows: list[Row]) -> Meeting:
    meeting = Meeting.objects.create(workspace=workspace, title=name)
    insert(meeting, rows)
    return meeting


def bare_join(one: Meeting, other: Meeting) -> int:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [one.pk, other.pk])
        return int(cursor.fetchone()[0])


def seconds(question: object, one: Meeting, other: Meeting) -> float:
    start = time.perf_counter()
    question(one, other)  # type: ignore[operator]
    return time.perf_counter() - start


def checked(one: Meeting, other: Meeting) -> Tally:
    return check([(one.pk, other.pk)])[one.pk, other.pk]


def compare(one: Meeting, other: Meeting, runs: int) -> dict[str, float]:
    times: dict[str, list[float]] = {"bare": [], "first": [], "again": [], "imported": []}
    for _ in range(runs + 1):
        renew([one.pk, other.pk])
        times["bare"].append(seconds(bare_join, one, other))
        times["first"].append(seconds(checked, one, other))
        times["again"].append(seconds(checked, one, other))
        renew([one.pk, other.pk])
        count_ahead([one.pk])  # as `runimport` does once the host has been told
        times["imported"].append(seconds(checked, one, other))
    bare = times["bare"][1:]
    found = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    for name in ("first", "again", "imported"):
        ratios = (ours / theirs for ours, theirs in zip(times[name][1:], bare, strict=True))
        found[f"{name} ratio"] = statistics.median(ratios)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    numbers = range(options.people)
    found = {}
    try:
        workspace = Workspace.objects.create(name="Benchmark")
        first = SECOND_LISTS["the same list"]
        for name, second in SECOND_LISTS.items():
            one = list_of(workspace, "First", [first(n) for n in numbers])
            other = list_of(workspace, "Second", list(filter(None, map(second, numbers))))
            Material.objects.create(meeting=one, kind="meeting", target=other, is_published=True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
            found[name] = compare(one, other, options.runs)
            Attendee.objects.filter(meeting__in=[one, other]).delete()
    finally:
        teardown_databases(databases, verbosity=0)
    if options.format == "json":
        print(json.dumps({"database": connection.vendor, "people": options.people, **found}))
        return
    print(f"{options.people:,} × {options.people:,} people on {connection.vendor}")
    for name, times in found.items():
        print(
            f"  {name:24} bare join {times['bare'] * 1000:6.0f} ms   "
            f"first look {times['first'] * 1000:6.0f} ms   {times['first ratio']:5.2f} ×   "
            f"any other {times['again'] * 1000:5.1f} ms   {times['again ratio']:5.2f} ×   "
            f"after an import {times['imported'] * 1000:5.1f} ms   {times['imported ratio']:5.2f} ×"
        )


if __name__ == "__main__":
    main()
