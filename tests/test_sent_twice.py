"""Whoever clicks twice, reloads, or goes back and sends again has made one thing."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.messages import get_messages
from django.db import close_old_connections
from django.test import Client

from attendees.models import Attendee
from hosts.models import ApiToken, Host, Workspace, WorkspaceKey
from materials.models import Material
from meetings.models import Meeting

ClientOf = Callable[[Host], Client]

CONSOLE = "/host/meetings/meeting1"
# What is made, on which page, by which form.
MADE = [
    (Workspace, "/host/workspaces/new/", {"name": "Southwind"}),
    (Meeting, "/host/meetings/new/", {"title": "Assembly", "slug": "assembly"}),
    (Meeting, "/host/meetings/new/", {"title": "Assembly"}),
    (Meeting, f"{CONSOLE}/duplicate/", {"title": "Assembly"}),
    (Material, f"{CONSOLE}/materials/new/", {"kind": "link", "url": "example.org"}),
    (Attendee, f"{CONSOLE}/attendees/new/", {"firstname": "Ana", "email": "ana@example.org"}),
    (
        Attendee,
        f"{CONSOLE}/attendees/new/",
        {"firstname": "Ana", "email": "ana@example.org", "code": "123-456"},
    ),
]


@pytest.fixture
def console(client_of: ClientOf, alice: Host, meeting1: Meeting) -> Client:
    return client_of(alice)


def key_on(console: Client, page: str) -> dict[str, str]:
    return {"key": str(console.get(page).context["form"]["key"].value())}


@pytest.mark.parametrize(("model", "page", "form"), MADE)
def test_a_form_sent_twice_makes_one(
    console: Client, model: type[Meeting], page: str, form: dict[str, str]
) -> None:
    before = model.objects.count()
    form = form | key_on(console, page)

    first, second = console.post(page, form), console.post(page, form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert model.objects.count() == before + 1
    assert "already" in str(list(get_messages(second.wsgi_request))[-1])


@pytest.mark.parametrize(("model", "page", "form"), MADE)
def test_a_form_shown_again_makes_another(
    console: Client, model: type[Meeting], page: str, form: dict[str, str]
) -> None:
    before = model.objects.count()
    free = {name: value for name, value in form.items() if name not in ("slug", "code")}

    for _ in range(2):
        console.post(page, free | key_on(console, page))

    assert model.objects.count() == before + 2


def test_a_form_that_was_refused_can_be_sent_again(console: Client) -> None:
    page, key = "/host/meetings/new/", key_on(console, "/host/meetings/new/")
    refused = console.post(page, {"title": ""} | key)
    assert refused.status_code == 422
    assert str(refused.context["form"]["key"].value()) == key["key"]

    console.post(page, {"title": "Assembly"} | key)

    assert Meeting.objects.filter(title="Assembly").count() == 1


def test_the_key_of_one_host_stops_nobody_else(
    console: Client, client_of: ClientOf, mallory: Host
) -> None:
    key = key_on(console, "/host/meetings/new/")
    for browser in (client_of(mallory), console):
        browser.post("/host/meetings/new/", {"title": "Assembly"} | key)
    assert Meeting.objects.filter(title="Assembly").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_meeting(
    client_of: ClientOf, alice: Host, meeting1: Meeting
) -> None:
    browsers = [client_of(alice) for _ in range(4)]
    form = {"title": "Assembly"} | key_on(browsers[0], "/host/meetings/new/")

    def click(browser: Client) -> int:
        try:
            return browser.post("/host/meetings/new/", form).status_code
        finally:
            close_old_connections()

    with ThreadPoolExecutor(4) as clicks:
        assert list(clicks.map(click, browsers)) == [302] * 4
    assert Meeting.objects.filter(title="Assembly").count() == 1


@pytest.mark.parametrize(
    ("model", "form", "what", "field"),
    [
        (ApiToken, "form", "tokens", {"name": "Members"}),
        (WorkspaceKey, "key_form", "keys", {}),
        (WorkspaceKey, "meetingpulse_key_form", "keys", {"form": "meetingpulse"}),
    ],
)
def test_what_opens_the_portal_to_others_is_made_and_shown_once(
    console: Client, workspace: Workspace, model: type[ApiToken], form: str, what: str,
    field: dict[str, str],
) -> None:  # fmt: skip
    page = f"/host/workspaces/{workspace.pk}/access/"
    sent = field | {"key": str(console.get(page).context[form]["key"].value())}

    first = console.post(f"{page}{what}/", sent)
    second = console.post(f"{page}{what}/", sent, follow=True)

    assert (first.status_code, second.status_code) == (201, 200)
    assert "had been made already; nothing was made twice" in second.text
    assert model.objects.count() == 1
    next_key = str(first.context[form]["key"].value())
    assert console.post(f"{page}{what}/", sent | {"key": next_key}).status_code == 201
    assert model.objects.count() == 2


def test_the_keys_of_the_forms_on_the_page_are_told_apart(
    console: Client, workspace: Workspace
) -> None:
    html = console.get(f"/host/workspaces/{workspace.pk}/access/").text
    keys = re.findall(r'name="key" value="([^"]+)"', html)
    assert len(set(keys)) == len(keys) == 3
    assert html.count('id="id_key"') == 1
