import random
import time
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from hosts.models import Host, Workspace
from materials.models import Material
from meetings.models import Meeting
from tests.conftest import host_of, meeting_of

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def carol(workspace: Workspace) -> Host:
    """A member of Alice's workspace who owns nothing in it."""
    return host_of(workspace, "carol@example.org", "host")


@pytest.fixture
def room(alice: Host) -> Meeting:
    """A live meeting of Alice that is not linked with any other."""
    return meeting_of(alice, "room", title="Room B")


def names_in(folder) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def upload(name: str = "plan.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def labels_of(meeting: Meeting) -> list[str]:
    return [material.label for material in Material.objects.of(meeting).in_order()]


def retried(act: Callable[[], object]) -> None:
    """Only SQLite in memory, which no installation uses, refuses instead of waiting."""
    for _ in range(500):
        try:
            act()
        except OperationalError as error:
            if "table is locked" not in str(error):
                raise
            time.sleep(random.uniform(0.001, 0.02))
        else:
            return
    raise AssertionError("The database was never free.")
