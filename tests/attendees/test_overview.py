"""The console's list of meetings, and a meeting's overview."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from attendees.models import Admission, Arrival, Participant, Visit
from attendees.overview.inflow import inflow
from hosts.models import Host, Membership, Workspace
from meetings.models import Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of

NOON = datetime(2027, 3, 1, 12, 0, 30, tzinfo=UTC)
SCHEDULED = {"state": "scheduled", "started_at": None}


def visit_of(meeting: Meeting, *, until: int = 60, **who: object) -> Participant:
    """Somebody who is in the meeting, for so many seconds from now."""
    participant = Participant.objects.create(meeting=meeting, **{"key": uuid4().hex} | who)
    now = timezone.now()
    admission = Admission.objects.create(
        meeting=meeting,
        participant=participant,
        attendee=participant.attendee,
        browser=uuid4().hex,
        how="code",
        expires_at=now + timedelta(days=1),
    )
    open_tab(admission, until=until)
    return participant


def open_tab(admission: Admission, *, until: int = 60) -> None:
    Visit.objects.create(
        meeting=admission.meeting,
        participant=admission.participant,
        admission=admission,
        present_until=timezone.now() + timedelta(seconds=until),
    )


def names_on(answer) -> list[str]:
    return [name for letter in answer.context["people"].letters for name in letter.people]


def titles(answer) -> list[str]:
    return [meeting.title for meeting, _ in answer.context["rows"]]


# --- The list --------------------------------------------------------------------------------


def test_without_meetings_the_list_says_what_to_do_first(alice, client_of):
    page = client_of(alice).get("/host/").content.decode()
    assert "No meetings yet" in page
    assert 'href="/host/meetings/new/"' in page
    assert "New meeting" in page


def test_a_host_sees_the_meetings_that_they_manage(alice, workspace, mallory, client_of):
    carol = host_of(workspace, "carol@example.org", "host")
    meeting_of(alice, "of-alice", title="Of Alice")
    meeting_of(carol, "of-carol", title="Of Carol")
    meeting_of(mallory, "of-mallory", title="Of Mallory")

    assert set(titles(client_of(alice).get("/host/"))) == {"Of Alice", "Of Carol"}
    assert titles(client_of(carol).get("/host/")) == ["Of Carol"]
    assert titles(client_of(mallory).get("/host/")) == ["Of Mallory"]


def test_live_meetings_come_first_then_those_to_come(alice, client_of):
    soon = timezone.now() + timedelta(hours=1)
    meeting_of(alice, "ended", title="Ended", state="ended")
    meeting_of(alice, "later", title="Later", starts_at=soon + timedelta(days=1), **SCHEDULED)
    meeting_of(alice, "someday", title="Someday", **SCHEDULED)
    meeting_of(alice, "soon", title="Soon", starts_at=soon, **SCHEDULED)
    meeting_of(alice, "live", title="Live")
    expected = ["Live", "Soon", "Later", "Someday", "Ended"]
    assert titles(client_of(alice).get("/host/")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Live one", "Ended one"}),
        ("state=live", {"Live one"}),
        ("state=ended", {"Ended one"}),
        ("state=scheduled", set()),
        ("state=archived", {"Archived one"}),
        ("q=LIVE", {"Live one"}),
        ("q=+one+", {"Live one", "Ended one"}),
        ("q=nothing", set()),
        ("q=%25", set()),
        ("q=a%00b", set()),
        (f"q={'x' * 60_000}", set()),
        ("state=unheard-of", {"Live one", "Ended one"}),
        ("workspace=x", {"Live one", "Ended one"}),
        ("workspace=99999999999999999999999999", set()),
        ("page=99999999999999999999", {"Live one", "Ended one"}),
        ("page=x", {"Live one", "Ended one"}),
    ],
)
def test_the_list_is_narrowed(alice, client_of, query, expected):
    meeting_of(alice, "live", title="Live one")
    meeting_of(alice, "ended", title="Ended one", state="ended")
    meeting_of(alice, "old", title="Archived one", state="ended", archived_at=timezone.now())
    answer = client_of(alice).get(f"/host/?{query}")
    assert answer.status_code == 200
    assert set(titles(answer)) == expected


def test_the_list_is_narrowed_to_a_workspace(alice, other_workspace, client_of):
    Membership.objects.create(workspace=other_workspace, host=alice, role="host")
    meeting_of(alice, "here", title="Here", workspace=Workspace.objects.get(name="Northwind"))
    meeting_of(alice, "there", title="There", workspace=other_workspace)
    client = client_of(alice)
    assert set(titles(client.get("/host/"))) == {"Here", "There"}
    assert titles(client.get(f"/host/?workspace={other_workspace.pk}")) == ["There"]


def test_the_list_is_paged(alice, client_of):
    for number in range(26):
        meeting_of(alice, f"m-{number}", title=f"Meeting {number}")
    client = client_of(alice)
    first, second = client.get("/host/?q=Meeting"), client.get("/host/?q=Meeting&page=2")
    assert (len(titles(first)), len(titles(second))) == (25, 1)
    assert not set(titles(first)) & set(titles(second))
    assert "?q=Meeting&amp;page=2" in first.content.decode()


def test_rows_show_numbers(alice, meeting1, meeting2, bob, client_of):
    visitor = visit_of(meeting1, attendee=bob)
    open_tab(visitor.admissions.get())  # a second one
    visit_of(meeting1, until=-1)  # has left
    rows = client_of(alice).get("/host/").context["rows"]
    found = {m.slug: (n.attendees, n.here, n.materials) for m, n in rows}
    assert found == {"meeting1": (1, 1, 1), "meeting2": (0, 0, 1)}


def test_the_list_costs_the_same_for_one_meeting_and_for_many(
    alice, client_of, django_assert_num_queries
):
    client = client_of(alice)
    meeting_of(alice, "first")
    with django_assert_num_queries(COST_OF_LIST):
        client.get("/host/")
    for number in range(5):
        other = meeting_of(alice, f"m-{number}")
        attendee_of(other, "X-1", "x@example.org", "X")
        visit_of(other)
    with django_assert_num_queries(COST_OF_LIST):
        client.get("/host/")


# Session, host, count, page, workspaces, three numbers, links that wait.
COST_OF_LIST = 9


def test_searching_replaces_only_the_list(alice, meeting1, client_of):
    answer = client_of(alice).get("/host/?q=meeting", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "Meeting1" in page
    assert "<html" not in page


# --- The overview ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "button", "address"),
    [
        ("scheduled", "Start meeting", "start"),
        ("live", "End meeting", "end"),
        ("ended", "Reopen meeting", "reopen"),
    ],
)
def test_there_is_one_large_button(alice, client_of, state, button, address):
    meeting_of(alice, "plenary", state=state)
    page = client_of(alice).get("/host/meetings/plenary/").content.decode()
    assert button in page
    assert page.count("btn-lg") == 1
    assert f'action="/host/meetings/plenary/{address}/"' in page


@pytest.mark.parametrize(
    ("state", "heading", "hint"),
    [
        ("scheduled", "Before you start", "Nobody yet. Send the join address"),
        ("live", "To look at", "Nobody yet. Send the join address"),
        ("ended", "If you reopen it", "Nobody is here."),
    ],
)
def test_the_overview_asks_for_nobody_after_the_meeting(alice, client_of, state, heading, hint):
    meeting_of(alice, "plenary", state=state)
    page = client_of(alice).get("/host/meetings/plenary/").content.decode()
    assert f'<h2 id="checklist">{heading}</h2>' in page
    assert hint in page


def test_the_join_address_is_that_of_the_site_not_of_the_request(
    alice, meeting1, client_of, settings
):
    settings.SITE_URL = "https://meet.example.org"
    settings.ALLOWED_HOSTS = ["internal"]
    page = client_of(alice).get("/host/meetings/meeting1/", headers={"Host": "internal"})
    assert ">https://meet.example.org/m/meeting1/<" in page.content.decode()
    assert "internal" not in page.content.decode()


def test_the_qr_code_says_the_join_address(alice, meeting1, client_of, settings):
    client = client_of(alice)
    first = client.get("/host/meetings/meeting1/qr.svg")
    assert first["Content-Type"] == "image/svg+xml"
    assert first.content.startswith(b"<?xml")
    assert b"style" not in first.content
    settings.SITE_URL = "https://meet.example.org"
    assert client.get("/host/meetings/meeting1/qr.svg").content != first.content


def test_a_host_sees_who_is_present_by_name(alice, meeting1, bob, client_of):
    visit_of(meeting1, attendee=bob)
    visit_of(meeting1)
    visit_of(meeting1, until=-1, attendee=attendee_of(meeting1, "GONE", "g@example.org", "Gone"))
    for page in ("", "people/"):
        answer = client_of(alice).get(f"/host/meetings/meeting1/{page}")
        assert names_on(answer) == ["Bob Ito"]
        assert answer.context["people"].anonymous == 1
        assert "Bob Ito" in answer.content.decode()
        assert "Gone" not in answer.content.decode()


def test_in_an_anonymizing_meeting_a_host_sees_pseudonyms(alice, client_of):
    meeting = meeting_of(alice, "secret", anonymize_attendees=True)
    attendee_of(meeting, "BOB-1", "bob@example.org", "Bob", lastname="Ito")
    visit_of(meeting, number=34)
    visit_of(meeting, number=7)
    for page in ("", "people/"):
        answer = client_of(alice).get(f"/host/meetings/secret/{page}")
        assert names_on(answer) == ["Anonymous 7", "Anonymous 34"]
        assert "Anonymous 34" in answer.content.decode()
        assert "Ito" not in answer.content.decode()


def test_many_people_are_paged_and_cost_no_more(
    alice, meeting1, client_of, django_assert_max_num_queries
):
    for number in range(101):
        visit_of(meeting1, number=number + 1)
    client = client_of(alice)
    address = "/host/meetings/meeting1/people/"
    with django_assert_max_num_queries(6):
        first = client.get(address)
    assert len(names_on(first)) == 100
    assert names_on(client.get(f"{address}?page=2")) == ["Anonymous 101"]
    assert names_on(client.get(f"{address}?page=999999999999")) == ["Anonymous 101"]
    assert names_on(client.get(f"{address}?page=-1")) == names_on(first)
    overview = client.get("/host/meetings/meeting1/")
    assert (len(overview.context["names"]), overview.context["people"].here) == (12, 101)


def test_an_open_overview_asks_again_for_who_is_here(alice, meeting1, bob, client_of):
    visit_of(meeting1, attendee=bob)
    address = "/host/meetings/meeting1/?state=live"
    answer = client_of(alice).get(address, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "Bob Ito" in page
    assert "<html" not in page
    assert address in page


def test_an_open_overview_reloads_when_another_host_has_ended_the_meeting(
    alice, meeting1, client_of
):
    Meeting.objects.filter(pk=meeting1.pk).update(state="ended")
    answer = client_of(alice).get(
        "/host/meetings/meeting1/?state=live", headers={"HX-Request": "true"}
    )
    assert answer["HX-Refresh"] == "true"


def arrive_at(meeting: Meeting, who: Participant, *minutes_ago: int) -> None:
    for minutes in minutes_ago:
        at = NOON - timedelta(minutes=minutes)
        Arrival.objects.create(meeting=meeting, how="code", at=at, participant=who)


def test_a_small_picture_shows_how_many_came_in_lately(alice, meeting1, bob, client_of):
    bob_here = visit_of(meeting1, attendee=bob)
    assert inflow(meeting1, at=NOON) is None
    arrive_at(meeting1, bob_here, 0, 0, 0, 0, 10, 10, 29, 31, 90)
    shown = inflow(meeting1, at=NOON)
    assert shown.people == 7
    assert [(bar.x // 8, bar.height) for bar in shown.bars] == [(0, 8), (19, 16), (29, 32)]
    with time_machine.travel(NOON, tick=False):
        page = client_of(alice).get("/host/meetings/meeting1/").content.decode()
    assert "7 arrivals in the last half hour" in page


def test_where_people_have_come_and_gone_it_does_not_say_nobody_yet(
    alice, meeting1, bob, client_of
):
    with time_machine.travel(NOON, tick=False):
        arrive_at(meeting1, visit_of(meeting1, attendee=bob, until=-1), 1)
        page = client_of(alice).get("/host/meetings/meeting1/").content.decode()
    assert "1 arrival in the last half hour" in page
    assert "Nobody is here." in page
    assert "Nobody yet" not in page


def test_nothing_is_drawn_of_people_who_are_not_shown_by_name(meeting1, bob):
    arrive_at(meeting1, visit_of(meeting1, attendee=bob), 1)
    meeting1.anonymize_attendees = True
    assert inflow(meeting1, at=NOON) is None


@pytest.mark.parametrize("page", ["", "people/", "qr.svg"])
def test_overviews_of_others_do_not_exist(workspace, mallory, meeting1, client_of, page):
    carol = host_of(workspace, "carol@example.org", "host")
    for host in (carol, mallory):
        assert client_of(host).get(f"/host/meetings/meeting1/{page}").status_code == 404


def test_an_operator_oversees_everything(meeting1, client_of):
    operator = Host.objects.create_superuser("op@example.org", "correct horse battery")
    client = client_of(operator)
    assert titles(client.get("/host/")) == ["Meeting1"]
    assert client.get("/host/meetings/meeting1/").status_code == 200


def test_the_overview_costs_the_same_for_one_link_and_for_many(
    alice, meeting1, bob, client_of, django_assert_num_queries
):
    def add_link(slug: str) -> None:
        target = meeting_of(alice, slug, always_ask=True)
        attendee_of(target, "BOB-1", "bob@example.org", "Bob")
        link_between(meeting1, target, alice)

    client = client_of(alice)
    add_link("first")
    attendee_of(meeting1, "X", "x@example.org", "X")
    with django_assert_num_queries(COST_OF_OVERVIEW):
        client.get("/host/meetings/meeting1/")
    for number in range(4):
        add_link(f"m-{number}")
        attendee_of(meeting1, f"X-{number}", f"x{number}@example.org", "X")
    with django_assert_num_queries(COST_OF_OVERVIEW):
        client.get("/host/meetings/meeting1/")


# Session, host, meeting; who is here (two), three numbers, who came in lately; roster: count and
# sample; wrong codes, materials, links, which targets are managed, and for a part of the people;
# whom they know (how many there are, who is there, who has no key; and on PostgreSQL four around
# it, of which the test itself causes two).
COST_OF_OVERVIEW = 23 if connection.vendor == "postgresql" else 19


def test_the_numbers_on_the_overview(alice, meeting1, bob, client_of):
    visit_of(meeting1, attendee=bob)
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    numbers = client_of(alice).get("/host/meetings/meeting1/").context["numbers"]
    assert (numbers.attendees, numbers.here, numbers.materials) == (2, 1, 0)
