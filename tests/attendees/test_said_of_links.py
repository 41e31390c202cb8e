"""What hosts are told of a link is what the door does to whoever follows it."""

from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from attendees.links.obstacles import Obstacle, hindrances
from attendees.room_map.gathering import room_map
from hosts.models import Host
from materials import links
from materials.models import Material
from materials.verdicts import verdict
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser

LINKS = {
    "of a host of both": {},
    "of a host of one": {"made_by": None},
    "accepted": {"made_by": None, "accepted_by": "who manages the target"},
    "declined": {"is_declined": True},
}


@pytest.fixture
def carols(workspace, alice: Host) -> Meeting:
    """A meeting of Carol, who manages no other; Alice, as owner, manages all."""
    carol = host_of(workspace, "carol@example.org", "host")
    meeting = meeting_of(carol, "carols", workspace=workspace)
    attendee_of(meeting, "BOB-1", "bob@example.org", "Bob", lastname="Ito")
    return meeting


def put_link(source: Meeting, target: Meeting, alice: Host, kind: str) -> None:
    fields = dict(LINKS[kind])
    if "accepted_by" in fields:
        hosts = {"carols": "carol@example.org", "meeting1": "dora@example.org"}
        fields["accepted_by"] = Host.objects.get(email=hosts[target.slug])
    link_between(source, target, alice, **fields)


@pytest.mark.parametrize(("there", "back"), list(product(LINKS, [None, *LINKS])))
def test_a_link_is_said_to_carry_where_the_door_carries(
    workspace, alice, client_of, meeting1, bob, carols, there: str, back: str | None
):
    dora = host_of(workspace, "dora@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=dora)
    put_link(meeting1, carols, alice, there)
    if back:
        put_link(carols, meeting1, alice, back)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    is_carried = browser.follow(meeting1, carols) == "Bob Ito"

    touching = list(links.touching(meeting1))
    [out] = [link for link in touching if link.meeting == meeting1]
    others = [link for link in touching if link.meeting == carols]
    assert (verdict(out).word == "Carries") == is_carried
    told = {one.obstacle for one in hindrances(meeting1, carols, [out], others)}
    assert bool(told & {Obstacle.PLAIN, Obstacle.DECLINED}) != is_carried
    on_the_map = room_map(workspace, alice, at=timezone.now())
    drawn = {link.key: link.carried for link in on_the_map.links}
    assert drawn[meeting1.pk, carols.pk] == int(is_carried)
    tab = client_of(alice).get(reverse("materials:materials", args=["meeting1"]))
    assert ("asks for the code again" in tab.content.decode()) != is_carried


def test_declining_says_that_another_link_still_carries(client_of, alice, meeting1, meeting2):
    hosts, there = client_of(alice), meeting1.materials.get()

    def decline(link: Material) -> str:
        page = reverse("materials:decline", args=[link.target.slug, link.pk])
        return hosts.post(page, follow=True).content.decode()

    assert "Another link between “Meeting1” and “Meeting2” still carries people." in decline(there)
    assert "is asked for the code of “Meeting1”" in decline(meeting2.materials.get())
