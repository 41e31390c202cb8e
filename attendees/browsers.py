"""Which browser is asking: a random mark in its session, and what the tables keep of it.

The mark stays when the session key is rotated, so admissions never have to be moved. The tables
hold an HMAC of it: the same in all meetings that show names, another in each one that anonymizes,
so that a person's pseudonym cannot be laid beside their name by comparing rows.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from attendees.models import RetiredSession
from meetingportal.addresses import address_of, bucket_for
from meetings.models import Meeting

SESSION_KEY = "browser"
# How long a join from another tab, sent with the key of a moment ago, is still this browser's.
GRACE = timedelta(seconds=10)


def mark_of(session: SessionBase) -> str:
    """The mark of the browser, or "" where it has none yet."""
    return str(session.get(SESSION_KEY, ""))


def made_mark(request: HttpRequest) -> str:
    """The mark of the browser, made at its first admission."""
    mark = mark_of(request.session) or mark_of_retired(request) or secrets.token_urlsafe(24)
    if request.session.get(SESSION_KEY) != mark:
        request.session[SESSION_KEY] = mark
    return mark


def named(mark: str) -> str:
    """What admissions of meetings that show names keep of the browser."""
    return salted_hmac("attendees.browsers", mark, algorithm="sha256").hexdigest()


def hidden(named_form: str, meeting: Meeting) -> str:
    """What admissions of an anonymizing meeting keep of it.

    Once the meeting's secret is erased the old form cannot be made again.
    """
    secret = bytes(meeting.pseudonym_secret or b"").hex() or f"ended {meeting.pk}"
    return salted_hmac(f"attendees.browsers {secret}", named_form, algorithm="sha256").hexdigest()


def kept_form(mark: str, meeting: Meeting) -> str:
    """The value of `Admission.browser` for this browser in this meeting."""
    form = named(mark)
    return hidden(form, meeting) if meeting.anonymize_attendees else form


def rotate_key(request: HttpRequest) -> None:
    """Give the session a new key: whoever planted or copied the old one is left with nothing."""
    old_key = request.session.session_key
    mark = mark_of(request.session)
    if old_key and mark:  # first, so that there is no instant at which neither is there
        RetiredSession.objects.update_or_create(
            key_hash=hash_of(old_key, request),
            defaults={"mark": mark, "until": timezone.now() + GRACE},
        )
    request.session.cycle_key()


def mark_of_retired(request: HttpRequest) -> str:
    """The mark behind a key that was rotated while this request was under way.

    Two tabs that join in the same instant both send the old key; without this the later one
    would be a new browser, and the earlier admission lost (sessions lose concurrent writes).
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return ""
    retired = RetiredSession.objects.filter(
        key_hash=hash_of(key, request), until__gt=timezone.now()
    ).first()
    return retired.mark if retired else ""


def hash_of(key: str, request: HttpRequest) -> str:
    """A retired key counts only with the same address and the same kind of browser."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    return salted_hmac(
        "attendees.browsers retired",
        f"{key}\n{bucket_for(address_of(request))}\n{agent}",
        algorithm="sha256",
    ).hexdigest()
