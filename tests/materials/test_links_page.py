"""Hosts see which links carry whom and why, and answer those of others."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from materials import links
from materials.models import Material
from materials.verdicts import verdict
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, link_between, meeting_of


def page(meeting: Meeting) -> str:
    return reverse("materials:links", args=[meeting.slug])


def answer_to(name: str, meeting: Meeting, link: Material) -> str:
    return reverse(f"materials:{name}", args=[meeting.slug, link.pk])


VERDICTS = [
    ({}, {}, {}, "Carries"),
    ({}, {"anonymize_attendees": True}, {}, "Carries"),
    ({"is_published": False}, {}, {}, "Draft"),
    ({"is_declined": True}, {}, {}, "Asks for the code"),
    ({"made_by": None}, {}, {}, "Asks for the code"),
    ({}, {"always_ask": True}, {}, "Asks for the code"),
    ({}, {"require_access_codes": False}, {}, "No code needed"),
    ({}, {"archived_at": "2026-01-01T00:00Z"}, {}, "Closed"),
    ({}, {}, {"require_access_codes": False}, "Asks for the code"),
    ({}, {}, {"anonymize_attendees": True}, "Asks for the code"),
]


@pytest.mark.parametrize(("link", "target", "source", "word"), VERDICTS)
def test_a_link_says_what_becomes_of_people(alice, meeting1, room, link, target, source, word):
    found = link_between(meeting1, room, alice)
    Material.objects.filter(pk=found.pk).update(**link)
    Meeting.objects.filter(pk=room.pk).update(**target)
    Meeting.objects.filter(pk=meeting1.pk).update(**source)
    said = verdict(links.touching(meeting1).get(pk=found.pk))
    assert said.word == word
    assert said.sentence.endswith(".")


def test_hosts_of_both_see_how_many_are_known_there(
    client_of, alice, meeting1, meeting2, bob, bob2
):
    attendee_of(meeting1, "ANN-1", "ann@example.org", "Ann")
    text = client_of(alice).get(page(meeting1)).content.decode()
    assert "<strong>1 of 2</strong></a> people" in text


def test_who_is_on_a_list_is_not_said_to_hosts_of_other_meetings(
    client_of, carol, meeting1, meeting2, bob, bob2
):
    CoHost.objects.create(meeting=meeting1, host=carol)
    text = client_of(carol).get(page(meeting1)).content.decode()
    assert "You do not manage this meeting" in text
    assert "1 of 1" not in text


def test_what_there_is_to_do_comes_first_and_many_meetings_are_folded(client_of, alice, meeting1):
    def rooms(*numbers: int, **fields: object) -> None:
        for number in numbers:
            room = meeting_of(alice, f"room-{number}", title=f"Room {number}", **fields)
            link_between(meeting1, room, alice)
            link_between(room, meeting1, alice)

    def shown() -> list[str]:
        found = client_of(alice).get(page(meeting1))
        return [neighbour.meeting.title for neighbour in found.context["neighbours"]]

    rooms(1, 2, 3, 10)
    rooms(11, always_ask=True)
    assert shown() == ["Room 11", "Room 1", "Room 2", "Room 3", "Room 10"]
    assert "box folded" not in client_of(alice).get(page(meeting1)).content.decode()
    rooms(20, 21)
    text = client_of(alice).get(page(meeting1)).content.decode()
    assert (text.count("box folded"), text.count("open>")) == (7, 1)
    assert "1 to look at" in text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("scheduled", "This meeting and 2 linked meetings have not been started."),
        ("live", "2 linked meetings have not been started."),
    ],
)
def test_of_several_meetings_it_is_said_once_that_they_wait(
    client_of, alice, meeting1, state, sentence
):
    for number in range(2):
        room = meeting_of(alice, f"r-{number}", state="scheduled", started_at=None)
        link_between(meeting1, room, alice)
        link_between(room, meeting1, alice)
    Meeting.objects.filter(pk=meeting1.pk).update(state=state)
    found = client_of(alice).get(page(meeting1))
    text = found.content.decode()
    assert sentence in text
    assert (text.count("not been started"), text.count("Start both")) == (1, 0)
    assert f'href="{reverse("overview:together", args=["meeting1"])}">Start them together' in text
    assert [one.to_look_at for one in found.context["neighbours"]] == [0, 0]


def test_of_one_meeting_it_is_said_where_its_button_is(client_of, alice, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(state="scheduled")
    link_between(meeting1, meeting_of(alice, "other"), alice)
    text = client_of(alice).get(page(meeting1)).content.decode()
    assert (text.count("not been started"), text.count("Start both")) == (2, 2)


def test_many_linked_meetings_are_paged(client_of, alice, meeting1):
    for number in range(101):
        link_between(meeting1, meeting_of(alice, f"r-{number}", title=f"Room {number}"), alice)
    first = client_of(alice).get(page(meeting1))
    assert (len(first.context["neighbours"]), "?page=2" in first.content.decode()) == (100, True)
    second = client_of(alice).get(f"{page(meeting1)}?page=2")
    assert [one.meeting.title for one in second.context["neighbours"]] == ["Room 100"]


@pytest.fixture
def offered(alice, carol, meeting1, room):
    """Carol, who manages the room only, has linked it to Alice's meeting."""
    CoHost.objects.create(meeting=room, host=carol)
    return link_between(room, meeting1, carol, title="To the plenary")


