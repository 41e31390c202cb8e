"""A double click on what is shown only once."""

from collections.abc import Callable

import pytest

from hosts.models import ApiToken, Host, Workspace, WorkspaceKey
from tests.browser.visitors import Visitor

pytestmark = pytest.mark.browser


def test_a_double_click_makes_one_token_and_shows_it(
    visitor: Callable[..., Visitor], alice: Host, workspace: Workspace
):
    host = visitor(alice)
    page = host.open(f"/host/workspaces/{workspace.pk}/access/")
    host.fill("Name", "Members")
    page.get_by_role("button", name="Make token", exact=True).dblclick()
    host.sees("This is the token.")
    assert ApiToken.objects.count() == 1
    page.get_by_role("button", name="Make key", exact=True).dblclick()
    host.sees("This is the key.")
    assert WorkspaceKey.objects.count() == 1
