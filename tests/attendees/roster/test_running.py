"""Large files are imported by a process of their own; whatever ends it, nothing is half done."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from attendees.links import check as linkcheck
from attendees.links.remembering import names_of, recalled
from attendees.links.statements import RULE
from attendees.models import Attendee, PreviewPage, RosterImport
from attendees.roster import importing, progress, running
from attendees.roster.apply import BATCH
from attendees.roster.importing import NOT_FINISHED
from attendees.roster.progress import Progress
from attendees.roster.versions import renew
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of, link_between

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "code,email,firstname,lastname\n"
MANY = running.FROM
ATTENDEES = "/host/meetings/meeting1/attendees/"


def many(people: int, firstname: str = "Ann") -> bytes:
    rows = (f"QX{n:06},p{n}@example.org,{firstname},Family{n % 50}\n" for n in range(people))
    return (HEADER + "".join(rows)).encode()


@pytest.fixture(autouse=True)
def same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process finds the database of the test where it finds that of an installation."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = re.sub(r"/[^/]*\Z", f"/{name}", os.environ["PORTAL_DATABASE_URL"])
    monkeypatch.setenv("PORTAL_DATABASE_URL", url)


@pytest.fixture
def client(alice: Host, client_of: Callable[[Host], Client]) -> Client:
    return client_of(alice)


def uploaded(client: Client, meeting: Meeting, content: bytes) -> tuple[str, str]:
    """The address of the preview, and the digest of what it showed."""
    file = SimpleUploadedFile("list.csv", content)
    page = client.post(f"{ATTENDEES}import/", {"file": file}).url
    return page, client.get(page).context["seen"]


def finished() -> RosterImport:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        upload = RosterImport.objects.get()
        if not running.is_running(upload, at=timezone.now()):
            return upload
        time.sleep(0.1)
    raise TimeoutError("The import takes longer than a minute.")


def test_page_shows_how_far_it_is_until_the_list_is_imported(
    client: Client, meeting1: Meeting
) -> None:
    page, seen = uploaded(client, meeting1, many(MANY))
    assert client.post(page, {"act": "import", "seen": seen}).url == page
    shown = client.get(page).content.decode()
    assert "<progress" in shown or "The list is imported" in shown
    assert finished().is_imported
    assert Attendee.objects.of(meeting1).count() == MANY
    assert "The list is imported" in client.get(page).content.decode()
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_running_import_is_shown_with_and_without_javascript(
    client: Client, meeting1: Meeting
) -> None:
    page, _ = uploaded(client, meeting1, many(MANY))
    later = timezone.now() + timedelta(minutes=1)
    RosterImport.objects.update(run=uuid4(), runs_until=later, stage="writing")
    shown = client.get(page).content.decode()
    assert "<progress" in shown
    assert 'http-equiv="refresh"' in shown
    assert 'hx-trigger="every 1s"' in shown
    assert "HX-Refresh" not in client.get(page, headers={"HX-Request": "true"})


def test_bar_shows_rows_done_of_all_and_survives_a_reload(
    client: Client, meeting1: Meeting
) -> None:
    page, _ = uploaded(client, meeting1, many(MANY))
    run, later = uuid4(), timezone.now() + timedelta(minutes=1)
    RosterImport.objects.update(run=run, runs_until=later, stage="writing")
    assert "Comparing it with the list" in client.get(page).content.decode()
    progress.tell(run, Progress(45_000, 100_000))
    for _ in range(2):
        shown = client.get(page).content.decode()
        assert "Writing: 45,000 of 100,000 rows" in shown
        assert 'max="100" value="56"' in shown
        assert f"{MANY:,} people" in shown


def test_rows_are_told_in_batches_and_forgotten_at_the_end(
    client: Client, meeting1: Meeting
) -> None:
    attendee_of(meeting1, "QX000001", "p1@example.org", "Anne")
    _, seen = uploaded(client, meeting1, many(BATCH + 2))
    upload, run, told = RosterImport.objects.get(), uuid4(), []

    def tell(written: Progress) -> None:
        progress.tell(run, written)
        told.append(progress.told(run))

    RosterImport.objects.update(run=run)
    importing.confirm(upload.pk, importing.Orders(seen=seen), run=run, tell_rows=tell)
    assert told == [(1, BATCH + 2), (BATCH + 1, BATCH + 2), (BATCH + 2, BATCH + 2)]
    running.end(upload.pk, run, "")
    assert progress.told(run) is None


def test_progress_that_cannot_be_kept_does_no_harm(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "missing"
    run = uuid4()
    progress.tell(run, Progress(1, 2))
    assert progress.told(run) is None
    progress.forget(run)
    progress.forget_old(at=timezone.now())


def test_progress_left_lying_is_forgotten(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    old, new = uuid4(), uuid4()
    for run in (old, new):
        progress.tell(run, Progress(1, 2))
    days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(progress.path_of(old), (days_ago, days_ago))
    progress.forget_old(at=timezone.now())
    assert (progress.told(old), progress.told(new)) == (None, Progress(1, 2))


@pytest.mark.parametrize("gone", ["by its lease", "by its process"])
def test_killed_import_says_so_and_can_be_repeated(
    client: Client, meeting1: Meeting, gone: str
) -> None:
    page, seen = uploaded(client, meeting1, many(MANY))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lease = timedelta(minutes=1) if gone == "by its process" else timedelta(minutes=-1)
    where = f"{socket.gethostname()}:{ended.pid}" if gone == "by its process" else "elsewhere:1"
    RosterImport.objects.update(run=uuid4(), runs_until=timezone.now() + lease, runs_on=where)
    assert NOT_FINISHED in client.get(page).content.decode()
    client.post(page, {"act": "import", "seen": seen})
    assert finished().is_imported
    assert Attendee.objects.count() == MANY


def test_preview_of_a_large_file_does_not_read_it_again(
    client: Client, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, seen = uploaded(client, meeting1, many(MANY))

    def reading(*args: object) -> None:
        raise AssertionError("The file is read again.")

    monkeypatch.setattr("attendees.roster.importing.read", reading)
    shown = client.get(page, {"page": "3"})
    assert shown.context["seen"] == seen
    assert "QX000200" in shown.content.decode()
    assert "QX000300" not in shown.content.decode()
    assert PreviewPage.objects.count() == 1 + MANY // 100


def test_kept_pages_are_gone_with_the_file(client: Client, meeting1: Meeting) -> None:
    page, _ = uploaded(client, meeting1, many(MANY))
    client.post(page, {"act": "choose", "mode": "add_only"})
    assert PreviewPage.objects.count() == 0
    client.get(page)
    assert PreviewPage.objects.exists()
    client.post(page, {"act": "discard"})
    assert PreviewPage.objects.count() == 0


def test_list_changed_meanwhile_shows_the_new_preview(client: Client, meeting1: Meeting) -> None:
    page, seen = uploaded(client, meeting1, many(MANY))
    attendee_of(meeting1, "QX000001", "p1@example.org", "Anne")
    client.post(page, {"act": "import", "seen": seen})
    assert not finished().is_imported
    shown = client.get(page).content.decode()
    assert "The list has changed since you looked" in shown
    assert f"{MANY - 1:,} new, 1 changed" in shown
    assert Attendee.objects.count() == 1


@pytest.mark.parametrize("size", [50, MANY])
def test_confirming_from_several_tabs_has_one_effect(
    client: Client, alice: Host, meeting1: Meeting, client_of: Callable[[Host], Client], size: int
) -> None:
    page, seen = uploaded(client, meeting1, many(size))
    answers: list[int] = []

    def confirm(tab: Client) -> None:
        try:
            answers.append(tab.post(page, {"act": "import", "seen": seen}).status_code)
        finally:
            connection.close()

    tabs = [Thread(target=confirm, args=(client_of(alice),)) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert answers == [302] * 4
    upload = finished()
    assert upload.is_imported
    assert upload.counts["meeting1"]["new"] == Attendee.objects.count() == size


@pytest.mark.redis
def test_what_the_links_carry_is_known_before_the_host_looks(
    client: Client, alice: Host, meeting1: Meeting, meeting2: Meeting
) -> None:
    link_between(meeting1, meeting2, alice)
    renew([meeting2.pk])
    page, seen = uploaded(client, meeting1, many(MANY))
    client.post(page, {"act": "import", "seen": seen})
    assert finished().is_imported
    pair = (meeting1.pk, meeting2.pk)
    until = time.monotonic() + 60
    while not (known := recalled(names_of([pair], RULE))):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert known == linkcheck.count([pair])


# --- Killed --------------------------------------------------------------------------------

# Runs the import, and kills its own process before the statement with the number given.
KILLED = """
import os, signal, sys
import django, psycopg
django.setup()
from django.db import connection
from uuid import UUID
from attendees.roster import running

