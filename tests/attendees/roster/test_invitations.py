"""Cards and personal links: the code is in the fragment, and only a click sends it."""

import csv
from collections.abc import Callable

import pytest
from django.test import Client

from attendees.models import Admission, Attendee
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of

ATTENDEES = "/host/meetings/meeting1/attendees/"


@pytest.fixture
def client(alice: Host, client_of: Callable[[Host], Client]) -> Client:
    return client_of(alice)


def test_card_has_name_meeting_address_code_and_qr(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    attendee_of(meeting1, "<b>&", "mary@example.org", "<i>Mary</i>")
    page = client.get(f"{ATTENDEES}cards/").content.decode()
    assert page.count("QR code of the personal link") == 2
    for text in ("Bob Ito", "BOB-1", "Meeting1", meeting1.full_address, "&lt;i&gt;Mary"):
        assert text in page
    assert "<i>Mary" not in page


def test_personal_links_keep_the_code_in_the_fragment(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    attendee_of(meeting1, "a#b/ü", "mary@example.org", "=Mary")
    text = b"".join(client.get(f"{ATTENDEES}personal-links/")).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    join = f"{meeting1.full_address}join/"
    assert rows == [
        ["email", "firstname", "lastname", "link"],
        ["mary@example.org", "'=Mary", "", f"{join}#c=a%23b%2F%C3%BC"],
        ["bob@example.org", "Bob", "Ito", f"{join}#c=BOB-1"],
    ]


def test_following_a_personal_link_admits_nobody(meeting1: Meeting, bob: Attendee) -> None:
    answer = Client().get("/m/meeting1/join/")  # no browser sends the fragment
    assert "personal-link.js" in answer.content.decode()
    assert Admission.objects.count() == 0
