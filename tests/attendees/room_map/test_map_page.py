"""The map of a workspace's linked meetings, as each host may see it."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import presence
from attendees.models import Admission, Attendee
from attendees.room_map import drawing
from attendees.room_map.drawing import FRAME_PADDING, drawing_of, wrapped
from attendees.room_map.gathering import room_map
from attendees.rooms.create import create_rooms
from attendees.rooms.plan import Wishes
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser


def address_of(workspace) -> str:
    return f"/host/workspaces/{workspace.pk}/map/"


def map_of(workspace, host):
    return room_map(workspace, host, at=timezone.now())


@pytest.fixture
def page(alice, client_of):
    return client_of(alice)


@pytest.fixture
def carol(workspace, meeting1):
    """Co-host of the first meeting only."""
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    return carol


# --- What it says -----------------------------------------------------------------------------


def test_a_link_says_whom_it_carries(workspace, alice, meeting1, meeting2, bob, bob2):
    attendee_of(meeting1, "ANA-1", "ana@example.org", "Ana")
    there, back = map_of(workspace, alice).links
    assert (there.source.title, there.percent, there.label) == ("Meeting1", 50, "50 %")
    assert there.is_broken
    assert there.sentence == (
        "1 of 2 carry over under their name. The others are asked for a code."
    )
    assert (back.percent, back.is_broken) == (100, False)
    assert back.sentence == "1 of 1 carry over under their name."


def test_a_percentage_is_never_rounded_up_to_all(workspace, alice, meeting1, meeting2):
    for n in range(300):
        attendee_of(meeting1, f"C-{n}", f"{n}@example.org", "Somebody")
        if n:
            attendee_of(meeting2, f"C-{n}", f"{n}@example.org", "Somebody")
    there, _ = map_of(workspace, alice).links
    assert (there.carried, there.label, there.is_broken) == (299, "99 %", True)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"always_ask": True}, "Asks for the code"),
        ({"require_access_codes": False}, "No code needed"),
    ],
)
def test_a_link_that_nobody_is_carried_on_is_broken(
    workspace, alice, meeting1, meeting2, bob, bob2, changes, word
):
    Meeting.objects.filter(pk=meeting2.pk).update(**changes)
    there = map_of(workspace, alice).links[0]
    assert (there.carried, there.label, there.is_broken) == (0, "0 %", True)
    assert there.sentence.startswith(word)


def test_of_several_links_the_one_that_carries_counts(
    workspace, alice, meeting1, meeting2, bob, bob2
):
    link_between(meeting1, meeting2, alice, is_declined=True)
    link_between(meeting1, meeting2, alice)
    links = map_of(workspace, alice).links
    assert [(link.key, link.percent) for link in links] == [
        ((meeting1.pk, meeting2.pk), 100),
        ((meeting2.pk, meeting1.pk), 100),
    ]


def test_only_published_links_between_current_meetings_are_there(workspace, alice, meeting1):
    for slug, fields in {"draft": {"is_published": False}, "archived": {}, "alone": None}.items():
        other = meeting_of(alice, slug)
        if fields is not None:
            link_between(meeting1, other, alice, **fields)
    Meeting.objects.filter(slug="archived").update(archived_at=timezone.now())
    assert map_of(workspace, alice).rooms == []


def test_who_is_present_is_counted(page, workspace, meeting1, meeting2, bob):
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    presence.touch(Admission.objects.get())
    html = page.get(address_of(workspace)).content.decode()
    assert "Live · 1 here" in html
    assert "Live · 0 here" in html


# --- Who may see what -------------------------------------------------------------------------


def test_another_workspace_is_not_found(mallory, client_of, workspace, meeting2):
    assert client_of(mallory).get(address_of(workspace)).status_code == 404


def test_links_across_workspaces_are_not_drawn(workspace, alice, mallory, meeting1):
    foreign = meeting_of(mallory, "foreign", title="Secret")
    link_between(foreign, meeting1, mallory)
    link_between(meeting1, foreign, alice)
    assert map_of(workspace, alice).rooms == []


def test_meetings_of_others_are_a_title_without_numbers(
    carol, client_of, workspace, alice, meeting1, meeting2, bob, bob2
):
    hidden = meeting_of(alice, "hidden", title="Hidden")
    link_between(meeting2, hidden, alice)
    shown = map_of(workspace, carol)
    assert [(room.title, room.is_managed) for room in shown.rooms] == [
        ("Meeting1", True),
        ("Meeting2", False),
    ]
    assert [(link.share, link.label) for link in shown.links] == [(None, ""), (None, "")]
    html = client_of(carol).get(address_of(workspace)).content.decode()
    assert "Hidden" not in html
    assert "/host/meetings/meeting2/" not in html
    assert "Meeting2 (you do not manage it)" in html
    assert html.count(" here</text>") == 1


def test_titles_cannot_break_out(page, workspace, alice, meeting1):
    evil = meeting_of(alice, "evil", title='"><script>alert(1)</script>')
    link_between(meeting1, evil, alice)
    html = page.get(address_of(workspace)).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


# --- The picture --------------------------------------------------------------------------------


def test_every_room_and_link_can_be_reached(page, workspace, meeting1, meeting2):
    html = page.get(address_of(workspace)).content.decode()
    svg = html[html.index('<svg class="map"') :]
    svg = svg[: svg.index("</svg>")]
    assert sorted(re.findall(r'id="[\w-]+"\s+href="([^"]+)"', svg)) == [
        "/host/meetings/meeting1/",
        "/host/meetings/meeting1/links/",
        "/host/meetings/meeting2/",
        "/host/meetings/meeting2/links/",
    ]
    assert svg.count("<title>") == 4
    assert " style=" not in svg


def test_rooms_that_are_all_linked_stand_in_a_frame(workspace, alice, meeting1, bob):
    wishes = Wishes(template=meeting1, number=3, links_among=True)
    rooms = create_rooms(meeting1, wishes, by=alice, key=uuid4())
    rooms[2].attendees.all().delete()
    drawn = drawing_of(map_of(workspace, alice))
    [frame] = drawn.frames
    assert drawn.lines == []
    assert frame.caption == "Linked with each other: 12 links"
    assert frame.remark == "! 3 do not carry everybody"
    rooms[0].materials.filter(target=meeting1).delete()
    rooms[0].materials.filter(target=rooms[2]).delete()
    [frame] = drawing_of(map_of(workspace, alice)).frames
    assert frame.caption == "Linked with each other: 10 links"
    assert frame.remark.startswith("2 without a way back, ! ")
    # Some eight to a letter, as it is written: it ends in the frame.
    assert 8 * max(len(frame.caption), len(frame.remark)) < frame.frame.width - 2 * FRAME_PADDING


def test_of_too_many_lines_the_broken_ones_are_drawn(workspace, alice, meeting1, bob, monkeypatch):
    rooms = create_rooms(meeting1, Wishes(template=meeting1, number=5), by=alice, key=uuid4())
    rooms[3].attendees.all().delete()
    monkeypatch.setattr(drawing, "MAX_LINES", 4)
    drawn = drawing_of(map_of(workspace, alice))
    assert (len(drawn.lines), drawn.left_out) == (4, 6)
    assert any(line.link.is_broken for line in drawn.lines)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Plenary", ["Plenary"]),
        ("Committee for the budget", ["Committee for the", "budget"]),
        ("A committee with a nam", ["A committee with a nam"]),
        ("1234567890 1234567890 " * 3, ["1234567890 1234567890", "1234567890 1234567890…"]),
        ("x" * 60, ["x" * 22, "x" * 21 + "…"]),
        ("会" * 30, ["会" * 11, "会" * 10 + "…"]),
    ],
)
def test_titles_are_broken_into_lines_that_fit(title, lines):
    assert wrapped(title) == lines


# --- Live, and quick ----------------------------------------------------------------------------


def test_an_open_map_is_told_only_what_has_changed(page, workspace, meeting1, meeting2):
    seen = page.get(address_of(workspace)).context["map"].print
    again = f"{address_of(workspace)}?seen={seen}"
    asks = {"headers": {"HX-Request": "true"}}
    assert page.get(again, **asks).status_code == 204
    Meeting.objects.filter(pk=meeting2.pk).update(state="ended")
    changed = page.get(again, **asks)
    assert changed.status_code == 200
    html = changed.content.decode()
    assert "<html" not in html
    assert "Ended" in html
    assert html.count('hx-swap-oob="true"') == 2


def test_opening_the_map_counts_anew(page, workspace, meeting1, meeting2, bob, bob2):
    page.get(address_of(workspace))
    Attendee.objects.filter(pk=bob2.pk).delete()
    shown = page.get(address_of(workspace)).context["map"]
    assert shown.links[0].percent == 0


def test_a_map_without_links_says_what_to_do(page, workspace, meeting1):
    assert "No linked meetings yet" in page.get(address_of(workspace)).content.decode()


def queries_of(page, workspace) -> int:
    with CaptureQueriesContext(connection) as ran:
        assert page.get(address_of(workspace)).status_code == 200
    return len(ran)


def test_a_hundred_rooms_cost_as_many_queries_as_three(page, workspace, alice, meeting1, bob):
    create_rooms(meeting1, Wishes(template=meeting1, number=2), by=alice, key=uuid4())
    few = queries_of(page, workspace)
    create_rooms(meeting1, Wishes(template=meeting1, number=98), by=alice, key=uuid4())
    assert queries_of(page, workspace) == few
