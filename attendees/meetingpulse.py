"""The form that MeetingPulse gave personal links, `?i=…`, for those who come from there.

It is weaker than our own (see `docs/access.md`): the fields are signed without a border between
them, for no meeting and for ever. So a workspace takes it only if an owner has made a key of this
form, and what a link says of the person must agree with the list.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import unicodedata
from dataclasses import dataclass

from attendees.identity import FlawedValue, clean_email
from attendees.models import Attendee

# Base64 of either alphabet; a plus sign that nobody escaped arrives as a blank.
TOKEN = re.compile(r"[A-Za-z0-9+/_ -]{1,1990}={0,2}")


class Malformed(ValueError):
    """This is no link of this form."""


@dataclass(frozen=True, kw_only=True)
class Said:
    client: str  # which key
    id: str  # external ID of the attendee
    name: str
    email: str
    signature: str

    def is_signed_with(self, secret: str) -> bool:
        return hmac.compare_digest(self.right_signature(secret), self.signature)

    def right_signature(self, secret: str) -> str:
        return hashlib.sha256(f"{secret}{self.id}{self.name}{self.email}".encode()).hexdigest()

    def agrees_with(self, attendee: Attendee) -> bool:
        """The same email, and no word of the list's name is missing.

        A character that has moved from one field to the next without changing the signature makes
        another ID, and the name or the email another one, too.
        """
        try:
            email = clean_email(self.email)
        except FlawedValue:
            return False
        return email == attendee.email and words(attendee.name) <= words(self.name)


def words(name: str) -> set[str]:
    return set(unicodedata.normalize("NFKC", name).casefold().split())


def token_in(text: str) -> str:
    """The token as it can stand in a fragment, or "": this is none."""
    return text.replace(" ", "+") if TOKEN.fullmatch(text) else ""


def read(token: str) -> Said:
    """What a token says; nobody has looked at the signature yet. Raises Malformed."""
    if not TOKEN.fullmatch(token):
        raise Malformed
    text = token.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        said = Said(**content)
        is_sound = all(type(value) is str for value in vars(said).values())
        "".join(vars(said).values() if is_sound else ()).encode()  # half of a pair is no character
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise Malformed from None
    if not (is_sound and said.signature.isascii() and said.id):
        raise Malformed
    return said
