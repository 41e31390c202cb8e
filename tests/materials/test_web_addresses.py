"""Web links lead to http and https, and say where they lead."""

import pytest
from django.core.exceptions import ValidationError

from materials.web_addresses import clean_web_address, meeting_in, redirect_address

TAKEN = [
    ("https://example.org", "https://example.org"),
    ("HTTP://Example.org/A?b=c#d", "HTTP://Example.org/A?b=c#d"),
    ("  https://example.org/  ", "https://example.org/"),
    ("example.org/page", "https://example.org/page"),
    ("www.example.org:8443", "https://www.example.org:8443"),
    ("http://localhost:8000/x", "http://localhost:8000/x"),
    ("http://intranet/wiki", "http://intranet/wiki"),
    ("http://192.0.2.1/", "http://192.0.2.1/"),
    ("http://[::1]:8000/", "http://[::1]:8000/"),
    ("https://bücher.example/ä?ö=ü", "https://bücher.example/ä?ö=ü"),
    ("https://example.org/a@b", "https://example.org/a@b"),
]


@pytest.mark.parametrize(("typed", "kept"), TAKEN)
def test_web_addresses_are_taken(typed, kept):
    assert clean_web_address(typed) == kept


REFUSED = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(document.domain)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.org/",
    "//evil.test",
    "///evil.test",
    "https:evil.test",
    "https:///evil.test",
    "http:\\\\evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test\\@example.org",
    "\x08//evil.test",
    "https://exa\tmple.org",
    "https://example.org/\r\nSet-Cookie: a=b",
    "https://example.org/\u202egpj.exe",
    "https://example.org/ a",
    "https://portal.test@evil.test",
    "https://portal.test:secret@evil.test/",
    "https://@evil.test/",
    "/m/x/?next=//evil.test",
    "https://",
    "https://?x",
    "https://exa mple.org",
    "https://[::1",
    "https://[::1%25eth0]/",
    "https://[not an address]/",
    "https://exa%6Dple.org/",
    "https://-example.org/",
    "https://example..org/",
    "https://example.org:99999/",
    "https://" + "a" * 64 + ".org/",
    "https://" + "ü" * 70 + ".org/",
    "just words",
    "word",
    "https://example.org/" + "a" * 2000,
    "https://example.org/" + "😀" * 400,  # 4,800 characters as sent
]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_not_a_web_address_is_refused_in_a_sentence(typed):
    with pytest.raises(ValidationError) as refusal:
        clean_web_address(typed)
    (sentence,) = refusal.value.messages
    assert sentence.endswith(".")


def test_browsers_are_sent_to_ascii():
    assert redirect_address("https://bücher.example:8443/ä?ö=ü") == (
        "https://xn--bcher-kva.example:8443/%C3%A4?%C3%B6=%C3%BC"
    )


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("http://testserver/m/meeting1/", "meeting1"),
        ("http://127.0.0.1:8000/m/meeting1", "meeting1"),
        ("https://testserver/m/meeting1/materials/", "meeting1"),
        ("http://testserver/host/meetings/meeting1/", ""),
        ("http://testserver/m/", ""),
        ("http://evil.test/m/meeting1/", ""),
    ],
)
def test_addresses_of_own_meetings_are_known(settings, address, slug):
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    assert meeting_in(address) == slug
