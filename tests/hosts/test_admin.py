from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from hosts.invitations import invite
from hosts.models import Host, Membership, Workspace
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of
from tests.hosts.conftest import PASSWORD, membership_of

INLINE = {
    "memberships-TOTAL_FORMS": "0",
    "memberships-INITIAL_FORMS": "0",
}


@pytest.fixture
def operator(db: None, client_of: Callable[[Host], Client]) -> Client:
    return client_of(Host.objects.create_superuser("root@example.org", PASSWORD))


@pytest.mark.parametrize("model", ["host", "workspace", "membership", "invitation"])
def test_an_operator_finds_everything(
    operator: Client, alice: Host, workspace: Workspace, mallory: Host, model: str
) -> None:
    invite(workspace, "northwind-guest@example.org", "host", by=alice)
    invite(mallory.workspaces.get(), "guest@example.org", "host", by=mallory)
    every = operator.get(f"/admin/hosts/{model}/")
    some = operator.get(f"/admin/hosts/{model}/?q=alice")
    counts = [page.context["cl"].result_count for page in (every, some)]
    assert counts == [3 if model == "host" else 2, 1]
    row = some.context["cl"].result_list[0]
    assert operator.get(f"/admin/hosts/{model}/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("key", ["x", "a\0b", "²", "-1", "9" * 30, "1,2"])
def test_what_is_no_choice_is_refused_beside_the_field(
    operator: Client, workspace: Workspace, alice: Host, key: str
) -> None:
    page = "/admin/hosts/membership/add/"
    assert operator.get(page, {"workspace": key, "host": key}).status_code == 200
    answer = operator.post(page, {"workspace": key, "host": str(alice.pk), "role": "host"})
    assert "workspace" in answer.context["adminform"].form.errors
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "/admin/hosts/membership/?role=a%00b",
        "/admin/meetings/meeting/?state=a%00b",
        "/admin/materials/material/?kind=a%00b",
        "/admin/attendees/admission/?how=a%00b",
        "/admin/meetings/meeting/?p=a%00b&q=a%00b",
        "/admin/hosts/invitation/?workspace=99999999999999999999",
        "/admin/hosts/membership/?host=-99999999999999999999",
        "/admin/attendees/rosterimport/?meeting=99999999999999999999",
    ],
)
def test_a_filter_that_no_row_can_fit_is_a_bad_request(operator: Client, address: str) -> None:
    assert operator.get(address).status_code == 400


def test_operators_search_for_long_numbers(operator: Client, meeting1: Meeting) -> None:
    attendee_of(meeting1, "1", "ana@example.org", "Ana", external_id="9" * 25)
    page = operator.get(f"/admin/attendees/attendee/?q={'9' * 25}")
    assert page.context["cl"].result_count == 1


def test_an_operator_makes_a_host_who_can_sign_in(
    operator: Client, confirmed_mail: None, client: Client
) -> None:
    form = {
        "email": "Nia@Example.org",
        "name": "Nia",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        **INLINE,
    }
    assert operator.post("/admin/hosts/host/add/", form).status_code == 302
    login = {"login": "nia@example.org", "password": PASSWORD}
    assert client.post("/accounts/login/", login).status_code == 302
    assert client.get("/host/profile/").status_code == 200


def test_an_operator_changes_an_email_and_the_old_one_is_nothing_any_more(
    operator: Client, alice: Host, client: Client, confirmed_mail: None
) -> None:
    form = {
        "email": "Alice@New.example",
        "name": "Alice",
        "time_zone": "UTC",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert operator.post(f"/admin/hosts/host/{alice.pk}/change/", form).status_code == 302
    addresses = alice.emailaddress_set.values_list("email", "verified", "primary")
    assert list(addresses) == [("alice@new.example", True, True)]
    for email, status in (("alice@example.org", 422), ("alice@new.example", 302)):
        answer = client.post("/accounts/login/", {"login": email, "password": PASSWORD})
        assert answer.status_code == status


@pytest.mark.parametrize("way", ["page", "list", "workspace"])
def test_a_member_whom_an_operator_removes_is_co_host_of_nothing(
    operator: Client, workspace: Workspace, meeting1: Meeting, bea: Host, way: str
) -> None:
    CoHost.objects.create(meeting=meeting1, host=bea)
    membership = membership_of(bea)
    memberships = "/admin/hosts/membership/"
    address, form = {
        "page": (f"{memberships}{membership.pk}/delete/", {"post": "yes"}),
        "list": (
            memberships,
            {"action": "delete_selected", "_selected_action": membership.pk, "post": "yes"},
        ),
        "workspace": (
            f"/admin/hosts/workspace/{workspace.pk}/change/",
            {
                "name": "Northwind",
                "memberships-TOTAL_FORMS": "1",
                "memberships-INITIAL_FORMS": "1",
                "memberships-0-id": membership.pk,
                "memberships-0-workspace": workspace.pk,
                "memberships-0-host": bea.pk,
                "memberships-0-role": "host",
                "memberships-0-DELETE": "on",
            },
        ),
    }[way]
    assert operator.post(address, form).status_code == 302
    assert not bea.memberships.exists()
    assert not CoHost.objects.filter(host=bea).exists()


def test_an_operator_gives_a_new_password(operator: Client, alice: Host) -> None:
    form = {
        "usable_password": "true",
        "password1": "another horse battery",
        "password2": "another horse battery",
    }
    address = f"/admin/hosts/host/{alice.pk}/password/"
    assert operator.get(address).status_code == 200
    assert operator.post(address, form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another horse battery")


def test_a_helper_of_operators_makes_nobody_an_operator(
    alice: Host, mallory: Host, client_of: Callable[[Host], Client]
) -> None:
    Host.objects.filter(pk=mallory.pk).update(is_staff=True)
    mallory.user_permissions.set(
        Permission.objects.filter(codename__in=["change_host", "view_host"])
    )
    form = {
        "email": mallory.email,
        "name": "Mallory",
        "time_zone": "UTC",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        **INLINE,
    }
    answer = client_of(mallory).post(f"/admin/hosts/host/{mallory.pk}/change/", form)
    assert answer.status_code == 302
    mallory.refresh_from_db()
    assert not mallory.is_superuser


def test_invitations_are_made_in_the_console_only(
    operator: Client, alice: Host, workspace: Workspace
) -> None:
    assert operator.get("/admin/hosts/invitation/add/").status_code == 403
    offer = invite(workspace, "dora@example.org", "host", by=alice)
    page = operator.get(f"/admin/hosts/invitation/{offer.pk}/change/").content.decode()
    assert offer.token_hash not in page
    assert Membership.objects.count() == 1
