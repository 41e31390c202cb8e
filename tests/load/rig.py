"""A portal of its own for measuring: scratch data, a crowd of attendees, a real server.

Nothing of Django is imported before `use_scratch` has pointed the settings at scratch data.
Everything stays on 127.0.0.1.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.request import urlopen

Running = AbstractContextManager[tuple[int, int]]
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))


def use_scratch(database: str = "", redis: str = "") -> None:
    """Set Django up on an empty database (by default SQLite in a temporary directory)."""
    directory = tempfile.mkdtemp(prefix="portal-measuring-")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "meetingportal.settings",
        "PORTAL_DATA_DIR": directory,
        "PORTAL_DATABASE_URL": database,
        "PORTAL_REDIS_URL": redis,
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(40),
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def a_meeting(people: int) -> str:
    """A live meeting with so many people on its roster, whose codes are CROWD-1, …; its slug."""
    from django.utils import timezone

    from attendees.models import Attendee
    from hosts.models import Workspace
    from meetings.models import Meeting

    meeting = Meeting.objects.create(
        workspace=Workspace.objects.get_or_create(name="Measured")[0],
        title="A crowd",
        state="live",
        started_at=timezone.now(),
    )
    attendees = []
    for n in range(1, people + 1):
        attendee = Attendee(
            meeting=meeting, code=f"CROWD-{n}", email=f"p{n}@example.org", firstname=f"Person {n}"
        )
        attendee.derive()
        attendees.append(attendee)
    Attendee.objects.bulk_create(attendees, batch_size=5000)
    return meeting.slug


def admitted(slug: str, people: int | None = None) -> list[str]:
    """Admit everybody on the roster, or the first so many; the cookie of each one's browser."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from attendees.browsers import SESSION_KEY, kept_form
    from attendees.models import ADMISSION_LASTS, Admission, Attendee, Participant
    from meetings.models import Meeting

    meeting, at, store = Meeting.objects.get(slug=slug), timezone.now(), SessionStore()
    attendees = list(Attendee.objects.filter(meeting=meeting).order_by("pk")[:people])
    participants = Participant.objects.bulk_create(
        [Participant(meeting=meeting, key=f"a:{a.pk}", attendee=a) for a in attendees]
    )
    marks = [secrets.token_urlsafe(24) for _ in attendees]
    Admission.objects.bulk_create(
        Admission(
            meeting=meeting,
            browser=kept_form(mark, meeting),
            participant=participant,
            attendee=participant.attendee,
            credential_version=1,
            how=Admission.How.CODE,
            created_at=at,
            expires_at=at + ADMISSION_LASTS,
        )
        for mark, participant in zip(marks, participants, strict=True)
    )
    sessions = Session.objects.bulk_create(
        Session(
            session_key=secrets.token_hex(16),
            session_data=store.encode({SESSION_KEY: mark}),
            expire_date=at + ADMISSION_LASTS,
        )
        for mark in marks
    )
    return [f"sessionid={session.session_key}" for session in sessions]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def serving(server: str, application: str = "meetingportal.asgi:application") -> Running:
    """Run the portal on daphne or uvicorn."""
    if server == "daphne":
        return running("daphne", "-v", "0", "-b", "127.0.0.1", "-p", "PORT", application)
    options = ["--host", "127.0.0.1", "--log-level", "warning", "--ws-per-message-deflate", "false"]
    return running("uvicorn", *options, "--port", "PORT", application)


@contextmanager
def running(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """Run a Python module that serves HTTP on PORT; gives the port and the process id."""
    port = free_port()
    words = [word.replace("PORT", str(port)) for word in arguments or ["PORT"]]
    environment = {**os.environ, "PORTAL_SITE_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([sys.executable, "-m", module, *words], cwd=ROOT, env=environment)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "It did not start."
                assert time.monotonic() < until, "It did not start in time."
                time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
