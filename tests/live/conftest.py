"""Pages that are open, as the socket sees them."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore

from attendees import heartbeat
from attendees.admission import admit, admit_openly
from attendees.browsers import SESSION_KEY
from attendees.models import Admission, Attendee
from meetingportal.asgi import application
from meetings.models import Meeting

ORIGIN = b"http://127.0.0.1:8000"
PATIENCE = 60  # seconds; nothing here is timed, and machines are busy at times


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same clockwork, faster."""
    monkeypatch.setattr(heartbeat, "TICK", 0.05)
    monkeypatch.setattr(heartbeat, "GATHER", 0.02)


class Visitor:
    """A browser with a session, admitted or not."""

    def __init__(self, mark: str = "") -> None:
        self.mark = mark or uuid.uuid4().hex
        session = SessionStore()
        session[SESSION_KEY] = self.mark
        session.save()
        self.cookie = f"sessionid={session.session_key}"

    def come_in(self, meeting: Meeting, attendee: Attendee | None = None) -> Admission:
        if attendee is None:
            return admit_openly(self.mark, meeting)
        return admit(
            self.mark, meeting, attendee, how=Admission.How.CODE, at=heartbeat.timezone.now()
        )


class Page(WebsocketCommunicator):
    """The socket of an open meeting page."""

    def __init__(self, slug: str, visitor: Visitor, *, tab: str = "", origin: bytes = ORIGIN):
        tab = tab or str(uuid.uuid4())
        headers = [(b"origin", origin), (b"cookie", visitor.cookie.encode())]
        super().__init__(application, f"/live/{slug}/?tab={tab}", headers=headers)

    async def hear(self, *, within: float = PATIENCE) -> dict[str, object]:
        return json.loads(await self.receive_from(timeout=within))

    async def hear_until(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        async with asyncio.timeout(PATIENCE):
            while not wanted(message := await self.hear()):
                pass
        return message

    async def hear_change(self, change: str) -> dict[str, object]:
        return await self.hear_until(lambda message: message.get("change") == change)

    async def close_code(self) -> int:
        """The code with which the server closes; whatever it says before is passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self.receive_output(timeout=PATIENCE)
                if event["type"] == "websocket.close":
                    return int(event["code"])


OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def opened(quick: None) -> AsyncIterator[OpenPage]:
    """Opens pages, and closes them after the test."""
    pages: list[Page] = []

    async def open_page(meeting: Meeting, visitor: Visitor, **options: object) -> Page:
        page = Page(meeting.slug, visitor, **options)
        accepted, _ = await page.connect(timeout=PATIENCE)
        assert accepted
        pages.append(page)
        return page

    yield open_page
    await asyncio.gather(
        *(page.disconnect(timeout=PATIENCE) for page in pages), return_exceptions=True
    )
