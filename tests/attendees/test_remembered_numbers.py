"""The link check counts a pair of lists once, and anew after every change of either."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from attendees.copying import copy_rosters
from attendees.links import ahead
from attendees.links import check as linkcheck
from attendees.links.check import check
from attendees.links.outcomes import Outcome
from attendees.models import Attendee, Roster, RosterImport
from attendees.repairs.acts import Act
from attendees.rooms.create import create_rooms
from attendees.rooms.plan import Seating, Wishes
from attendees.roster import editing, running
from attendees.roster.versions import renew
from hosts.access import make_token
from hosts.models import Host
from meetings.models import Meeting
from tests.attendees.api.conftest import System
from tests.attendees.roster.test_undoing import imported, undone
from tests.attendees.test_repairs import Console
from tests.conftest import link_between, meeting_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee) -> tuple[int, int]:
    cache.clear()
    renew([meeting1.pk, meeting2.pk])
    return meeting1.pk, meeting2.pk


def is_known(pair: tuple[int, int]) -> bool:
    """Whether the numbers come without a look at the lists."""
    with CaptureQueriesContext(connection) as queries:
        check([pair])
    return not any("attendees_attendee" in query["sql"] for query in queries)


def anew(pair: tuple[int, int]) -> object:
    """The numbers as they are counted within a transaction, where nothing is remembered."""
    with transaction.atomic():
        return check([pair])


def test_what_has_been_counted_is_known(pair: tuple[int, int]) -> None:
    assert not is_known(pair)
    assert is_known(pair)
    assert is_known((pair[1], pair[0]))
    found = check([pair, (pair[1], pair[0])])
    assert found == anew(pair)
    assert [(found[way].people, found[way].carried) for way in found] == [(1, 1), (1, 1)]


def test_only_pairs_that_have_changed_are_counted(
    pair: tuple[int, int], alice: Host, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = meeting_of(alice, "third")
    copy_rosters([(meeting1, third)])
    pairs = [pair, (meeting1.pk, third.pk)]
    check(pairs)
    editing.change(Attendee.objects.get(meeting=third))
    counted = []
    count = linkcheck.count
    monkeypatch.setattr(linkcheck, "count", lambda asked: counted.extend(asked) or count(asked))
    assert len(check(pairs)) == 4
    assert counted == [(meeting1.pk, third.pk)]


def add(pair: tuple[int, int], alice: Host) -> None:
    someone = Attendee(code="NEW-1", email="new@example.org", firstname="New")
    someone.meeting_id = pair[1]
    editing.add(someone, by=alice)


def change(pair: tuple[int, int], alice: Host) -> None:
    bob = Attendee.objects.get(meeting=pair[0])
    bob.email = "robert@example.org"
    editing.change(bob)


def remove(pair: tuple[int, int], alice: Host) -> None:
    editing.remove(Attendee.objects.get(meeting=pair[0]))


def take_in(pair: tuple[int, int], alice: Host) -> None:
    imported(alice, Meeting.objects.get(pk=pair[0]), "BOB-1,bob@example.org,Bob,Ito,X1,\n")


def take_back(pair: tuple[int, int], alice: Host) -> None:
    take_in(pair, alice)
    check([pair])
    undone(RosterImport.objects.get())


def tell(pair: tuple[int, int], alice: Host) -> None:
    system = System(make_token(alice.workspaces.get(), "Members", by=alice))
    row = {"code": "ANA-1", "email": "ana@example.org", "firstname": "Ana"}
    system.post("/meetings/meeting2/roster/", {"rows": [row]})


CHANGES = {
    "added": add,
    "changed": change,
    "removed": remove,
    "imported": take_in,
    "an import undone": take_back,
    "by another system": tell,
}


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
def test_a_changed_list_is_counted_anew(
    act: Callable[[tuple[int, int], Host], None], pair: tuple[int, int], alice: Host
) -> None:
    check([pair])
    before = anew(pair)
    act(pair, alice)
    assert anew(pair) == check([pair])
    assert is_known(pair)
    assert act is take_back or anew(pair) != before


@pytest.mark.parametrize("is_imported", [True, False])
def test_an_import_counts_ahead(
    is_imported: bool, pair: tuple[int, int], alice: Host, meeting2: Meeting, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://somewhere"  # what is remembered here is known elsewhere, too
    link_between(Meeting.objects.get(pk=pair[0]), meeting2, alice)
    take_in(pair, alice)
    if not is_imported:
        RosterImport.objects.update(imported_at=None)
    running.count_ahead(RosterImport.objects.get().pk)
    assert is_known(pair) == is_imported


def test_counting_ahead_is_bounded(
    pair: tuple[int, int], alice: Host, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = meeting_of(alice, "third")
    for other in (Meeting.objects.get(pk=pair[1]), third):
        link_between(meeting1, other, alice)
    copy_rosters([(meeting1, third)])
    monkeypatch.setattr(ahead, "ENOUGH", timedelta(seconds=-1))
    ahead.count_ahead([meeting1.pk])
    assert not is_known(pair)
    renew([meeting1.pk])
    monkeypatch.undo()
    monkeypatch.setattr(ahead, "MOST_LINKS", 1)
    ahead.count_ahead([meeting1.pk])
    assert is_known(pair)
    assert not is_known((meeting1.pk, third.pk))


def test_repairs_and_taking_them_back_count(
    pair: tuple[int, int],
    client_of: Callable[[Host], Client],
    alice: Host,
    meeting1: Meeting,
    meeting2: Meeting,
) -> None:
    console = Console(client_of(alice))
    bob = Attendee.objects.get(meeting=meeting1)
    bob.external_id = "E-1"
    editing.change(bob)
    assert check([pair])[pair].of(Outcome.ID_ON_ONE_SIDE) == 1
    repair = console.repair(Act.COPY_IDS, meeting1, meeting2)
    assert check([pair])[pair].carried == 1
    console.undo(repair)
    assert check([pair])[pair].of(Outcome.ID_ON_ONE_SIDE) == 1


def test_rooms_with_the_same_list_are_known_from_the_first_look_on(
    pair: tuple[int, int], alice: Host, meeting1: Meeting
) -> None:
    wishes = Wishes(template=meeting1, names=("Room",), seating=Seating.SAME)
    [room] = create_rooms(meeting1, wishes, by=alice, key=uuid4())
    assert check([(meeting1.pk, room.pk)])[meeting1.pk, room.pk].carried == 1
    assert is_known((meeting1.pk, room.pk))


def test_a_change_that_was_given_up_changes_nothing(pair: tuple[int, int]) -> None:
    check([pair])
    with transaction.atomic():
        editing.remove(Attendee.objects.get(meeting=pair[0]))
        assert check([pair])[pair].people == 0
        transaction.set_rollback(True)
    assert check([pair])[pair].carried == 1
    assert is_known(pair)


def test_another_rule_counts_anew_what_an_older_portal_has_counted(
    pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    check([pair])
    monkeypatch.setattr(linkcheck, "RULE", "another")
    assert not is_known(pair)


def test_a_list_without_a_version_is_counted_each_time(pair: tuple[int, int]) -> None:
    Roster.objects.filter(meeting=pair[0]).delete()
    assert not is_known(pair)
    Attendee.objects.filter(meeting=pair[0]).delete()
    assert check([pair])[pair].people == 0
