"""Hosts arrange the materials of their meetings, and of nobody else's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from materials.models import Material
from meetings.models import CoHost, Meeting
from tests.conftest import link_between, meeting_of
from tests.materials.conftest import PDF, labels_of, names_in, upload


def page(name: str, meeting: Meeting, material: Material | None = None) -> str:
    return reverse(f"materials:{name}", args=[meeting.slug, *([material.pk] if material else [])])


def web_link(meeting: Meeting, title: str, **fields: object) -> Material:
    fields = {"kind": "link", "url": "https://example.org/", "is_published": True} | fields
    position = meeting.materials.count() + 1
    return Material.objects.create(meeting=meeting, title=title, position=position, **fields)


@pytest.fixture
def hosts(client_of, alice):
    """Alice's browser."""
    return client_of(alice)


# --- Adding ------------------------------------------------------------------------------


def test_a_host_adds_a_link_to_a_meeting(hosts, alice, meeting1, room):
    answer = hosts.post(
        page("new", meeting1), {"kind": "meeting", "target": "room", "is_published": "on"}
    )
    assert (answer.status_code, answer["Location"]) == (302, page("materials", meeting1))
    link = Material.objects.get()
    assert (link.meeting, link.target, link.made_by) == (meeting1, room, alice)
    assert (link.is_published, link.is_readable_after) == (True, False)
    assert link.label == "Room B"


def test_a_host_adds_a_link_and_one_back(hosts, meeting1, room):
    hosts.post(
        page("new", meeting1),
        {"kind": "meeting", "target": "room", "is_published": "on", "link_back": "on"},
    )
    assert set(Material.objects.values_list("meeting", "target")) == {
        (meeting1.pk, room.pk),
        (room.pk, meeting1.pk),
    }


def test_a_link_back_is_offered_to_hosts_of_other_meetings_only(client_of, carol, meeting1, room):
    CoHost.objects.create(meeting=meeting1, host=carol)
    hosts = client_of(carol)
    assert "link_back" not in hosts.get(page("new", meeting1)).content.decode()
    CoHost.objects.create(meeting=room, host=carol)
    assert "link_back" in hosts.get(page("new", meeting1)).content.decode()


def test_a_link_back_needs_rights_in_the_other_meeting(client_of, alice, carol, meeting1, room):
    CoHost.objects.create(meeting=meeting1, host=carol)
    CoHost.objects.create(meeting=meeting_of(alice, "third"), host=carol)
    said = {"kind": "meeting", "target": "room", "link_back": "on"}
    answer = client_of(carol).post(page("new", meeting1), said)
    assert answer.status_code == 422
    assert "You do not manage “Room B”" in answer.content.decode()
    assert not Material.objects.exists()


def test_who_does_not_manage_the_target_makes_a_plain_link_and_is_told(
    client_of, carol, meeting1, room
):
    CoHost.objects.create(meeting=meeting1, host=carol)
    answer = client_of(carol).post(
        page("new", meeting1), {"kind": "meeting", "target": "room"}, follow=True
    )
    assert "asked for their code there until one of its hosts accepts" in answer.content.decode()
    assert "asks for the code again" in answer.content.decode()


def test_without_the_tick_it_is_a_draft(hosts, meeting1, room):
    hosts.post(page("new", meeting1), {"kind": "meeting", "target": "room"})
    assert not Material.objects.get().is_published


def test_a_host_uploads_a_file(hosts, meeting1, stored_files):
    said = {"kind": "file", "file": upload("Budget 2027.pdf"), "is_published": "on"}
    assert hosts.post(page("new", meeting1), said).status_code == 302
    file = Material.objects.get()
    assert (file.label, file.file_size, file.file_type) == (
        "Budget 2027.pdf",
        len(PDF),
        "application/pdf",
    )
    assert len(names_in(stored_files)) == 1


REFUSED = [
    ({}, 422, "This field is required."),
    ({"kind": "embed"}, 422, "embed is not one of the available choices."),
    ({"kind": "meeting"}, 422, "Choose the meeting that the link leads to."),
    ({"kind": "meeting", "target": "meeting1"}, 422, "Choose one of the meetings"),
    ({"kind": "meeting", "target": "theirs"}, 422, "Choose one of the meetings"),
    ({"kind": "meeting", "target": "archived"}, 422, "Choose one of the meetings"),
    ({"kind": "meeting", "target": "nowhere"}, 422, "Choose one of the meetings"),
    ({"kind": "link"}, 422, "Type the web address."),
    ({"kind": "link", "url": "javascript:alert(1)"}, 422, "begins with https:// or http://"),
    ({"kind": "link", "url": "https://portal@evil.test"}, 422, "user name before the @"),
    ({"kind": "file"}, 422, "Choose a file."),
    ({"kind": "link", "url": "example.org", "title": "x" * 201}, 422, "at most 200 characters"),
    ({"kind": "link", "url": "example.org", "title": "nul\x00"}, 422, "Null characters"),
]


