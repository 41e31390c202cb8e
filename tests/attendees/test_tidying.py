"""What nobody needs is deleted; what somebody may need is not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from attendees.models import (
    Admission,
    Arrival,
    Attendee,
    Participant,
    Repair,
    RetiredSession,
    RosterImport,
    Visit,
)
from attendees.tidying import tidy
from hosts.models import Host, Invitation, Workspace
from meetingportal.limits import Limit
from meetingportal.models import RateCounter, SentForm
from meetings.models import Meeting
from tests.conftest import meeting_of

NOW = timezone.now()
DAY = timedelta(days=1)
KINDS = (
    Session,
    RetiredSession,
    Admission,
    Arrival,
    Visit,
    Participant,
    Invitation,
    RateCounter,
    Repair,
    SentForm,
)


@pytest.fixture
def ended(meeting1: Meeting) -> Meeting:
    meeting1.state = Meeting.State.ENDED
    meeting1.save(update_fields=["state"])
    return meeting1


def somebody_in(meeting: Meeting, *, gone: timedelta, attendee: Attendee | None = None) -> None:
    """A participant whose admission and visit were over so long ago (negative: not yet)."""
    participant = Participant.objects.create(meeting=meeting, key=str(uuid4()), attendee=attendee)
    admission = Admission.objects.create(
        meeting=meeting,
        browser=uuid4().hex,
        participant=participant,
        attendee=attendee,
        how="open",
        expires_at=NOW - gone,
    )
    Visit.objects.create(
        meeting=meeting, participant=participant, admission=admission, present_until=NOW - gone
    )


def leftovers(meeting: Meeting, workspace: Workspace, alice: Host, *, gone: timedelta) -> None:
    somebody_in(meeting, gone=gone)
    Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=NOW - gone)
    RetiredSession.objects.create(key_hash=uuid4().hex, mark="mark", until=NOW - gone)
    Invitation.objects.create(
        workspace=workspace,
        email="zoe@example.org",
        token_hash=uuid4().hex,
        invited_by=alice,
        expires_at=NOW - gone,
    )
    RosterImport.objects.create(
        meeting=meeting, size=1, content=b"x", uploaded_at=NOW - gone, file_name="people.csv"
    )
    RosterImport.objects.create(
        meeting=meeting, size=1, before=b"x", imported_at=NOW - gone, file_name="imported.csv"
    )
    Arrival.objects.create(meeting=meeting, how="asked", at=NOW - gone)
    SentForm.objects.create(key=uuid4().hex, at=NOW - gone)
    Repair.objects.create(
        meeting=meeting, other=meeting, changed=meeting, act="start", made_at=NOW - gone
    )
    Limit(name="test", burst=1, per_minute=1).hit("somebody")
    RateCounter.objects.update(at=(NOW - gone).timestamp())


def counts() -> list[int]:
    """How many of each there are; uploads count while their content is there."""
    return [*(kind.objects.count() for kind in KINDS), RosterImport.objects.waiting().count()]


def test_all_that_is_long_over_is_deleted(ended: Meeting, workspace: Workspace, alice: Host):
    leftovers(ended, workspace, alice, gone=91 * DAY)
    assert counts() == [1] * (len(KINDS) + 1)
    gone = tidy(at=NOW)
    assert gone.pop("stray files") == 0  # see tests/materials/test_strays.py
    assert set(gone.values()) == {1}
    assert counts() == [0] * (len(KINDS) + 1)


def test_what_still_holds_stays(ended: Meeting, workspace: Workspace, alice: Host):
    leftovers(ended, workspace, alice, gone=-DAY)
    assert set(tidy(at=NOW).values()) == {0}
    assert counts() == [1] * (len(KINDS) + 1)


def test_who_was_present_is_kept_for_ninety_days(ended: Meeting):
    somebody_in(ended, gone=89 * DAY)
    tidy(at=NOW)
    assert (Admission.objects.count(), Visit.objects.count()) == (0, 1)
    assert Participant.objects.count() == 1


def test_people_on_the_roster_stay(ended: Meeting, bob: Attendee):
    somebody_in(ended, gone=91 * DAY, attendee=bob)
    tidy(at=NOW)
    assert Participant.objects.get().attendee == bob


def test_a_pseudonym_of_a_running_meeting_stays(meeting1: Meeting):
    somebody_in(meeting1, gone=91 * DAY)
    tidy(at=NOW)
    assert Participant.objects.count() == 1


def test_the_command_says_what_it_deleted(ended: Meeting, capsys: pytest.CaptureFixture[str]):
    somebody_in(ended, gone=91 * DAY)
    call_command("tidy")
    assert "admissions: 1 deleted" in capsys.readouterr().out


def test_a_meeting_that_ended_lately_keeps_its_first_days(ended: Meeting):
    ended.ended_at = NOW - 89 * DAY
    ended.save(update_fields=["ended_at"])
    somebody_in(ended, gone=200 * DAY)
    Arrival.objects.create(meeting=ended, how="asked", at=NOW - 200 * DAY)
    tidy(at=NOW)
    assert (Visit.objects.count(), Arrival.objects.count()) == (1, 1)


def test_an_anonymizing_meeting_keeps_no_visit_that_is_over(alice: Host):
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True)
    somebody_in(hiding, gone=timedelta(minutes=1))
    somebody_in(hiding, gone=-timedelta(minutes=1))
    tidy(at=NOW)
    assert Visit.objects.get().present_until > NOW
