"""The live pages from outside: real daphnes, real sockets, with and without Redis."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from attendees.models import Attendee, Visit
from attendees.presence import LEAVING
from hosts.models import Host
from meetings.models import Meeting
from tests.live.conftest import PATIENCE, Visitor
from tests.live.servers import Portal, Redis

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "t" * 32  # of the CSRF cookie; the form sends the same


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture(scope="module", params=["daphne alone", "daphne with Redis", "uvicorn with Redis"])
def running(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Portal]:
    server, _, layer = request.param.partition(" ")
    redis = request.getfixturevalue("redis") if layer == "with Redis" else None
    portal = Portal(tmp_path_factory.mktemp("portal"), redis=redis, server=server)
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture
def portal(running: Portal) -> Iterator[Portal]:
    running.log.clear()
    yield running
    assert not running.tracebacks()


@pytest.fixture
def bobs_browser(meeting1: Meeting, bob: Attendee) -> Visitor:
    browser = Visitor()
    browser.come_in(meeting1, bob)
    return browser


@pytest.fixture
def alices_cookie(alice: Host, client_of: Callable[[Host], object]) -> str:
    return f"sessionid={client_of(alice).cookies['sessionid'].value}"


def post(portal: Portal, path: str, cookie: str) -> int:
    """Send an empty form as the person with this cookie would."""
    headers = {"Cookie": f"{cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
    return httpx.post(f"{portal.address}{path}", headers=headers, timeout=PATIENCE).status_code


def greeting(page: ClientConnection) -> dict[str, object]:
    """The first word of the server: the visit has begun."""
    return dict(json.loads(page.recv(timeout=PATIENCE)))


def hear(page: ClientConnection, change: str, *, within: float = PATIENCE) -> str:
    """The text of the next message about such a change."""
    until = time.monotonic() + within
    while True:
        text = page.recv(timeout=max(0.01, until - time.monotonic()))
        if json.loads(text).get("change") == change:
            return str(text)


def hear_head(page: ClientConnection, number: int) -> None:
    """Wait for a heartbeat that says that this is the newest change."""
    until = time.monotonic() + PATIENCE
    while json.loads(page.recv(timeout=max(0.01, until - time.monotonic()))).get("head") != number:
        pass


def close_code(page: ClientConnection, *, within: float = PATIENCE) -> int:
    until = time.monotonic() + within
    try:
        while True:
            page.recv(timeout=max(0.01, until - time.monotonic()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


@pytest.mark.parametrize(
    "origin",
    ["https://localhost:{port}", "ftp://localhost:{port}", "http://localhost:1", "http://localhost",
     "http://evil.test:{port}", "null", None],
)  # fmt: skip
def test_another_sites_page_is_refused(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor, origin: str | None
) -> None:
    origin = origin and origin.format(port=portal.port)
    with pytest.raises(InvalidStatus) as refused:
        portal.open_page(meeting1, bobs_browser, origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("prefix", ["@evil.test", "https://evil.test", "/evil"])
def test_the_header_that_a_server_takes_for_a_prefix_changes_nothing(
    portal: Portal, prefix: str
) -> None:
    headers = {"Daphne-Root-Path": prefix, "X-Forwarded-Host": "evil.test"}
    page = httpx.get(
        f"{portal.address}/accounts/password/reset/", headers=headers, timeout=PATIENCE
    )
    assert page.status_code == 200
    assert "evil" not in page.text


def test_who_is_not_admitted_is_told_so_by_a_close_code(portal: Portal, meeting1: Meeting) -> None:
    with portal.open_page(meeting1, Visitor()) as page:
        assert close_code(page) == 4403


def test_a_socket_compresses_nothing_on_daphne(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor
) -> None:
    with portal.open_page(meeting1, bobs_browser) as page:
        assert page.response
        offered = "Sec-WebSocket-Extensions" in page.response.headers
        assert offered == (portal.server == "uvicorn")


def test_a_change_reaches_every_page_as_the_same_text_and_polling_says_the_same(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor, bob: Attendee, alices_cookie: str
) -> None:
    visitors = [Visitor() for _ in range(10)]
    for visitor in visitors:
        visitor.come_in(meeting1, bob)
    with ExitStack() as stack:
        pages = [stack.enter_context(portal.open_page(meeting1, visitor)) for visitor in visitors]
        for page in pages:
            greeting(page)
        assert post(portal, "/host/meetings/meeting1/end/", alices_cookie) == 302
        texts = {hear(page, "state") for page in pages}
    assert len(texts) == 1
    told = json.loads(texts.pop())
    asked = httpx.get(
        f"{portal.address}/m/meeting1/live/?seq=0",
        headers={"Cookie": visitors[0].cookie},
        timeout=PATIENCE,
    ).json()
    assert asked["seq"] == told["seq"]
    assert asked["panels"] == told["panels"]


def test_who_says_not_you_is_out_without_waiting_for_a_recheck(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor
) -> None:
    with portal.open_page(meeting1, bobs_browser) as page:
        greeting(page)
        assert post(portal, "/m/meeting1/leave/", bobs_browser.cookie) == 302
        assert close_code(page) == 4401


def test_a_page_that_talks_is_closed_and_others_are_not_disturbed(
    portal: Portal, meeting1: Meeting, bob: Attendee, bobs_browser: Visitor, alices_cookie: str
) -> None:
    quiet = Visitor()
    quiet.come_in(meeting1, bob)
    with portal.open_page(meeting1, quiet) as quiet_page:
        greeting(quiet_page)
        with portal.open_page(meeting1, bobs_browser) as page:
            for _ in range(21):
                page.send("{}")
            assert close_code(page) == 4429
        with portal.open_page(meeting1, bobs_browser) as page:
            page.send("x" * 100_000)
            assert close_code(page) == 4429
        assert post(portal, "/host/meetings/meeting1/end/", alices_cookie) == 302
        assert hear(quiet_page, "state")


def test_any_other_socket_address_is_refused_without_a_traceback(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor
) -> None:
    meeting1.slug = "../else/where"
    with pytest.raises(InvalidStatus) as refused:
        portal.open_page(meeting1, bobs_browser)
    assert refused.value.response.status_code == 403


def test_a_reload_is_not_a_leave_but_a_closed_page_is(
    portal: Portal, meeting1: Meeting, bobs_browser: Visitor
) -> None:
    tab = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    with portal.open_page(meeting1, bobs_browser, tab=tab) as page:
        greeting(page)
    with portal.open_page(meeting1, bobs_browser, tab=tab) as page:
        assert greeting(page)["here"] == 1
        time.sleep(1)  # in which the first page's leaving is noted, if it is
        held_until = Visit.objects.get().present_until
        assert held_until > timezone.now() + LEAVING
    until = time.monotonic() + PATIENCE
    while Visit.objects.get().present_until >= held_until:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_pages_of_two_processes_hear_of_each_other(
    redis: Redis, meeting1: Meeting, bobs_browser: Visitor, alices_cookie: str,
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None,
) -> None:  # fmt: skip
    directory = tmp_path_factory.mktemp("two")
    first, second = Portal(directory, redis=redis), Portal(directory, redis=redis)
    first.start()
    second.start()
    try:
        with first.open_page(meeting1, bobs_browser) as one:
            greeting(one)
            with second.open_page(meeting1, bobs_browser) as other:
                greeting(other)
                assert post(first, "/host/meetings/meeting1/end/", alices_cookie) == 302
                assert hear(one, "state") == hear(other, "state")
                assert post(second, "/m/meeting1/leave/", bobs_browser.cookie) == 302
                assert (close_code(one), close_code(other)) == (4401, 4401)
    finally:
        first.stop()
        second.stop()


def test_a_redis_that_dies_closes_nothing_and_is_used_again_when_it_is_back(
    meeting1: Meeting, bobs_browser: Visitor, alices_cookie: str,
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None,
) -> None:  # fmt: skip
    redis = Redis(tmp_path_factory.mktemp("redis"))
    redis.start()
    directory = tmp_path_factory.mktemp("portal")
    portal = Portal(directory, redis=redis, application="tests.live.quick:application")
    portal.start()
    try:
        with portal.open_page(meeting1, bobs_browser) as page:
            greeting(page)
            redis.kill()
            assert post(portal, "/host/meetings/meeting1/end/", alices_cookie) == 302
            hear_head(page, 1)  # from which the page sees that it missed something
            redis.start()
            for changes in range(2, 20):  # it may take some seconds to find its Redis again
                act = "end" if changes % 2 else "reopen"
                assert post(portal, f"/host/meetings/meeting1/{act}/", alices_cookie) == 302
                with suppress(TimeoutError):
                    assert 1 < json.loads(hear(page, "state", within=2))["seq"] <= changes
                    break
            else:
                pytest.fail("It does not use its Redis again.")
        redis.kill()
        redis.start()
        assert httpx.get(f"{portal.address}/readyz").json()["channel_layer"]  # at once
    finally:
        portal.stop()
        redis.kill()
