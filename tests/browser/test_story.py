"""The story that must always work: a host and an attendee, each with a browser of their own."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hosts.models import Host
from tests.browser.visitors import Visitor

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
ROSTER = """code,email,firstname,lastname
00123,ana@example.org,Ana,Lima
QX71-PL3D,mira@example.org,Mira,Okafor
"""


def csv_file(text: str) -> dict[str, object]:
    return {"name": "attendees.csv", "mimeType": "text/csv", "buffer": text.encode()}


def create_meeting(host: Visitor, title: str, slug: str) -> None:
    page = host.open("/host/")
    host.follow("New meeting")
    host.fill("Title", title)
    host.fill("Meeting ID", slug)
    expect(page.get_by_label("Require custom access codes")).to_be_checked()
    expect(page.get_by_label("Anonymize attendees")).not_to_be_checked()
    host.press("Create meeting")
    expect(page).to_have_url(f"{host.address}/host/meetings/{slug}/")


def import_roster(host: Visitor, slug: str, text: str, *, also_into: str = "") -> None:
    page = host.open(f"/host/meetings/{slug}/attendees/import/")
    page.locator("input[name=file]").set_input_files(csv_file(text))
    if also_into:
        page.get_by_label(also_into).check()
    host.press("Preview")
    host.sees("2 people: 2 new")
    page.get_by_role("button", name="Import").click()
    host.sees("2 new")


def link(host: Visitor, source: str, target: str) -> None:
    page = host.open(f"/host/meetings/{source}/materials/new/")
    page.locator("input[name=kind][value=meeting]").check()
    page.locator("select[name=target]").select_option(target)
    if page.locator("input[name=link_back]").is_checked():
        page.locator("input[name=link_back]").uncheck()
    page.locator("input[name=is_published]").check()
    host.press("Add material")
    expect(page).to_have_url(f"{host.address}/host/meetings/{source}/materials/")


def start(host: Visitor, slug: str) -> None:
    host.open(f"/host/meetings/{slug}/")
    host.press("Start meeting")
    host.sees("Live since")


def test_one_code_opens_all_linked_meetings(visitor: Callable[..., Visitor], alice: Host):
    host, mira = visitor(alice), visitor()
    create_meeting(host, "Meeting1", "meeting1")
    create_meeting(host, "Meeting2", "meeting2")
    import_roster(host, "meeting1", ROSTER)
    import_roster(host, "meeting2", ROSTER)
    link(host, "meeting1", "meeting2")
    link(host, "meeting2", "meeting1")
    start(host, "meeting1")
    start(host, "meeting2")

    mira.open("/")
    mira.fill("Meeting ID", "meeting1")
    mira.press("Join")
    mira.is_asked_in("meeting1")
    mira.type_code("qx71 pl3d")
    mira.is_in("meeting1", "Mira Okafor")
    mira.follow("Materials")
    mira.follow("Meeting2")
    mira.is_in("meeting2", "Mira Okafor")
    mira.sees("You are here as Mira Okafor. No code needed.")
    mira.follow("Back to Meeting1")
    mira.is_in("meeting1", "Mira Okafor")

    host.open("/host/meetings/meeting1/people/")
    host.sees("Mira Okafor")


def test_one_file_goes_into_both_meetings_at_once(visitor: Callable[..., Visitor], alice: Host):
    host, ana = visitor(alice), visitor()
    create_meeting(host, "Meeting1", "meeting1")
    create_meeting(host, "Meeting2", "meeting2")
    import_roster(host, "meeting1", ROSTER, also_into="Meeting2")
    link(host, "meeting1", "meeting2")
    start(host, "meeting1")
    start(host, "meeting2")

    ana.come_in("meeting1", "00123")
    ana.follow("Meeting2")
    ana.is_in("meeting2", "Ana Lima")


def test_a_host_signs_up_out_and_in(visitor: Callable[..., Visitor]):
    host = visitor()
    page = host.open("/accounts/signup/")
    host.fill("Your name", "Zoe Adler")
    host.fill("Email", "zoe@example.org")
    host.fill("Password", PASSWORD)
    host.fill("Name of your organisation", "Southwind")
    host.press("Sign up")
    expect(page).to_have_url(f"{host.address}/host/")
    host.sees("No meetings yet")
    page.get_by_text("Zoe Adler").first.click()
    host.press("Sign out")

    host.open("/host/")
    host.fill("Email", "zoe@example.org")
    host.fill("Password", PASSWORD)
    host.press("Sign in")
    expect(page).to_have_url(f"{host.address}/host/")
