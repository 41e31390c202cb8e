"""Web addresses that hosts type: which are taken, and how a browser is sent there."""

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.encoding import iri_to_uri

MAX_ADDRESS = 2000  # characters, also as sent to the browser

HAS_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# `example.org/page` is what people type; what has no dot before the first slash is not an address.
LOOKS_LIKE_HOST = re.compile(r"[^\s:/?#@\\.][^\s:/?#@\\]*\.[^\s:/?#@\\]+(:\d+)?([/?#]|\Z)")
MEETING_PATH = re.compile(r"/m/([a-z0-9-]+)(?:/|\Z)")
is_web_address = URLValidator(schemes=["http", "https"])


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
        is_web_address(address)
        sent = redirect_address(address)
    except (ValueError, ValidationError):  # an address in brackets, a port, a name out of range
        raise ValidationError("This is not a web address. Check it and try again.") from None
    if names_a_user:
        raise ValidationError(
            "The address has a user name before the @, which can mislead people. Leave it out."
        )
    if len(sent) > MAX_ADDRESS:
        raise ValidationError(f"The address is longer than {MAX_ADDRESS} characters.")
    return address


def redirect_address(address: str) -> str:
    """The address in ASCII, as a browser is sent to it: `bücher.example` in its `xn--` form."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if not host.isascii():
        port = f":{parts.port}" if parts.port else ""
        parts = parts._replace(netloc=host.encode("idna").decode() + port)
    return iri_to_uri(urlunsplit(parts))


def meeting_in(address: str) -> str:
    """The slug of the meeting of this portal that the address leads to, or ""."""
    parts = urlsplit(address)
    found = MEETING_PATH.match(parts.path)
    return found[1] if found and parts.hostname in settings.ALLOWED_HOSTS else ""
