"""A session is written when it has changed, and not again when it has not."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendees.models import Attendee
from meetingportal.sessions import SessionStore
from meetings.models import Meeting


def writes(session: SessionStore) -> int:
    with CaptureQueriesContext(connection) as queries:
        session.save()
    return sum("SELECT" not in query["sql"].split("INTO")[0] for query in queries)


@pytest.mark.django_db
def test_what_is_written_already_is_not_written_again() -> None:
    session = SessionStore()
    session["name"] = ["Ana"]
    session.cycle_key()
    assert writes(session) == 0
    session["name"].append("Bob")
    assert writes(session) > 0
    assert SessionStore(session.session_key)["name"] == ["Ana", "Bob"]
    session.set_expiry(60)
    assert writes(session) > 0
    session.cycle_key()
    assert writes(session) == 0
    assert SessionStore(session.session_key)["name"] == ["Ana", "Bob"]
    session.flush()
    session["name"] = ["Ana", "Bob"]
    session.save()
    assert [row.session_key for row in Session.objects.all()] == [session.session_key]
    assert writes(SessionStore(session.session_key)) > 0, "another request knows nothing of it"


def test_joining_writes_the_session_once(meeting1: Meeting, bob: Attendee) -> None:
    browser = Client()
    with CaptureQueriesContext(connection) as queries:
        assert browser.post("/m/meeting1/join/", {"code": "BOB-1"}).status_code == 302
    written = [
        query["sql"]
        for query in queries
        if '"django_session"' in query["sql"] and not query["sql"].startswith("SELECT")
    ]
    assert [sql.split()[0] for sql in written] == ["INSERT"]
    assert browser.get("/m/meeting1/").status_code == 200
