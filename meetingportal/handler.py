"""Django's request handler for ASGI servers, with one thread hop per request.

Django's own hops between the event loop and a thread for each synchronous middleware and view.
Every middleware and view of the portal is synchronous, so the whole chain runs in one thread.

Only so many requests are at work at once; the others wait outside, where waiting costs nothing.
Without that bound a crowd at the door became hundreds of threads that fought for the interpreter
and the database until most of them failed.

The threads stay, and with them what they know of an SQLite database. Django's own live as long as
one request: each opened the file, read the schema and planned every statement anew, which took
longer than the answers.
"""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connections, reset_queries
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

AT_ONCE = 8  # requests in one process; no more than the database pool has connections
SQLITE_KEPT = 60  # seconds: by then a file that was put in the database's place is seen

threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="request")

_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def places() -> asyncio.Semaphore:
    """Those of the running event loop (a server process has one)."""
    return _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


class OneHopHandler(ASGIHandler):
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """What cannot even be read is refused before any middleware; with a page, too."""
        request, refusal = super().create_request(scope, body_file)
        if request is not None:
            return request, None
        assert refusal  # noqa: S101 - it is one or the other
        page = render_to_string(f"{refusal.status_code}.html")
        return None, HttpResponse(page, status=refusal.status_code)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        async with places():
            answer = sync_to_async(self.answer, thread_sensitive=False, executor=threads)
            response = await answer(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # as Django's does
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        give_back_connections()  # an idle thread may have kept its own for hours
        reset_queries()
        try:
            return self.get_response(request)
        finally:
            give_back_connections()


def give_back_connections() -> None:
    """End what this thread has of the databases; an SQLite file stays open for a while."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite" and connection.connection is not None:
            opened = connection.close_at or 0  # CONN_MAX_AGE is 0
            is_clean = connection.autocommit and not connection.errors_occurred
            if is_clean and time.monotonic() - opened < SQLITE_KEPT:
                continue
        connection.close()
        if connection.in_atomic_block:  # one that nobody has left: the object is of no more use
            del connections[connection.alias]
