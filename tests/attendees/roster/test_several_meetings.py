"""The list of one meeting beside that of another, and taken over from it."""

from collections.abc import Callable

import pytest
from django.test import Client

from attendees.models import Attendee
from attendees.roster import importing
from attendees.roster.choosing import Chosen, choose
from attendees.roster.difference import difference_of
from attendees.roster.importing import Orders, confirm
from attendees.roster.preview import look_at
from attendees.roster.uploads import take_in, targets
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of

PAGE = "/host/meetings/meeting2/attendees/from-another-meeting/"


@pytest.fixture
def client(alice: Host, client_of: Callable[[Host], Client]) -> Client:
    return client_of(alice)


def test_difference_of_two_lists(meeting1: Meeting, meeting2: Meeting, bob: Attendee) -> None:
    attendee_of(meeting1, "ANA-1", "ana@example.org", "Ana", external_id="X1")
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob", lastname="Ito")
    attendee_of(meeting2, "ANA-2", "ana@example.org", "Anna", external_id="X1")
    attendee_of(meeting2, "DAN-1", "dan@example.org", "Dan")
    found = difference_of(meeting2, meeting1)
    assert [one.name for one in found.only_here] == ["Dan"]
    assert [row.firstname for row in found.only_there] == ["Eve"]
    assert [
        [(change.field, change.old, change.new) for change in one.changes] for one in found.changed
    ] == [[("code", "ANA-2", "ANA-1"), ("firstname", "Anna", "Ana")]]
    assert (found.same, list(found.conflicts)) == (1, [])


def test_difference_to_an_empty_list_is_everybody(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    assert [one.name for one in difference_of(meeting1, meeting2).only_here] == ["Bob Ito"]
    assert difference_of(meeting2, meeting2).is_none


def test_list_is_taken_over_by_way_of_a_preview(
    client: Client, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    bob.custom = {"Table": "7"}
    bob.save()
    shown = client.get(PAGE, {"other_meeting": "meeting1"}).content.decode()
    assert "1 only there" in shown
    preview = client.post(PAGE, {"other_meeting": "meeting1"}).url
    assert Attendee.objects.of(meeting2).count() == 0
    seen = client.get(preview).context["seen"]
    client.post(preview, {"act": "import", "seen": seen})
    taken = Attendee.objects.of(meeting2).get()
    assert (taken.code, taken.name, taken.custom) == ("BOB-1", "Bob Ito", {"Table": "7"})
    again = client.get(PAGE, {"other_meeting": "meeting1"}).content.decode()
    assert "Both lists are the same: 1 person." in again


def test_list_of_a_meeting_that_the_host_does_not_manage_is_not_to_be_had(
    client: Client, meeting2: Meeting, mallory: Host
) -> None:
    attendee_of(meeting_of(mallory, "elsewhere"), "EVE-1", "eve@example.org", "Eve")
    for answer in (
        client.get(PAGE, {"other_meeting": "elsewhere"}),
        client.post(PAGE, {"other_meeting": "elsewhere"}),
    ):
        assert answer.status_code == 422
        assert "eve@example.org" not in answer.content.decode()


def test_one_file_goes_into_all_meetings_or_into_none(
    alice: Host, meeting1: Meeting, meeting2: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"code,email,firstname\nA,a@example.org,Ann\n"
    upload = take_in(meeting1, content, "list.csv", by=alice, also_into=[meeting2])
    choose(upload, Chosen())
    seen = look_at(targets(upload), content, Chosen()).digest()
    apply, applied = importing.apply, []

    def broken(plan: object, wrote: object) -> None:
        apply(plan, wrote)
        applied.append(plan)
        if len(applied) == 2:
            raise RuntimeError("The second meeting breaks.")

    monkeypatch.setattr(importing, "apply", broken)
    with pytest.raises(RuntimeError):
        confirm(upload.pk, Orders(seen=seen))
    assert (len(applied), Attendee.objects.count()) == (2, 0)
    monkeypatch.undo()
    assert confirm(upload.pk, Orders(seen=seen)).is_imported
    assert set(Attendee.objects.values_list("meeting__slug", "code")) == {
        ("meeting1", "A"),
        ("meeting2", "A"),
    }
