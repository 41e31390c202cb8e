"""The socket of a meeting page: it lets in whom the door admitted, and then does almost nothing."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.db import database_sync_to_async

from attendees.heartbeat import OpenPage, farewell
from attendees.standing import admission_of_session
from meetingportal.fanout import hub

NOT_ADMITTED, TALKS_TOO_MUCH = 4403, 4429

Scope = dict[str, Any]  # as Channels' routing and sessions have filled it

# A page has nothing to say. What talks more than this is not a page.
MAX_MESSAGES = 20
MAX_MESSAGE = 16 * 1024  # bytes, or characters of a text


async def meeting_page(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Accepts everybody: a browser that is refused would not learn why, and retry for ever."""
    await receive()
    page = await open_page(scope, send)
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    if page is None:
        await send({"type": "websocket.close", "code": NOT_ADMITTED, "reason": ""})
        return
    await hub().join(page)
    try:
        await until_it_closes(page, receive)
    finally:
        await hub().leave(page)
        await farewell(page)


async def open_page(scope: Scope, send: ASGISendCallable) -> OpenPage | None:
    """The page that asks, if its browser is admitted to the meeting."""
    slug = scope["url_route"]["kwargs"]["slug"]
    admission = await database_sync_to_async(admission_of_session)(scope["session"], slug)
    return OpenPage(send, admission, tab_of(scope)) if admission else None


def tab_of(scope: Scope) -> UUID:
    """Which tab of the browser it is, as the page says; another one where it says nonsense."""
    said = parse_qs(scope["query_string"].decode("latin1")).get("tab", [""])[0]
    try:
        return UUID(said)
    except ValueError:
        return uuid4()


async def until_it_closes(page: OpenPage, receive: ASGIReceiveCallable) -> None:
    heard = 0
    while (event := await receive())["type"] == "websocket.receive":
        heard += 1
        content = event.get("text") or event.get("bytes") or ""
        if heard > MAX_MESSAGES or len(content) > MAX_MESSAGE:
            hub().shut(page, TALKS_TOO_MUCH)
            return


async def nowhere(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Any other address: refused before it is accepted, since no page of ours asks for it."""
    await receive()
    await send({"type": "websocket.close", "code": NOT_ADMITTED, "reason": ""})
