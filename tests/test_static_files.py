"""Styles and scripts, before and after `collectstatic`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import Client, override_settings

ASK = """
import django
django.setup()
from django.templatetags.static import static
from django.test import Client
answer = Client(headers={"Accept-Encoding": "gzip"}).get(static("portal/theme.css"))
print(static("portal/theme.css"), answer.status_code, answer.headers["Content-Encoding"])
print(answer.headers["Cache-Control"])
"""


@override_settings(WHITENOISE_USE_FINDERS=True)  # as it is but for tests, see their conftest
def test_a_fresh_clone_serves_them_as_they_lie(db: None) -> None:
    assert static("portal/theme.css") == "/static/portal/theme.css"
    answer = Client().get("/static/portal/theme.css")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


@pytest.fixture
def server(tmp_path: Path) -> dict[str, str]:
    """The environment of a server with a data folder of its own."""
    return {**os.environ, "PORTAL_DATA_DIR": str(tmp_path)}


def run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env={**environment, "DJANGO_SETTINGS_MODULE": "meetingportal.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_collected_ones_are_compressed_and_kept_for_ever(server: dict[str, str]) -> None:
    run(server, "manage.py", "collectstatic", "--no-input")
    address, cache_control = run(server, "-c", ASK).splitlines()
    name, status, encoding = address.split()
    assert name.startswith("/static/portal/theme.")
    assert (name != "/static/portal/theme.css", status, encoding) == (True, "200", "gzip")
    assert "immutable" in cache_control
