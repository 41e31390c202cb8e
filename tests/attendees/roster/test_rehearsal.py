"""The import preview says whom linked meetings would know afterwards, and the import agrees."""

import pytest

from attendees.links.check import check
from attendees.models import Attendee
from attendees.roster.choosing import Chosen
from attendees.roster.importing import Orders, confirm
from attendees.roster.plan import Mode
from attendees.roster.preview import look_at
from attendees.roster.rehearsal import rehearse
from attendees.roster.uploads import take_in
from hosts.models import Host
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of

FILE = (
    b"code,email,firstname,external_id\n"
    b"BOB-1,bob@example.org,Bob,E-1\n"
    b"ANA-1,ana@example.org,Ana,\n"
    b",new@example.org,New,\n"
)


@pytest.fixture
def room(alice: Host, meeting1: Meeting, meeting2: Meeting) -> Meeting:
    """A third meeting, which links to the first."""
    room = meeting_of(alice, "room")
    link_between(room, meeting1, alice)
    attendee_of(room, "ana1", "ana@example.org", "Ana")
    return room


@pytest.mark.parametrize("also", [True, False])
def test_what_the_preview_says_of_links_is_so_after_the_import(
    alice, meeting1, meeting2, room, bob, bob2, also
):
    chosen = Chosen(mode=Mode.ADD_AND_UPDATE, generates_codes=True)
    also_into = [meeting2] if also else []
    upload = take_in(meeting1, FILE, "list.csv", by=alice, also_into=also_into)
    upload.chosen = chosen.kept()
    upload.save()
    preview = look_at([meeting1, *also_into], FILE, chosen)
    before = list(Attendee.objects.order_by("pk").values())
    said = {(r.source.pk, r.target.pk): r.tally for r in rehearse(preview.plans, alice)}
    assert list(Attendee.objects.order_by("pk").values()) == before
    assert len(said) == 4

    confirm(upload.pk, Orders(seen=preview.digest()))
    assert said == check([(meeting1.pk, meeting2.pk), (meeting1.pk, room.pk)])
    assert said[meeting1.pk, meeting2.pk].carried == (3 if also else 0)
    assert said[meeting1.pk, room.pk].carried == 1


def test_the_page_says_it(client_of, alice, meeting1, meeting2, bob, bob2):
    upload = take_in(meeting1, FILE.replace(b",new@example.org,New,\n", b""), "l.csv", by=alice)
    page = client_of(alice).get(f"/host/meetings/meeting1/attendees/import/{upload.pk}/")
    text = " ".join(page.content.decode().split())
    assert (
        "From “<bdi>Meeting1</bdi>” to “<bdi>Meeting2</bdi>”: 0 of 2 people carry over; 2 would "
        "be asked again (not on the other list: 1; external ID on one list only: 1)."
    ) in text


@pytest.mark.parametrize("rooms", [5, 6, 8])
def test_the_page_says_how_many_more_ways_there_are(client_of, alice, meeting1, bob, rooms):
    for number in range(rooms):
        room = meeting_of(alice, f"room{number}")
        link_between(meeting1, room, alice)
        if number:
            attendee_of(room, "BOB-1", "bob@example.org", "Bob")
            attendee_of(room, f"X-{number}", f"x{number}@example.org", "Xenia")
    upload = take_in(meeting1, b"code,email,firstname\nBOB-1,bob@example.org,Bob\n", "l", by=alice)
    page = client_of(alice).get(f"/host/meetings/meeting1/attendees/import/{upload.pk}/")
    # To each room but the first, Bob is carried; back from each, Xenia is asked.
    said = [(link["target_title"] == "Meeting1", link["asked"]) for link in page.context["links"]]
    asking = [(False, 1), *[(True, 1)] * (rooms - 1)]
    assert sorted(said[:rooms]) == sorted(asking)
    assert len(said) == min(2 * rooms, 12)
    text = " ".join(page.text.split())
    if rooms < 7:
        assert "more way" not in text
    else:
        assert "And 4 more ways from one meeting to another; nobody would be asked" in text
        assert 'the <a href="/host/meetings/meeting1/links/">link check</a> has them all.' in text


def test_the_page_says_how_many_of_the_others_ask(client_of, alice, meeting1, meeting2):
    rooms = [meeting_of(alice, f"room{number}") for number in range(13)]
    for room in rooms:
        link_between(meeting1, room, alice)
    upload = take_in(
        meeting1, b"code,email,firstname\nBOB-1,bob@example.org,Bob\n", "l", by=alice,
        also_into=[meeting2],
    )  # fmt: skip
    page = client_of(alice).get(f"/host/meetings/meeting1/attendees/import/{upload.pk}/")
    text = " ".join(page.text.split())
    assert "And 16 more ways from one meeting to another; on 1 of them people would be" in text
    assert "</a> of each meeting has all of its own." in text


def test_lists_of_meetings_that_the_host_does_not_manage_are_not_told_of(
    workspace, meeting1, meeting2, bob, bob2
):
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    assert rehearse(look_at([meeting1], FILE, Chosen(generates_codes=True)).plans, carol) == []
