import re
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from pytest_django import Settings

from hosts.models import Host, Membership, Workspace
from tests.conftest import host_of

PASSWORD = "correct horse battery"
SITE = "http://127.0.0.1:8000"
LINK = re.compile(r"https?://\S+")


@pytest.fixture(autouse=True)
def nobody_has_been_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def confirmed_mail(settings: Settings) -> None:
    """As with a mail server: addresses must be confirmed before the first sign-in."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def bea(workspace: Workspace) -> Host:
    """A host of Alice's workspace who owns nothing."""
    return host_of(workspace, "bea@example.org", "host")


def membership_of(host: Host) -> Membership:
    return Membership.objects.get(host=host)


def links_in(message: EmailMessage) -> list[str]:
    return [link for link in LINK.findall(str(message.body)) if link != SITE]


def path_of(link: str) -> str:
    return link.removeprefix(SITE)
