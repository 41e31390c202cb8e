"""Breakout rooms are made in one step, whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendees.models import Attendee
from attendees.rooms import plan as planning
from attendees.rooms.create import HasChanged, create_rooms
from attendees.rooms.plan import Room, Seating, Wishes, plan
from materials import publishing
from materials.links import carrying
from materials.models import Material
from materials.publishing import Contents, NotPossible
from meetingportal.once import AlreadyDone
from meetings.models import CoHost, Meeting
from tests.attendees.rooms.faults import leaves_nothing_half_made
from tests.conftest import attendee_of, host_of, meeting_of
from tests.materials.conftest import names_in, upload
from tests.people import Browser


def make(meeting, by, **wishes) -> list[Meeting]:
    return create_rooms(meeting, Wishes(**{"template": meeting} | wishes), by=by, key=uuid4())


def people_of(meeting: Meeting) -> list[str]:
    return sorted(meeting.attendees.values_list("firstname", flat=True))


@pytest.fixture
def seated(meeting1: Meeting) -> Meeting:
    """Ana and Bea are for Room 1, Cy for room 3, Dan for a room that is not there, Eve for none."""
    for name, room in [("Ana", "Room 1"), ("Bea", " room  1"), ("Cy", "3"), ("Dan", "Attic")]:
        person = attendee_of(meeting1, f"{name}-1", f"{name.lower()}@example.org", name)
        person.custom = {"Breakout": room}
        person.save()
    attendee_of(meeting1, "Eve-1", "eve@example.org", "Eve")
    return meeting1


def test_rooms_have_the_settings_the_people_and_links_both_ways(alice, meeting1, bob):
    meeting1.always_ask, meeting1.description = True, "Bring a pen."
    meeting1.save()
    rooms = make(meeting1, alice, names=("Finance", "Statutes"))

    assert [(r.title, r.slug, r.state) for r in rooms] == [
        ("Finance", "meeting1-finance", "scheduled"),
        ("Statutes", "meeting1-statutes", "scheduled"),
    ]
    for room in rooms:
        assert (room.always_ask, room.description) == (True, "Bring a pen.")
        assert (room.workspace, room.created_by) == (meeting1.workspace, alice)
        assert list(room.hosts.all()) == [alice]
        [twin] = room.attendees.all()
        assert (twin.code, twin.identity_key) == (bob.code, bob.identity_key)
    links = Material.objects.order_by("meeting__pk", "position")
    assert [(m.meeting, m.target, m.is_published, m.made_by) for m in links] == [
        (meeting1, rooms[0], True, alice),
        (meeting1, rooms[1], True, alice),
        (rooms[0], meeting1, True, alice),
        (rooms[1], meeting1, True, alice),
    ]


def test_bob_walks_through_new_rooms_with_one_code(alice, meeting1, bob):
    rooms = make(meeting1, alice, number=2, links_among=True)
    Meeting.objects.update(state="live", started_at=bob.meeting.started_at)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, rooms[0]) == "Bob Ito"
    assert browser.follow(rooms[0], rooms[1]) == "Bob Ito"
    assert browser.follow(rooms[1], meeting1) == "Bob Ito"


def test_rooms_are_linked_with_each_other_on_request(alice, meeting1):
    make(meeting1, alice, number=4, links_among=True)
    assert Material.objects.count() == 2 * 4 + 4 * 3
    assert carrying(Material.objects.all()).count() == 20


def test_new_links_stand_below_what_is_on_the_tab(alice, meeting1):
    contents = Contents(kind=Material.Kind.LINK, title="Agenda", url="https://example.org/")
    publishing.add(meeting1, contents, by=alice)
    make(meeting1, alice, names=("A", "B"))
    assert [m.label for m in meeting1.materials.in_order()] == ["Agenda", "A", "B"]


def test_open_pages_of_the_meeting_are_told_once(alice, meeting1):
    make(meeting1, alice, number=8)
    meeting1.refresh_from_db()
    assert meeting1.sequence == 1


def test_cohosts_of_the_meeting_manage_the_rooms(alice, workspace, meeting1):
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    [room] = make(meeting1, alice, number=1)
    assert set(room.hosts.all()) == {alice, carol}


def test_pseudonyms_of_an_anonymizing_room_have_a_secret_of_their_own(alice, meeting1):
    template = meeting_of(alice, "template", anonymize_attendees=True)
    rooms = make(meeting1, alice, number=2, template=template)
    secrets = [bytes(Meeting.objects.get(pk=room.pk).pseudonym_secret) for room in rooms]
    assert len(set(secrets)) == 2
    assert {len(secret) for secret in secrets} == {32}


# --- Names and addresses --------------------------------------------------------------------


def test_addresses_can_be_random(alice, meeting1):
    rooms = make(meeting1, alice, number=3, has_random_slugs=True)
    assert not any("meeting1" in room.slug for room in rooms)
    assert len({room.slug for room in rooms}) == 3


def test_a_taken_address_gets_a_number(alice, meeting1):
    meeting_of(alice, "meeting1-finance")
    planned = plan(
        meeting1, Wishes(template=meeting1, names=("Finance", "Finance!", "Зал", "会议"))
    )
    assert [room.slug for room in planned.rooms] == [
        "meeting1-finance-2",
        "meeting1-finance-3",
        "meeting1-room-3",
        "meeting1-room-4",
    ]


def test_a_long_address_is_cut(alice):
    meeting = meeting_of(alice, "m" * 64)
    [room] = make(meeting, alice, names=("x" * 200,))
    room.full_clean()
    assert room.slug == "m" * 29 + "-" + "x" * 32


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"number": 201}, "At most 200 rooms are made at once; these would be 201."),
        ({"names": ("A", "B", "ａ ")}, "Two rooms would be called “ａ ”."),
        ({"names": ("x" * 201,)}, "is longer than 200 characters"),
        ({"seating": Seating.COLUMN, "column": "Nothing"}, "Nobody on the list has a value"),
    ],
)
def test_what_cannot_be_is_refused(alice, seated, wishes, sentence):
    with pytest.raises(NotPossible, match=sentence):
        make(seated, alice, **wishes)
    assert Meeting.objects.get() == seated


@pytest.mark.parametrize(
    ("limit", "most", "sentence"),
    [
        ("MAX_PEOPLE", 9, "At most 9 people are put into rooms at once; these would be 10"),
        ("MAX_NEW_MATERIALS", 5, "At most 5 links and materials are made at once"),
        ("MAX_MATERIALS", 1, "A meeting has at most 1 materials"),
    ],
)
def test_limits_are_named(alice, seated, monkeypatch, limit, most, sentence):
    make(seated, alice, number=1)  # is within all of them
    Meeting.objects.exclude(pk=seated.pk).delete()
    monkeypatch.setattr(planning, limit, most)
    with pytest.raises(NotPossible, match=sentence):
        make(seated, alice, number=2, links_among=True)
    assert Meeting.objects.get() == seated


# --- Who sits where -------------------------------------------------------------------------


def test_people_are_seated_by_a_column(alice, seated):
    rooms = make(seated, alice, number=3, seating=Seating.COLUMN, column="Breakout")
    assert [people_of(room) for room in rooms] == [["Ana", "Bea"], [], ["Cy"]]
    ana, copy = Attendee.objects.filter(firstname="Ana").order_by("pk")
    for name in ("code", "email", "custom", "compared_code", "identity_key"):
        assert getattr(copy, name) == getattr(ana, name)


def test_who_matches_no_room_is_shown(seated):
    wishes = Wishes(template=seated, number=3, seating=Seating.COLUMN, column="Breakout")
    planned = plan(seated, wishes)
    assert planned.unmatched == [("Attic", 1)]
    assert planned.without_value == 1
    assert planned.left_out == 2
    assert planned.sentence == "3 rooms, 0 to 2 people in each, 6 links"


def test_a_column_alone_names_the_rooms(alice, seated):
    wishes = Wishes(template=seated, seating=Seating.COLUMN, column="Breakout")
    assert plan(seated, wishes).rooms == [
        Room("3", "meeting1-3", 1),
        Room("Attic", "meeting1-attic", 1),
        Room("Room 1", "meeting1-room-1", 2),
    ]


def test_rooms_can_be_empty(alice, seated):
    [room] = make(seated, alice, number=1, seating=Seating.NONE)
    assert people_of(room) == []


def test_the_sentence_counts(seated):
    planned = plan(seated, Wishes(template=seated, number=8))
    assert planned.sentence == "8 rooms, 5 people in each, 16 links"


# --- Materials of the template ---------------------------------------------------------------


@pytest.fixture
def template(alice, meeting1, meeting2, stored_files) -> Meeting:
    """Has a file, a web link, and links to both meetings."""
    template = meeting_of(alice, "template", state="scheduled", started_at=None)
    for contents in (
        Contents(kind=Material.Kind.FILE, file=upload("plan.pdf")),
        Contents(kind=Material.Kind.LINK, title="Rules", url="https://example.org/"),
        Contents(kind=Material.Kind.MEETING, target=meeting1),
        Contents(kind=Material.Kind.MEETING, target=meeting2, is_published=False),
    ):
        publishing.add(template, contents, by=alice)
    return template


def test_materials_are_copied_below_the_way_back(alice, meeting1, template, stored_files):
    rooms = make(meeting1, alice, number=2, template=template, takes_materials=True)
    for room in rooms:
        tab = [(m.label, m.is_published) for m in room.materials.in_order()]
        assert tab == [("Meeting1", True), ("plan.pdf", True), ("Rules", True), ("Meeting2", False)]
    files = Material.objects.filter(kind="file").values_list("file", flat=True)
    assert len(set(files)) == 3 == len(names_in(stored_files))


def test_too_large_files_are_refused(alice, meeting1, template, monkeypatch):
    monkeypatch.setattr(planning, "MAX_COPIED_BYTES", 10)
    with pytest.raises(NotPossible, match="would take more than 1 GB in all these rooms"):
        make(meeting1, alice, number=2, template=template, takes_materials=True)
    make(meeting1, alice, number=2, template=template)


# --- Once, whole, and quick -------------------------------------------------------------------


def test_a_form_sent_twice_has_one_effect(alice, meeting1):
    key, wishes = uuid4(), Wishes(template=meeting1, number=2)
    create_rooms(meeting1, wishes, by=alice, key=key)
    with pytest.raises(AlreadyDone):
        create_rooms(meeting1, wishes, by=alice, key=key)
    assert Meeting.objects.count() == 3


def test_two_clicks_at_once_have_one_effect(transactional_db, alice, meeting1):
    key, wishes = uuid4(), Wishes(template=meeting1, number=2)
    start = Barrier(2)

    def click() -> str:
        start.wait()
        try:
            create_rooms(meeting1, wishes, by=alice, key=key)
        except AlreadyDone:
            return "already done"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as clicks:
        answers = sorted(clicks.map(lambda _: click(), range(2)))
    assert answers == ["already done", "done"]
    assert Meeting.objects.count() == 3


def test_the_key_of_another_host_is_another_key(alice, workspace, meeting1):
    carol = host_of(workspace, "carol@example.org", "owner")
    key, wishes = uuid4(), Wishes(template=meeting1, number=1)
    create_rooms(meeting1, wishes, by=alice, key=key)
    create_rooms(meeting1, wishes, by=carol, key=key)
    assert Meeting.objects.count() == 3


def test_what_was_not_seen_does_not_happen(alice, seated):
    wishes = Wishes(template=seated, number=2)
    seen = plan(seated, wishes).print
    zoe = attendee_of(seated, "ZOE-1", "zoe@example.org", "Zoe")
    with pytest.raises(HasChanged):
        create_rooms(seated, wishes, by=alice, key=uuid4(), seen=seen)
    assert Meeting.objects.count() == 1
    zoe.delete()
    assert len(create_rooms(seated, wishes, by=alice, key=uuid4(), seen=seen)) == 2


@pytest.mark.parametrize("seating", [Seating.SAME, Seating.COLUMN])
def test_a_fault_at_any_statement_leaves_nothing_half_made(
    alice, meeting1, seated, template, stored_files, seating
):
    wishes = Wishes(
        template=template,
        number=2,
        seating=seating,
        column="Breakout",
        takes_materials=True,
        links_among=True,
    )
    files = names_in(stored_files)
    key = uuid4()

    def act() -> None:
        assert names_in(stored_files) == files
        create_rooms(meeting1, wishes, by=alice, key=key)

    leaves_nothing_half_made(act, fewest=12)
    assert len(names_in(stored_files)) == len(files) + 2


def statements(act) -> int:
    with CaptureQueriesContext(
        connection,
    ) as ran:
        act()
    return len(ran)


@pytest.mark.parametrize("seating", [Seating.SAME, Seating.COLUMN])
def test_a_hundred_rooms_cost_as_many_statements_as_three(alice, seated, seating):
    few, many = (
        statements(lambda n=n: make(seated, alice, number=n, seating=seating, column="Breakout"))
        for n in (3, 100)
    )
    assert many == few


def test_files_are_read_from_the_storage(alice, meeting1, template):
    [room] = make(meeting1, alice, number=1, template=template, takes_materials=True)
    name = room.materials.get(kind="file").file.name
    assert default_storage.exists(name)
    assert name != template.materials.get(kind="file").file.name
