"""Another system sends Mira straight in: by our own form of links, and by that of MeetingPulse."""

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from attendees.meetingpulse import Said
from attendees.models import Admission
from attendees.signed_links import Claims, signed
from hosts.access import make_key
from hosts.models import Host, Workspace, WorkspaceKey
from meetings.models import Meeting
from tests.browser.visitors import Visitor
from tests.conftest import attendee_of

pytestmark = pytest.mark.browser

Visitors = Callable[..., Visitor]


def our_link(workspace: Workspace, host: Host) -> str:
    key, now = make_key(workspace, by=host), int(timezone.now().timestamp())
    claims = Claims(aud="meeting1", exp=now + 600, iat=now, kid=key.kid, sub="M-7")
    return f"/m/meeting1/signed/#{signed(claims, key.secret)}"


def link_of_meetingpulse(workspace: Workspace, host: Host) -> str:
    key = make_key(workspace, by=host, form=WorkspaceKey.Form.MEETINGPULSE)
    said = {"client": key.kid, "id": "M-7", "name": "Mira Okafor", "email": "mira@example.org"}
    signature = Said(**said, signature="").right_signature(key.secret)
    token = base64.b64encode(json.dumps(said | {"signature": signature}).encode()).decode()
    return f"/m/meeting1/?i={quote(token, safe='')}"


@pytest.mark.parametrize("link", [our_link, link_of_meetingpulse])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_click_lets_in_and_the_token_stands_nowhere(
    link: Callable[[Workspace, Host], str],
    scripts: bool,
    visitor: Visitors,
    workspace: Workspace,
    alice: Host,
    meeting1: Meeting,
) -> None:
    attendee_of(
        meeting1, "MIRA-1", "mira@example.org", "Mira", lastname="Okafor", external_id="M-7"
    )
    mira = visitor(java_script_enabled=scripts)
    page = mira.open(link(workspace, alice))
    expect(page).to_have_url(re.compile(r"/m/meeting1/signed/(#.+)?$"))
    assert not Admission.objects.exists()
    if scripts:
        mira.sees("This is your personal link. Keep it to yourself.")
        expect(page).to_have_url(re.compile(r"/signed/$"))
    else:
        page.get_by_label("Paste what follows").fill(page.url.partition("#")[2])
    mira.press("Enter")
    expect(page).to_have_url(re.compile(r"/m/meeting1/(#main)?$"))
    expect(page.locator(".meeting-name")).to_have_text("Mira Okafor")