@pytest.mark.parametrize(("said", "status", "sentence"), REFUSED)
def test_what_cannot_be_added_is_said_beside_the_field(
    hosts, alice, mallory, meeting1, said, status, sentence
):
    meeting_of(mallory, "theirs")
    meeting_of(alice, "archived", state="ended", archived_at="2026-01-01T00:00Z")
    answer = hosts.post(page("new", meeting1), said)
    assert (answer.status_code, Material.objects.count()) == (status, 0)
    assert sentence in answer.content.decode()


def test_too_large_a_file_is_refused_with_the_limit(hosts, meeting1, settings, stored_files):
    settings.MAX_FILE_SIZE = 1024 * 1024
    assert "At most 1.0\xa0MB." in hosts.get(page("new", meeting1)).content.decode()
    said = {"kind": "file", "file": upload(content=PDF + bytes(1024 * 1024))}
    answer = hosts.post(page("new", meeting1), said)
    assert answer.status_code == 413
    assert "a file may have at most 1.0\xa0MB" in answer.content.decode()
    assert names_in(stored_files) == []


def test_what_belongs_to_another_kind_is_not_looked_at(hosts, meeting1, room):
    said = {"kind": "meeting", "target": "room", "url": "javascript:alert(1)", "file": "x"}
    assert hosts.post(page("new", meeting1), said).status_code == 302
    assert Material.objects.get().url == ""


def test_the_address_of_an_own_meeting_becomes_a_suggestion(hosts, meeting1, room, settings):
    settings.ALLOWED_HOSTS = ["testserver", "meet.example.org"]
    said = {"kind": "link", "url": "http://meet.example.org/m/room/", "is_published": "on"}
    answer = hosts.post(page("new", meeting1), said)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This is one of your meetings" in text
    assert '<option value="room" selected>' in text
    # The button that the page offers sends the same form with the other kind.
    hosts.post(page("new", meeting1), said | {"kind": ["link", "meeting"], "target": "room"})
    assert Material.objects.get().target == room


def test_the_address_of_a_foreign_meeting_is_a_web_link(hosts, mallory, meeting1, settings):
    settings.ALLOWED_HOSTS = ["testserver", "meet.example.org"]
    meeting_of(mallory, "theirs")
    said = {"kind": "link", "url": "http://meet.example.org/m/theirs/"}
    assert hosts.post(page("new", meeting1), said).status_code == 302


# --- Changing ------------------------------------------------------------------------------


def test_a_host_changes_a_web_link(hosts, meeting1):
    link = web_link(meeting1, "Old")
    said = {"title": "New", "url": "https://example.net/", "description": "Read it."}
    answer = hosts.post(page("edit", meeting1, link), said)
    assert answer["Location"] == f"{page('materials', meeting1)}#material-{link.pk}"
    link.refresh_from_db()
    assert (link.title, link.url, link.description) == ("New", "https://example.net/", "Read it.")
    assert not link.is_published


def test_the_edit_page_shows_what_is_there(hosts, meeting1, meeting2):
    link = meeting1.materials.get()
    text = hosts.get(page("edit", meeting1, link)).content.decode()
    assert 'value="To Meeting2"' in text
    assert '<option value="meeting2" selected>' in text
    assert 'name="url"' not in text


def test_a_link_to_a_meeting_that_was_archived_can_still_be_edited(hosts, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(archived_at="2026-01-01T00:00Z")
    link = meeting1.materials.get()
    said = {"title": "Gone", "target": "meeting2"}
    assert hosts.post(page("edit", meeting1, link), said).status_code == 302
    assert Material.objects.get(pk=link.pk).label == "Gone"


def test_publish_and_withdraw(hosts, meeting1):
    link = web_link(meeting1, "a", is_published=False)
    hosts.post(page("publish", meeting1, link))
    assert Material.objects.get().is_published
    hosts.post(page("withdraw", meeting1, link))
    assert not Material.objects.get().is_published


def test_remove_asks_first(hosts, meeting1):
    link = web_link(meeting1, "a")
    assert hosts.get(page("remove", meeting1, link)).status_code == 200
    assert Material.objects.exists()
    assert hosts.post(page("remove", meeting1, link)).status_code == 302
    assert not Material.objects.exists()


# --- Order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"direction": "up"}, "bac"),
        ({"direction": "down"}, "acb"),
        ({"before": "a"}, "bac"),
        ({"after": "c"}, "acb"),
    ],
)
def test_the_list_is_put_in_order_without_scripts(hosts, meeting1, said, expected):
    materials = {title: web_link(meeting1, title) for title in "abc"}
    said = {
        name: materials[value].pk if value in materials else value for name, value in said.items()
    }
    answer = hosts.post(page("move", meeting1, materials["b"]), said)
    assert answer["Location"].endswith(f"#material-{materials['b'].pk}")
    assert "".join(labels_of(meeting1)) == expected


