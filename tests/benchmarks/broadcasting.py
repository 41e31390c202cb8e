"""The yardstick: a server of the `websockets` library that broadcasts; for `sockets.py` only."""

import asyncio
import json
import sys
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.http11 import Request, Response

from tests.benchmarks.message import message


async def main(port: int) -> None:
    pages: set[ServerConnection] = set()

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        if address.path == "/announce":
            mark = int(parse_qs(address.query)["mark"][0])
            broadcast(pages, json.dumps(message(mark)))
        elif address.path != "/healthz":
            return None
        return connection.respond(HTTPStatus.OK, "")

    async def hold(connection: ServerConnection) -> None:
        pages.add(connection)
        try:
            await connection.wait_closed()
        finally:
            pages.discard(connection)

    async with serve(hold, "127.0.0.1", port, process_request=answer, compression=None):
        await asyncio.get_running_loop().create_future()


asyncio.run(main(int(sys.argv[1])))
