"""Every page of an account is the portal's own, and whole."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from hosts.invitations import invite
from hosts.models import Host, Membership, Workspace
from tests.hosts.conftest import links_in, path_of

OWN = Path(settings.BASE_DIR) / "templates"
FOR_STRANGERS = {
    "/accounts/login/": "account/login.html",
    "/accounts/signup/": "account/signup.html",
    "/accounts/password/reset/": "account/password_reset.html",
    "/accounts/password/reset/done/": "account/password_reset_done.html",
    "/accounts/password/reset/key/1-used-up/": "account/password_reset_from_key.html",
    "/accounts/password/reset/key/done/": "account/password_reset_from_key_done.html",
    "/accounts/inactive/": "account/account_inactive.html",
    "/accounts/confirm-email/": "account/verification_sent.html",
    "/accounts/confirm-email/used-up/": "account/email_confirm.html",
}
FOR_HOSTS = {
    "/accounts/logout/": "account/logout.html",
    "/accounts/password/change/": "account/password_change.html",
    "/accounts/email/": "account/email_change.html",
    "/accounts/reauthenticate/": "account/reauthenticate.html",
    "/host/profile/": "hosts/profile.html",
    "/host/workspaces/": "hosts/workspaces.html",
    "/host/workspaces/new/": "hosts/new_workspace.html",
}


def check(answer: HttpResponse, template: str) -> str:
    """The page is made of this template of ours; it has a title, one heading, no inline style."""
    assert answer.status_code == 200
    used = [found for found in answer.templates if found.name.endswith(".html")]  # type: ignore[attr-defined]
    assert used[0].name == template
    pages = [found for found in used if not found.name.startswith(("bootstrap5/", "django/"))]
    assert [found.name for found in pages if OWN not in Path(found.origin.name).parents] == []
    html = answer.content.decode()
    title = re.search(r"<title>(.*?)</title>", html)
    assert title
    assert re.fullmatch(r".+ · Meeting portal", title[1])
    headings = re.findall(r"<h1>(.*?)</h1>", html, re.DOTALL)
    assert len(headings) == 1
    assert headings[0].strip()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|placeholder=", html)
    return html


@pytest.mark.parametrize(("address", "template"), FOR_STRANGERS.items())
def test_a_stranger_sees_our_page(db: None, client: Client, address: str, template: str) -> None:
    check(client.get(address), template)


@pytest.mark.parametrize(("address", "template"), FOR_HOSTS.items())
def test_a_host_sees_our_page(
    alice: Host, client_of: Callable[[Host], Client], address: str, template: str
) -> None:
    check(client_of(alice).get(address), template)


def test_a_host_without_a_password_sets_one(
    alice: Host, client_of: Callable[[Host], Client]
) -> None:
    alice.set_unusable_password()
    alice.save()
    browser = client_of(alice)
    check(browser.get("/accounts/password/change/", follow=True), "account/password_set.html")
    browser.post("/accounts/password/set/", {"password1": "another horse battery"})
    alice.refresh_from_db()
    assert alice.check_password("another horse battery")


def test_the_pages_of_a_workspace_are_whole(
    alice: Host, bea: Host, workspace: Workspace, client_of: Callable[[Host], Client]
) -> None:
    here = f"/host/workspaces/{workspace.pk}/"
    member = Membership.objects.get(host=bea).pk
    browser = client_of(alice)
    check(browser.get(here), "hosts/workspace.html")
    check(browser.get(f"{here}leave/"), "hosts/leave_workspace.html")
    check(browser.get(f"{here}members/{member}/remove/"), "hosts/remove_member.html")


def test_the_page_of_an_invitation_is_whole(
    alice: Host, workspace: Workspace, client: Client, mailoutbox: list
) -> None:
    invite(workspace, "dora@example.org", "host", by=alice)
    (link,) = links_in(mailoutbox[0])
    html = check(client.get(path_of(link)), "hosts/invitation.html")
    assert "Alice invites you" in html
    assert "dora@example.org" in html


def test_a_hostile_name_is_text(
    alice: Host, workspace: Workspace, client_of: Callable[[Host], Client]
) -> None:
    Workspace.objects.update(name="<script>alert(1)</script>")
    Host.objects.update(name='"><img src=x>')
    html = client_of(alice).get(f"/host/workspaces/{workspace.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_too_many_tries_say_when_to_come_back(db: None, client: Client) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": "bob@example.org"}) for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "429.html" in [template.name for template in answers[-1].templates]
