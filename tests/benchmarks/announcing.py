"""The portal, and beside it an address that makes one announcement; for `sockets.py` only."""

from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async

from meetingportal.asgi import application as portal
from meetings.live import hint
from meetings.models import Meeting
from tests.benchmarks.message import message


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != "/announce":
        await portal(scope, receive, send)
        return
    asked = parse_qs(scope["query_string"].decode())
    await announce(asked["slug"][0], int(asked["mark"][0]))
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@sync_to_async
def announce(slug: str, mark: int) -> None:
    meeting = Meeting.objects.get(slug=slug)
    hint(meeting.pk, message(mark))
