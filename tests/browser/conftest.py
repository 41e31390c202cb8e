"""The rig: a server, a Chromium, and people who use them."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from hosts.models import Host
from tests.browser.server import Server
from tests.browser.visitors import Visitor

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("There is no Chromium: install the package “chromium”.")
    # Playwright keeps an event loop in this thread, where Django then refuses queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def portal_server(
    browser: Browser, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("portal"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def portal(portal_server: Server, transactional_db: None) -> Iterator[Server]:
    """The running portal, with a database that is empty before and after."""
    portal_server.log.clear()
    yield portal_server
    if told := portal_server.tracebacks():
        pytest.fail(told, pytrace=False)


@pytest.fixture
def visitor(browser: Browser, portal: Server) -> Iterator[Callable[..., Visitor]]:
    """Make somebody with a browser of their own: `visitor()`, or a host: `visitor(alice)`."""
    visitors: list[Visitor] = []

    def arrived(host: Host | None = None, **options: object) -> Visitor:
        somebody = Visitor(browser, portal.address, **options)
        visitors.append(somebody)
        return somebody.sign_in_as(host) if host else somebody

    yield arrived
    complaints = [complaint for somebody in visitors for complaint in somebody.all_complaints()]
    for somebody in visitors:
        somebody.leave()
    assert complaints == []
