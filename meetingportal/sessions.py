"""Sessions in the database, each state of which is written once.

Whoever joins gets a new key, and with it the session is written; at the end of the request Django
would write the same again, in a transaction of its own that waits for the disk.
"""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    saved: tuple[str | None, str] | None = None  # under which key, and what

    def save(self, must_create: bool = False) -> None:
        if must_create or self.saved != self.state():
            super().save(must_create)
            self.saved = self.state()

    def state(self) -> tuple[str | None, str]:
        return self.session_key, self.serializer().dumps(dict(self.items())).decode("latin-1")
