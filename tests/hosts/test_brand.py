"""A workspace's colour and logo: what attendees see of them, and that words stay readable."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hosts.brand import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    MAX_LOGO_KB,
    SHAPE,
    TEXT,
    contrast,
    palette,
    written,
)
from hosts.models import Host, Logo, Workspace
from meetings.models import Meeting

ClientOf = Callable[[Host], Client]
PNG = b"\x89PNG\r\n\x1a\n and what follows"
GIF = b"GIF89a and what follows"

channel = st.integers(0, 255).map(lambda value: value / 255)
colours = st.builds(written, channel, channel, channel)


def look_of(workspace: Workspace) -> str:
    return f"/host/workspaces/{workspace.pk}/look/"


def picture(content: bytes, name: str = "logo.png") -> dict[str, SimpleUploadedFile]:
    return {"logo": SimpleUploadedFile(name, content)}


@given(colours)
def test_whatever_the_colour_words_can_be_read_and_buttons_be_seen(colour: str) -> None:
    shades = palette(colour)
    for index, grounds in enumerate((LIGHT_GROUNDS, DARK_GROUNDS)):
        brand, fill = shades["brand"][index], shades["fill"][index]
        assert all(contrast(brand, ground) >= TEXT for ground in grounds)
        assert contrast(brand, shades["brand-tint"][index]) >= TEXT
        assert contrast(shades["on-brand"][index], brand) >= TEXT
        assert contrast(shades["brand-strong"][index], shades["on-brand"][index]) >= TEXT
        assert all(contrast(fill, ground) >= SHAPE for ground in grounds)
        assert contrast(shades["on-fill"][index], fill) >= TEXT
        assert contrast(shades["on-fill"][index], shades["fill-strong"][index]) >= TEXT


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    assert palette("#0f6b6b")["brand"][0] == "#0f6b6b"
    assert palette("#0f6b6b")["fill"][0] == "#0f6b6b"
    assert palette("#e8590c")["on-fill"][0] == "#000000"


def test_attendees_see_the_colour_and_the_logo_at_the_door_and_inside(
    alice: Host, workspace: Workspace, meeting1: Meeting, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    assert browser.post(f"{look_of(workspace)}colour/", {"colour": "#C2A"}).status_code == 302
    assert browser.post(f"{look_of(workspace)}logo/", picture(PNG)).status_code == 302
    workspace.refresh_from_db()
    assert workspace.colour == "#cc22aa"
    door = Client().get("/m/meeting1/join/").content.decode()
    assert 'href="/brand/cc22aa.css"' in door
    assert f'src="/brand/logos/{workspace.logo_digest}"' in door
    Meeting.objects.update(require_access_codes=False)
    assert 'href="/brand/cc22aa.css"' in Client().get("/m/meeting1/").content.decode()


def test_without_a_colour_nothing_more_is_loaded(meeting1: Meeting) -> None:
    assert "/brand/" not in Client().get("/m/meeting1/join/").content.decode()


def test_the_stylesheet_is_kept_by_browsers_and_needs_no_query(
    db: None, django_assert_num_queries: Callable[[int], object]
) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/brand/cc22aa.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert "--brand: light-dark(#" in answer.content.decode()


@pytest.mark.parametrize("colour", ["xyzxyz", "fff", "CC22AA", "cc22aa7", "..%2f..%2fa"])
def test_what_is_no_colour_has_no_stylesheet(db: None, colour: str) -> None:
    assert Client().get(f"/brand/{colour}.css").status_code == 404


def test_a_logo_comes_as_the_picture_that_it_is(
    alice: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    client_of(alice).post(f"{look_of(workspace)}logo/", picture(GIF, "logo.html"))
    answer = Client().get(f"/brand/logos/{Logo.objects.get().digest}")
    assert (answer["Content-Type"], answer.content) == ("image/gif", GIF)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_another_logo_takes_the_place_of_the_first_and_can_be_removed(
    alice: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    browser.post(f"{look_of(workspace)}logo/", picture(PNG))
    first = Logo.objects.get().digest
    browser.post(f"{look_of(workspace)}logo/", picture(GIF))
    assert Logo.objects.get().digest != first
    assert Client().get(f"/brand/logos/{first}").status_code == 404
    browser.post(f"{look_of(workspace)}logo/remove/")
    workspace.refresh_from_db()
    assert (workspace.logo_digest, Logo.objects.count()) == ("", 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a PNG"),
        (b"<html>", "This is not a PNG"),
        (b"", "empty"),
        (PNG + b"x" * MAX_LOGO_KB * 1024, f"{MAX_LOGO_KB} KB is the most"),
    ],
)
def test_what_is_no_small_picture_is_refused(
    alice: Host, workspace: Workspace, client_of: ClientOf, content: bytes, sentence: str
) -> None:
    answer = client_of(alice).post(f"{look_of(workspace)}logo/", picture(content))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Logo.objects.exists()


@pytest.mark.parametrize("colour", ["teal", "#12345", "#gggggg", "0f6b6b;", "#0f6b_b"])
def test_what_is_no_colour_is_refused(
    alice: Host, workspace: Workspace, client_of: ClientOf, colour: str
) -> None:
    answer = client_of(alice).post(f"{look_of(workspace)}colour/", {"colour": colour})
    assert answer.status_code == 422
    assert "Write the colour as #" in answer.content.decode()
    workspace.refresh_from_db()
    assert workspace.colour == ""


def test_only_owners_choose_the_look(
    alice: Host, bea: Host, workspace: Workspace, client_of: ClientOf
) -> None:
    page = f"/host/workspaces/{workspace.pk}/"
    assert look_of(workspace) in client_of(alice).get(page).content.decode()
    assert look_of(workspace) not in client_of(bea).get(page).content.decode()
    assert client_of(bea).post(f"{look_of(workspace)}colour/", {"colour": ""}).status_code == 404
