"""The materials panel shows all viewers the same, with one query."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from materials import linking_pages, publishing
from materials.models import Material
from materials.panel import materials_panel
from materials.publishing import Contents
from meetings import lifecycle
from meetings.live import group_of
from meetings.models import Meeting
from tests.conftest import link_between, meeting_of
from tests.materials.conftest import retried, upload

WEB, FILE = Material.Kind.LINK, Material.Kind.FILE


def web_link(title: str, **fields: object) -> Contents:
    return Contents(**{"kind": WEB, "title": title, "url": "https://example.org/", **fields})


def set_up(meeting: Meeting, host) -> None:
    publishing.add(meeting, web_link("Open"), by=host)
    publishing.add(meeting, web_link("Later", is_readable_after=True), by=host)
    publishing.add(meeting, web_link("Draft", is_published=False), by=host)


@pytest.mark.parametrize(
    ("state", "shown", "said"),
    [
        ("scheduled", set(), "The host has not started this meeting yet."),
        ("live", {"Open", "Later"}, ""),
        ("ended", {"Later"}, "This meeting has ended."),
    ],
)
def test_what_attendees_see_in_each_state(alice, state, shown, said):
    meeting = meeting_of(alice, "m", state=state)
    set_up(meeting, alice)
    panel = materials_panel(meeting)
    assert {title for title in ("Open", "Later", "Draft") if title in panel} == shown
    assert said in panel


def test_an_empty_tab_says_that_things_appear_by_themselves(meeting1):
    assert "appears here by itself" in materials_panel(meeting1)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "live"}, "Live"),
        ({"state": "ended"}, "Ended"),
        ({"state": "scheduled", "started_at": None}, "Not started"),
        (
            {
                "state": "scheduled",
                "started_at": None,
                "starts_at": datetime(2027, 3, 1, 14, 30, tzinfo=UTC),
            },
            '<time datetime="2027-03-01T14:30:00+00:00" data-local>1 Mar, 14:30 UTC</time>',
        ),
        ({"state": "ended", "archived_at": datetime(2027, 3, 1, tzinfo=UTC)}, "Closed"),
    ],
)
def test_a_link_says_whether_its_target_is_open(alice, meeting1, fields, said):
    target = meeting_of(alice, "target", title="Room B", **fields)
    link = link_between(meeting1, target, alice, title="Finance")
    panel = materials_panel(meeting1)
    assert said in panel
    assert "Room B" in panel
    assert f'href="/m/meeting1/materials/{link.pk}/"' in panel


def test_times_are_the_same_for_everybody_whoever_causes_the_rendering(alice, meeting1):
    starts_at = datetime(2027, 3, 1, 14, 30, tzinfo=UTC)
    later = meeting_of(alice, "later", state="scheduled", started_at=None, starts_at=starts_at)
    link_between(meeting1, later, alice)
    with timezone.override("Asia/Tokyo"):
        assert "1 Mar, 14:30 UTC" in materials_panel(meeting1)


def test_web_links_show_their_host_and_files_their_name_and_size(alice, meeting1):
    publishing.add(meeting1, web_link("Statutes", url="https://www.example.org/x"), by=alice)
    publishing.add(
        meeting1, Contents(kind=FILE, title="Budget", file=upload("b.pdf", bytes(2048))), by=alice
    )
    panel = materials_panel(meeting1)
    assert "example.org" in panel
    assert "https://www.example.org/x" not in panel
    assert "b.pdf" in panel
    assert "2.0\xa0KB" in panel


def test_what_hosts_type_is_text(alice, meeting1):
    nasty = "<script>alert(1)</script>"
    publishing.add(meeting1, web_link(nasty, description=nasty), by=alice)
    panel = materials_panel(meeting1)
    assert nasty not in panel
    assert panel.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_panel_takes_one_query(alice, meeting1, count):
    rooms = [
        Meeting(workspace=meeting1.workspace, slug=f"r{n}", title=f"Room {n}") for n in range(count)
    ]
    Meeting.objects.bulk_create(rooms)
    Material.objects.bulk_create(
        Material(meeting=meeting1, kind="meeting", target=room, is_published=True, position=n)
        for n, room in enumerate(rooms)
    )
    with CaptureQueriesContext(connection) as queries:
        panel = materials_panel(meeting1)
    assert len(queries) == 1
    assert f"Room {count - 1}" in panel


# --- Told after the commit --------------------------------------------------------------------


class Page:
    """An open page of a meeting, as the channel layer sees it."""

    def __init__(self, meeting: Meeting) -> None:
        self.layer, self.group = get_channel_layer(), group_of(meeting.pk)
        self.name = async_to_sync(self.layer.new_channel)()
        async_to_sync(self.layer.group_add)(self.group, self.name)

    def told(self) -> list[dict]:
        found = []
        while self.name in self.layer.channels and not self.layer.channels[self.name].empty():
            found.append(json.loads(async_to_sync(self.layer.receive)(self.name)["text"]))
        return found


@pytest.fixture(autouse=True)
def layer_of_this_process(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def test_open_pages_get_the_new_panel(alice, meeting1, django_capture_on_commit_callbacks):
    page = Page(meeting1)
    with django_capture_on_commit_callbacks(execute=True):
        publishing.add(meeting1, web_link("Statutes"), by=alice)
    (told,) = page.told()
    assert (told["seq"], told["change"]) == (1, "materials")
    assert told["panels"] == {"materials": materials_panel(meeting1)}
    assert "Statutes" in told["panels"]["materials"]


@pytest.mark.parametrize("event", ["started", "ended", "reopened", "archived"])
def test_pages_that_link_to_a_meeting_are_told_of_its_state(
    alice, meeting1, event, django_capture_on_commit_callbacks
):
    states = {"started": "scheduled", "ended": "live", "reopened": "ended", "archived": "ended"}
    said = {"started": "Live", "ended": "Ended", "reopened": "Live", "archived": "Closed"}
    acts = {
        "started": lifecycle.start,
        "ended": lifecycle.end,
        "reopened": lifecycle.reopen,
        "archived": lifecycle.archive,
    }
    target = meeting_of(alice, "target", state=states[event])
    link_between(meeting1, target, alice)
    page = Page(meeting1)
    with django_capture_on_commit_callbacks(execute=True):
        acts[event](target)
    (told,) = page.told()
    assert told["change"] == "materials"
    assert said[event] in told["panels"]["materials"]


@pytest.mark.parametrize(
    "reason", ["the link is a draft", "the linking meeting is not live", "no link"]
)
def test_nobody_else_is_told(alice, meeting1, room, reason, django_capture_on_commit_callbacks):
    if reason != "no link":
        link_between(meeting1, room, alice, is_published=reason != "the link is a draft")
    if reason == "the linking meeting is not live":
        Meeting.objects.filter(pk=meeting1.pk).update(state="ended")
    page = Page(meeting1)
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.end(room)
    assert page.told() == []


def test_two_links_to_one_meeting_tell_once(
    alice, meeting1, room, django_capture_on_commit_callbacks
):
    link_between(meeting1, room, alice)
    link_between(meeting1, room, alice, title="Again")
    page = Page(meeting1)
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.end(room)
    assert len(page.told()) == 1


def test_where_very_many_meetings_link_their_pages_ask_for_the_panel(
    alice, room, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(linking_pages, "RENDERED_AT_ONCE", 2)
    monkeypatch.setattr(linking_pages, "TOLD_AT_ONCE", 2)
    linking = [meeting_of(alice, f"plenary{n}") for n in range(5)]
    for meeting in linking:
        link_between(meeting, room, alice)
    pages = [Page(meeting) for meeting in linking]
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.end(room)
    assert [page.told() for page in pages] == [[{"seq": 1, "change": "materials"}]] * 5


@pytest.mark.django_db(transaction=True)
def test_two_linked_meetings_that_end_and_open_at_once_do_not_block_each_other(alice):
    """Each act tells the other meeting's pages, so both would hold one row and want the other."""
    one, two = meeting_of(alice, "one"), meeting_of(alice, "two")
    link_between(one, two, alice)
    link_between(two, one, alice)

    def open_and_close(meeting: Meeting) -> None:
        for _ in range(5):
            retried(lambda: lifecycle.end(meeting))
            retried(lambda: lifecycle.reopen(meeting))
        connection.close()

    with ThreadPoolExecutor(2) as hosts:
        list(hosts.map(open_and_close, [one, two]))
    assert set(Meeting.objects.values_list("state", flat=True)) == {"live"}
