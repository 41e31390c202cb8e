"""Real servers in processes of their own: the portal, and a Redis that may be killed."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from meetings.models import Meeting
from tests.browser.server import APPLICATION, STARTS_WITHIN, Server, free_port
from tests.live.conftest import Visitor


class Redis:
    """A Redis of our own, on a random port of this machine."""

    def __init__(self, directory: Path) -> None:
        if not shutil.which("redis-server"):
            pytest.skip("There is no Redis: install the package “redis-server”.")
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--save", "", "--dir", str(self.directory)], stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + STARTS_WITHIN
        while subprocess.run(
            ["redis-cli", "-p", str(self.port), "ping"], capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < until
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Portal(Server):
    """The portal with the channel layer of this Redis, or within the process."""

    def __init__(
        self,
        data_dir: Path,
        *,
        redis: Redis | None = None,
        server: str = "daphne",
        application: str = APPLICATION,
    ):
        super().__init__(data_dir)
        self.redis = redis
        self.server = server
        self.application = application

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PORTAL_REDIS_URL": self.redis.url if self.redis else ""}

    @property
    def command(self) -> list[str]:
        if self.server == "daphne":
            return super().command
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"]
        return [sys.executable, "-m", self.server, *where, self.application]

    def open_page(
        self, meeting: Meeting, visitor: Visitor, *, origin: str | None = "", tab: str = ""
    ) -> ClientConnection:
        """The socket of an open page; raises InvalidStatus where the server refuses it."""
        headers = {"Cookie": visitor.cookie}
        if origin is not None:
            headers["Origin"] = origin or self.address
        query = f"?tab={tab}" if tab else ""
        return connect(
            f"ws://127.0.0.1:{self.port}/live/{meeting.slug}/{query}",
            additional_headers=headers,
            open_timeout=20,
            max_size=None,
        )
