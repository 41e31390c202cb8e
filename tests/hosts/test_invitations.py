from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from hosts.invitations import INVITATIONS_A_DAY, TOKEN_BYTES, NotForYou, accept, invite
from hosts.members import remove, set_role
from hosts.models import Host, Invitation, Membership, Workspace
from tests.conftest import host_of
from tests.hosts.conftest import PASSWORD, links_in, membership_of, path_of

ClientOf = Callable[[Host], Client]


@pytest.fixture
def dora(db: None) -> Host:
    """Has an account, and no workspace yet."""
    return Host.objects.create_user("dora@example.org", PASSWORD, name="Dora")


@pytest.fixture
def mailed(alice: Host, workspace: Workspace, mailoutbox: list[EmailMessage]) -> Callable[..., str]:
    """Invite an address; returns the path in the mail."""

    def invited(email: str = "dora@example.org", role: str = "host") -> str:
        invite(workspace, email, role, by=alice)
        (link,) = links_in(mailoutbox[-1])
        return path_of(link)

    return invited


def gone(answer: object) -> bool:
    return (
        answer.status_code == 404  # type: ignore[attr-defined]
        and "hosts/invitation_gone.html" in [t.name for t in answer.templates]  # type: ignore[attr-defined]
    )


def test_an_owner_invites_by_mail_and_the_host_joins(
    alice: Host,
    dora: Host,
    workspace: Workspace,
    client_of: ClientOf,
    mailoutbox: list[EmailMessage],
) -> None:
    answer = client_of(alice).post(
        f"/host/workspaces/{workspace.pk}/invite/", {"email": "Dora@Example.org", "role": "owner"}
    )
    assert answer.status_code == 302
    (message,) = mailoutbox
    assert (message.to, message.subject) == (["dora@example.org"], "Invitation to Northwind")
    (link,) = links_in(message)
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert len(token) >= TOKEN_BYTES * 8 / 6
    assert token not in str(Invitation.objects.values_list().get()), "only its hash is stored"

    browser = client_of(dora)
    page = browser.get(path_of(link))
    assert "Join Northwind" in page.content.decode()
    assert not dora.memberships.exists(), "looking does not accept"

    browser.post(path_of(link))
    assert membership_of(dora).workspace == workspace
    assert membership_of(dora).is_owner


def test_an_invitation_works_once(
    mailed: Callable[..., str], dora: Host, client_of: ClientOf
) -> None:
    path = mailed()
    browser = client_of(dora)
    browser.post(path)
    dora.memberships.all().delete()

    assert gone(browser.get(path))
    assert gone(browser.post(path))
    assert not dora.memberships.exists()


def test_an_invitation_used_in_another_tab_meanwhile_is_refused(
    mailed: Callable[..., str], dora: Host
) -> None:
    mailed()
    offer = Invitation.objects.get()
    accept(offer, dora)
    with pytest.raises(NotForYou):
        accept(offer, dora)


@pytest.mark.parametrize(("hours", "is_open"), [(71.9, True), (72.1, False)])
def test_an_invitation_lasts_72_hours(
    mailed: Callable[..., str],
    dora: Host,
    client_of: ClientOf,
    time_machine: object,
    hours: float,
    is_open: bool,
) -> None:
    path = mailed()
    browser = client_of(dora)
    time_machine.move_to(timezone.now() + timedelta(hours=hours))  # type: ignore[attr-defined]
    answer = browser.post(path)
    assert (answer.status_code == 302, gone(answer)) == (is_open, not is_open)
    assert dora.memberships.exists() is is_open


@pytest.mark.parametrize("path", ["/host/invitations/x/", "/host/invitations/%00/"])
def test_an_invented_token_opens_nothing(db: None, client: Client, path: str) -> None:
    assert gone(client.get(path))


def test_an_invitation_is_for_its_address_only(
    mailed: Callable[..., str], mallory: Host, client_of: ClientOf
) -> None:
    path = mailed()
    browser = client_of(mallory)
    for answer in (browser.get(path), browser.post(path)):
        assert answer.status_code == 403
        assert "This invitation is for" in answer.content.decode()
    assert list(mallory.memberships.values_list("workspace__name", flat=True)) == ["Elsewhere"]
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_dies_with_a_change_of_email(
    mailed: Callable[..., str], dora: Host, client_of: ClientOf
) -> None:
    path = mailed()
    Host.objects.filter(pk=dora.pk).update(email="dora@new.example")
    assert client_of(dora).post(path).status_code == 403
    assert not dora.memberships.exists()


def test_inviting_again_replaces_the_first_mail(
    mailed: Callable[..., str], dora: Host, client_of: ClientOf
) -> None:
    first, second = mailed(), mailed(role="owner")
    browser = client_of(dora)
    assert gone(browser.post(first))
    browser.post(second)
    assert membership_of(dora).is_owner


