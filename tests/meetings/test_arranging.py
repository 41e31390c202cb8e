"""Meetings are created and their settings changed, with all that follows, or not at all."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from meetings import arranging, lifecycle
from meetings.arranging import print_of
from meetings.models import CoHost, Meeting
from tests.conftest import host_of, meeting_of


def stored(meeting: Meeting) -> Meeting:
    return Meeting.objects.get(pk=meeting.pk)


def test_whoever_creates_a_meeting_manages_it(workspace):
    carol = host_of(workspace, "carol@example.org", "host")
    arranging.create(Meeting(workspace=workspace, title="Plenary"), by=carol)

    plenary = Meeting.objects.managed_by(carol).get()
    assert (plenary.created_by, plenary.state) == (carol, "scheduled")
    assert plenary.require_access_codes
    assert not plenary.anonymize_attendees


def test_a_random_meeting_id_is_short_and_not_misread(alice, workspace):
    meeting = arranging.create(Meeting(workspace=workspace, title="Plenary"), by=alice)
    assert len(meeting.slug) == 13
    assert not set(meeting.slug) & set("01ilo")
    Meeting(workspace=workspace, title="x", slug=meeting.slug).clean_fields()


def test_a_meeting_id_taken_a_moment_ago_is_refused_in_a_sentence(alice, meeting1, workspace):
    with pytest.raises(ValidationError, match="taken"):
        arranging.create(Meeting(workspace=workspace, title="Again", slug="meeting1"), by=alice)
    assert Meeting.objects.count() == 1
    assert CoHost.objects.count() == 1


def test_a_slug_taken_meanwhile_changes_nothing(alice, meeting1, meeting2, events):
    meeting2.slug, meeting2.title = "meeting1", "Mine"
    with pytest.raises(ValidationError, match="taken"):
        arranging.change(meeting2)
    assert (stored(meeting2).slug, stored(meeting2).title) == ("meeting2", "Meeting2")
    assert events == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({}, {"anonymize_attendees": True}, ["anonymized"]),
        ({"anonymize_attendees": True}, {"anonymize_attendees": False}, ["names shown"]),
        ({}, {"require_access_codes": False}, ["codes dropped"]),
        ({"require_access_codes": False}, {"require_access_codes": True}, ["codes required"]),
        ({}, {"always_ask": True}, []),
        ({}, {"title": "Another"}, ["renamed"]),
        ({}, {"slug": "another"}, ["renamed"]),
        ({}, {"description": "Bring water."}, ["renamed"]),
        ({}, {"starts_at": datetime(2027, 1, 1, tzinfo=UTC)}, ["renamed"]),
        (
            {},
            {"title": "x", "anonymize_attendees": True, "require_access_codes": False},
            ["anonymized", "codes dropped", "renamed"],
        ),
    ],
)
def test_what_follows_from_a_change(alice, events, before, after, expected):
    plenary = meeting_of(alice, "plenary", **before)
    for name, value in after.items():
        setattr(plenary, name, value)
    arranging.change(plenary)

    assert events == expected
    assert {name: getattr(stored(plenary), name) for name in after} == after


def test_a_change_of_settings_leaves_the_state_as_it_is_now(meeting1):
    stale = stored(meeting1)
    lifecycle.end(meeting1)
    stale.title = "Later"
    arranging.change(stale)
    assert (stored(meeting1).state, stored(meeting1).title) == ("ended", "Later")


@pytest.mark.parametrize(
    ("state", "has_secret"), [("scheduled", True), ("live", True), ("ended", False)]
)
def test_anonymity_has_a_secret_only_while_people_may_come_in(alice, state, has_secret):
    plenary = meeting_of(alice, "plenary", state=state)
    plenary.anonymize_attendees = True
    arranging.change(plenary)
    assert bool(stored(plenary).pseudonym_secret) is has_secret

    plenary = stored(plenary)
    plenary.anonymize_attendees = False
    arranging.change(plenary)
    assert stored(plenary).pseudonym_secret is None


def test_renaming_an_anonymizing_meeting_keeps_its_pseudonyms(alice):
    plenary = meeting_of(alice, "plenary", anonymize_attendees=True, pseudonym_secret=b"x" * 32)
    plenary.title = "Another"
    arranging.change(plenary)
    assert bytes(stored(plenary).pseudonym_secret) == b"x" * 32


@pytest.mark.parametrize("state", ["live", "ended"])
def test_the_database_refuses_a_secret_where_nobody_is_a_pseudonym(alice, state):
    anonymize = state == "ended"
    with pytest.raises(IntegrityError), transaction.atomic():
        meeting_of(
            alice, "plenary", state=state, anonymize_attendees=anonymize, pseudonym_secret=b"x"
        )


def test_two_hosts_do_not_overwrite_each_other(meeting1, events):
    seen = print_of(stored(meeting1))
    hers, his = stored(meeting1), stored(meeting1)
    hers.anonymize_attendees = True
    arranging.change(hers, seen=seen)

    his.title = "His title"
    with pytest.raises(ValidationError, match="Somebody changed these settings"):
        arranging.change(his, seen=seen)
    assert stored(meeting1).anonymize_attendees
    assert stored(meeting1).title == "Meeting1"
    assert events == ["anonymized"]


def test_when_a_consequence_fails_the_settings_are_the_old_ones(meeting1, monkeypatch):
    def fail(meeting: Meeting, event: str) -> None:
        raise RuntimeError(event)

    monkeypatch.setattr("meetings.consequences._consequences", [fail])
    meeting1.anonymize_attendees = True
    with pytest.raises(RuntimeError, match="anonymized"):
        arranging.change(meeting1)
    assert not stored(meeting1).anonymize_attendees
    assert stored(meeting1).pseudonym_secret is None


def test_co_hosts_come_from_the_workspace_and_owners_need_not_be(workspace, meeting1, mallory):
    carol = host_of(workspace, "carol@example.org", "host")
    assert [*meeting1.possible_cohosts()] == [carol]

    arranging.add_cohost(meeting1, carol)
    arranging.add_cohost(meeting1, carol)
    assert [*meeting1.possible_cohosts()] == []
    assert [*meeting1.current_cohosts()] == [carol]
    assert [*Meeting.objects.managed_by(carol)] == [meeting1]

    arranging.remove_cohost(meeting1, carol)
    assert [*Meeting.objects.managed_by(carol)] == []
