"""Nothing that a client sends ends up in a link of a mail."""

from collections.abc import Callable

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import get_script_prefix, set_script_prefix

from hosts.models import Host, Workspace
from meetingportal.asgi import application
from meetingportal.handler import OneHopHandler
from meetingportal.mailed_links import mailed_link
from tests.hosts.conftest import LINK

SITE = "http://127.0.0.1:8000/"
FORGERIES = [
    {},
    {"host": "localhost:6666"},
    {"x-forwarded-host": "evil.test"},
    {"x-forwarded-proto": "https"},
    {"x-forwarded-server": "evil.test", "forwarded": "host=evil.test;proto=https"},
    {"daphne-root-path": "@evil.test"},
    {"daphne-root-path": "https://evil.test"},
]
CLIENT_OF = Callable[[Host], Client]


def links_of(messages: list[EmailMessage]) -> list[str]:
    return [link for message in messages for link in LINK.findall(str(message.body))]


@pytest.mark.parametrize("headers", FORGERIES)
def test_every_mail_leads_to_this_site(
    headers: dict[str, str],
    alice: Host,
    workspace: Workspace,
    confirmed_mail: None,
    client_of: CLIENT_OF,
    mailoutbox: list[EmailMessage],
) -> None:
    signed_in = client_of(alice)
    stranger = Client()
    new = {"name": "C", "email": "c@example.org", "password1": "correct horse", "workspace": "W"}
    stranger.post("/accounts/password/reset/", {"email": alice.email}, headers=headers)
    stranger.post("/accounts/signup/", new, headers=headers)
    Client().post("/accounts/signup/", new | {"email": alice.email}, headers=headers)
    signed_in.post(
        f"/host/workspaces/{workspace.pk}/invite/",
        {"email": "d@example.org", "role": "host"},
        headers=headers,
    )

    assert len(mailoutbox) == 4
    links = links_of(mailoutbox)
    assert len(links) >= 8
    assert [link for link in links if not f"{link}/".startswith(SITE)] == []
    assert "evil" not in " ".join(str(message.message()) for message in mailoutbox)


def test_an_unknown_host_gets_no_mail_sent(alice: Host, mailoutbox: list[EmailMessage]) -> None:
    answer = Client().post(
        "/accounts/password/reset/", {"email": alice.email}, headers={"host": "evil.test"}
    )
    assert answer.status_code == 400
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)  # the server has threads of its own
@pytest.mark.parametrize("server", [application, OneHopHandler()], ids=["pinned", "unpinned"])
def test_the_prefix_that_a_server_takes_from_a_header_is_left_out(
    server: object, alice: Host, mailoutbox: list[EmailMessage]
) -> None:
    async def forget_password() -> int:
        transport = httpx.ASGITransport(app=server, root_path="/@evil.test")  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=SITE) as browser:
            address = (
                "/accounts/password/reset/"
                if server is application
                else "/@evil.test/accounts/password/reset/"
            )
            await browser.get(address)
            answer = await browser.post(
                address,
                data={
                    "email": alice.email,
                    "csrfmiddlewaretoken": browser.cookies["csrftoken"],
                },
            )
            return answer.status_code

    try:
        assert async_to_sync(forget_password)() == 302
    finally:
        set_script_prefix("/")
    links = links_of(mailoutbox)
    assert links
    assert [link for link in links if not f"{link}/".startswith(SITE)] == []
    assert "evil" not in str(mailoutbox[0].message())


def test_a_link_leaves_the_requests_prefix_as_it_was() -> None:
    set_script_prefix("/@evil.test/")
    try:
        assert mailed_link("account_login") == f"{SITE}accounts/login/"
        assert get_script_prefix() == "/@evil.test/"
    finally:
        set_script_prefix("/")
