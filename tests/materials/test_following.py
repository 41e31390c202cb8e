"""What an attendee gets who follows a material."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest

from materials import publishing
from materials.following import follow
from materials.models import Material
from materials.publishing import Contents
from tests.conftest import link_between, meeting_of
from tests.materials.conftest import PDF, PNG, upload
from tests.people import Browser

FILE = Material.Kind.FILE
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def file_in(meeting, host, name: str, content: bytes) -> Material:
    return publishing.add(meeting, Contents(kind=FILE, file=upload(name, content)), by=host)


def test_a_link_leads_to_its_meeting_and_says_whence(alice, meeting1, room):
    answer = follow(HttpRequest(), link_between(meeting1, room, alice), meeting1)
    assert (answer.status_code, answer["Location"]) == (302, "/m/room/?from=meeting1")


def test_a_web_link_leads_away_without_saying_whence(alice, meeting1):
    material = Material(meeting=meeting1, kind="link", url="https://bücher.example/ä")
    answer = follow(HttpRequest(), material, meeting1)
    assert (answer.status_code, answer["Location"]) == (
        302,
        "https://xn--bcher-kva.example/%C3%A4",
    )
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.test", "https://a@evil.test", ""])
def test_a_row_that_no_form_made_leads_nowhere(meeting1, url):
    with pytest.raises(Http404):
        follow(HttpRequest(), Material(meeting=meeting1, kind="link", url=url), meeting1)


@pytest.mark.parametrize(
    ("name", "content", "content_type", "disposition"),
    [
        ("plan.pdf", PDF, "application/pdf", "inline"),
        ("photo.png", PNG, "image/png", "inline"),
        ("notes.txt", "Grüße".encode(), "text/plain; charset=utf-8", "inline"),
        ("page.html", HTML, "application/octet-stream", "attachment"),
        ("drawing.svg", SVG, "application/octet-stream", "attachment"),
        ("data.xml", b"<?xml version='1.0'?><a/>", "application/octet-stream", "attachment"),
        ("photo.png", HTML, "application/octet-stream", "attachment"),
        ("archive.zip", b"PK\x03\x04", "application/zip", "attachment"),
    ],
)
def test_files_are_shown_only_where_they_cannot_run(
    alice, meeting1, name, content, content_type, disposition
):
    answer = follow(HttpRequest(), file_in(meeting1, alice, name, content), meeting1)
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"] == f'{disposition}; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert int(answer["Content-Length"]) == len(content)
    assert answer.getvalue() == content


def test_what_the_uploader_said_the_type_is_is_not_believed(alice, meeting1):
    file = upload("page.html", HTML)
    file.content_type = "image/png"
    material = publishing.add(meeting1, Contents(kind=FILE, file=file), by=alice)
    answer = follow(HttpRequest(), material, meeting1)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


NASTY = [
    'a";\r\nX-Evil: 1.pdf',
    'quote".pdf',
    "back\\slash.pdf",
    "annex\u202efdp.exe",
    "Grüße 😀.pdf",
    "a" * 300 + ".pdf",
    "ü" * 300 + ".pdf",
    "semi;colon, comma.pdf",
    "100%.pdf",
    "..",
]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_make_one_safe_header(alice, meeting1, name):
    file = upload("x.pdf", PDF)
    file._name = name  # past what Django takes off an uploaded name
    material = publishing.add(meeting1, Contents(kind=FILE, file=file), by=alice)
    header = follow(HttpRequest(), material, meeting1)["Content-Disposition"]
    assert re.fullmatch(
        r"(inline|attachment); (filename=\"([^\"\\\x00-\x1f\x7f]|\\[\"\\])+\""
        r"|filename\*=utf-8''[\w.~%/-]+)",
        header,
        re.ASCII,
    )


def test_a_file_that_is_gone_is_not_found(alice, meeting1):
    material = file_in(meeting1, alice, "plan.pdf", PDF)
    default_storage.delete(material.file.name)
    with pytest.raises(Http404):
        follow(HttpRequest(), material, meeting1)


def test_an_asgi_server_gets_a_file_in_pieces(alice, meeting1):
    content = PDF + bytes(200_000)
    answer = follow(HttpRequest(), file_in(meeting1, alice, "plan.pdf", content), meeting1)

    async def pieces() -> list[bytes]:
        return [piece async for piece in answer]

    found = asyncio.run(pieces())
    assert b"".join(found) == content
    assert max(map(len, found)) <= 64 * 1024
    answer.close()
    assert answer.file_to_stream.closed


def test_a_web_link_into_another_workspace_stops_at_its_border(
    alice, mallory, meeting1, bob, settings
):
    meeting_of(mallory, "theirs", title="Secret plans")
    url = f"{settings.SITE_URL}/m/theirs/"
    link = Material.objects.create(meeting=meeting1, kind="link", url=url, is_published=True)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    answer = browser.get(f"/m/meeting1/materials/{link.pk}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="{url}" rel="noopener noreferrer"' in text
    assert urlsplit(url).hostname in text
    assert "Secret plans" not in text
    assert answer["Referrer-Policy"] == "no-referrer"


def test_a_meeting_of_another_workspace_and_none_look_alike(mallory, meeting1, bob, settings):
    meeting_of(mallory, "theirs")
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    texts = set()
    for slug in ("theirs", "nobody"):
        url = f"{settings.SITE_URL}/m/{slug}/"
        link = Material.objects.create(meeting=meeting1, kind="link", url=url, is_published=True)
        answer = browser.get(f"/m/meeting1/materials/{link.pk}/")
        assert answer.status_code == 200
        texts.add(
            re.sub(r'nonce="[^"]*"|value="[^"]*"', "", answer.content.decode()).replace(slug, "")
        )
    assert len(texts) == 1


def test_a_web_link_to_a_meeting_of_the_same_workspace_leads_there(meeting1, room, settings):
    material = Material(meeting=meeting1, kind="link", url=f"{settings.SITE_URL}/m/room/")
    answer = follow(HttpRequest(), material, meeting1)
    assert (answer.status_code, answer["Location"]) == (302, material.url)