left = int(sys.argv[3])

def count():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def killer(execute, sql, params, many, context):
    count()
    return execute(sql, params, many, context)

# What is copied is no statement to Django.
write = psycopg.Copy.write
def counted(copy, data):
    count()
    return write(copy, data)
psycopg.Copy.write = counted

with connection.execute_wrapper(killer):
    running.carry_out(UUID(sys.argv[1]), UUID(sys.argv[2]))
"""


def roster(meeting: Meeting) -> list[tuple[object, ...]]:
    return list(Attendee.objects.of(meeting).order_by("pk").values_list())


def killed_at(number: int, upload: RosterImport, orders: dict[str, object]) -> int:
    run = uuid4()
    RosterImport.objects.update(
        run=run, runs_until=timezone.now() + timedelta(minutes=5), runs_on="", orders=orders
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "meetingportal.settings"}
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(upload.pk), str(run), str(number)],
        cwd=settings.BASE_DIR,
        env=env,
    )
    running.watch(child, upload.pk, run)
    return child.returncode


def test_import_killed_at_any_statement_has_changed_nothing(
    client: Client, meeting1: Meeting
) -> None:
    attendee_of(meeting1, "GONE", "gone@example.org", "Gone")
    for n in range(0, 40, 2):
        attendee_of(meeting1, f"QX{n:06}", f"p{n}@example.org", "Old", lastname=f"Family{n}")
    page, _ = uploaded(client, meeting1, many(40))
    client.post(page, {"act": "choose", "removes_missing": "on"})
    seen = client.get(page).context["seen"]
    upload, before = RosterImport.objects.get(), roster(meeting1)
    orders = {"seen": seen, "leaves_out": False, "typed_removals": "1"}
    for number in range(1, 60, 3):
        if killed_at(number, upload, orders) == 0:
            break
        assert roster(meeting1) == before, number
        assert NOT_FINISHED in client.get(page).content.decode(), number
        assert client.get(page).context["seen"] == seen
    assert 8 < number < 58
    assert RosterImport.objects.get().is_imported
    assert {row[4] for row in roster(meeting1)} == {"Ann"}


LIMITED = """
import django
django.setup()
from attendees.roster import running
running.limit()
"""


@pytest.mark.parametrize(
    ("act", "seconds", "outcome"),
    [
        ("import time; time.sleep(60)", 1, -signal.SIGALRM),
        ("kept = bytearray(3 * 1024**3)", 60, 1),
        ("pass", 60, 0),
    ],
    ids=["time", "memory", "neither"],
)
def test_process_ends_at_its_limits(act: str, seconds: int, outcome: int) -> None:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "meetingportal.settings",
        "PORTAL_IMPORT_SECONDS": str(seconds),
    }
    child = subprocess.run(
        [sys.executable, "-c", LIMITED + act], env=env, cwd=settings.BASE_DIR, capture_output=True
    )
    assert child.returncode == outcome
