"""How fast is an import, beside the database itself and beside django-import-export?

    python tests/benchmarks/imports.py [--rows 1000 10000 100000] [--runs 5] [--peers]

Runs in a database of its own, on whatever PORTAL_DATABASE_URL names, and removes it. Every ratio is
a median of interleaved runs in this one process; times are only there to see the size of it.
"""

# ruff: noqa: E402 - the settings come before the models

import argparse
import gc
import io
import json
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import batched
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")
os.environ.setdefault("PORTAL_DATA_DIR", tempfile.mkdtemp(prefix="portal-benchmark-"))

import django

django.setup()

from django.db import connection, transaction
from django.test.utils import setup_databases, teardown_databases

from attendees.identity import look_alike
from attendees.models import Attendee
from attendees.roster.apply import COPY, NEW_COLUMNS, TABLE
from attendees.roster.importing import carry_out
from attendees.roster.plan import Choices
from attendees.roster.read import read
from attendees.roster.rows import Limits
from hosts.models import Workspace
from meetings.models import Meeting

INSERT = f"INSERT INTO {TABLE} ({', '.join(NEW_COLUMNS)}) VALUES (%s{', %s' * 10})"
LIMITS = Limits(size=100 * 1024 * 1024, rows=1_000_000)
HEADER = "code,email,firstname,lastname,external_id\n"
FIRST = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gül", "Zoë", "Łukasz", "Олена")


def csv_of(rows: int, *, changed: float = 0, new: float = 0) -> bytes:
    """A list; a share of the people with another last name, and a share of people added."""
    every = round(1 / changed) if changed else 0
    out = io.StringIO()
    out.write(HEADER)
    for n in range(rows + round(rows * new)):
        last = "Changed" if every and n % every == 0 else f"Family{n % 5000}"
        out.write(f"QX{n:07},person{n}@example.org,{FIRST[n % 10]},{last},\n")
    return out.getvalue().encode()


def raw_values(meeting: Meeting, rows: int) -> list[tuple[object, ...]]:
    return [
        (
            meeting.pk, f"QX{n:07}", f"person{n}@example.org", FIRST[n % 10], f"Family{n % 5000}",
            "", "{}", f"qx{n:07}", f"c:qx{n:07}:person{n}@example.org",
            look_alike(f"c:qx{n:07}:person{n}@example.org"), 1,
        )
        for n in range(rows)
    ]  # fmt: skip


def raw_database(values: list[tuple[object, ...]]) -> None:
    """The limit: the same rows into the same table, COPY or executemany, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(COPY) as copy:
                for batch in batched(values, 5000):
                    copy.write("".join("\t".join(map(str, row)) + "\n" for row in batch))
        else:
            cursor.executemany(INSERT, values)


def ours(meeting: Meeting, content: bytes) -> None:
    """From the bytes of the upload to the commit."""
    reading = read(content, LIMITS)
    managed = Meeting.objects.all()
    carry_out([meeting], reading, Choices(), managed=managed, accept=lambda _: None)


def import_export(meeting: Meeting, content: bytes, *, is_tuned: bool) -> None:
    """django-import-export as its documentation says for bulk imports, or tuned by hand.

    Tuned, it fetches all rows at once, compares nothing for its report, and skips what is equal.
    """
    import tablib
    from import_export import instance_loaders, resources

    class AttendeeResource(resources.ModelResource):
        def get_queryset(self) -> Any:
            return Attendee.objects.of(meeting)

        def before_save_instance(self, instance: Attendee, row: object, **_: object) -> None:
            instance.meeting_id = meeting.pk
            instance.derive()

        class Meta:
            model = Attendee
            import_id_fields = ["code"]
            fields = ("code", "email", "firstname", "lastname", "external_id")
            use_bulk = True
            use_transactions = True
            if is_tuned:
                batch_size = 5000
                skip_diff = True
                skip_html_diff = True
                skip_unchanged = True
                report_skipped = False
                instance_loader_class = instance_loaders.CachedInstanceLoader

    data = tablib.Dataset().load(content.decode(), format="csv")
    result = AttendeeResource().import_data(data, raise_errors=True)
    assert not result.has_errors()


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM attendees_attendee")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE attendees_attendee")


def timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def compare(rows: int, runs: int, *, peers: bool) -> dict[str, float]:
    meeting = Meeting.objects.create(workspace=Workspace.objects.get(), title=f"{rows}")
    values, fresh = raw_values(meeting, rows), csv_of(rows)
    mixed = csv_of(rows, changed=0.1, new=0.05)
    times: dict[str, list[float]] = {}

    def measure(name: str, act: Callable[[], None]) -> None:
        times.setdefault(name, []).append(timed(act))

    for _ in range(runs):
        empty()
        measure("raw", lambda: raw_database(values))
        empty()
        measure("fresh", lambda: ours(meeting, fresh))
        assert Attendee.objects.of(meeting).count() == rows
        measure("unchanged", lambda: ours(meeting, fresh))
        measure("mixed", lambda: ours(meeting, mixed))
        assert Attendee.objects.of(meeting).filter(lastname="Changed").exists()
    for is_tuned in (False, True) if peers and rows <= 10_000 else ():
        name = "import-export use_bulk" + (", tuned" if is_tuned else "")
        empty()
        measure(name, lambda t=is_tuned: import_export(meeting, fresh, is_tuned=t))
        measure(f"{name}: mixed", lambda t=is_tuned: import_export(meeting, mixed, is_tuned=t))
    empty()
    return {name: statistics.median(found) for name, found in times.items()}


def peak_of(rows: int) -> float:
    """Megabytes that Python takes above idle, the file included."""
    meeting = Meeting.objects.create(workspace=Workspace.objects.get(), title="memory")
    empty()
    tracemalloc.start()
    ours(meeting, csv_of(rows))
    ours(meeting, csv_of(rows, changed=0.1, new=0.05))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    empty()
    return peak / 1024 / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="also django-import-export, to 10,000")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    gc.disable()  # as in the process of its own, see `attendees.roster.running.limit`
    databases = setup_databases(verbosity=0, interactive=False)
    Workspace.objects.create(name="Benchmark")
    assert set(NEW_COLUMNS) >= {"code", "email"}
    try:
        found = {rows: compare(rows, options.runs, peers=options.peers) for rows in options.rows}
        peaks = {rows: peak_of(rows) for rows in options.rows}
    finally:
        teardown_databases(databases, verbosity=0)
    if options.format == "json":
        print(json.dumps({"database": connection.vendor, "seconds": found, "peak_mb": peaks}))
        return
    print(f"Import on {connection.vendor}, medians of {options.runs}; ratios to the raw database")
    for rows, times in found.items():
        print(f"\n{rows:,} rows   (peak {peaks[rows]:.0f} MB in Python)")
        for name, seconds in times.items():
            print(f"  {name:32} {seconds * 1000:10,.0f} ms   {seconds / times['raw']:6.2f} ×")


if __name__ == "__main__":
    main()