def carried(link: Material) -> bool:
    return links.carrying(Material.objects.filter(pk=link.pk)).exists()


def test_an_offered_link_waits_for_an_answer(client_of, alice, meeting1, offered):
    hosts = client_of(alice)
    text = hosts.get(page(meeting1)).content.decode()
    assert "1 link from other meetings waits for your answer" in text
    assert "Carol, who made this link, does not manage both meetings." in text

    hosts.post(answer_to("accept", meeting1, offered))
    offered.refresh_from_db()
    assert offered.accepted_by == alice
    assert carried(offered)
    assert "waits for your answer" not in hosts.get(page(meeting1)).content.decode()


def test_a_declined_link_no_longer_waits_and_can_be_accepted_later(
    client_of, alice, meeting1, offered
):
    hosts = client_of(alice)
    hosts.post(answer_to("accept", meeting1, offered))
    hosts.post(answer_to("decline", meeting1, offered))
    assert not carried(offered)
    text = hosts.get(page(meeting1)).content.decode()
    assert "waits for your answer" not in text
    assert "has declined" in text
    assert answer_to("accept", meeting1, offered) in text


@pytest.mark.parametrize("name", ["accept", "decline", "back"])
def test_only_hosts_of_the_target_answer_a_link(client_of, carol, meeting1, room, offered, name):
    """Carol manages the room, in which the link stands, and cannot accept it herself."""
    assert client_of(carol).post(answer_to(name, room, offered)).status_code == 404
    offered.refresh_from_db()
    assert (offered.accepted_by, offered.is_declined) == (None, False)
    assert not meeting1.materials.exists()


def test_a_host_of_the_target_answers_from_either_page(client_of, alice, room, offered):
    assert client_of(alice).post(answer_to("accept", room, offered)).status_code == 302
    assert carried(offered)


@pytest.mark.parametrize("kind", ["link", "draft", "of another pair"])
def test_what_is_no_offer_is_not_answered(client_of, alice, meeting1, meeting2, room, kind):
    if kind == "link":
        link = Material.objects.create(meeting=room, kind="link", url="https://example.org/")
    elif kind == "draft":
        link = link_between(room, meeting1, alice, is_published=False)
    else:
        link = link_between(room, meeting2, alice)
    assert client_of(alice).post(answer_to("accept", meeting1, link)).status_code == 404


def test_a_link_back_is_one_click_away(client_of, alice, meeting1, room):
    link = link_between(meeting1, room, alice)
    hosts = client_of(alice)
    assert "Make the way back" in hosts.get(page(meeting1)).content.decode()
    hosts.post(answer_to("back", meeting1, link))
    assert room.materials.get().target == meeting1
    assert "Make the way back" not in hosts.get(page(meeting1)).content.decode()


def test_the_page_takes_as_many_queries_for_three_as_for_one(client_of, alice, meeting1):
    hosts = client_of(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            hosts.get(page(meeting1))
        return len(captured)

    link_between(meeting1, meeting_of(alice, "r0"), alice)
    hosts.get(page(meeting1))
    one = queries()
    for n in range(1, 3):
        link_between(meeting1, meeting_of(alice, f"r{n}"), alice)
    assert queries() == one


def test_without_links_the_page_says_what_to_do(client_of, alice, meeting1):
    assert "No linked meetings yet" in client_of(alice).get(page(meeting1)).content.decode()
