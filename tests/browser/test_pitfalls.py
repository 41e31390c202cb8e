"""The pitfalls of linked meetings: wrong at first, shown by the check, mended by a click, working.

What happens without a browser, and what the undo does, is in `tests/attendees/test_repairs.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from attendees.models import Attendee
from hosts.models import Host
from meetings.models import Meeting
from tests.browser.visitors import Visitor
from tests.conftest import attendee_of

pytestmark = pytest.mark.browser

Visitors = Callable[..., Visitor]


@dataclass(frozen=True)
class Pitfall:
    first: dict[str, str]  # Mira as the first list has her
    second: dict[str, str] | None  # as the second has her; None: it has not
    settings: dict[str, object]  # of the second meeting
    told: str  # on the page of the links
    click: str
    at_first: str  # "asked", or the name that she has in the second meeting


PITFALLS = {
    "external ID differs": Pitfall(
        {"external_id": "P-7"}, {"external_id": "P-8"}, {},
        "external IDs differ", "Copy external IDs over", "asked",
    ),
    "ID in one file only": Pitfall(
        {"external_id": "P-7"}, {}, {},
        "external ID on one list only", "Copy external IDs over", "asked",
    ),
    "codes off in the second meeting": Pitfall(
        {}, {}, {"require_access_codes": False},
        "“Meeting2” does not require codes", "Require codes", "Anonymous",
    ),
    "anonymize on": Pitfall(
        {}, {}, {"anonymize_attendees": True, "pseudonym_secret": b"s" * 32},
        "“Meeting2” anonymizes attendees", "Show names", "Anonymous",
    ),
    "only one started": Pitfall(
        {}, {}, {"state": "scheduled", "started_at": None},
        "“Meeting2” has not been started", "Start both", "lobby",
    ),
    "a person missing from the second list": Pitfall(
        {}, None, {}, "not on the other list", "Add them there", "asked"
    ),
}  # fmt: skip


def mira_on(meeting: Meeting, **fields: str) -> Attendee:
    return attendee_of(meeting, "MIRA-1", "mira@example.org", "Mira", lastname="Okafor", **fields)


def goes_over(mira: Visitor, at_first: str) -> None:
    mira.open("/m/meeting1/")
    mira.follow("To Meeting2")
    if at_first == "asked":
        mira.is_asked_in("meeting2")
        return
    mira.is_in("meeting2")
    if at_first == "lobby":
        expect(mira.page.locator("body")).not_to_contain_text("To Meeting1")
    else:
        expect(mira.page.locator(".meeting-name")).to_contain_text(at_first)


@pytest.mark.parametrize("pitfall", PITFALLS.values(), ids=PITFALLS.keys())
def test_a_pitfall_is_shown_and_mended_by_a_click(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting, pitfall: Pitfall
):
    mira_on(meeting1, **pitfall.first)
    if pitfall.second is not None:
        mira_on(meeting2, **pitfall.second)
    Meeting.objects.filter(pk=meeting2.pk).update(**pitfall.settings)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    goes_over(mira, pitfall.at_first)

    host = visitor(alice)
    host.open("/host/meetings/meeting1/links/")
    row = host.page.locator("li").filter(has_text=pitfall.told).first
    expect(row).to_be_visible()
    row.get_by_role("link", name=pitfall.click).click()
    host.press(pitfall.click)
    host.sees("Done.")
    host.follow("Back to the links")
    host.does_not_see(pitfall.told)

    if pitfall.at_first == "asked":
        mira.open("/m/meeting1/")
        mira.follow("To Meeting2")
    mira.is_in("meeting2", "Mira Okafor")  # an open page follows by itself
    mira.follow("To Meeting1")
    mira.is_in("meeting1", "Mira Okafor")


def test_that_no_link_leads_back_is_shown_and_mended_by_a_click(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    meeting2.materials.all().delete()
    for meeting in (meeting1, meeting2):
        mira_on(meeting)
    attendee_of(meeting2, "EVE-1", "eve@example.org", "Eve")
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Meeting2")
    mira.is_in("meeting2", "Mira Okafor")
    mira.does_not_see("To Meeting1")

    host.open("/host/meetings/meeting1/links/")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("links-one-way")
    row = host.page.locator("li").filter(has_text="“Meeting2” has no link back to “Meeting1”")
    row.get_by_role("link", name="Make the way back").click()
    host.press("Make the way back")
    host.sees("Done.")
    mira.follow("Meeting1")
    mira.is_in("meeting1", "Mira Okafor")


def test_the_pages_of_the_check_have_no_barrier(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    mira_on(meeting1, external_id="P-7")
    mira_on(meeting2)
    for number in range(3):
        long = "Ottilie-Wilhelmine von und zu Hohenlohe-" + "Langenburg" * 4
        attendee_of(meeting1, f"LONG-{number}", f"{'long' * 12}{number}@example.org", long)
    Meeting.objects.filter(pk=meeting2.pk).update(always_ask=True)
    host = visitor(alice)
    host.open("/host/meetings/meeting1/links/")
    assert host.barriers() == ""
    host.take_pictures("links")
    host.page.get_by_role("link", name="3 people").first.click()
    assert host.barriers() == ""
    host.take_pictures("links-people")
    host.follow("Add them there")
    assert host.barriers() == ""
    host.take_pictures("links-repair")
    host.press("Add them there")
    host.sees("Done.")
    assert host.barriers() == ""
    host.take_pictures("links-repaired")
    host.press("Undo")
    host.sees("Taken back.")
    host.open("/host/meetings/meeting1/")
    host.take_pictures("links-overview")
