"""The cast (Alice hosts, Bob attends, Mallory is not invited), and what holds for every run."""

import os
from collections.abc import Callable, Generator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.utils import timezone

from attendees.models import Attendee
from hosts.models import Host, Membership, Workspace
from materials.models import Material
from meetingportal.briefly import Briefly
from meetings.models import CoHost, Meeting

IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests run last: after them no event loop can be started in this process.

    What is about PostgreSQL or Redis alone is no test where that is not used.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    used = {"postgresql": connection.vendor == "postgresql", "redis": bool(settings.REDIS_URL)}
    absent = [name for name, is_used in used.items() if not is_used]
    elsewhere = [item for item in items if any(map(item.get_closest_marker, absent))]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is left out in silence: a skipped test has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Left out, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"Left out, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite keeps the database in a file, as it does for users: threads and servers share it."""
    if connection.vendor == "sqlite":
        name = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(name)
        # What a test writes need not survive a power cut.
        pragmas = connection.settings_dict["OPTIONS"]["init_command"]
        connection.settings_dict["OPTIONS"]["init_command"] = pragmas.replace("=FULL", "=OFF")
    connection.ops.sql_flush = emptying


def emptying(style: object, tables: list[str], **options: bool) -> list[str]:
    """How tests that commit leave the database; PostgreSQL takes a second to truncate all tables.

    What Django itself writes after a migration stays, so that it need not write it anew.
    """
    kept = ("django_content_type", "auth_permission")
    return [f'DELETE FROM "{table}"' for table in tables if table not in kept]


@pytest.fixture(autouse=True)
def stored_files(settings, tmp_path):
    """The folder in which uploads are stored: new for every test, never the installation's."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


class QuickArgon2(Argon2PasswordHasher):
    """The hash that servers use, made in no time: a test keeps nobody's password."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def pytest_configure() -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickArgon2", *settings.PASSWORD_HASHERS]
    # Each test client would begin by looking at all static files; none of them asks for one.
    settings.WHITENOISE_USE_FINDERS = False


def host_of(workspace: Workspace, email: str, role: str) -> Host:
    host = Host.objects.create_user(
        email, "correct horse battery", name=email.split("@")[0].title()
    )
    Membership.objects.create(workspace=workspace, host=host, role=role)
    return host


def meeting_of(host: Host, slug: str, **fields: object) -> Meeting:
    """A live meeting that the host made; give `state` for another."""
    fields = {"title": slug.title(), "state": "live", "started_at": timezone.now()} | fields
    workspace = fields.pop("workspace", None) or host.workspaces.get()
    meeting = Meeting.objects.create(workspace=workspace, slug=slug, created_by=host, **fields)
    CoHost.objects.create(meeting=meeting, host=host)
    return meeting


def attendee_of(meeting: Meeting, code: str, email: str, firstname: str, **fields: str) -> Attendee:
    attendee = Attendee(meeting=meeting, code=code, email=email, firstname=firstname, **fields)
    attendee.derive()
    attendee.save()
    return attendee


def link_between(source: Meeting, target: Meeting, host: Host, **fields: object) -> Material:
    fields = {"title": f"To {target.title}", "is_published": True, "made_by": host} | fields
    return Material.objects.create(meeting=source, kind="meeting", target=target, **fields)


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """What one test has rendered is not shown in the next."""
    Briefly.forget_all()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return Workspace.objects.create(name="Northwind")


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    return Workspace.objects.create(name="Elsewhere")


@pytest.fixture
def alice(workspace: Workspace) -> Host:
    return host_of(workspace, "alice@example.org", "owner")


@pytest.fixture
def mallory(other_workspace: Workspace) -> Host:
    return host_of(other_workspace, "mallory@example.org", "owner")


@pytest.fixture
def meeting1(alice: Host) -> Meeting:
    return meeting_of(alice, "meeting1")


@pytest.fixture
def meeting2(alice: Host, meeting1: Meeting) -> Meeting:
    """A second live meeting, linked with the first in both directions."""
    meeting = meeting_of(alice, "meeting2")
    link_between(meeting1, meeting, alice)
    link_between(meeting, meeting1, alice)
    return meeting


@pytest.fixture
def bob(meeting1: Meeting) -> Attendee:
    return attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob", lastname="Ito")


@pytest.fixture
def bob2(meeting2: Meeting) -> Attendee:
    """Bob, as the roster of the second meeting has him."""
    return attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob", lastname="Ito")


@pytest.fixture
def client_of() -> Callable[[Host], Client]:
    def signed_in(host: Host) -> Client:
        client = Client()
        client.force_login(host)
        return client

    return signed_in
