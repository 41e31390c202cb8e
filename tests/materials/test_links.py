"""Which links carry: on whose rights, as they are now."""

from itertools import product

import pytest

from hosts.models import Host, Membership
from materials import links
from materials.models import Material
from meetings.models import CoHost, Meeting
from tests.conftest import host_of, link_between, meeting_of


def carries(link: Material) -> bool:
    found = links.carrying(Material.objects.filter(pk=link.pk)).exists()
    said = links.with_carrying(Material.objects.all()).get(pk=link.pk).carries
    assert found == said
    return found


def made_cohost(meeting: Meeting, host: Host) -> None:
    CoHost.objects.create(meeting=meeting, host=host)


RIGHTS = [
    *product(["owner", "co-host", "member"], [True, False]),
    ("operator", True),
    ("operator", False),
    ("stranger", True),
    ("ex-member", True),
    ("ex-co-host", True),
]


@pytest.mark.parametrize(("rights", "is_active"), RIGHTS)
def test_rights_in_a_row_are_those_of_managed_by(workspace, alice, rights, is_active):
    """`links.manages` says of columns what `managed_by` says of a host, who must be active too."""
    here, there = meeting_of(alice, "here"), meeting_of(alice, "there")
    role = "owner" if rights == "owner" else "host"
    dora = host_of(workspace, "dora@example.org", role)
    if rights in ("co-host", "ex-member"):
        made_cohost(here, dora)
        made_cohost(there, dora)
    if rights in ("operator", "stranger", "ex-member"):
        Membership.objects.filter(host=dora).delete()
    Host.objects.filter(pk=dora.pk).update(is_active=is_active, is_superuser=rights == "operator")
    dora.refresh_from_db()

    link = link_between(here, there, dora)
    manages_both = Meeting.objects.managed_by(dora).filter(pk__in=[here.pk, there.pk]).count() == 2
    assert carries(link) == (manages_both and is_active)
    expected = rights in ("owner", "co-host", "operator") and is_active
    assert carries(link) == expected


@pytest.mark.parametrize("managed", ["source", "target", "both", "none"])
def test_a_link_carries_on_rights_in_both_meetings(alice, carol, managed):
    source, target = meeting_of(alice, "source"), meeting_of(alice, "target")
    if managed in ("source", "both"):
        made_cohost(source, carol)
    if managed in ("target", "both"):
        made_cohost(target, carol)
    assert carries(link_between(source, target, carol)) == (managed == "both")


def test_rights_that_are_lost_make_a_link_plain(alice, carol, meeting1, room):
    made_cohost(meeting1, carol)
    made_cohost(room, carol)
    link = link_between(meeting1, room, carol)
    assert carries(link)
    CoHost.objects.filter(meeting=room, host=carol).delete()
    assert not carries(link)


def test_a_link_without_a_maker_is_plain(alice, meeting1, room):
    link = link_between(meeting1, room, alice)
    Host.objects.filter(pk=alice.pk).delete()
    assert not carries(link)


def test_a_link_carries_once_a_host_of_the_target_accepts_it(alice, carol, meeting1, room):
    made_cohost(meeting1, carol)
    link = link_between(meeting1, room, carol)
    assert not carries(link)
    assert links.accept(link, by=alice)
    assert carries(link)


def test_an_acceptance_holds_as_long_as_the_rights_of_who_accepted(alice, carol, meeting1, room):
    dora = host_of(alice.workspaces.get(), "dora@example.org", "host")
    made_cohost(room, dora)
    link = link_between(meeting1, room, carol)
    links.accept(link, by=dora)
    assert carries(link)
    CoHost.objects.filter(meeting=room, host=dora).delete()
    assert not carries(link)


def test_accepting_without_rights_in_the_target_carries_nobody(alice, carol, meeting1, room):
    link = link_between(meeting1, room, carol)
    links.accept(link, by=carol)
    assert not carries(link)


def test_a_declined_link_carries_nobody_whoever_made_it(alice, meeting1, room):
    link = link_between(meeting1, room, alice)
    assert links.decline(link)
    assert not carries(link)
    assert links.accept(link, by=alice)
    assert carries(link)


def test_what_was_answered_is_what_was_seen(alice, meeting1, meeting2, room):
    seen = meeting1.materials.get()
    Material.objects.filter(pk=seen.pk).update(target=room)
    assert not links.accept(seen, by=alice)
    assert not links.decline(seen)
    now = Material.objects.get(pk=seen.pk)
    assert (now.accepted_by, now.is_declined) == (None, False)


@pytest.mark.parametrize("act", ["withdrawn", "of another workspace", "none"])
def test_only_published_links_of_one_workspace_link(alice, mallory, meeting1, room, act):
    link = link_between(meeting1, room, alice)
    if act == "withdrawn":
        Material.objects.filter(pk=link.pk).update(is_published=False)
    if act == "of another workspace":
        Meeting.objects.filter(pk=room.pk).update(workspace=mallory.workspaces.get())
    is_linked = act == "none"
    assert (room in links.linked_meetings(meeting1)) == is_linked
    assert (meeting1 in links.linked_meetings(room)) == is_linked
    assert links.between(meeting1, [room.pk]).exists() == is_linked
    assert links.between(room, [meeting1.pk]).exists() == is_linked


def test_hosts_see_own_drafts_and_published_links_to_their_meeting(alice, meeting1, room):
    own_draft = link_between(meeting1, room, alice, is_published=False)
    link_between(room, meeting1, alice, is_published=False)
    incoming = link_between(room, meeting1, alice)
    assert set(links.touching(meeting1)) == {own_draft, incoming}


def test_a_way_back_is_a_published_link(alice, meeting1, room):
    there = link_between(meeting1, room, alice)
    back = link_between(room, meeting1, alice, is_published=False)
    assert not links.touching(meeting1).get(pk=there.pk).has_way_back
    Material.objects.filter(pk=back.pk).update(is_published=True)
    assert links.touching(meeting1).get(pk=there.pk).has_way_back
