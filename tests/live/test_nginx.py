"""`deploy/nginx.conf` in a real nginx, but for certificates: what it passes on, says and writes."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from django.conf import settings
from django.urls import reverse

from tests.browser.server import STARTS_WITHIN, free_port

ROOT: Path = settings.BASE_DIR
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/nginx.log;
events {{}}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {conf}
}}
"""


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that have come."""

    def do_GET(self) -> None:
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Nginx:
    """nginx with our file, in a folder of its own; nothing answers at `behind` as yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.behind = free_port(), free_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False)

    @property
    def conf(self) -> str:
        ours = (ROOT / "deploy" / "nginx.conf").read_text()
        ours = re.sub(r" *(ssl_|listen \[::\]|listen 80;).*\n", "", ours)
        ours = ours.replace("listen 443 ssl http2", f"listen 127.0.0.1:{self.port}")
        ours = ours.replace("server 127.0.0.1:8001", f"server 127.0.0.1:{self.behind}")
        ours = ours.replace("# server 127.0.0.1:8002", f"server 127.0.0.1:{free_port()}")
        ours = ours.replace("/var/log/nginx", str(self.folder))
        # In place of the server for http, which would have no port of its own now.
        plain = re.search(r"server \{\n    server_name[^}]+return 301[^}]+\}\n", ours)
        assert plain
        return ours.replace(plain[0], "")

    def start(self) -> None:
        file = self.folder / "nginx.conf"
        file.write_text(AROUND.format(folder=self.folder, conf=self.conf))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", self.folder, "-c", file])
        until = time.monotonic() + STARTS_WITHIN
        while not (self.folder / "pid").exists() or not self.answers():
            assert self.process.poll() is None, (self.folder / "nginx.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            self.client.get("/healthz")
        except httpx.ConnectError:
            return False
        return True

    def stop(self) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if not shutil.which("nginx", path="/usr/sbin"):
        pytest.skip("There is no nginx: install the package “nginx”.")
    nginx = Nginx(tmp_path)
    nginx.start()
    yield nginx
    nginx.stop()


@pytest.fixture
def echo(nginx: Nginx) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", nginx.behind), Echo)
    Thread(target=server.serve_forever, args=[0.05]).start()
    yield
    server.shutdown()
    server.server_close()


SECRET = "never-in-a-log"
OPENS_AN_ACCOUNT = [
    reverse("hosts:invitation", args=[SECRET]),
    reverse("account_confirm_email", args=[SECRET]),
    reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": SECRET}),
    f"/m/meeting1/?i={SECRET}",
]


def test_logs_keep_no_address_that_opens_an_account(nginx: Nginx) -> None:
    for address in OPENS_AN_ACCOUNT:
        nginx.client.get(address)
    nginx.client.get("/host/workspaces/")
    written = "".join(path.read_text() for path in nginx.folder.glob("*.log"))
    assert "GET /host/invitations/... HTTP" in written
    assert "GET /host/workspaces/ HTTP" in written
    assert SECRET not in written


def test_while_the_portal_restarts_a_page_says_so_and_the_api_answers_in_json(
    nginx: Nginx, request: pytest.FixtureRequest
) -> None:
    page = nginx.client.get("/m/meeting1/")
    assert (page.status_code, page.headers["Retry-After"]) == (502, "5")
    assert "The portal will be back in a moment" in page.text
    told = nginx.client.get("/api/v1/meetings/")
    assert told.headers["Content-Type"] == "application/problem+json"
    assert told.status_code == told.json()["status"] == 503
    request.getfixturevalue("echo")
    assert {nginx.client.get("/m/meeting1/").status_code for _ in range(4)} == {200}


def test_what_is_too_large_is_refused_with_a_page_and_in_json(nginx: Nginx) -> None:
    page = nginx.client.post("/m/meeting1/join/", content=b"." * 300_000)
    assert (page.status_code, "That is too large" in page.text) == (413, True)
    told = nginx.client.post("/api/v1/meetings/", content=b"." * 2_200_000)
    assert told.headers["Content-Type"] == "application/problem+json"
    assert told.status_code == told.json()["status"] == 413


def test_the_portal_hears_who_asks_from_nginx_alone(nginx: Nginx, echo: None) -> None:
    invented = {
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "gopher",
        "Daphne-Root-Path": "/elsewhere",
    }
    for path in ("/", "/host/", "/api/v1/meetings/", "/live/meeting1/"):
        heard = nginx.client.get(path, headers={"Host": "meet.example.org", **invented}).json()
        told = {name: heard.get(name) for name in ("Host", *invented)}
        assert told == {
            "Host": "meet.example.org",
            "X-Real-IP": "127.0.0.1",
            "X-Forwarded-For": None,
            "X-Forwarded-Proto": "http",
            "Daphne-Root-Path": None,
        }
