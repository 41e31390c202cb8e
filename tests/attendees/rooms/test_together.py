"""Linked meetings are started, ended and duplicated together."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from attendees.rooms import together
from attendees.rooms.together import Copies, duplicate_all, end_all, linked_set, start_all
from materials import publishing
from materials.links import carrying
from materials.models import Material
from materials.publishing import Contents, NotPossible
from meetingportal.once import AlreadyDone
from meetings.models import CoHost, Meeting
from tests.attendees.rooms.faults import leaves_nothing_half_made
from tests.conftest import link_between, meeting_of
from tests.materials.conftest import names_in


@pytest.fixture
def scheduled(alice, meeting1, meeting2) -> list[Meeting]:
    """Both meetings before they have started."""
    Meeting.objects.update(state="scheduled", started_at=None)
    return list(Meeting.objects.order_by("pk"))


def duplicate(meetings, by, **wishes) -> list[Meeting]:
    return duplicate_all(meetings, Copies(**wishes), by=by, key=uuid4())


# --- What is linked --------------------------------------------------------------------------


def test_linked_is_what_one_can_reach_either_way(alice, mallory, meeting1, meeting2):
    far, alone, drafted, archived, foreign = (
        meeting_of(host, slug)
        for host, slug in [
            (alice, "far"), (alice, "alone"), (alice, "drafted"), (alice, "archived"),
            (mallory, "foreign"),
        ]
    )  # fmt: skip
    link_between(far, meeting2, alice)
    link_between(meeting1, drafted, alice, is_published=False)
    link_between(meeting1, archived, alice)
    link_between(meeting1, foreign, alice)
    Meeting.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    assert set(linked_set(meeting1)) == {meeting1, meeting2, far}
    assert set(linked_set(alone)) == {alone}


# --- Starting and ending ---------------------------------------------------------------------


def test_all_are_started(scheduled):
    outcome = start_all(scheduled)
    assert outcome.done == scheduled
    assert outcome.refused == []
    assert set(Meeting.objects.values_list("state", flat=True)) == {"live"}


def test_what_cannot_start_is_named_and_the_others_start(scheduled):
    first, second = scheduled
    Meeting.objects.filter(pk=first.pk).update(state="ended")
    outcome = start_all(scheduled)
    assert outcome.done == [second]
    assert outcome.refused == [(first, "This meeting has ended. Reopen it if it should go on.")]
    assert Meeting.objects.get(pk=second.pk).is_live
    assert Meeting.objects.get(pk=first.pk).is_ended


def test_all_are_ended(meeting1, meeting2):
    waiting = meeting_of(meeting1.created_by, "waiting", state="scheduled", started_at=None)
    outcome = end_all([meeting1, meeting2, waiting])
    assert outcome.done == [meeting1, meeting2]
    assert [meeting for meeting, _ in outcome.refused] == [waiting]
    assert not Meeting.objects.filter(state="live").exists()


def test_pages_that_link_to_many_are_told_once(alice, meeting1, django_capture_on_commit_callbacks):
    rooms = [meeting_of(alice, f"room-{n}", state="scheduled") for n in range(5)]
    for room in rooms:
        link_between(meeting1, room, alice)
    with django_capture_on_commit_callbacks(execute=True):
        start_all(rooms)
    meeting1.refresh_from_db()
    assert meeting1.sequence == 1


def test_too_many_are_refused(scheduled, monkeypatch):
    monkeypatch.setattr(together, "MAX_ROOMS", 1)
    with pytest.raises(NotPossible, match=r"At most 1 meetings at once; these are 2."):
        start_all(scheduled)


@pytest.mark.parametrize("act", [start_all, end_all])
def test_a_fault_in_starting_or_ending_changes_nothing(alice, meeting1, meeting2, act):
    if act is start_all:
        Meeting.objects.update(state="scheduled", started_at=None)
    meetings = list(Meeting.objects.all())
    leaves_nothing_half_made(lambda: act(meetings), fewest=6)


# --- Duplicating -----------------------------------------------------------------------------


def test_links_among_the_meetings_become_links_among_the_copies(alice, meeting1, meeting2):
    one, two = duplicate([meeting1, meeting2], alice)
    assert (one.title, two.title) == ("Copy of Meeting1", "Copy of Meeting2")
    links = Material.objects.filter(meeting__in=[one, two])
    assert {(m.meeting, m.target) for m in links} == {(one, two), (two, one)}
    assert carrying(links).count() == 2
    assert Material.objects.filter(meeting__in=[meeting1, meeting2]).count() == 2


def test_links_to_others_stay_links_to_those(alice, meeting1, meeting2):
    [copy] = duplicate([meeting1], alice)
    assert [m.target for m in copy.materials.all()] == [meeting2]


def test_without_materials_only_links_among_them_are_taken_along(alice, meeting1, meeting2):
    other = meeting_of(alice, "other")
    link_between(meeting1, other, alice)
    contents = Contents(kind=Material.Kind.LINK, title="Rules", url="https://example.org/")
    publishing.add(meeting1, contents, by=alice)
    one, two = duplicate([meeting1, meeting2], alice, takes_materials=False)
    assert [m.target for m in one.materials.all()] == [two]


def test_attendees_are_taken_along_on_request(alice, meeting1, meeting2, bob, bob2):
    one, _ = duplicate([meeting1, meeting2], alice)
    assert not one.attendees.exists()
    one, two = duplicate([meeting1, meeting2], alice, takes_attendees=True)
    for copy in (one, two):
        assert [(a.code, a.identity_key) for a in copy.attendees.all()] == [
            (bob.code, bob.identity_key)
        ]


def test_settings_and_cohosts_are_the_same(alice, carol, meeting1):
    meeting1.anonymize_attendees, meeting1.description = True, "Quiet."
    meeting1.settle_secret()
    meeting1.save()
    CoHost.objects.create(meeting=meeting1, host=carol)
    [copy] = duplicate([meeting1], alice)
    assert (copy.anonymize_attendees, copy.description) == (True, "Quiet.")
    assert set(copy.hosts.all()) == {alice, carol}
    assert copy.state == "scheduled"
    assert bytes(copy.pseudonym_secret) != bytes(meeting1.pseudonym_secret)


@pytest.mark.parametrize(
    ("days", "expected"), [(None, None), (7, datetime(2026, 10, 28, 9, tzinfo=UTC))]
)
def test_start_times_move_by_the_clock_of_the_host(alice, meeting1, days, expected):
    meeting1.starts_at = datetime(2026, 10, 21, 8, tzinfo=UTC)  # 10 h in Berlin, in summer
    meeting1.save()
    with timezone.override("Europe/Berlin"):
        [copy] = duplicate([meeting1], alice, days_later=days)
    assert copy.starts_at == expected


def test_a_long_title_is_cut(alice):
    meeting = meeting_of(alice, "long", title="x" * 200)
    [copy] = duplicate([meeting], alice)
    assert copy.title == "Copy of " + "x" * 192


def test_copies_are_made_once(alice, meeting1, meeting2):
    key = uuid4()
    duplicate_all([meeting1, meeting2], Copies(), by=alice, key=key)
    with pytest.raises(AlreadyDone):
        duplicate_all([meeting1, meeting2], Copies(), by=alice, key=key)
    assert Meeting.objects.count() == 4


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("MAX_PEOPLE", "At most 0 attendees are copied at once; these are 2."),
        ("MAX_NEW_MATERIALS", "At most 0 materials are copied at once."),
    ],
)
def test_limits_are_named(alice, meeting1, meeting2, bob, bob2, monkeypatch, limit, sentence):
    monkeypatch.setattr(together, limit, 0)
    with pytest.raises(NotPossible, match=sentence):
        duplicate([meeting1, meeting2], alice, takes_attendees=True)
    assert Meeting.objects.count() == 2


def test_a_fault_in_duplicating_leaves_nothing_half_made(
    alice, meeting1, meeting2, bob, stored_files
):
    plan = ContentFile(b"%PDF-1.7\n", name="plan.pdf")
    publishing.add(meeting1, Contents(kind=Material.Kind.FILE, file=plan), by=alice)
    wishes, key = Copies(takes_attendees=True), uuid4()

    def act() -> None:
        assert len(names_in(stored_files)) == 1
        duplicate_all([meeting1, meeting2], wishes, by=alice, key=key)

    leaves_nothing_half_made(act, fewest=9)
    assert len(names_in(stored_files)) == 2
