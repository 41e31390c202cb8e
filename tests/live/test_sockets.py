"""The socket of a meeting page: who gets in, what it hears, and when it is closed."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from attendees import heartbeat
from attendees.ending import end_admissions, leave
from attendees.models import Attendee, Visit
from attendees.presence import here
from meetingportal.fanout import hub
from meetings.lifecycle import end
from meetings.live import announce, hint
from meetings.models import Meeting
from tests.conftest import attendee_of
from tests.live.conftest import PATIENCE, OpenPage, Page, Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bobs_browser(meeting1: Meeting, bob: Attendee) -> Visitor:
    browser = Visitor()
    browser.come_in(meeting1, bob)
    return browser


@pytest.fixture
def mira(meeting1: Meeting) -> Attendee:
    return attendee_of(meeting1, "MIRA-1", "mira@example.org", "Mira")


@pytest.fixture
def mallorys_browser(db: None) -> Visitor:
    return Visitor()


@sync_to_async
def tell(meeting: Meeting, text: str) -> int:
    with transaction.atomic():
        announce(meeting, "materials", render=lambda: {"materials": text})
    return meeting.sequence


async def test_who_is_admitted_hears_where_the_meeting_stands(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    assert await page.hear() == {"change": "people", "head": 0, "here": 1}


async def test_who_is_not_admitted_is_accepted_and_then_sent_to_the_door(
    meeting1: Meeting, bob: Attendee, mallorys_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, mallorys_browser)
    assert await page.close_code() == 4403


async def test_a_meeting_that_does_not_exist_looks_the_same(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    meeting1.slug = "no-such-meeting"
    page = await opened(meeting1, bobs_browser)
    assert await page.close_code() == 4403


async def test_an_admission_to_one_meeting_opens_no_socket_of_another(
    meeting2: Meeting, bob2: Attendee, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting2, bobs_browser)
    assert await page.close_code() == 4403


@pytest.mark.parametrize(
    "origin",
    [
        b"https://127.0.0.1:8000",
        b"ftp://127.0.0.1:8000",
        b"http://127.0.0.1:8001",
        b"http://127.0.0.1",
        b"http://evil.test:8000",
        b"http://sub.127.0.0.1:8000",
        b"null",
        b"",
    ],
)
async def test_another_sites_page_gets_no_socket(
    meeting1: Meeting, bobs_browser: Visitor, origin: bytes
) -> None:
    page = Page(meeting1.slug, bobs_browser, origin=origin)
    accepted, _ = await page.connect(timeout=PATIENCE)
    assert not accepted


async def test_an_announcement_reaches_every_page_with_its_number(
    meeting1: Meeting, bob: Attendee, bobs_browser: Visitor, opened: OpenPage
) -> None:
    pages = [await opened(meeting1, bobs_browser) for _ in range(3)]
    for page in pages:
        await page.hear()
    number = await tell(meeting1, "<p>New</p>")
    for page in pages:
        assert await page.hear_change("materials") == {
            "seq": number,
            "change": "materials",
            "panels": {"materials": "<p>New</p>"},
        }


async def test_what_is_announced_elsewhere_is_not_heard(
    meeting1: Meeting, meeting2: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await tell(meeting2, "<p>Elsewhere</p>")
    await tell(meeting1, "<p>Here</p>")
    assert (await page.hear_change("materials"))["panels"] == {"materials": "<p>Here</p>"}


async def test_a_change_that_is_rolled_back_is_not_told(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    @sync_to_async
    def fail() -> None:
        with transaction.atomic():
            announce(meeting1, "materials", render=lambda: {"materials": "never"})
            transaction.set_rollback(True)

    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await fail()
    await sync_to_async(meeting1.refresh_from_db)()
    number = await tell(meeting1, "then")
    assert number == 1
    assert (await page.hear_change("materials"))["panels"] == {"materials": "then"}


async def test_what_is_too_long_for_everybody_is_asked_for_instead(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await tell(meeting1, "x" * 70_000)
    assert await page.hear_change("materials") == {"seq": 1, "change": "materials"}


async def test_a_hint_takes_no_number(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await sync_to_async(hint)(meeting1.pk, {"change": "weather"})
    assert await page.hear_change("weather") == {"change": "weather"}


async def test_a_removed_attendees_page_is_closed(
    meeting1: Meeting, bob: Attendee, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await sync_to_async(end_admissions)(meeting1, [bob.pk])
    assert await page.close_code() == 4401


async def test_not_you_closes_all_pages_of_this_browser_and_no_others(
    meeting1: Meeting, bob: Attendee, bobs_browser: Visitor, opened: OpenPage
) -> None:
    other = await sync_to_async(Visitor)()
    await sync_to_async(other.come_in)(meeting1, bob)
    pages = [await opened(meeting1, bobs_browser) for _ in range(2)]
    others_page = await opened(meeting1, other)
    for page in [*pages, others_page]:
        await page.hear()
    await sync_to_async(leave)(bobs_browser.mark, meeting1)
    for page in pages:
        assert await page.close_code() == 4401
    await tell(meeting1, "still here")
    assert await others_page.hear_change("materials")


async def test_an_admission_that_ends_while_nobody_hears_it_is_noticed(
    meeting1: Meeting,
    bob: Attendee,
    bobs_browser: Visitor,
    opened: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("attendees.heartbeat.RECHECK", 0.1)
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await sync_to_async(Attendee.objects.filter(pk=bob.pk).update)(credential_version=2)
    assert await page.close_code() == 4401


async def test_the_sixth_page_of_a_browser_closes_the_first(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    pages = [await opened(meeting1, bobs_browser) for _ in range(6)]
    assert await pages[0].close_code() == 4409
    await tell(meeting1, "for five")
    for page in pages[1:]:
        assert await page.hear_change("materials")


async def test_a_page_that_talks_is_closed(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    for _ in range(21):
        await page.send_to(text_data='{"group": "meeting.2"}')
    assert await page.close_code() == 4429


async def test_a_page_that_sends_much_is_closed_at_once(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.send_to(bytes_data=b"x" * 16_385)
    assert await page.close_code() == 4429


async def test_a_full_process_sends_further_pages_away(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetingportal.fanout.MAX_SOCKETS", 1)
    await opened(meeting1, bobs_browser)
    page = await opened(meeting1, bobs_browser)
    assert await page.close_code() == 1013


async def test_who_comes_while_there_are_too_many_pages_to_tell_is_here_all_the_same(
    meeting1: Meeting,
    mira: Attendee,
    bobs_browser: Visitor,
    mallorys_browser: Visitor,
    opened: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "PAGES_A_SECOND", 0.01)  # one page in a hundred seconds
    monkeypatch.setattr(heartbeat, "BEAT", 3600)
    page = await opened(meeting1, bobs_browser)
    assert (await page.hear())["here"] == 1
    await sync_to_async(mallorys_browser.come_in)(meeting1, mira)
    await opened(meeting1, mallorys_browser)
    async with asyncio.timeout(PATIENCE):
        while await sync_to_async(here)(meeting1) < 2:
            await asyncio.sleep(0.05)
    assert await page.receive_nothing(timeout=0.3)


async def test_the_process_listens_to_a_meeting_only_while_a_page_is_open(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    assert set(hub().groups) == {f"meeting.{meeting1.pk}"}
    await page.disconnect(timeout=PATIENCE)
    assert (hub().groups, hub().count) == ({}, 0)


async def test_the_page_of_an_ended_meeting_is_told_its_state(
    meeting1: Meeting, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = await opened(meeting1, bobs_browser)
    await page.hear()
    await sync_to_async(end)(meeting1)
    assert "Ended" in str((await page.hear_change("state"))["panels"])


async def test_an_admission_that_ends_while_the_socket_opens_is_noticed(
    meeting1: Meeting, bob: Attendee, bobs_browser: Visitor, opened: OpenPage
) -> None:
    page = Page(meeting1.slug, bobs_browser)
    await page.connect(timeout=PATIENCE)
    await sync_to_async(bob.admissions.all().delete)()
    assert await page.close_code() == 4401
    assert not await sync_to_async(Visit.objects.exists)()
    await page.disconnect(timeout=PATIENCE)


async def test_hubs_of_several_event_loops_do_not_know_each_other() -> None:
    own = hub()

    async def others() -> bool:
        return hub() is own

    assert not await asyncio.to_thread(lambda: asyncio.run(others()))
