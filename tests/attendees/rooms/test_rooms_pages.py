"""The pages on which rooms are made, and linked meetings are acted on together."""

import re
from html import unescape
from uuid import uuid4

import pytest

from meetings.models import CoHost, Meeting
from tests.attendees.test_overview import visit_of
from tests.conftest import attendee_of, link_between, meeting_of

NEW = "/host/meetings/meeting1/rooms/new/"
TOGETHER = "/host/meetings/meeting1/together/"
FILLED_IN = {"number": "2", "seating": "same", "template": "meeting1", "address": "readable"}


@pytest.fixture
def page(alice, client_of):
    return client_of(alice)


def hidden_fields(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


# --- New rooms --------------------------------------------------------------------------------


def test_rooms_are_previewed_then_created(page, meeting1, bob):
    assert page.get(NEW).status_code == 200
    preview = page.post(NEW, FILLED_IN | {"do": "preview"})
    assert preview.status_code == 200
    html = preview.content.decode()
    assert "2 rooms, 1 person in each, 4 links" in html
    assert "meeting1-room-2" in html
    assert Meeting.objects.count() == 1

    done = page.post(NEW, hidden_fields(html) | {"do": "create"}, follow=True)
    assert done.redirect_chain == [(TOGETHER, 302)]
    assert "2 rooms created, and linked with “Meeting1”." in done.content.decode()
    assert Meeting.objects.count() == 3


def test_the_preview_keeps_what_was_filled_in(page, alice, meeting1, bob):
    meeting_of(alice, "template", always_ask=True)
    said = FILLED_IN | {
        "number": "", "names": "Finance\r\n\r\n  Old   Statutes \r\n", "template": "template",
        "links_among": "on", "takes_materials": "on", "address": "random",
        "starts_at": "2027-01-01T10:00", "seating": "none",
    }  # fmt: skip
    html = page.post(NEW, said | {"do": "preview"}).content.decode()
    page.post(NEW, hidden_fields(html) | {"do": "create"})
    rooms = Meeting.objects.exclude(slug__in=["meeting1", "template"]).order_by("pk")
    assert [(r.title, r.always_ask, r.starts_at.year) for r in rooms] == [
        ("Finance", True, 2027),
        ("Old Statutes", True, 2027),
    ]
    assert all(room.materials.count() == 2 for room in rooms)
    assert not any(room.attendees.exists() or "meeting1" in room.slug for room in rooms)


def test_one_can_go_back_and_change(page, meeting1):
    html = page.post(NEW, FILLED_IN | {"do": "preview"}).content.decode()
    form = page.post(NEW, hidden_fields(html) | {"do": "change"})
    assert form.status_code == 200
    assert form.context["form"]["number"].value() == "2"


def test_the_same_form_sent_again_changes_nothing(page, meeting1):
    html = page.post(NEW, FILLED_IN | {"do": "preview"}).content.decode()
    for _ in range(2):
        answer = page.post(NEW, hidden_fields(html) | {"do": "create"}, follow=True)
    assert "created already; nothing was made twice" in answer.content.decode()
    assert Meeting.objects.count() == 3


def test_a_list_that_changed_meanwhile_is_shown_again(page, meeting1, bob):
    html = page.post(NEW, FILLED_IN | {"do": "preview"}).content.decode()
    attendee_of(meeting1, "ZOE-1", "zoe@example.org", "Zoe")
    again = page.post(NEW, hidden_fields(html) | {"do": "create"})
    assert again.status_code == 409
    assert "2 rooms, 2 people in each, 4 links" in again.content.decode()
    assert Meeting.objects.count() == 1
    page.post(NEW, hidden_fields(again.content.decode()) | {"do": "create"})
    assert Meeting.objects.count() == 3


def test_people_who_match_no_room_are_shown_before(page, meeting1, bob):
    bob.custom = {"Breakout": "<Attic>"}
    bob.save()
    said = FILLED_IN | {"seating": "column", "column": "Breakout", "do": "preview"}
    html = page.post(NEW, said).content.decode()
    assert "1 person is put into no room." in re.sub(r"\s+", " ", html)
    assert "&lt;Attic&gt;" in html


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"number": ""}, "number", "Say how many rooms, or name them."),
        ({"number": "201"}, "number", "less than or equal to 200"),
        ({"names": "A"}, "number", "You name 1 room. Say the same number, or leave it empty."),
        ({"number": "", "names": "A\u202eB"}, "names", "on one line only"),
        ({"seating": "column"}, "seating", "Select a valid choice"),
        ({"template": "foreign"}, "template", "that you manage"),
        ({"template": "unmanaged"}, "template", "that you manage"),
        ({"number": "", "names": "A\na"}, "__all__", "Two rooms would be called “a”"),
    ],
)
def test_what_makes_no_sense_is_said(
    carol, mallory, alice, client_of, meeting1, said, field, sentence
):
    CoHost.objects.create(meeting=meeting1, host=carol)
    meeting_of(mallory, "foreign")
    meeting_of(alice, "unmanaged")
    answer = client_of(carol).post(NEW, FILLED_IN | said | {"do": "create"})
    assert answer.status_code == 422
    assert sentence in str(answer.context["form"].errors[field])
    assert Meeting.objects.count() == 3


