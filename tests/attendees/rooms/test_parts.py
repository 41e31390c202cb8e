"""A room that was made by a column is for a part of the people: those are counted, others not."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from attendees.links.check import check
from attendees.links.outcomes import Outcome, Tally
from attendees.models import Attendee
from attendees.overview.checklist import checklist
from attendees.repairs import repairing
from attendees.repairs.acts import Act
from attendees.room_map.gathering import room_map
from attendees.rooms.create import create_rooms
from attendees.rooms.plan import Seating, Wishes
from attendees.rooms.together import Copies, duplicate_all
from attendees.roster.choosing import Chosen
from attendees.roster.plan import Mode
from attendees.roster.preview import look_at
from attendees.roster.rehearsal import rehearse
from meetings.models import Meeting
from tests.conftest import attendee_of

GROUPS = {"Ana": "Finance", "Bea": "finance ", "Cy": "Statutes", "Dan": "", "Eve": "Statutes"}


def listed(meeting: Meeting, name: str, group: str) -> Attendee:
    person = attendee_of(meeting, f"{name}-12345", f"{name.lower()}@example.org", name)
    person.custom = {"Group": group} if group else {}
    person.save()
    return person


@pytest.fixture
def plenary(meeting1: Meeting) -> Meeting:
    for name, group in GROUPS.items():
        listed(meeting1, name, group)
    return meeting1


@pytest.fixture
def rooms(alice, plenary) -> list[Meeting]:
    """Finance, of Ana and Bea, and Statutes, of Cy and Eve; all are live."""
    wishes = Wishes(template=plenary, seating=Seating.COLUMN, column="Group", links_among=True)
    made = create_rooms(plenary, wishes, by=alice, key=uuid4())
    Meeting.objects.update(state="live", started_at=timezone.now())
    return made


def tally(source: Meeting, target: Meeting) -> Tally:
    return check([(source.pk, target.pk)])[source.pk, target.pk]


def page_of(client, meeting: Meeting) -> str:
    """The words of the links page."""
    html = client.get(reverse("materials:links", args=[meeting.slug])).content.decode()
    return " ".join(strip_tags(html).split())


def ids_of(meetings: list[Meeting]) -> set[int]:
    return {meeting.pk for meeting in meetings}


def labels(meeting: Meeting, host) -> dict[str, str]:
    shown = room_map(meeting.workspace, host, at=timezone.now())
    return {f"{link.source.title}-{link.target.title}": link.label for link in shown.links}


def test_only_those_who_are_meant_for_a_room_are_counted(plenary, rooms):
    finance, statutes = rooms
    assert tally(plenary, finance) == Tally(2, {}, not_meant=3)
    assert tally(plenary, statutes) == Tally(2, {}, not_meant=3)
    assert tally(finance, statutes) == Tally(0, {}, not_meant=2)
    assert tally(finance, plenary) == Tally(2, {})


def test_every_page_says_that_all_is_well(alice, client_of, plenary, rooms):
    client, finance = client_of(alice), rooms[0]
    words = page_of(client, plenary)
    assert "2 of 2 people of “Meeting1” who are meant for “Finance” are known there" in words
    assert "was made for those with “Finance” under “Group”. The other 3 people" in words
    assert "asked for a code" not in words
    shown = room_map(plenary.workspace, alice, at=timezone.now())
    assert shown.broken == 0
    assert {str(link.share) for link in shown.links if link.source.title == "Meeting1"} == {
        "Share(known=2, meant=2)"
    }
    among = [link for link in shown.links if {link.source.key, link.target.key} == ids_of(rooms)]
    assert [link.sentence for link in among] == [
        "Nobody on the list of “Finance” is meant to be there.",
        "Nobody on the list of “Statutes” is meant to be there.",
    ]
    assert "Link to “Finance”: everybody who is meant to be there is carried" in " ".join(
        item.text for item in checklist(plenary, alice)
    )
    address = reverse("links:people", args=[plenary.slug, finance.slug, Outcome.NOT_MEANT])
    assert [p.firstname for p, _ in client.get(address).context["people"]] == ["Cy", "Dan", "Eve"]


def test_whoever_is_meant_for_a_room_and_missing_there_is_told_and_added(
    alice, client_of, plenary, rooms
):
    listed(plenary, "Fay", "FINANCE")
    listed(plenary, "Gus", "")
    finance = rooms[0]
    assert tally(plenary, finance) == Tally(3, {Outcome.NOT_LISTED: 1}, not_meant=4)
    assert labels(plenary, alice)["Meeting1-Finance"] == "66 %"
    told = [item.text for item in checklist(plenary, alice) if "Finance" in item.text]
    assert told == [
        "Link to “Finance”: 1 of 3 people who should be there will be asked again. "
        "Not on the other list: 1."
    ]
    proposal = repairing.propose(Act.ADD_PEOPLE, plenary, finance)
    assert [step.name for step in proposal.steps] == ["Fay"]


def test_whoever_is_there_under_another_code_is_told_wherever_they_belong(plenary, rooms):
    finance = rooms[0]
    attendee_of(finance, "ANOTHER-1", "cy@example.org", "Cy")
    assert tally(plenary, finance) == Tally(3, {Outcome.CODE_DIFFERS: 1}, not_meant=2)


def test_a_list_that_says_nothing_of_the_column_is_counted_as_usual(alice, plenary, rooms):
    plenary.attendees.update(custom={})
    assert tally(plenary, rooms[0]) == Tally(5, {Outcome.NOT_LISTED: 3})
    assert labels(plenary, alice)["Meeting1-Finance"] == "40 %"


def test_numbers_that_are_remembered_are_those_of_whom_the_room_is_for(plenary, rooms):
    finance = rooms[0]
    assert tally(plenary, finance).not_meant == 3
    Meeting.objects.filter(pk=finance.pk).update(part_cell="Statutes")
    assert tally(plenary, finance) == Tally(4, {Outcome.NOT_LISTED: 2}, not_meant=1)


def test_somebody_is_meant_for_a_room_by_hand(alice, client_of, plenary, rooms):
    client, finance = client_of(alice), rooms[0]
    new = reverse("roster:new", args=[plenary.slug])
    assert "custom-Group" in client.get(new).context["form"].fields
    hal = {"firstname": "Hal", "email": "hal@example.org", "custom-Group": "Finance"}
    assert client.post(new, hal).status_code == 302
    assert tally(plenary, finance) == Tally(3, {Outcome.NOT_LISTED: 1}, not_meant=3)
    dan = plenary.attendees.get(firstname="Dan")
    page = reverse("roster:edit", args=[plenary.slug, dan.pk])
    said = {"firstname": "Dan", "email": dan.email, "code": dan.code, "custom-Group": "Finance"}
    assert client.post(page, said).status_code == 302
    assert tally(plenary, finance) == Tally(4, {Outcome.NOT_LISTED: 2}, not_meant=2)
    assert client.post(page, said | {"custom-Group": ""}).status_code == 302
    dan.refresh_from_db()
    assert dan.custom == {}


def test_in_the_settings_a_room_becomes_one_for_everybody(alice, client_of, plenary, rooms):
    client, finance = client_of(alice), rooms[0]
    page = reverse("meetings:settings", args=[finance.slug])
    shown = client.get(page)
    assert "for those with “Finance” under “Group” on the list" in shown.content.decode()
    initial = shown.context["form"].initial
    said = {"title": "Money", "slug": finance.slug, "require_access_codes": "on"}
    said["seen"] = initial["seen"]
    assert client.post(page, said).status_code == 302
    assert tally(plenary, finance) == Tally(2, {}, not_meant=3)
    del said["seen"]
    assert client.post(page, said | {"is_for_everybody": "on"}).status_code == 302
    assert tally(plenary, finance) == Tally(5, {Outcome.NOT_LISTED: 3})
    settings = reverse("meetings:settings", args=[plenary.slug])
    for meeting in (page, settings):
        assert "is_for_everybody" not in client.get(meeting).context["form"].fields


def test_copies_are_for_the_same_people_and_rooms_like_them_are_not(alice, plenary, rooms):
    copies = duplicate_all([plenary, *rooms], Copies(takes_attendees=True), by=alice, key=uuid4())
    first, finance, _ = copies
    assert tally(first, finance) == Tally(2, {}, not_meant=3)
    [like] = create_rooms(plenary, Wishes(template=rooms[0], names=("All",)), by=alice, key=uuid4())
    assert tally(plenary, like) == Tally(5, {})


def test_an_import_foretells_who_will_be_meant(alice, plenary, rooms):
    file = (
        b"code,email,firstname,Group\n"
        b"FAY-12345,fay@example.org,Fay,Finance\n"
        b"CY-12345,cy@example.org,Cy,Finance\n"
    )
    preview = look_at([plenary], file, Chosen(mode=Mode.ADD_AND_UPDATE))
    rehearsed = rehearse(preview.plans, alice)
    foretold = {one.target: one.tally for one in rehearsed if one.source == plenary}
    assert foretold == {
        rooms[0]: Tally(4, {Outcome.NOT_LISTED: 2}, not_meant=2),
        rooms[1]: Tally(2, {}, not_meant=4),
    }


def test_a_number_is_for_the_room_that_is_called_so(alice, meeting1):
    for name, group in {"Ana": "3", "Bea": "Room 3", "Cy": "room 4", "Dan": "4"}.items():
        listed(meeting1, name, group)
    wishes = Wishes(
        template=meeting1, names=("3", "Room 3", "Room 4"), seating=Seating.COLUMN, column="Group"
    )
    three, room_three, room_four = create_rooms(meeting1, wishes, by=alice, key=uuid4())
    assert tally(meeting1, three) == tally(meeting1, room_three) == Tally(1, {}, not_meant=3)
    assert tally(meeting1, room_four) == Tally(2, {}, not_meant=2)
