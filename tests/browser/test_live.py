"""The meeting page in a real browser: it stays as the meeting is, whatever the network does."""

import re
from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from attendees.models import Attendee
from hosts.models import Host
from materials.models import Material
from materials.panel import tell_materials
from meetings.models import Meeting
from tests.browser.server import Server
from tests.browser.visitors import Visitor
from tests.conftest import attendee_of

pytestmark = pytest.mark.browser

NO_SOCKETS = """
class Refused { constructor() { setTimeout(() => this.onclose({ code: 1006 }), 5); } close() {} }
window.WebSocket = Refused;
"""

# A socket that says what the test wants; and when the page asks over HTTP is written down.
TALKING = """
const asks = [], reallyFetch = window.fetch;
window.fetch = (...all) => { asks.push(performance.now()); return reallyFetch(...all); };
const opened = new Promise((open) => {
    window.WebSocket = class { constructor() { open(this); } close() {} };
});
window.say = async (message) => (await opened).onmessage({ data: JSON.stringify(message) });
window.asksLaterThan = (wait) => new Promise((done, fail) => {
    const since = performance.now();
    setInterval(() => asks.some((at) => at - since >= wait) && done(), 50);
    setTimeout(fail, 60_000, new Error("It did not ask."));
});
"""


@pytest.fixture
def bob_inside(visitor: Callable[..., Visitor], meeting1: Meeting, bob: Attendee) -> Visitor:
    somebody = visitor()
    somebody.come_in("meeting1", "BOB-1")
    return somebody


def connection_of(page: Page, words: str) -> None:
    expect(page.locator("[data-connection]")).to_have_text(words)


def post_as(host: Visitor, path: str) -> None:
    """Send an empty form to the path, as a button of the console does."""
    host.page.evaluate(
        """(path) => fetch(path, { method: "POST", headers: {
            "X-CSRFToken": document.cookie.match(/csrftoken=([^;]*)/)[1]
        } }).then((answer) => answer.text())""",
        path,
    )


def test_a_page_shows_what_the_host_does_without_being_loaded_again(
    visitor: Callable[..., Visitor], bob_inside: Visitor, alice: Host
) -> None:
    connection_of(bob_inside.page, "Connected")
    bob_inside.page.evaluate("window.isTheSamePage = true")
    host = visitor(alice)
    host.open("/host/meetings/meeting1/")
    post_as(host, "/host/meetings/meeting1/end/")
    expect(bob_inside.page.locator("[data-panel=status]")).to_contain_text("Ended")
    assert bob_inside.page.evaluate("window.isTheSamePage")


def test_the_count_and_the_list_follow_who_comes_and_goes(
    visitor: Callable[..., Visitor], bob_inside: Visitor, meeting1: Meeting
) -> None:
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    bob_inside.open("/m/meeting1/people/")
    expect(bob_inside.page.locator("[data-here]").first).to_have_text("1")
    eve = visitor()
    eve.come_in("meeting1", "EVE-1")
    expect(bob_inside.page.locator("[data-here]").first).to_have_text("2")
    expect(bob_inside.page.locator("[data-panel=people]")).to_contain_text("Eve")


def test_two_tabs_of_one_person_are_one(bob_inside: Visitor) -> None:
    connection_of(bob_inside.page, "Connected")
    second = bob_inside.context.new_page()
    second.goto("/m/meeting1/")
    connection_of(second, "Connected")
    expect(second.locator("[data-here]").first).to_have_text("1")


def test_a_restarted_server_is_found_again_and_what_was_missed_is_shown(
    bob_inside: Visitor, portal: Server, meeting1: Meeting
) -> None:
    connection_of(bob_inside.page, "Connected")
    with bob_inside.forgiven("WebSocket", "ERR_", "Failed to load"):
        portal.stop()
        connection_of(bob_inside.page, "Reconnecting…")
        Material.objects.create(
            meeting=meeting1,
            kind="link",
            title="Missed",
            url="https://example.org",
            is_published=True,
        )
        Meeting.objects.filter(pk=meeting1.pk).update(sequence=5)
        portal.start()
        connection_of(bob_inside.page, "Connected")
        expect(bob_inside.page.locator("[data-panel=materials]")).to_contain_text("Missed")


