"""Open pages as cheap as can be, so that what is measured is the server."""

import asyncio
import base64
import os
from collections.abc import Callable

Heard = Callable[[bytes], None]
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class OpenPage(asyncio.Protocol):
    """A raw WebSocket client: shakes hands, answers pings, and hands on each text."""

    def __init__(self, port: int, path: str, cookie: str, heard: Heard) -> None:
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        ).encode()
        self.heard = heard
        self.buffer = b""
        self.is_open = False
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.close_code: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                self.transport.close()
                return
            self.is_open, self.buffer = True, rest
            self.opened.set_result(True)
        self.read_frames()

    def read_frames(self) -> None:
        while len(self.buffer) >= 2:
            size, start = self.buffer[1] & 127, 2
            if size == 126:
                size, start = int.from_bytes(self.buffer[2:4]), 4
            elif size == 127:
                size, start = int.from_bytes(self.buffer[2:10]), 10
            if len(self.buffer) < start + size:
                return
            kind, payload = self.buffer[0] & 15, self.buffer[start : start + size]
            self.buffer = self.buffer[start + size :]
            if kind == TEXT:
                self.heard(payload)
            elif kind == PING:
                self.send(PONG, payload)
            elif kind == CLOSE:
                self.close_code = int.from_bytes(payload[:2])
                self.send(CLOSE, payload[:2])

    def send(self, kind: int, payload: bytes) -> None:
        self.transport.write(bytes([128 | kind, 128 | len(payload), 0, 0, 0, 0]) + payload)

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(problem or ConnectionError("closed"))
        self.is_open = False


async def open_page(port: int, path: str, cookie: str, heard: Heard) -> OpenPage:
    loop = asyncio.get_running_loop()
    _, page = await loop.create_connection(
        lambda: OpenPage(port, path, cookie, heard), "127.0.0.1", port
    )
    await asyncio.wait_for(page.opened, 60)
    return page
