"""Daphne takes its URL prefix from a request header of any client; here it is pinned.

Unpinned, `Daphne-Root-Path: @evil.test` ends up in every link that Django writes.
"""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope


def pinned(application: ASGI3Application) -> ASGI3Application:
    async def with_pinned_root(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] in ("http", "websocket"):
            pinned_scope: Any = {**scope, "root_path": ""}
            scope = pinned_scope
        await application(scope, receive, send)

    return with_pinned_root