def test_a_withdrawn_invitation_opens_nothing(
    mailed: Callable[..., str], alice: Host, dora: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    path = mailed()
    offer = Invitation.objects.get()
    client_of(alice).post(f"/host/workspaces/{workspace.pk}/invitations/{offer.pk}/withdraw/")
    assert gone(client_of(dora).post(path))


@pytest.mark.parametrize("act", ["remove", "demote"])
def test_who_may_no_longer_invite_leaves_no_door_open(
    alice: Host, workspace: Workspace, act: str, mailoutbox: list[EmailMessage]
) -> None:
    eve = host_of(workspace, "eve@example.org", "owner")
    invite(workspace, "puppet@example.org", "owner", by=eve)
    invite(workspace, "dora@example.org", "owner", by=alice)
    if act == "remove":
        remove(membership_of(eve))
    else:
        set_role(membership_of(eve), "host")
    assert [offer.email for offer in workspace.invitations.all()] == ["dora@example.org"]


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@example.org", "no address", ""])
def test_members_and_nonsense_are_not_invited(
    alice: Host,
    workspace: Workspace,
    client_of: ClientOf,
    mailoutbox: list[EmailMessage],
    email: str,
) -> None:
    answer = client_of(alice).post(
        f"/host/workspaces/{workspace.pk}/invite/", {"email": email, "role": "host"}
    )
    assert answer.status_code == 422
    assert answer.context["invitation_form"].errors["email"]
    assert (mailoutbox, Invitation.objects.count()) == ([], 0)


def test_a_workspace_invites_so_many_people_a_day(
    alice: Host, workspace: Workspace, client_of: ClientOf, mailoutbox: list[EmailMessage]
) -> None:
    browser = client_of(alice)
    address = f"/host/workspaces/{workspace.pk}/invite/"
    for number in range(INVITATIONS_A_DAY):
        form = {"email": f"{number}@example.org", "role": "host"}
        assert browser.post(address, form).status_code == 302
    answer = browser.post(address, {"email": "one-too-many@example.org", "role": "host"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Invite the next one tomorrow." in answer.content.decode()
    assert len(mailoutbox) == Invitation.objects.count() == INVITATIONS_A_DAY


def test_a_mail_that_cannot_be_sent_leaves_no_invitation(
    alice: Host, workspace: Workspace, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailMessage) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    answer = client_of(alice).post(
        f"/host/workspaces/{workspace.pk}/invite/", {"email": "dora@example.org", "role": "host"}
    )
    assert answer.status_code == 422
    assert "could not be sent" in answer.content.decode()
    assert not Invitation.objects.exists()


# --- Accepting without being signed in


def test_who_has_an_account_signs_in_first(
    mailed: Callable[..., str], dora: Host, client: Client
) -> None:
    path = mailed()
    page = client.get(path).content.decode()
    assert f"/accounts/login/?next={path}" in page
    assert "/accounts/signup/" not in page
    answer = client.post(path)
    assert (answer.status_code, dora.memberships.exists()) == (200, False)
    answer = client.post(
        f"/accounts/login/?next={path}", {"login": dora.email, "password": PASSWORD}
    )
    assert answer["Location"] == path


@pytest.mark.parametrize("verification", ["none", "mandatory"])
@pytest.mark.parametrize("is_open", [True, False])
def test_who_has_no_account_signs_up_and_is_a_member(
    mailed: Callable[..., str],
    workspace: Workspace,
    client: Client,
    settings: Settings,
    mailoutbox: list[EmailMessage],
    verification: str,
    is_open: bool,
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    settings.SIGNUP_OPEN = is_open
    path = mailed("new@example.org")
    token = path.rstrip("/").rsplit("/", 1)[1]
    address = f"/accounts/signup/?invitation={token}"
    assert address in client.get(path).content.decode()
    page = client.get(address)
    assert "workspace" not in page.context["form"].fields

    form = {"name": "Nia", "password1": PASSWORD, "invitation": token, "workspace": "My own"}
    refused = client.post("/accounts/signup/", form | {"email": "else@example.org"})
    assert "This invitation is for new@example.org." in refused.content.decode()

    client.post("/accounts/signup/", form | {"email": "new@example.org"})

    host = Host.objects.get(email="new@example.org")
    assert membership_of(host).workspace == workspace
    assert membership_of(host).role == "host"
    assert not Workspace.objects.filter(name="My own").exists()
    assert client.get("/host/profile/").status_code == 200, "the mail has confirmed the address"
    assert len(mailoutbox) == 1
    assert gone(Client().get(path))


def test_a_used_invitation_opens_no_closed_sign_up(
    mailed: Callable[..., str], client: Client, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    path = mailed("new@example.org")
    token = path.rstrip("/").rsplit("/", 1)[1]
    Invitation.objects.all().delete()
    form = {"name": "N", "email": "new@example.org", "password1": PASSWORD, "invitation": token}
    for answer in (
        client.get(f"/accounts/signup/?invitation={token}", follow=True),
        client.post("/accounts/signup/", form, follow=True),
    ):
        assert gone(answer)
    assert not Host.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("token", ["no-such-token", "../../etc/passwd", "?", "\0", "x" * 5000])
def test_signing_up_with_what_is_no_invitation_says_so(
    db: None, client: Client, token: str
) -> None:
    form = {"name": "N", "email": "new@example.org", "password1": PASSWORD, "invitation": token}
    for answer in (
        client.get("/accounts/signup/", {"invitation": token}),
        client.post("/accounts/signup/", form),
    ):
        assert gone(answer)
    assert not Host.objects.exists()


def test_signing_up_with_an_invitation_takes_no_existing_account(
    mailed: Callable[..., str], dora: Host, client: Client, confirmed_mail: None
) -> None:
    token = mailed().rstrip("/").rsplit("/", 1)[1]
    form = {"name": "N", "email": dora.email, "password1": "another horse", "invitation": token}
    answer = client.post("/accounts/signup/", form)
    assert "There is an account with this email. Sign in instead." in answer.content.decode()
    dora.refresh_from_db()
    assert dora.check_password(PASSWORD)


def test_a_member_who_accepts_again_keeps_the_role(
    mailed: Callable[..., str], bea: Host, alice: Host, workspace: Workspace
) -> None:
    invite(workspace, bea.email, "owner", by=alice)
    accept(Invitation.objects.get(email=bea.email), bea)
    assert Membership.objects.filter(host=bea).count() == 1
    assert not membership_of(bea).is_owner
