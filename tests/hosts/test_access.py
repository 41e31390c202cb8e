"""Owners give other systems access in the console, and take it away."""

from collections.abc import Callable
from html import unescape

from django.conf import settings
from django.test import Client

from hosts.models import ApiToken, Host, Workspace, WorkspaceKey

ClientOf = Callable[[Host], Client]


def page_of(workspace: Workspace) -> str:
    return f"/host/workspaces/{workspace.pk}/access/"


def test_a_token_is_shown_once(alice: Host, workspace: Workspace, client_of: ClientOf) -> None:
    browser = client_of(alice)
    answer = browser.post(f"{page_of(workspace)}tokens/", {"name": "Members", "days": "30"})
    assert answer.status_code == 201
    token = answer.context["new_token"]
    assert token in answer.content.decode()
    made = ApiToken.objects.get()
    assert (made.name, made.made_by) == ("Members", alice)
    assert (made.expires_at - made.created_at).days in (29, 30)
    page = browser.get(page_of(workspace)).content.decode()
    assert "Members" in page
    assert token not in page
    assert made.token_hash not in page
    api = Client(headers={"Authorization": f"Bearer {token}"})
    assert api.get("/api/v1/meetings/").status_code == 200
    browser.post(f"{page_of(workspace)}tokens/{made.pk}/revoke/")
    assert api.get("/api/v1/meetings/").status_code == 401


def test_owners_read_where_the_api_is_and_how_links_are_signed(
    alice: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    page = unescape(client_of(alice).get(page_of(workspace)).content.decode())
    assert f"{settings.SITE_URL}/api/v1/" in page
    assert f"{settings.SITE_URL}/m/<var>meeting</var>/signed/#" in page
    described = (settings.BASE_DIR / "docs" / "access.md").read_text()
    assert described.split("```python\n")[1].split("```")[0] in page


def test_a_token_may_be_made_without_an_end(
    alice: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    client_of(alice).post(f"{page_of(workspace)}tokens/", {"name": "Members", "days": ""})
    assert ApiToken.objects.get().expires_at is None
    answer = client_of(alice).post(f"{page_of(workspace)}tokens/", {"name": "", "days": "7"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "days"}


def test_the_page_says_whose_token_opens_nothing(
    alice: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    client_of(alice).post(f"{page_of(workspace)}tokens/", {"name": "Members"})
    page = client_of(alice).get(page_of(workspace)).content.decode()
    assert "is not an owner any more" not in page
    olga = Host.objects.create_superuser("olga@example.org", name="Olga")
    workspace.memberships.filter(host=alice).update(role="host")
    page = client_of(olga).get(page_of(workspace)).content.decode()
    assert "Alice is not an owner any more" in page


def test_tokens_and_keys_of_another_workspace_are_out_of_reach(
    alice: Host, workspace: Workspace, mallory: Host, other_workspace: Workspace,
    client_of: ClientOf,
) -> None:  # fmt: skip
    client_of(alice).post(f"{page_of(workspace)}tokens/", {"name": "Members"})
    client_of(alice).post(f"{page_of(workspace)}keys/")
    token, key = ApiToken.objects.get(), WorkspaceKey.objects.get()
    browser = client_of(mallory)
    for workspace_of_page in (workspace, other_workspace):
        page = page_of(workspace_of_page)
        assert browser.post(f"{page}tokens/{token.pk}/revoke/").status_code == 404
        assert browser.post(f"{page}keys/{key.pk}/remove/").status_code == 404
    assert (ApiToken.objects.count(), WorkspaceKey.objects.count()) == (1, 1)
