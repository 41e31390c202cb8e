"""What an open page asks over HTTP: it gets the same as over the socket."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import live_views, presence
from attendees.ending import end_admissions
from attendees.models import Attendee, Visit
from attendees.panels import panels
from meetings.live import announce
from meetings.models import Meeting
from tests.live.conftest import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs_browser(meeting1: Meeting, bob: Attendee) -> Client:
    visitor = Visitor()
    visitor.come_in(meeting1, bob)
    return Client(headers={"cookie": visitor.cookie})


def test_a_page_that_knows_the_newest_change_gets_no_panels(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    announce(meeting1, "materials")
    answer = bobs_browser.get("/m/meeting1/live/?seq=1")
    assert answer.status_code == 200
    assert answer.json() == {"seq": 1, "here": 1, "poll_every": 10, "panels": {}}


def test_whoever_asks_first_is_counted_as_here_at_once(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    assert not Visit.objects.exists()
    assert bobs_browser.get(f"/m/meeting1/live/?seq=0&tab={uuid.uuid4()}").json()["here"] == 1


def test_a_page_that_is_behind_gets_the_panels_as_they_are(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    announce(meeting1, "materials")
    answer = bobs_browser.get("/m/meeting1/live/?seq=0").json()
    assert answer["seq"] == 1
    assert answer["panels"] == panels(meeting1, "title", "status", "materials")


def test_the_people_panel_comes_when_its_tab_is_open(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    tab = uuid.uuid4()
    bobs_browser.get(f"/m/meeting1/live/?seq=0&tab={tab}")
    answer = bobs_browser.get(f"/m/meeting1/live/?seq=0&tab={tab}&people=1").json()
    assert list(answer["panels"]) == ["people"]
    assert "Bob Ito" in answer["panels"]["people"]


def test_asking_keeps_the_visit(meeting1: Meeting, bobs_browser: Client) -> None:
    tab = uuid.uuid4()
    for _ in range(2):
        bobs_browser.get(f"/m/meeting1/live/?seq=0&tab={tab}")
    [visit] = Visit.objects.all()
    assert visit.present_until > timezone.now() + timedelta(seconds=40)


def test_asking_and_the_socket_are_one_visit(
    meeting1: Meeting, bob: Attendee, bobs_browser: Client
) -> None:
    tab = uuid.uuid4()
    bobs_browser.get(f"/m/meeting1/live/?tab={tab}")
    admission = bob.admissions.get()
    presence.begin([presence.Stay(admission.pk, tab)], at=timezone.now())
    assert Visit.objects.count() == 1


def test_who_is_not_admitted_gets_403_and_not_the_code_prompt(meeting1: Meeting) -> None:
    answer = Client().get("/m/meeting1/live/?seq=0")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/json")


def test_whose_admission_has_ended_gets_403(
    meeting1: Meeting, bob: Attendee, bobs_browser: Client
) -> None:
    end_admissions(meeting1, [bob.pk])
    assert bobs_browser.get("/m/meeting1/live/?seq=0").status_code == 403


@pytest.mark.parametrize(
    "query", ["seq=x", "seq=-1", "seq=١", f"seq={10**40}", "people=", "tab=1", "tab=", "seq=1.5"]
)
def test_nonsense_is_refused_in_a_sentence(
    meeting1: Meeting, bobs_browser: Client, query: str
) -> None:
    answer = bobs_browser.get(f"/m/meeting1/live/?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert not Visit.objects.exists()


def test_it_only_reads(meeting1: Meeting, bobs_browser: Client) -> None:
    assert bobs_browser.post("/m/meeting1/live/").status_code == 405


def test_a_thousand_pages_that_are_behind_have_each_panel_rendered_once(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    announce(meeting1, "materials")
    bobs_browser.get("/m/meeting1/live/?seq=0&people=1")
    with CaptureQueriesContext(connection) as queries:
        bobs_browser.get("/m/meeting1/live/?seq=0&people=1")
    about = [query["sql"].split(" (")[0][:30] for query in queries]
    assert not [sql for sql in about if sql.startswith('SELECT "materials_material"')]
    assert [sql for sql in about if "attendees_visit" in sql] == ['INSERT INTO "attendees_visit"']


def test_a_new_change_is_never_answered_from_memory(
    meeting1: Meeting, bobs_browser: Client
) -> None:
    bobs_browser.get("/m/meeting1/live/")
    Meeting.objects.filter(pk=meeting1.pk).update(title="Another title")
    meeting1.refresh_from_db()
    announce(meeting1, "state")
    answer = bobs_browser.get("/m/meeting1/live/?seq=0").json()
    assert answer["panels"]["title"] == "Another title"


@pytest.mark.parametrize(("here", "every"), [(0, 10), (2000, 10), (10_000, 50), (10**6, 60)])
def test_many_pages_poll_more_rarely(here: int, every: int) -> None:
    assert live_views.poll_every(here) == every


def test_a_title_is_text(meeting1: Meeting) -> None:
    meeting1.title = "<b>Tea & cake</b>"
    assert panels(meeting1, "title") == {"title": "&lt;b&gt;Tea &amp; cake&lt;/b&gt;"}


@pytest.mark.parametrize(
    ("address", "reloads"),
    [
        ("people/?page=2&from=hall", "url=?plain=1&amp;page=2&amp;from=hall"),
        ("people/?page=2&plain=1", "url=?plain=1&amp;page=2"),
        ("?page=1", "url=?plain=1"),
    ],
)
def test_a_page_without_scripts_loads_itself_again_where_it_is(
    bobs_browser: Client, address: str, reloads: str
) -> None:
    html = bobs_browser.get(f"/m/meeting1/{address}").content.decode()
    assert f'<noscript><meta http-equiv="refresh" content="20; {reloads}"></noscript>' in html
