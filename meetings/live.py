"""Tell open pages that something changed, after the commit.

The database is the truth; what goes over the sockets only saves the reload, and may be lost. Each
change takes the meeting's next sequence number inside its own transaction, where the row lock
makes the order of numbers the order of commits. A page that misses a number asks over HTTP.
"""

import json
import logging
from collections.abc import Callable, Mapping

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import F

from meetingportal.fanout import hand_over
from meetings.models import Meeting

logger = logging.getLogger("portal.live")

# What is longer is not pushed to everybody: pages ask for it, spread over some seconds.
MAX_TEXT = 64 * 1024

# Panels by name ("status", "materials", "people", …) as HTML that all viewers see alike.
Panels = Mapping[str, str]
RenderPanels = Callable[[], Panels]


def group_of(meeting_id: int) -> str:
    """The channel-layer group of all open pages of a meeting."""
    return f"meeting.{meeting_id}"


def announce(meeting: Meeting, change: str, render: RenderPanels | None = None) -> None:
    """Tell the open pages of the meeting of a change; call it inside the act's transaction.

    `render` gives the panels that the change replaces. It runs once, after the commit, and what
    it gives is sent to every page as the same text. Without it pages ask over HTTP.
    """
    meeting.sequence = F("sequence") + 1
    meeting.save(update_fields=["sequence"])  # reads the new number back
    number = meeting.sequence

    def tell() -> None:
        message: dict[str, object] = {"seq": number, "change": change}
        if render is not None:
            message["panels"] = dict(render())
        text = json.dumps(message)
        if len(text) > MAX_TEXT:
            text = json.dumps({"seq": number, "change": change})
        send(meeting.pk, {"type": "tell", "text": text})

    transaction.on_commit(tell, robust=True)


def hint(meeting_id: int, message: Mapping[str, object]) -> None:
    """Tell open pages something that takes no number, because the next hint supersedes it."""
    text = json.dumps(message)
    transaction.on_commit(lambda: send(meeting_id, {"type": "tell", "text": text}), robust=True)


def close_pages(meeting_id: int, *, admissions: list[int] | None = None, code: int = 4401) -> None:
    """After the commit, close the sockets of these admissions, or (None) all of the meeting."""
    message: dict[str, object] = {"type": "close", "holders": admissions, "code": code}
    transaction.on_commit(lambda: send(meeting_id, message), robust=True)


def send(meeting_id: int, message: dict[str, object]) -> None:
    """Hand a message to the hubs of all processes; a layer that is down loses it, no more."""
    group = group_of(meeting_id)
    try:
        async_to_sync(hand_over)(group, {**message, "group": group})
    except Exception:  # noqa: BLE001 - whatever the broker raises: pages heal by asking
        logger.warning("Could not tell the pages of meeting %s: no channel layer.", meeting_id)