def test_a_column_must_be_chosen(page, meeting1, bob):
    bob.custom = {"Breakout": "A"}
    bob.save()
    answer = page.post(NEW, FILLED_IN | {"seating": "column", "do": "create"})
    assert answer.context["form"].errors == {
        "column": ["Choose the column whose cells name the rooms."]
    }


# --- Together ---------------------------------------------------------------------------------


@pytest.fixture
def managed_by_carol(carol, alice, meeting1, meeting2) -> Meeting:
    """Carol manages the first meeting; the second, which is linked with it, she does not."""
    CoHost.objects.create(meeting=meeting1, host=carol)
    return meeting1


def test_linked_meetings_have_ticks_and_others_only_a_title(
    carol, client_of, managed_by_carol, bob2
):
    html = client_of(carol).get(TOGETHER).content.decode()
    assert re.findall(r'name="meeting" value="([^"]+)"', html) == ["meeting1"]
    assert "Meetings that you do not manage" in html
    assert "Meeting2" in html
    assert "/host/meetings/meeting2/" not in html


@pytest.mark.parametrize("act", ["start", "end", "duplicate"])
def test_only_managed_meetings_can_be_included(carol, client_of, managed_by_carol, act):
    before = list(Meeting.objects.values_list())
    data = {"meeting": ["meeting1", "meeting2"]}
    answer = client_of(carol).post(f"{TOGETHER}{act}/", data)
    assert answer.status_code == 422
    assert "Choose among the linked meetings that you manage." in answer.content.decode()
    assert list(Meeting.objects.values_list()) == before


def test_a_managed_meeting_that_is_not_linked_is_not_included(page, alice, meeting1):
    meeting_of(alice, "alone")
    answer = page.post(f"{TOGETHER}end/", {"meeting": ["meeting1", "alone"]})
    assert answer.status_code == 422
    assert Meeting.objects.filter(state="live").count() == 2


def test_nothing_ticked_is_said(page, meeting1):
    answer = page.post(f"{TOGETHER}start/", {})
    assert answer.status_code == 422
    assert "Tick at least one meeting." in answer.content.decode()


def test_ticked_meetings_are_ended_and_started(page, alice, meeting1, meeting2):
    room = meeting_of(alice, "room", state="scheduled", started_at=None)
    link_between(meeting1, room, alice)
    ticked = {"meeting": ["meeting2", "room"]}
    html = page.post(f"{TOGETHER}end/", ticked | {"do": "end"}, follow=True).content.decode()
    assert "1 meeting has ended." in html
    assert "“Room” is left as it was. This meeting has not started, so it cannot end." in html
    states = dict(Meeting.objects.values_list("slug", "state"))
    assert states == {"meeting1": "live", "meeting2": "ended", "room": "scheduled"}
    html = page.post(f"{TOGETHER}start/", ticked, follow=True).content.decode()
    assert "“Meeting2” is left as it was. This meeting has ended." in html
    assert Meeting.objects.get(slug="room").is_live


