"""A real daphne in a process of its own, on the database of the tests."""

import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

STARTS_WITHIN = 120  # seconds; the machines of CI are slow
# Below those that the system hands out by itself: while a server restarts, nobody gets its port.
PORTS = range(20_000, 32_000)
APPLICATION = "meetingportal.asgi:application"


def free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def test_database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", settings.DATABASE_URL, count=1)


class Server:
    application = APPLICATION

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PORTAL_DATABASE_URL": test_database_url(),
            "PORTAL_DATA_DIR": str(self.data_dir),
            "PORTAL_SECRET_KEY": settings.SECRET_KEY,
            "PORTAL_SITE_URL": self.address,
        }

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "daphne", *self.listening, self.application]

    @property
    def listening(self) -> list[str]:
        """Daphne's options; a socket may take long to open, as the machine may be busy."""
        where = ["-b", "127.0.0.1", "-p", str(self.port)]
        return [*where, "--websocket_connect_timeout", str(STARTS_WITHIN)]

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self.read_log, args=[self.process], daemon=True).start()
        self.wait_until_alive()

    def read_log(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            self.log.append(line)

    def wait_until_alive(self) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self.process and self.process.poll() is None:
            try:
                with urlopen(f"{self.address}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("The portal did not start:\n" + "".join(self.log))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def newest_mail(self) -> str:
        """The last mail that was sent; without a mail server mails are files."""
        return max(
            (self.data_dir / "mail").iterdir(), key=lambda mail: mail.stat().st_mtime
        ).read_text()

    def tracebacks(self) -> str:
        log = "".join(self.log)
        return log[log.index("Traceback") :] if "Traceback" in log else ""
