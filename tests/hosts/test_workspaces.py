from collections.abc import Callable

import pytest
from django.test import Client

from hosts import departures
from hosts.invitations import invite
from hosts.members import LastOwner, remove, set_role
from hosts.models import Host, Membership, Workspace
from hosts.views import WORKSPACES
from meetings.models import CoHost, Meeting
from tests.conftest import host_of
from tests.hosts.conftest import membership_of

ClientOf = Callable[[Host], Client]


def test_a_host_sees_their_workspaces_and_no_other(
    alice: Host, other_workspace: Workspace, mallory: Host, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    page = browser.get("/host/workspaces/").content.decode()
    assert "Northwind" in page
    assert "Elsewhere" not in page
    Membership.objects.create(workspace=other_workspace, host=alice)
    assert "Elsewhere" in browser.get("/host/workspaces/").content.decode()


def test_who_has_no_workspace_makes_one(db: None, client_of: ClientOf) -> None:
    host = Host.objects.create_user("new@example.org")
    browser = client_of(host)
    for address in ("/host/", "/host/workspaces/"):
        assert browser.get(address)["Location"] == "/host/workspaces/new/"
    assert "not a member of a workspace" in browser.get("/host/workspaces/new/").content.decode()
    assert browser.post("/host/workspaces/new/", {"name": "  "}).status_code == 422
    browser.post("/host/workspaces/new/", {"name": "Mine"})
    assert (membership_of(host).workspace.name, membership_of(host).is_owner) == ("Mine", True)


def test_a_host_makes_so_many_workspaces_a_day(alice: Host, client_of: ClientOf) -> None:
    for _ in range(int(WORKSPACES.burst)):
        WORKSPACES.hit(str(alice.pk))
    answer = client_of(alice).post("/host/workspaces/new/", {"name": "One too many"})
    assert (answer.status_code, Workspace.objects.count()) == (429, 1)
    assert answer["Retry-After"]


def test_owners_rename_and_hosts_only_read(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    address = f"/host/workspaces/{workspace.pk}/"
    assert client_of(bea).get(address).status_code == 200
    page = client_of(bea).get(address).content.decode()
    assert "bea@example.org" in page
    for control in ("invite/", "rename/", "role/", "remove/"):
        assert control not in page
        assert control in client_of(alice).get(address).content.decode()
    assert client_of(bea).post(f"{address}rename/", {"name": "Mine"}).status_code == 404
    assert client_of(alice).post(f"{address}rename/", {"name": "a\nb"}).status_code == 422
    client_of(alice).post(f"{address}rename/", {"name": "Eastwind"})
    workspace.refresh_from_db()
    assert workspace.name == "Eastwind"


def addresses(
    workspace: Workspace, membership: Membership, invitation: int
) -> list[tuple[str, str]]:
    here = f"/host/workspaces/{workspace.pk}/"
    return [
        ("get", here),
        ("post", f"{here}rename/"),
        ("post", f"{here}invite/"),
        ("get", f"{here}leave/"),
        ("post", f"{here}leave/"),
        ("post", f"{here}invitations/{invitation}/withdraw/"),
        ("post", f"{here}members/{membership.pk}/role/"),
        ("get", f"{here}members/{membership.pk}/remove/"),
        ("post", f"{here}members/{membership.pk}/remove/"),
    ]


FORM = {"name": "Mine", "email": "x@example.org", "role": "owner"}


def state() -> list[object]:
    return [
        list(Workspace.objects.order_by("pk").values_list()),
        list(Membership.objects.order_by("pk").values_list()),
        [row.pk for workspace in Workspace.objects.all() for row in workspace.invitations.all()],
    ]


def test_another_workspace_cannot_be_seen_or_changed(
    alice: Host, mallory: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    offer = invite(workspace, "dora@example.org", "host", by=alice)
    browser = client_of(mallory)
    before = state()
    for method, address in addresses(workspace, membership_of(alice), offer.pk):
        assert getattr(browser, method)(address, FORM).status_code == 404, address
    assert state() == before


def test_a_host_who_owns_nothing_changes_nothing(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    offer = invite(workspace, "dora@example.org", "host", by=alice)
    browser = client_of(bea)
    before = state()
    for method, address in addresses(workspace, membership_of(alice), offer.pk):
        if method == "post" and not address.endswith("leave/"):
            assert browser.post(address, FORM).status_code == 404, address
    assert state() == before


def test_members_of_another_workspace_are_not_reached_through_ones_own(
    alice: Host,
    mallory: Host,
    other_workspace: Workspace,
    workspace: Workspace,
    client_of: ClientOf,
) -> None:
    offer = invite(workspace, "dora@example.org", "host", by=alice)
    browser = client_of(mallory)
    before = state()
    for method, address in addresses(other_workspace, membership_of(alice), offer.pk)[5:]:
        assert getattr(browser, method)(address, FORM).status_code == 404, address
    assert state() == before


def test_strangers_are_asked_to_sign_in(alice: Host, workspace: Workspace, client: Client) -> None:
    offer = invite(workspace, "dora@example.org", "host", by=alice)
    before = state()
    pages = addresses(workspace, membership_of(alice), offer.pk)
    for method, address in [*pages, ("get", "/host/workspaces/"), ("post", "/host/profile/")]:
        answer = getattr(client, method)(address, FORM)
        assert answer["Location"].startswith("/accounts/login/?next="), address
    assert state() == before


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999"])
def test_a_number_that_no_workspace_has_is_not_found(
    alice: Host, client_of: ClientOf, number: str
) -> None:
    browser = client_of(alice)
    own = Workspace.objects.get().pk
    assert browser.get(f"/host/workspaces/{number}/").status_code == 404
    assert browser.post(f"/host/workspaces/{own}/members/{number}/remove/").status_code == 404
    assert browser.post(f"/host/workspaces/{number}/members/1/remove/").status_code == 404
    assert browser.post(f"/host/workspaces/{number}/leave/").status_code == 404
    assert browser.post(f"/host/workspaces/{own}/invitations/{number}/withdraw/").status_code == 404


# --- Members


def test_an_owner_makes_owners_and_hosts(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    address = f"/host/workspaces/{workspace.pk}/members/{membership_of(bea).pk}/role/"
    for role in ("owner", "host"):
        browser.post(address, {"role": role})
        assert membership_of(bea).role == role
    answer = browser.post(address, {"role": "king"}, follow=True)
    assert "Choose one of the roles." in answer.content.decode()
    assert membership_of(bea).role == "host"


def test_the_last_owner_stays(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    here = f"/host/workspaces/{workspace.pk}/"
    own = membership_of(alice).pk
    for address in (f"{here}members/{own}/role/", f"{here}members/{own}/remove/", f"{here}leave/"):
        answer = browser.post(address, {"role": "host"}, follow=True)
        assert "is the last owner of this workspace" in answer.content.decode()
        assert membership_of(alice).is_owner


def test_an_owner_may_go_when_another_stays(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    set_role(membership_of(bea), "owner")
    client_of(alice).post(f"/host/workspaces/{workspace.pk}/leave/")
    assert not alice.memberships.exists()
    with pytest.raises(LastOwner):
        remove(membership_of(bea))


def test_a_removed_member_loses_access_at_once(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    theirs = client_of(bea)
    address = f"/host/workspaces/{workspace.pk}/"
    assert theirs.get(address).status_code == 200
    page = client_of(alice).get(f"{address}members/{membership_of(bea).pk}/remove/")
    assert "loses access" in page.content.decode()
    assert theirs.get(address).status_code == 200, "looking removes nobody"

    client_of(alice).post(f"{address}members/{membership_of(bea).pk}/remove/")

    assert theirs.get(address).status_code == 404
    assert not Workspace.objects.of(bea).exists()


def test_a_removed_member_manages_no_meeting_not_even_after_coming_back(
    meeting1: Meeting, bea: Host, workspace: Workspace
) -> None:
    CoHost.objects.create(meeting=meeting1, host=bea)
    assert list(Meeting.objects.managed_by(bea)) == [meeting1]

    remove(membership_of(bea))
    assert not Meeting.objects.managed_by(bea).exists()

    Membership.objects.create(workspace=workspace, host=bea)
    assert not Meeting.objects.managed_by(bea).exists()


def test_what_follows_a_departure_is_part_of_it(
    bea: Host, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(workspace: Workspace, host: Host) -> None:
        raise RuntimeError(f"{host} {workspace}")

    monkeypatch.setattr(departures, "_departures", [])
    departures.register(fail)
    departures.register(fail)
    with pytest.raises(RuntimeError, match="Bea Northwind"):
        remove(membership_of(bea))
    assert bea.memberships.exists()


def test_an_operator_manages_any_workspace(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    operator = Host.objects.create_superuser("root@example.org")
    browser = client_of(operator)
    assert browser.get("/host/workspaces/").status_code == 200
    assert browser.get(f"/host/workspaces/{workspace.pk}/").context["is_owner"] is True
    browser.post(f"/host/workspaces/{workspace.pk}/members/{membership_of(bea).pk}/remove/")
    assert not bea.memberships.exists()


def test_the_list_of_members_costs_the_same_for_one_and_for_three(
    alice: Host,
    workspace: Workspace,
    client_of: ClientOf,
    django_assert_num_queries: Callable[..., object],
) -> None:
    browser = client_of(alice)
    address = f"/host/workspaces/{workspace.pk}/"
    browser.get(address)
    for number in (1, 3):
        while workspace.memberships.count() < number:
            host_of(workspace, f"h{workspace.memberships.count()}@example.org", "host")
        with django_assert_num_queries(6):  # type: ignore[attr-defined]
            browser.get(address)


# --- Profile


def test_a_host_sets_name_and_time_zone(alice: Host, client_of: ClientOf) -> None:
    browser = client_of(alice)
    page = browser.get("/host/profile/").content.decode()
    assert '<optgroup label="Europe">' in page
    browser.post("/host/profile/", {"name": "Alice A.", "time_zone": "Asia/Kolkata"})
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice A.", "Asia/Kolkata")


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "time_zone": "UTC"},
        {"name": "x" * 151, "time_zone": "UTC"},
        {"name": "Alice", "time_zone": "Mars/Olympus"},
        {"name": "Alice"},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(
    alice: Host, client_of: ClientOf, form: dict[str, str]
) -> None:
    answer = client_of(alice).post("/host/profile/", form)
    assert answer.status_code == 422
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice", "UTC")


def test_a_zone_with_an_old_name_stays_choosable(alice: Host, client_of: ClientOf) -> None:
    Host.objects.update(time_zone="US/Eastern")
    answer = client_of(alice).post("/host/profile/", {"name": "A", "time_zone": "US/Eastern"})
    assert answer.status_code == 302
