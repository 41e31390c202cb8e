"""From a meeting ID to the meeting."""

import pytest
from django.test import Client

from meetings.models import Meeting


@pytest.mark.parametrize(
    "typed",
    [
        "meeting1",
        "  Meeting1 ",
        "\u200bmeeting1\ufeff",
        "http://127.0.0.1:8000/m/meeting1/",
        "portal.example.org/m/meeting1/join/?next=/m/other/",
    ],
)
def test_an_id_however_typed_leads_to_the_meeting(meeting1: Meeting, typed: str) -> None:
    answer = Client().get("/", {"slug": typed})
    assert (answer.status_code, answer["Location"]) == (302, "/m/meeting1/")


def test_blanks_may_stand_for_hyphens(meeting1: Meeting) -> None:
    Meeting.objects.filter(pk=meeting1.pk).update(slug="7fk2-9xqd-abc")
    assert Client().get("/", {"slug": "7FK2 9XQD abc"})["Location"] == "/m/7fk2-9xqd-abc/"


def test_an_unknown_id_is_said_beside_the_field(meeting1: Meeting) -> None:
    answer = Client().get("/", {"slug": "meeting9"})
    assert answer.status_code == 404
    assert "There is no meeting with this ID. Check it and try again." in answer.text
    assert 'value="meeting9"' in answer.text


def test_an_archived_meeting_is_as_unknown_as_none(meeting1: Meeting) -> None:
    Meeting.objects.filter(pk=meeting1.pk).update(archived_at="2026-01-01T00:00Z")
    assert Client().get("/", {"slug": "meeting1"}).status_code == 404


def test_an_empty_field_asks_for_the_id(db: None) -> None:
    answer = Client().get("/", {"slug": ""})
    assert answer.status_code == 422
    assert "Type the ID of the meeting." in answer.text


def test_scripts_may_post_the_field(meeting1: Meeting) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/", {"slug": "meeting1"})["Location"] == "/m/meeting1/"


def test_the_page_asks_one_question(db: None) -> None:
    answer = Client().get("/")
    assert answer.status_code == 200
    assert 'name="slug"' in answer.text
    assert "Meeting ID" in answer.text


@pytest.mark.parametrize("typed", ["\0", "a" * 5000, "/m/", "../../etc", "💥"])
def test_nonsense_is_no_error_of_ours(db: None, typed: str) -> None:
    assert Client().get("/", {"slug": typed}).status_code in (404, 422)
