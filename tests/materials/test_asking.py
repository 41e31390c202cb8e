"""Hosts of the target are asked, by mail and in the console, to let a link carry people."""

import pytest
from django.core import mail
from django.urls import reverse

from hosts.models import Host
from materials import links, publishing
from materials.asking import ASKED_A_DAY
from materials.models import Material
from materials.publishing import Contents
from meetings.duplicating import duplicate
from meetings.models import CoHost, Meeting
from tests.conftest import host_of, link_between, meeting_of

MEETING = Material.Kind.MEETING


@pytest.fixture
def plenary(workspace, alice, carol) -> Meeting:
    """Carol's meeting."""
    return meeting_of(carol, "plenary", title="Plenary", workspace=workspace)


def linked(source: Meeting, target: Meeting, by: Host, **said: object) -> Material:
    return publishing.add(source, Contents(kind=MEETING, target=target, **said), by=by)


def asked() -> list[tuple[list[str], str]]:
    return sorted((message.to, message.subject) for message in mail.outbox)


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_everybody_who_manages_the_target_is_asked_by_mail(
    after_commit, settings, workspace, alice, carol, plenary, room
):
    settings.SITE_URL = "https://meet.example.org"
    dave = host_of(workspace, "dave@example.org", "host")
    host_of(workspace, "eve@example.org", "host")
    CoHost.objects.create(meeting=room, host=dave)
    with after_commit():
        linked(plenary, room, carol)
    subject = "A link to “Room B” waits for you"
    assert asked() == [(["alice@example.org"], subject), (["dave@example.org"], subject)]
    body = mail.outbox[0].body
    assert "https://meet.example.org/host/meetings/room/links/\n" in body
    assert "Carol has put a link" in body
    assert "“Plenary”" in body


@pytest.mark.parametrize("said", [{"is_published": False}])
def test_a_draft_asks_nobody_until_it_is_published(after_commit, carol, plenary, room, said):
    with after_commit():
        link = linked(plenary, room, carol, **said)
    assert asked() == []
    with after_commit():
        publishing.publish(link)
    assert len(asked()) == 1


def test_whoever_manages_both_asks_nobody(after_commit, alice, meeting1, room):
    with after_commit():
        link = linked(meeting1, room, alice)
    assert links.carrying(Material.objects.filter(pk=link.pk)).exists()
    assert asked() == []


def test_hosts_are_asked_once_for_each_target(after_commit, alice, carol, plenary, room):
    other = meeting_of(alice, "other", title="Other")
    with after_commit():
        link = linked(plenary, room, carol)
    for _ in range(2):
        with after_commit():
            publishing.withdraw(link)
            publishing.publish(link)
    assert len(asked()) == 1
    with after_commit():
        publishing.change(link, Contents(kind=MEETING, target=other), by=carol)
    assert [subject for _, subject in asked()] == [
        "A link to “Other” waits for you",
        "A link to “Room B” waits for you",
    ]


def test_nobody_is_flooded(after_commit, carol, plenary, room):
    for _ in range(ASKED_A_DAY + 3):
        with after_commit():
            linked(plenary, room, carol)
    assert len(asked()) == ASKED_A_DAY


def test_links_wait_in_the_console_until_they_are_answered(client_of, alice, carol, plenary, room):
    link = link_between(plenary, room, carol)
    hosts = client_of(alice)
    page = reverse("overview:meetings")
    assert "Links waiting for you" in hosts.get(page).content.decode()
    assert "Links waiting for you" not in client_of(carol).get(page).content.decode()

    hosts.post(reverse("materials:accept", args=["room", link.pk]))
    assert "Links waiting for you" not in hosts.get(page).content.decode()


def test_rights_that_are_lost_make_it_wait_again(workspace, carol, alice, plenary, room):
    dave = host_of(workspace, "dave@example.org", "host")
    cohost = CoHost.objects.create(meeting=room, host=dave)
    link = link_between(plenary, room, carol, accepted_by=dave)
    assert not links.waiting_for(alice).exists()
    cohost.delete()
    assert list(links.waiting_for(alice)) == [link]


@pytest.mark.parametrize("fields", [{"is_published": False}, {"is_declined": True}])
def test_what_does_not_wait(alice, carol, plenary, room, fields):
    link_between(plenary, room, carol, **fields)
    assert not links.waiting_for(alice).exists()


def test_a_link_that_waits_is_said_to_the_host_who_made_it(after_commit, carol, plenary, room):
    link = linked(plenary, room, carol)
    assert not links.waiting_for(carol).exists()
    assert list(links.waiting()) == [link]


def test_a_duplicate_asks_for_its_own_links(after_commit, carol, plenary, room):
    linked(plenary, room, carol)
    with after_commit():
        duplicate(
            plenary,
            Meeting(title="Again", workspace=plenary.workspace),
            by=carol,
            parts=["materials"],
        )
    assert len(asked()) == 1
