"""`manage.py demo`: something to try at once, with nothing to prepare."""

import json
import os
import socket
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from attendees.demo.staging import Demonstration, Taken, stage

ADDRESS = "127.0.0.1"
# Small frames, quick notice of dead peers: the portal's pages send next to nothing. Sockets may
# take long to open when thousands of pages come back at once: cut off after daphne's own 5
# seconds, they would only come once more.
DAPHNE = (
    "--websocket-max-message-size=16384",
    "--websocket-max-frame-size=16384",
    "--websocket_connect_timeout=20",
    "--ping-interval=15",
    "--ping-timeout=20",
    "--application-close-timeout=5",
    "--http-timeout=60",
    "--no-server-name",
    "--verbosity=0",
)


class Command(BaseCommand):
    help = "Makes two linked, live meetings with invented people, and serves them on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="where it is served (default: %(default)s)"
        )
        parser.add_argument("--no-serve", action="store_true", help="only make what is missing")
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="how addresses, sign-in and codes are written (default: %(default)s)",
        )

    def handle(self, *, port: int, no_serve: bool, format: str, **options: Any) -> None:
        if not no_serve:
            refuse_taken(port)
        try:
            call_command("migrate", verbosity=0, interactive=False)
            demonstration = stage()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        except Taken as taken:
            raise CommandError(f"{taken} The demonstration needs a database of its own.") from taken
        site = os.environ.get("PORTAL_SITE_URL") or f"http://{ADDRESS}:{port}"
        write = as_json if format == "json" else as_text
        self.stdout.write(write(demonstration, site))
        if not no_serve:
            if format == "text":
                self.stdout.write("\nServing. Stop with Ctrl-C.")
            self.serve(port, site)

    def serve(self, port: int, site: str) -> None:
        """Become the server: a process of its own, so that its settings know the address."""
        self.stdout.flush()
        connections.close_all()
        command = [sys.executable, "-m", "daphne", "-b", ADDRESS, "-p", str(port), *DAPHNE]
        environment = {**os.environ, "PORTAL_SITE_URL": site}
        os.execve(  # noqa: S606 - no shell is meant
            sys.executable, [*command, "meetingportal.asgi:application"], environment
        )


def refuse_taken(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used: {error}. Choose another one with --port."
            ) from error


def as_json(demonstration: Demonstration, site: str) -> str:
    return json.dumps(
        {
            "site": site,
            "host": {"email": demonstration.host.email, "password": demonstration.password},
            "meetings": [meeting.slug for meeting in demonstration.meetings],
            "codes": demonstration.codes,
        }
    )


def as_text(demonstration: Demonstration, site: str) -> str:
    attendees = [f"  {site}{meeting.address}" for meeting in demonstration.meetings]
    lines = [
        "The portal is ready, with two linked meetings of 200 invented people.",
        "",
        "Attendees open a meeting and type one of these codes, once for both meetings:",
        *attendees,
        f"  codes: {', '.join(demonstration.codes)}",
        "",
        "The host signs in here:",
        f"  {site}/host/",
        f"  email: {demonstration.host.email}",
        f"  password: {demonstration.password}",
    ]
    return "\n".join(lines)
