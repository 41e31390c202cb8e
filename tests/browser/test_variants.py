"""The story where something is different: who is carried, who is asked, and who stays outside."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from attendees.models import Attendee
from hosts.models import Host, Workspace
from meetings.models import Meeting
from tests.browser.visitors import Visitor
from tests.conftest import attendee_of, link_between, meeting_of

pytestmark = pytest.mark.browser

PSEUDONYM = re.compile(r"Anonymous \d+")
Visitors = Callable[..., Visitor]


def mira_on(meeting: Meeting, **fields: str) -> Attendee:
    fields = {"code": "MIRA-1", "email": "mira@example.org", "lastname": "Okafor"} | fields
    return attendee_of(meeting, firstname="Mira", **fields)


def test_any_number_of_meetings_link_to_one_another(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    meeting3 = meeting_of(alice, "meeting3")
    link_between(meeting1, meeting3, alice)
    link_between(meeting2, meeting3, alice)
    link_between(meeting3, meeting1, alice)
    for meeting in (meeting1, meeting2, meeting3):
        mira_on(meeting)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    for title in ("Meeting2", "Meeting3", "Meeting1", "Meeting3"):
        mira.page.locator("[data-panel=materials]").get_by_role("link", name=title).click()
        mira.is_in(title.lower(), "Mira Okafor")


def test_the_same_external_id_carries_whatever_the_codes(
    visitor: Visitors, meeting1: Meeting, meeting2: Meeting
):
    mira_on(meeting1, external_id="P-7", code="ONE-1")
    mira_on(meeting2, external_id="P-7", code="TWO-2")
    mira = visitor()
    mira.come_in("meeting1", "ONE-1")
    mira.follow("To Meeting2")
    mira.is_in("meeting2", "Mira Okafor")


@pytest.mark.parametrize("external_id", ["P-8", ""], ids=["another", "none"])
def test_where_the_external_id_is_not_the_same_one_is_asked(
    visitor: Visitors, meeting1: Meeting, meeting2: Meeting, external_id: str
):
    mira_on(meeting1, external_id="P-7")
    mira_on(meeting2, external_id=external_id)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Meeting2")
    mira.is_asked_in("meeting2")
    mira.sees("This meeting has a list of its own. Please type your code for it.")
    mira.type_code("MIRA-1")
    mira.is_in("meeting2", "Mira Okafor")


def test_whoever_is_not_on_the_second_list_is_asked(
    visitor: Visitors, meeting1: Meeting, meeting2: Meeting, bob2: Attendee
):
    mira_on(meeting1)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Meeting2")
    mira.is_asked_in("meeting2")
    mira.type_code("MIRA-1")
    mira.sees("That code does not open this meeting. Check it and try again.")
    mira.does_not_see("Bob")


def test_where_no_codes_are_required_everybody_is_anonymous(
    visitor: Visitors, alice: Host, meeting1: Meeting
):
    plaza = meeting_of(alice, "plaza", require_access_codes=False)
    link_between(meeting1, plaza, alice)
    mira_on(meeting1)
    mira, stranger = visitor(), visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Plaza")
    mira.is_in("plaza", "Anonymous")
    stranger.open("/m/plaza/people/")
    stranger.sees("2 anonymous people")
    stranger.does_not_see("Mira")


def test_an_anonymizing_meeting_shows_no_name_to_anybody(
    visitor: Visitors, alice: Host, meeting1: Meeting
):
    secret = meeting_of(alice, "ballot", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    link_between(meeting1, secret, alice)
    mira_on(meeting1)
    mira_on(secret)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Ballot")
    mira.is_in("ballot")
    expect(mira.page.locator(".meeting-name")).to_have_text(PSEUDONYM)
    mira.does_not_see("Okafor")
    mira.sees("Connected")
    host.open("/host/meetings/ballot/people/")
    expect(host.page.get_by_role("main")).to_contain_text(PSEUDONYM)
    host.does_not_see("Okafor")


def test_the_lobby_opens_by_itself(visitor: Visitors, alice: Host):
    hall = meeting_of(alice, "hall", state="scheduled", started_at=None)
    link_between(hall, meeting_of(alice, "room"), alice)
    mira_on(hall)
    mira, host = visitor(), visitor(alice)
    mira.come_in("hall", "MIRA-1")
    mira.sees("The host has not started this meeting yet. This page opens by itself.")
    mira.does_not_see("To Room")
    host.open("/host/meetings/hall/")
    host.press("Start meeting")
    mira.sees("To Room")
    mira.is_in("hall", "Mira Okafor")


def test_a_link_leads_into_the_lobby_of_what_has_not_started(
    visitor: Visitors, alice: Host, meeting1: Meeting
):
    hall = meeting_of(alice, "hall", state="scheduled", started_at=None)
    link_between(meeting1, hall, alice)
    mira_on(meeting1)
    mira_on(hall)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Hall")
    mira.sees("The host has not started this meeting yet. This page opens by itself.")
    mira.is_in("hall", "Mira Okafor")
    host.open("/host/meetings/hall/")
    host.press("Start meeting")
    mira.sees("Nothing here yet")


def test_the_end_comes_to_open_pages(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    mira_on(meeting1)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.sees("To Meeting2")
    host.open("/host/meetings/meeting1/")
    host.press("End meeting")
    host.page.get_by_role("dialog").get_by_role("button", name="End meeting").click()
    mira.sees("This meeting has ended.")
    mira.does_not_see("To Meeting2")


def test_whoever_was_asked_in_a_dialog_is_not_asked_again(visitor: Visitors, alice: Host):
    meeting_of(alice, "ballot", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    host = visitor(alice)
    host.open("/host/meetings/ballot/")
    host.press("End meeting")
    host.page.get_by_role("dialog").get_by_role("button", name="End meeting").click()
    host.sees("“Ballot” has ended.")


def test_a_published_material_appears_on_open_pages(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    meeting1.materials.update(is_published=False)
    mira_on(meeting1)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.does_not_see("To Meeting2")
    host.open("/host/meetings/meeting1/materials/")
    host.page.get_by_role("button", name="Publish").click()
    mira.sees("To Meeting2")
    host.page.get_by_role("button", name="Withdraw").click()
    mira.does_not_see("To Meeting2")


def test_whoever_is_removed_is_out_at_once(visitor: Visitors, alice: Host, meeting1: Meeting):
    attendee = mira_on(meeting1)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.sees("Connected")
    host.open(f"/host/meetings/meeting1/attendees/{attendee.pk}/remove/")
    host.press("Remove")
    mira.is_asked_in("meeting1")
    mira.type_code("MIRA-1")
    mira.sees("That code does not open this meeting.")


def test_whoever_gets_another_code_is_out_at_once_elsewhere_too(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    attendee = mira_on(meeting1)
    mira_on(meeting2)
    mira, host = visitor(), visitor(alice)
    mira.come_in("meeting1", "MIRA-1")
    mira.sees("Connected")
    host.open(f"/host/meetings/meeting1/attendees/{attendee.pk}/")
    host.fill("Access code", "MIRA-2")
    host.press("Save")
    mira.is_asked_in("meeting1")
    mira.type_code("MIRA-2")
    mira.is_in("meeting1", "Mira Okafor")


def test_no_identity_crosses_a_workspace(
    visitor: Visitors, mallory: Host, meeting1: Meeting, other_workspace: Workspace
):
    trap = meeting_of(mallory, "trap")
    link_between(trap, meeting1, mallory)
    for meeting in (meeting1, trap):
        mira_on(meeting, external_id="P-7")
    somebody = visitor()
    somebody.come_in("trap", "MIRA-1")
    somebody.open("/m/meeting1/?from=trap")
    somebody.is_asked_in("meeting1")


def test_another_sites_link_carries_nobody_without_a_click(
    visitor: Visitors, meeting1: Meeting, meeting2: Meeting
):
    for meeting in (meeting1, meeting2):
        mira_on(meeting)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.page.goto(f'data:text/html,<a href="{mira.address}/m/meeting2/">Win a prize</a>')
    mira.follow("Win a prize")
    mira.sees("Enter as Mira Okafor")
    assert mira.barriers() + mira.sideways() == ""
    assert not meeting2.participants.exists()
    mira.press("Enter as Mira Okafor")
    mira.is_in("meeting2", "Mira Okafor")


def test_a_link_into_a_meeting_that_has_ended_leads_to_its_end(
    visitor: Visitors, alice: Host, meeting1: Meeting
):
    past = meeting_of(alice, "past", state="ended", ended_at=timezone.now())
    link_between(meeting1, past, alice)
    for meeting in (meeting1, past):
        mira_on(meeting)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Past")
    mira.is_in("past", "Mira Okafor")
    mira.sees("This meeting has ended.")
    mira.follow("Back to Meeting1")
    mira.is_in("meeting1", "Mira Okafor")


def test_two_people_in_one_browser_stay_two(
    visitor: Visitors, alice: Host, meeting1: Meeting, meeting2: Meeting
):
    meeting3 = meeting_of(alice, "meeting3")
    link_between(meeting1, meeting3, alice)
    link_between(meeting2, meeting3, alice)
    for meeting in (meeting1, meeting3):
        mira_on(meeting)
    for meeting in (meeting2, meeting3):
        attendee_of(meeting, "BOB-1", "bob@example.org", "Bob", lastname="Ito")
    both = visitor()
    both.come_in("meeting1", "MIRA-1")
    both.come_in("meeting2", "BOB-1")
    both.open("/m/meeting3/")
    both.is_asked_in("meeting3")
    both.sees("More than one person has used this browser.")
    both.open("/m/meeting2/")
    both.follow("To Meeting3")
    both.is_in("meeting3", "Bob Ito")


def test_not_you_forgets_the_person_in_all_linked_meetings(
    visitor: Visitors, meeting1: Meeting, meeting2: Meeting
):
    for meeting in (meeting1, meeting2):
        mira_on(meeting)
    mira = visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("To Meeting2")
    mira.is_in("meeting2", "Mira Okafor")
    mira.press("Not you?")
    mira.is_asked_in("meeting2")
    mira.open("/m/meeting1/")
    mira.is_asked_in("meeting1")


def test_people_see_who_comes(visitor: Visitors, meeting1: Meeting, bob: Attendee):
    mira_on(meeting1)
    mira, other = visitor(), visitor()
    mira.come_in("meeting1", "MIRA-1")
    mira.follow("People")
    mira.sees("Mira Okafor")
    other.come_in("meeting1", "BOB-1")
    expect(mira.page.locator("[data-panel=people]")).to_contain_text("Bob Ito")
