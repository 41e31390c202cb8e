"""Personal signed links: another system, which shares a key with the workspace, says who comes.

A token is `payload.signature`, both in base64url without padding. The payload is canonical JSON:
the five members in the order of their names, no blanks, ASCII. The signature is HMAC-SHA256 over
the payload's bytes, so no character can move from one member to another.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone

from attendees import meetingpulse
from attendees.admission import admit_signed, attendee_with
from attendees.ending import end
from attendees.models import Admission, Attendee
from hosts.access import note_use
from hosts.models import WorkspaceKey
from meetings.lifecycle import kept_as_it_is
from meetings.models import Meeting

MAX_TOKEN = 2000
LONGEST = 90 * 24 * 3600  # seconds from `iat` to `exp`
CLOCKS_DIFFER = 120  # seconds
NOBODYS_KEY = secrets.token_urlsafe(32)  # an unknown key is compared, too: it takes as long


class NotValid(Exception):
    """The token opens nothing. Nobody is told why."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    aud: str  # slug of the meeting
    exp: int  # Unix time, in seconds
    iat: int
    kid: str  # which key
    sub: str  # external ID of the attendee

    def canonical(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


def signed(claims: Claims, secret: str) -> str:
    payload = claims.canonical()
    return f"{encoded(payload)}.{encoded(signature(payload, secret))}"


def signature(payload: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), payload, hashlib.sha256).digest()


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotValid from None
    if encoded(content) != text:
        raise NotValid
    return content


def enter(mark: str, meeting: Meeting, token: str, *, at: datetime | None = None) -> Admission:
    """Admit whom the token names. Raises NotValid."""
    at = at or timezone.now()
    meeting = kept_as_it_is(meeting)  # whom its list has now, it has until they are in
    attendee, key = named_by(meeting, token, at=at)
    admission = admit_signed(mark, meeting, attendee, rule=rule_of(key), at=at)
    note_use(key, at=at)
    return admission


def named_by(meeting: Meeting, token: str, *, at: datetime) -> tuple[Attendee, WorkspaceKey]:
    """Who of the meeting's list comes, and whose word it is. Raises NotValid."""
    if "." not in token:
        return named_in_the_form_of_meetingpulse(meeting, token)
    claims, key = verified(meeting, token, at=at)
    attendee = attendee_with(meeting, claims.sub)
    if attendee is None:
        raise NotValid
    return attendee, key


def named_in_the_form_of_meetingpulse(
    meeting: Meeting, token: str
) -> tuple[Attendee, WorkspaceKey]:
    try:
        said = meetingpulse.read(token)
    except meetingpulse.Malformed:
        raise NotValid from None
    key = key_of(meeting, said.client, WorkspaceKey.Form.MEETINGPULSE)
    is_right = said.is_signed_with(key.secret if key else NOBODYS_KEY)
    attendee = attendee_with(meeting, said.id)
    if not is_right or key is None or attendee is None or not said.agrees_with(attendee):
        raise NotValid
    return attendee, key


def key_of(meeting: Meeting, kid: str, form: WorkspaceKey.Form) -> WorkspaceKey | None:
    """A key of the meeting's workspace that signs links of this form, and of no other."""
    if not (kid.isalnum() and kid.isascii()):
        return None
    return WorkspaceKey.objects.filter(workspace=meeting.workspace_id, kid=kid, form=form).first()


def takes_the_form_of_meetingpulse(meeting: Meeting) -> bool:
    return WorkspaceKey.objects.filter(
        workspace=meeting.workspace_id, form=WorkspaceKey.Form.MEETINGPULSE
    ).exists()


def verified(meeting: Meeting, token: str, *, at: datetime) -> tuple[Claims, WorkspaceKey]:
    """What the token says, if a key of the meeting's workspace signed it. Raises NotValid."""
    payload, shown = parts_of(token)
    claims = claims_in(payload)
    key = key_of(meeting, claims.kid, WorkspaceKey.Form.OWN)
    right = signature(payload, key.secret if key else NOBODYS_KEY)
    if not hmac.compare_digest(right, shown) or key is None:
        raise NotValid
    if claims.aud != meeting.slug or not is_timely(claims, at=at):
        raise NotValid
    return claims, key


def parts_of(token: str) -> tuple[bytes, bytes]:
    payload, _, shown = token.partition(".")
    if len(token) > MAX_TOKEN:
        raise NotValid
    return decoded(payload), decoded(shown)


def claims_in(payload: bytes) -> Claims:
    try:
        said = json.loads(payload)
        claims = Claims(**said)
        is_sound = (
            all(type(getattr(claims, name)) is str for name in ("aud", "kid", "sub"))
            and all(type(getattr(claims, name)) is int for name in ("exp", "iat"))
            and claims.kid.isalnum()
            and claims.kid.isascii()
            and claims.canonical() == payload
        )
    except (ValueError, TypeError, RecursionError):
        raise NotValid from None
    if not is_sound:
        raise NotValid
    return claims


def is_timely(claims: Claims, *, at: datetime) -> bool:
    now = int(at.timestamp())
    return claims.iat <= now + CLOCKS_DIFFER and now < claims.exp <= claims.iat + LONGEST


def rule_of(key: WorkspaceKey) -> str:
    return f"key {key.kid}"


def end_signed(key: WorkspaceKey) -> None:
    """End the admissions that rest on the key; runs in the transaction that removes it.

    Where attendees are anonymous it is not kept which key it was, so all that were signed end.
    """
    of_workspace = Admission.objects.filter(
        meeting__workspace=key.workspace_id, how=Admission.How.SIGNED
    )
    by_key = of_workspace.filter(rule__in=[rule_of(key), ""])
    end(set(by_key.values_list("pk", flat=True)))
