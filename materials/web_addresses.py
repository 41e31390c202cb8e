"""Web addresses that hosts type: which are taken, and how a browser is sent there."""

import re
import unicodedata
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

MAX_ADDRESS = 2000  # characters, also as sent to the browser

HAS_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# `example.org/page` is what people type; what has no dot before the first slash is not an address.
LOOKS_LIKE_HOST = re.compile(r"[^\s:/?#@\\.][^\s:/?#@\\]*\.[^\s:/?#@\\]+(:\d+)?([/?#]|\Z)")
MEETING_PATH = re.compile(r"/m/([a-z0-9-]+)(?:/|\Z)")
HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?",
    re.IGNORECASE,
)


def clean_web_address(text: str) -> str:
    """The address, complete with its scheme. Raises ValidationError with a sentence."""
    address = text.strip()
    if not HAS_SCHEME.match(address):
        if not LOOKS_LIKE_HOST.match(address):
            raise ValidationError("Type a web address that begins with https:// or http://.")
        address = f"https://{address}"
    if len(address) > MAX_ADDRESS:
        raise ValidationError(f"The address is longer than {MAX_ADDRESS} characters.")
    if "\\" in address or any(c.isspace() or unicodedata.category(c)[0] == "C" for c in address):
        raise ValidationError("The address has a character that no web address has.")
    try:
        names_a_user = "@" in urlsplit(address).netloc
        sent = redirect_address(address)
    except ValueError:
        raise ValidationError("This is not a web address. Check it and try again.") from None
    if names_a_user:
        raise ValidationError(
            "The address has a user name before the @, which can mislead people. Leave it out."
        )
    if len(sent) > MAX_ADDRESS:
        raise ValidationError(f"The address is longer than {MAX_ADDRESS} characters.")
    return address


def redirect_address(address: str) -> str:
    """The address in ASCII, as a browser is sent to it: `bücher.example` in its `xn--` form.

    Raises ValueError where there is no such host or port.
    """
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return iri_to_uri(urlunsplit(parts._replace(netloc=ascii_host(parts) + port)))


def ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host and "%" not in host:
        return f"[{IPv6Address(host).compressed}]"
    host = host if host.isascii() else host.encode("idna").decode()
    if not HOST.fullmatch(host):
        raise ValueError(f"There is no host “{host}”.")
    return host


def meeting_in(address: str) -> str:
    """The slug of the meeting of this portal that the address leads to, or ""."""
    parts = urlsplit(address)
    found = MEETING_PATH.match(parts.path)
    return found[1] if found and parts.hostname in settings.ALLOWED_HOSTS else ""
