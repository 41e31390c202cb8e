"""Browsers in which somebody has typed their code before: not proof of anything, but no strangers.

The cookie says of whom, in which meetings. It opens no door. While a door asks strangers for more
than a code, this person's code alone is enough in this browser, so that nobody can make a
conference queue up again by typing wrong codes.

A meeting that anonymizes gives none. One that names the attendee would tie a browser to a person
there; one that does not would be worth as much with anybody's code, so that whoever has one code
could try all others with it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from attendees.models import Admission
from meetings.models import Meeting

LASTS = timedelta(days=30)
KEPT = 20  # meetings, the newest; a browser sends the cookie with every request
SALT = "attendees.devices"


@dataclass(frozen=True)
class Device:
    """This browser has been this attendee of this meeting."""

    meeting: int
    attendee: int
    until: int  # Unix time

    @property
    def whom(self) -> str:
        return whom(self.meeting, self.attendee)


def whom(meeting: int, attendee: int) -> str:
    """Whose wrong codes are counted: each person's, however many browsers they have.

    Whoever came in again would else be given further tries with each cookie.
    """
    return f"{meeting}:{attendee}"


def device_of(request: HttpRequest, meeting: Meeting, *, at: datetime) -> Device | None:
    """Who the browser has been in this meeting, if it can tell."""
    if meeting.anonymize_attendees:
        return None
    _, devices = read(request, at=at)
    return next((device for device in devices if device.meeting == meeting.pk), None)


def read(request: HttpRequest, *, at: datetime) -> tuple[str, list[Device]]:
    """The random mark of the cookie, and what it says that holds still, the oldest first."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        mark, said = signing.loads(cookie, salt=SALT)
    except signing.BadSignature:
        return "", []
    devices = (Device(*values) for values in said)
    return mark, [device for device in devices if device.until > at.timestamp()]


def remember(response: HttpResponseBase, request: HttpRequest, admission: Admission) -> None:
    """Let the browser tell later that this person has typed their code in it."""
    at = timezone.now()
    mark, devices = read(request, at=at)
    kept = [device for device in devices if device.meeting != admission.meeting_id]
    if admission.attendee_id is not None:
        until = int((at + LASTS).timestamp())
        kept.append(Device(admission.meeting_id, admission.attendee_id, until))
    if kept == devices:
        return
    said = [(device.meeting, device.attendee, device.until) for device in kept[-KEPT:]]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps((mark or secrets.token_hex(16), said), salt=SALT),
        max_age=LASTS,
        secure=settings.SITE_IS_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase, request: HttpRequest) -> None:
    """“Not you?”: the next person at this browser is a stranger."""
    if settings.DEVICE_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.DEVICE_COOKIE_NAME, samesite="Lax")
