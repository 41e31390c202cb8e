"""A meeting is started, ended, reopened, archived and taken back, and never half."""

from datetime import timedelta

import pytest

from meetings import lifecycle
from meetings.lifecycle import NotNow
from meetings.live_times import LiveTime, live_times_of
from meetings.models import Meeting, PastLiveTime
from tests.conftest import meeting_of

SCHEDULED = {"state": "scheduled", "started_at": None}


def stored(meeting: Meeting) -> Meeting:
    return Meeting.objects.get(pk=meeting.pk)


def test_a_scheduled_meeting_starts(alice, events):
    lifecycle.start(meeting_of(alice, "plenary", **SCHEDULED))

    plenary = Meeting.objects.get()
    assert (plenary.state, plenary.ended_at) == ("live", None)
    assert plenary.started_at
    assert events == ["started"]


def test_starting_a_live_meeting_again_changes_nothing(meeting1, events):
    began = stored(meeting1).started_at
    lifecycle.start(meeting1)
    assert stored(meeting1).started_at == began
    assert events == []


def test_an_ended_meeting_is_reopened_not_started(meeting1, events):
    lifecycle.end(meeting1)
    with pytest.raises(NotNow, match="Reopen it"):
        lifecycle.start(meeting1)
    assert stored(meeting1).is_ended

    lifecycle.reopen(meeting1)
    assert stored(meeting1).is_live
    assert stored(meeting1).ended_at is None
    assert events == ["ended", "reopened"]


def test_reopening_keeps_when_the_meeting_was_live_before(meeting1):
    began = stored(meeting1).started_at
    ended = lifecycle.end(meeting1).ended_at
    again = lifecycle.reopen(meeting1).started_at
    assert live_times_of([stored(meeting1)]) == {
        meeting1.pk: [LiveTime(began, ended), LiveTime(again, None)]
    }


def test_live_times_do_not_overlap_even_where_the_clock_was_set_back(meeting1):
    nine = meeting1.started_at
    PastLiveTime.objects.create(
        meeting=meeting1, started_at=nine - timedelta(hours=1), ended_at=nine + timedelta(hours=1)
    )
    assert live_times_of([meeting1])[meeting1.pk] == [
        LiveTime(nine - timedelta(hours=1), nine + timedelta(hours=1)),
        LiveTime(nine + timedelta(hours=1), None),
    ]


def test_a_scheduled_meeting_cannot_be_ended_or_reopened(alice, events):
    plenary = meeting_of(alice, "plenary", **SCHEDULED)
    for act in (lifecycle.end, lifecycle.reopen):
        with pytest.raises(NotNow):
            act(plenary)
    assert stored(plenary).is_scheduled
    assert events == []


def test_ending_twice_keeps_the_time_of_the_first(meeting1, events):
    ended = lifecycle.end(meeting1).ended_at
    lifecycle.end(meeting1)
    assert stored(meeting1).ended_at == ended
    assert events == ["ended"]


def test_a_live_meeting_is_not_archived(meeting1):
    with pytest.raises(NotNow, match="End it"):
        lifecycle.archive(meeting1)
    assert not stored(meeting1).is_archived


def test_an_archived_meeting_starts_only_after_it_was_taken_back(alice):
    plenary = meeting_of(alice, "plenary", **SCHEDULED)
    lifecycle.archive(plenary)
    with pytest.raises(NotNow, match="Take it back"):
        lifecycle.start(plenary)

    lifecycle.take_back(plenary)
    assert lifecycle.start(plenary).is_live


def test_what_another_host_did_meanwhile_counts(meeting1):
    stale = stored(meeting1)
    lifecycle.end(meeting1)
    assert stale.is_live  # as this host still sees it
    with pytest.raises(NotNow):
        lifecycle.start(stale)


def test_pseudonyms_have_a_secret_only_until_the_end(alice):
    plenary = meeting_of(alice, "plenary", anonymize_attendees=True, **SCHEDULED)
    first = lifecycle.start(plenary).pseudonym_secret
    assert len(first) == 32

    assert lifecycle.end(plenary).pseudonym_secret is None
    assert stored(plenary).pseudonym_secret is None

    again = lifecycle.reopen(plenary).pseudonym_secret
    assert again
    assert again != first


def test_when_a_consequence_fails_nothing_has_happened(alice, monkeypatch):
    def fail(meeting: Meeting, event: str) -> None:
        raise RuntimeError(event)

    plenary = meeting_of(alice, "plenary", **SCHEDULED)
    monkeypatch.setattr("meetings.consequences._consequences", [fail])
    with pytest.raises(RuntimeError, match="started"):
        lifecycle.start(plenary)
    assert stored(plenary).is_scheduled