@pytest.mark.parametrize("message", [{"change": "people", "here": 2}, {"head": 0, "here": 2}])
def test_the_list_is_asked_for_when_no_answer_can_be_older_than_the_news(
    visitor: Callable[..., Visitor], meeting1: Meeting, bob: Attendee, message: dict[str, object]
) -> None:
    """The server keeps answers for a second, also one from just before somebody came."""
    somebody = visitor()
    somebody.context.add_init_script(TALKING)
    somebody.come_in("meeting1", "BOB-1")
    page = somebody.open("/m/meeting1/people/")
    if "change" in message:  # somebody comes while the page is about to ask already
        page.evaluate("say({ change: 'people', head: 0, here: 1 })")
    page.evaluate("(message) => say(message).then(() => asksLaterThan(1000))", message)


def test_without_sockets_the_page_polls_and_says_so(
    visitor: Callable[..., Visitor], meeting1: Meeting, bob: Attendee
) -> None:
    somebody = visitor()
    somebody.context.add_init_script(NO_SOCKETS)
    somebody.come_in("meeting1", "BOB-1")
    connection_of(somebody.page, "Updates every 10 s")
    Meeting.objects.filter(pk=meeting1.pk).update(sequence=1, title="Another title")
    expect(somebody.page.locator("h1")).to_have_text("Another title")


def test_without_scripts_one_is_present_too(
    visitor: Callable[..., Visitor], meeting1: Meeting, bob: Attendee
) -> None:
    somebody = visitor(java_script_enabled=False)
    somebody.come_in("meeting1", "BOB-1")
    somebody.open("/m/meeting1/?plain=1")
    somebody.open("/m/meeting1/people/?plain=1")
    somebody.sees("Bob Ito")


def test_who_is_removed_stands_before_the_door(
    bob_inside: Visitor, visitor: Callable[..., Visitor], bob: Attendee, alice: Host
) -> None:
    connection_of(bob_inside.page, "Connected")
    host = visitor(alice)
    host.open("/host/meetings/meeting1/")
    post_as(host, f"/host/meetings/meeting1/attendees/{bob.pk}/remove/")
    bob_inside.is_asked_in("meeting1")


# In the page itself: from outside, a busy machine may come too late.
SETS_OUT = """() => new MutationObserver((_, observer) => {
    if (!document.body.innerText.includes("One moment…")) return;
    observer.disconnect();
    location.href = "/accounts/login/";
}).observe(document.body, { subtree: true, childList: true, characterData: true })"""


def test_who_is_on_the_way_elsewhere_is_not_called_back(
    bob_inside: Visitor, visitor: Callable[..., Visitor], bob: Attendee, alice: Host
) -> None:
    """A page that has to load itself again waits for a link that is slow."""
    page, host = bob_inside.page, visitor(alice)
    connection_of(page, "Connected")
    page.evaluate("Math.random = () => 1")  # the longest wait there is
    page.route("**/accounts/login/", lambda route: page.wait_for_timeout(3000) or route.continue_())
    page.evaluate(SETS_OUT)
    host.open("/host/meetings/meeting1/")
    post_as(host, f"/host/meetings/meeting1/attendees/{bob.pk}/remove/")
    expect(page).to_have_url(re.compile("/accounts/login/$"))


def test_the_focus_stays_when_a_panel_is_replaced(bob_inside: Visitor, meeting1: Meeting) -> None:
    for title in ("First", "Second"):
        Material.objects.create(
            meeting=meeting1, kind="link", title=title, url=f"https://example.org/{title}",
            is_published=True,
        )  # fmt: skip
    with transaction.atomic():
        tell_materials(meeting1)  # as the acts do: no page is shown what was before
    bob_inside.page.reload()
    connection_of(bob_inside.page, "Connected")
    second = bob_inside.page.get_by_role("link", name="Second")
    second.focus()
    bob_inside.page.evaluate(
        """() => {
            const page = document.querySelector("[data-live]");
            const html = document.querySelector("[data-panel=materials]").innerHTML;
            page.dispatchEvent(new CustomEvent("panels", { detail: { materials: html + " " } }));
        }"""
    )
    expect(bob_inside.page.get_by_role("link", name="Second")).to_be_focused()
