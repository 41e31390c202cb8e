"""A host makes rooms, starts them together, and looks at the map."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from attendees.models import Attendee
from attendees.rooms.create import create_rooms
from attendees.rooms.plan import Wishes
from hosts.models import Host
from meetings.models import Meeting
from tests.browser.visitors import Visitor
from tests.conftest import attendee_of, link_between, meeting_of

pytestmark = pytest.mark.browser


@pytest.fixture
def plenary(alice: Host) -> Meeting:
    plenary = meeting_of(alice, "plenary")
    for n in range(40):
        person = attendee_of(plenary, f"CODE-{n}", f"{n}@example.org", f"Person {n}")
        person.custom = {"Breakout": "Finance" if n % 2 else "Statutes"}
        person.save()
    return plenary


def test_rooms_are_made_and_started_together(
    visitor: Callable[..., Visitor], alice: Host, plenary: Meeting
):
    host = visitor(alice)
    page = host.open("/host/meetings/plenary/links/")
    host.follow("Breakout rooms")
    expect(page.get_by_label("Column", exact=True)).to_be_hidden()
    page.get_by_label("By a column of this meeting's list").check()
    page.get_by_label("Column", exact=True).select_option("Breakout")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("rooms-new")
    host.press("Preview")
    host.sees("2 rooms, 20 people in each, 4 links")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("rooms-preview")
    host.press("Create 2 rooms")
    host.sees("2 rooms created, and linked with “Plenary”.")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("rooms-together")
    host.press("Start")
    host.sees("3 meetings are live.")

    bob = visitor()
    bob.come_in("plenary", "CODE-1")
    bob.follow("Finance")
    bob.is_in("plenary-finance", "Person 1")

    Meeting.objects.filter(slug="plenary-statutes").update(
        anonymize_attendees=True, pseudonym_secret=b"s" * 32
    )
    page.get_by_label("Plenary", exact=True).uncheck()
    host.press("End…")
    host.sees("End 2 meetings?")
    host.sees("The secret behind their pseudonyms is erased")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("rooms-end")
    host.press("End 2 meetings")
    host.sees("2 meetings have ended.")
    assert Meeting.objects.get(slug="plenary").is_live
    host.press("Duplicate…")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("rooms-duplicate")


def test_a_few_of_many_rooms_are_ticked_without_unticking_the_others_one_by_one(
    visitor: Callable[..., Visitor], alice: Host, plenary: Meeting
):
    create_rooms(plenary, Wishes(template=plenary, number=5), by=alice, key=uuid4())
    host = visitor(alice)
    page = host.open("/host/meetings/plenary/together/")
    every, room = page.get_by_label("All 6 meetings"), page.get_by_label("Room 3", exact=True)
    expect(every).to_be_checked()
    room.uncheck()
    expect(every).to_be_checked(indeterminate=True)
    every.check()
    expect(room).to_be_checked()
    every.uncheck()
    room.check()
    assert host.barriers() + host.sideways() == ""
    host.press("Start")
    host.sees("1 meeting is live.")
    assert Meeting.objects.get(title="Room 3").is_live


def test_the_map_is_live_and_can_be_walked_by_keyboard(
    visitor: Callable[..., Visitor], alice: Host, plenary: Meeting
):
    rooms = create_rooms(
        plenary, Wishes(template=plenary, names=("Finance", "Statutes")), by=alice, key=uuid4()
    )
    rooms[0].attendees.filter(firstname__endswith="1").delete()
    host = visitor(alice)
    page = host.open("/host/meetings/plenary/")
    host.follow("Map")
    box = page.locator(f"#room-{rooms[0].pk}")
    expect(box).to_contain_text("Scheduled")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("map-3")
    page.get_by_role("link", name="As tables").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".map-room:focus")).to_have_count(1)  # before a hundred arrows
    box.focus()
    Meeting.objects.filter(pk=rooms[0].pk).update(state="live", started_at=timezone.now())
    expect(box).to_contain_text("Live · 0 here")
    expect(page.get_by_role("link", name="Finance: Live · 0 here", exact=True)).to_have_count(1)
    expect(box).to_be_focused()
    page.locator(f"#link-{plenary.pk}-{rooms[0].pk}").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/host/meetings/plenary/links/$"))
    host.open(f"/host/workspaces/{plenary.workspace_id}/map/")
    box.click()
    expect(page).to_have_url(re.compile(r"/host/meetings/plenary-finance/$"))


def test_maps_of_many_rooms_can_be_read(
    visitor: Callable[..., Visitor], alice: Host, plenary: Meeting
):
    create_rooms(plenary, Wishes(template=plenary, number=100), by=alice, key=uuid4())
    for n in (3, 17, 55):
        Attendee.objects.filter(meeting__title=f"Room {n}", firstname="Person 1").delete()
    host = visitor(alice)
    path = f"/host/workspaces/{plenary.workspace_id}/map/"
    host.open(path)
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("map-100")

    Meeting.objects.exclude(pk=plenary.pk).delete()
    create_rooms(
        plenary, Wishes(template=plenary, number=8, links_among=True), by=alice, key=uuid4()
    )
    hall = meeting_of(alice, "hall", title="The great hall of the “Northwind” harbour building")
    lobby = meeting_of(alice, "lobby", title="لابی", always_ask=True)
    link_between(plenary, hall, alice)
    link_between(hall, lobby, alice)
    link_between(lobby, hall, alice)
    for n in range(3):
        a, b = (meeting_of(alice, f"{x}-{n}", title=f"{x} {n}") for x in ("Talk", "Questions"))
        link_between(a, b, alice)
    host.open(path)
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("map-frame")