def test_a_script_that_moved_the_row_gets_no_page(hosts, meeting1):
    materials = [web_link(meeting1, title) for title in "ab"]
    answer = hosts.post(
        page("move", meeting1, materials[1]),
        {"before": materials[0].pk},
        headers={"X-Requested-With": "reorder"},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert "".join(labels_of(meeting1)) == "ba"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 422),
        ({"direction": "sideways"}, 422),
        ({"before": "no uuid"}, 422),
        ({"direction": "up", "before": "01234567-89ab-cdef-0123-456789abcdef"}, 422),
        ({"before": "01234567-89ab-cdef-0123-456789abcdef"}, 409),
    ],
)
def test_a_move_to_nowhere_changes_nothing(hosts, meeting1, said, status):
    materials = [web_link(meeting1, title) for title in "ab"]
    answer = hosts.post(page("move", meeting1, materials[1]), said)
    assert answer.status_code == status
    assert "".join(labels_of(meeting1)) == "ab"


# --- Seeing ------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(hosts, meeting1):
    text = hosts.get(page("materials", meeting1)).content.decode()
    assert "No materials yet" in text
    assert page("new", meeting1) in text


def test_the_list_takes_as_many_queries_for_three_as_for_one(hosts, alice, meeting1, room):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            hosts.get(page("materials", meeting1))
        return len(captured)

    link_between(meeting1, room, alice)
    hosts.get(page("materials", meeting1))
    one = queries()
    for n in range(2):
        link_between(meeting1, meeting_of(alice, f"r{n}"), alice)
    assert queries() == one


# --- Who may -----------------------------------------------------------------------------

PAGES = [
    ("get", "materials"),
    ("get", "new"),
    ("post", "new"),
    ("get", "edit"),
    ("post", "edit"),
    ("get", "remove"),
    ("post", "remove"),
    ("post", "publish"),
    ("post", "withdraw"),
    ("post", "move"),
    ("get", "links"),
    ("post", "accept"),
    ("post", "decline"),
    ("post", "back"),
]


@pytest.mark.parametrize(("method", "name"), PAGES)
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("nobody", 302),
        ("host of another workspace", 404),
        ("member without rights", 404),
        ("co-host", 200),
        ("owner", 200),
    ],
)
def test_only_hosts_of_the_meeting_come_in(
    client, client_of, alice, carol, mallory, meeting1, room, method, name, who, expected
):
    link = link_between(meeting1, room, alice)
    link_of_page = None if name in ("materials", "new", "links") else link
    if who == "co-host":
        CoHost.objects.create(meeting=meeting1, host=carol)
        CoHost.objects.create(meeting=room, host=carol)
    if who != "nobody":
        people = {"host of another workspace": mallory, "owner": alice}
        client = client_of(people.get(who, carol))
    answer = getattr(client, method)(page(name, meeting1, link_of_page))
    if expected == 200:
        assert answer.status_code in (200, 302, 422)
        assert "/accounts/login/" not in answer.get("Location", "")
    else:
        assert answer.status_code == expected
        assert Material.objects.get() == link


@pytest.mark.parametrize("name", ["edit", "remove", "publish", "withdraw", "move"])
def test_a_material_of_another_meeting_is_not_found_here(hosts, meeting1, room, name):
    elsewhere = web_link(room, "a")
    assert hosts.post(page(name, meeting1, elsewhere)).status_code == 404
    assert labels_of(room) == ["a"]


@pytest.mark.parametrize("name", ["publish", "withdraw", "move", "accept", "decline", "back"])
def test_acts_are_not_done_by_looking(hosts, alice, meeting1, room, name):
    link = link_between(meeting1, room, alice)
    assert hosts.get(page(name, meeting1, link)).status_code == 405


def test_meetings_are_offered_as_people_sort_titles(hosts, alice, meeting1):
    for number in (10, 2, 1):
        meeting_of(alice, f"room-{number}", title=f"Room {number}")
    form = hosts.get("/host/meetings/meeting1/materials/new/").context["form"]
    offered = [label.partition(" (")[0] for value, label in form.fields["target"].choices if value]
    assert [label for label in offered if label.startswith("Room ")] == [
        "Room 1", "Room 2", "Room 10",
    ]  # fmt: skip
