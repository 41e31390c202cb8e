"""Django's request handler for ASGI servers, with one thread hop per request.

Django's own hops between the event loop and a thread for each synchronous middleware and view.
Every middleware and view of the portal is synchronous, so the whole chain runs in one thread.

Only so many requests are at work at once; the others wait outside, where waiting costs nothing.
Without that bound a crowd at the door became hundreds of threads that fought for the interpreter
and the database until most of them failed.
"""

import asyncio
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

AT_ONCE = 8  # requests in one process; no more than the database pool has connections

_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def places() -> asyncio.Semaphore:
    """Those of the running event loop (a server process has one)."""
    return _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


class OneHopHandler(ASGIHandler):
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        async with places():
            response = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # as Django's does
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response
