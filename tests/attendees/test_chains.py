"""Chains and loops of linked meetings: one code opens all, and one fault ends what follows it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees.ending import end_admissions
from attendees.models import Admission
from attendees.standing import still_hold
from hosts.models import Host
from materials.models import Material
from meetings.models import Meeting
from tests.conftest import attendee_of, link_between, meeting_of
from tests.people import Browser


def rooms_of(alice: Host, number: int) -> list[Meeting]:
    """Meetings that all have Bob on their lists, and no links yet."""
    rooms = [meeting_of(alice, f"room-{n}") for n in range(number)]
    for room in rooms:
        attendee_of(room, "BOB-1", "bob@example.org", "Bob")
    return rooms


def in_a_row(alice: Host, rooms: list[Meeting]) -> None:
    for here, there in pairwise(rooms):
        link_between(here, there, alice)


def walk(browser: Browser, rooms: list[Meeting]) -> None:
    for here, there in pairwise(rooms):
        assert browser.follow(here, there) == "Bob", there.slug


def test_a_chain_may_be_of_any_length(alice: Host):
    rooms = rooms_of(alice, 25)
    in_a_row(alice, rooms)
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    walk(browser, rooms)
    assert [browser.name_in(room) for room in rooms] == ["Bob"] * 25


def test_a_loop_may_be_walked_for_ever(alice: Host):
    rooms = rooms_of(alice, 3)
    ring = [*rooms, rooms[0]]
    in_a_row(alice, ring)
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    for _ in range(3):
        walk(browser, ring)
    hows = Admission.objects.order_by("meeting_id").values_list("how", flat=True)
    assert list(hows) == ["code", "carried", "carried"]


def test_what_a_loop_was_entered_by_is_not_replaced_by_what_it_has_led_to(alice: Host):
    """The code expires: nobody is carried round the loop back to where it was typed."""
    rooms = rooms_of(alice, 3)
    ring = [*rooms, rooms[0]]
    in_a_row(alice, ring)
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    walk(browser, ring)
    Admission.objects.filter(how="code").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [browser.name_in(room) for room in rooms] == [None] * 3
    assert browser.name_in(rooms[0], came_from=rooms[2]) is None


def test_rows_that_rest_on_each_other_hold_nothing(alice: Host):
    """No act makes them so; a door that went round with them would never answer."""
    rooms = rooms_of(alice, 3)
    in_a_row(alice, [*rooms, rooms[0]])
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    walk(browser, rooms)
    last, link = Admission.objects.get(meeting=rooms[2]), rooms[2].materials.get()
    Admission.objects.filter(how="code").update(how="carried", source=last, material=link)
    assert [browser.name_in(room) for room in rooms] == [None] * 3


def fault_in_the_middle(fault: str, middle: Meeting) -> None:
    person = middle.attendees.get()
    match fault:
        case "removed":
            end_admissions(middle, [person.pk])
            person.delete()
        case "another code":
            person.code, person.credential_version = "NEW", 2
            person.derive()
            person.save()
        case "link withdrawn":
            Material.objects.filter(target=middle).update(is_published=False)
        case "names hidden":
            Meeting.objects.filter(pk=middle.pk).update(
                anonymize_attendees=True, pseudonym_secret=b"s" * 32
            )


FAULTS = ["removed", "another code", "link withdrawn", "names hidden"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_what_follows_and_nothing_before(alice: Host, fault: str):
    rooms = rooms_of(alice, 5)
    in_a_row(alice, rooms)
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    walk(browser, rooms)
    ids = dict(Admission.objects.values_list("meeting", "pk"))
    fault_in_the_middle(fault, rooms[2])
    assert still_hold(ids.values()) == {ids[rooms[0].pk], ids[rooms[1].pk]}
    names = [browser.name_in(room) for room in rooms]
    assert names[:2] + names[3:] == ["Bob", "Bob", None, None]
    assert names[2] is None or (fault == "names hidden" and names[2].startswith("Anonymous "))


def queries_of_a_switch(browser: Browser, here: Meeting, there: Meeting) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.name_in(there, came_from=here) == "Bob"
    return sum(1 for query in captured if query["sql"] not in ("BEGIN", "COMMIT"))


def test_a_switch_costs_the_same_after_two_rooms_and_after_twelve(alice: Host):
    """All rooms are linked with each other, as breakout rooms can be."""
    rooms = rooms_of(alice, 14)
    for here in rooms:
        for there in rooms:
            if here != there:
                link_between(here, there, alice)
    browser = Browser()
    browser.type_code(rooms[0], "BOB-1")
    walk(browser, rooms[:3])
    after_two = queries_of_a_switch(browser, rooms[2], rooms[3])
    walk(browser, rooms[3:13])
    assert queries_of_a_switch(browser, rooms[12], rooms[13]) == after_two
    with CaptureQueriesContext(connection) as captured:
        assert browser.name_in(rooms[13]) == "Bob"
    assert len(captured) <= 8
