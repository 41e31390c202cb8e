"""`manage.py demo`: two linked, live meetings in one step, as often as one likes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from attendees.demo import staging
from attendees.models import Attendee
from attendees.roster.read import read
from attendees.roster.rows import Limits
from hosts.models import Host, Workspace
from meetings.models import Meeting
from tests.browser.server import STARTS_WITHIN, free_port
from tests.conftest import meeting_of
from tests.people import Browser


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def staged(capsys: pytest.CaptureFixture[str]) -> dict:
    call_command("demo", "--no-serve", "--format=json")
    return json.loads(capsys.readouterr().out)


def test_the_json_is_one_line_with_these_keys(db, capsys):
    call_command("demo", "--no-serve", "--format=json", "--port=8123")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    told = json.loads(lines[0])
    assert list(told) == ["site", "host", "meetings", "codes"]
    assert list(told["host"]) == ["email", "password"]
    assert told["meetings"] == ["meeting1", "meeting2"]
    assert len(told["codes"]) == len(set(told["codes"])) == 3
    assert told["site"] == os.environ.get("PORTAL_SITE_URL", "http://127.0.0.1:8123")


def test_a_code_opens_the_first_meeting_and_carries_into_the_second(db, capsys):
    codes = staged(capsys)["codes"]
    one, other = Meeting.objects.get(slug="meeting1"), Meeting.objects.get(slug="meeting2")
    somebody = Browser()
    assert somebody.type_code(one, codes[0]) == 302
    assert somebody.follow(one, other) == Attendee.objects.of(one).get(code=codes[0]).name


def test_the_host_signs_in_and_manages_both_meetings(db, capsys, client):
    host = staged(capsys)["host"]
    client.post("/accounts/login/", {"login": host["email"], "password": host["password"]})
    assert client.get("/host/meetings/meeting1/").status_code == 200
    assert client.get("/host/meetings/meeting2/").status_code == 200


def test_again_it_changes_nothing(db, capsys):
    first = staged(capsys)
    counts = [model.objects.count() for model in (Host, Workspace, Meeting, Attendee)]
    assert counts == [1, 1, 2, 400]
    assert staged(capsys) == first
    assert [model.objects.count() for model in (Host, Workspace, Meeting, Attendee)] == counts


def test_what_is_missing_is_made_again(db, capsys):
    first = staged(capsys)
    Meeting.objects.get(slug="meeting2").delete()
    assert staged(capsys) == first
    one, other = Meeting.objects.get(slug="meeting1"), Meeting.objects.get(slug="meeting2")
    assert one.materials.filter(target=other).count() == 1
    assert other.materials.filter(target=one).count() == 1


def test_a_meeting_of_somebody_else_is_left_alone(db, alice: Host, capsys):
    meeting_of(alice, "meeting1")
    with pytest.raises(CommandError, match="taken by another workspace"):
        staged(capsys)
    assert list(Meeting.objects.values_list("slug", flat=True)) == ["meeting1"]
    assert not Host.objects.filter(email=staging.HOST_EMAIL).exists()


def test_every_installation_has_a_password_of_its_own(tmp_path: Path, settings):
    settings.DATA_DIR = tmp_path / "one"
    settings.DATA_DIR.mkdir()
    password = staging.kept_password()
    assert staging.kept_password() == password
    assert (settings.DATA_DIR / "demo-password").stat().st_mode & 0o077 == 0
    settings.DATA_DIR = tmp_path
    assert staging.kept_password() != password


def test_the_bundled_roster_has_200_people_and_no_flaw():
    limits = Limits(size=settings.MAX_ROSTER_SIZE, rows=settings.MAX_ROSTER_ROWS)
    reading = read(staging.ROSTER.read_bytes(), limits)
    assert (reading.findings, reading.warnings) == ([], [])
    assert len(reading.rows) == 200


def test_a_taken_port_is_told_before_anything_is_made(db):
    with pytest.raises(CommandError, match="Choose another one with --port"):
        call_command("demo", "--port=70000")
    assert not Meeting.objects.exists()


def test_it_serves_at_the_address_that_it_prints(tmp_path: Path):
    port = free_port()
    names = ("PORTAL_SITE_URL", "PORTAL_DATABASE_URL", "PORTAL_REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    with subprocess.Popen(
        [sys.executable, "manage.py", "demo", f"--port={port}", "--format=json"],
        cwd=settings.BASE_DIR,
        env={**environment, "PORTAL_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        told = json.loads(process.stdout.readline())
        try:
            assert told["site"] == f"http://127.0.0.1:{port}"
            assert "Access code" in page_at(f"{told['site']}/m/meeting1/")
        finally:
            process.terminate()


def page_at(address: str) -> str:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        try:
            with urlopen(address, timeout=STARTS_WITHIN) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError("It does not serve.")