def test_what_ends_and_what_is_lost_is_said_before(page, alice, meeting1, meeting2, bob):
    visit_of(meeting1, attendee=bob)
    Meeting.objects.filter(pk=meeting2.pk).update(anonymize_attendees=True, pseudonym_secret=b"x")
    link_between(meeting1, meeting_of(alice, "room", state="scheduled", started_at=None), alice)
    ticked = {"meeting": ["meeting1", "meeting2", "room"]}
    before = list(Meeting.objects.values_list())
    asked = page.post(f"{TOGETHER}end/", ticked | {"do": "ask"})
    html = asked.content.decode()
    assert asked.status_code == 200
    assert "End 2 meetings?" in html
    assert '<bdi>Meeting1</bdi> <span class="hint">1 here now</span>' in html
    assert "for everybody who is there. 1 is there now." in html
    assert "secret behind their pseudonyms is erased" in html
    assert [str(one) for one in asked.context["sealed"]] == ["Meeting2"]
    assert "Not live, so left as it is:" in html
    assert list(Meeting.objects.values_list()) == before
    ending = re.findall(r'name="meeting" value="([^"]+)"', html)
    html = page.post(f"{TOGETHER}end/", {"meeting": ending, "do": "end"}, follow=True)
    assert "2 meetings have ended." in html.content.decode()
    assert not Meeting.objects.get(pk=meeting2.pk).pseudonym_secret


@pytest.mark.parametrize("said", [{}, {"do": "ask"}, {"do": "anything"}])
def test_nothing_ends_unasked(page, meeting1, said):
    html = page.post(f"{TOGETHER}end/", {"meeting": "meeting1"} | said).content.decode()
    assert "End 1 meeting?" in html
    assert "pseudonyms" not in html
    assert Meeting.objects.get().is_live


def test_where_none_is_live_there_is_nothing_to_end(page, meeting1):
    Meeting.objects.update(state="scheduled", started_at=None)
    html = page.post(f"{TOGETHER}end/", {"meeting": "meeting1"}).content.decode()
    assert "Nothing to end" in html
    assert 'value="end"' not in html


def test_duplicating_asks_how_and_does_it_once(page, meeting1, meeting2, bob):
    data = {"meeting": ["meeting1", "meeting2"]}
    question = page.post(f"{TOGETHER}duplicate/", data | {"do": "ask"})
    assert question.status_code == 200
    assert Meeting.objects.count() == 2
    key = question.context["form"]["key"].value()
    said = data | {"beginning": "Next", "takes_attendees": "on", "key": str(key)}
    for _ in range(2):
        answer = page.post(f"{TOGETHER}duplicate/", said, follow=True)
    assert "had been made already" in answer.content.decode()
    assert Meeting.objects.count() == 4
    copy = Meeting.objects.get(title="Next Meeting1")
    assert [a.firstname for a in copy.attendees.all()] == ["Bob"]
    assert [m.target.title for m in copy.materials.all()] == ["Next Meeting2"]


def test_after_duplicating_one_is_where_one_was(page, alice, meeting1, meeting2):
    key = str(uuid4())
    data = {"meeting": ["meeting1", "meeting2"], "beginning": "Next", "key": key}
    answer = page.post("/host/meetings/meeting2/together/duplicate/", data, follow=True)
    assert answer.context["meeting"].title == "Next Meeting2"
    alone = {"meeting": ["meeting1"], "beginning": "Third", "key": str(uuid4())}
    answer = page.post("/host/meetings/meeting2/together/duplicate/", alone, follow=True)
    assert answer.context["meeting"].title == "Third Meeting1"


def test_with_which_meetings_copied_links_link_is_said_before(page, alice, meeting1, meeting2):
    other = meeting_of(alice, "other")
    link_between(meeting2, other, alice)
    said = FILLED_IN | {"template": "meeting2", "key": str(uuid4()), "do": "preview"}
    told = "link to “<bdi>Other</bdi>”: the rooms will be linked with it, too."
    assert told in page.post(NEW, said | {"takes_materials": "on"}).content.decode()
    assert told not in page.post(NEW, said).content.decode()


def test_senseless_days_are_said(page, meeting1):
    data = {"meeting": ["meeting1"], "days_later": "-1"}
    answer = page.post(f"{TOGETHER}duplicate/", data)
    assert answer.status_code == 422
    assert "greater than or equal to 0" in answer.content.decode()


def test_a_host_of_another_workspace_finds_nothing(mallory, client_of, meeting1):
    client = client_of(mallory)
    assert client.get(NEW).status_code == 404
    assert client.get(TOGETHER).status_code == 404
    assert client.post(f"{TOGETHER}end/", {"meeting": "meeting1"}).status_code == 404
    assert Meeting.objects.get().is_live


def test_links_lead_to_the_pages(page, meeting1, meeting2):
    html = page.get("/host/meetings/meeting1/links/").content.decode()
    assert f'href="{NEW}"' in html
    assert f'href="{TOGETHER}"' in html
