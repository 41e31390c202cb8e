"""Pages on which hosts create, set, start, end, duplicate and archive meetings."""

from datetime import UTC, datetime

import pytest
from django.contrib.messages import get_messages

from attendees.copying import copy_roster
from attendees.models import Attendee
from hosts.models import Host, Membership, Workspace
from materials.models import Material
from meetings.arranging import print_of
from meetings.models import CoHost, Meeting
from tests.conftest import host_of, meeting_of

SCHEDULED = {"state": "scheduled", "started_at": None}
NEW = "/host/meetings/new/"


def stored(meeting: Meeting) -> Meeting:
    return Meeting.objects.get(pk=meeting.pk)


def address(meeting: Meeting, page: str) -> str:
    return f"/host/meetings/{meeting.slug}/{page}/"


def as_posted(meeting: Meeting, **changes: str) -> dict[str, str]:
    """The settings form as a browser sends it, unticked boxes left out."""
    fields = {
        "title": meeting.title,
        "slug": meeting.slug,
        "description": meeting.description,
        "starts_at": "",
        "seen": print_of(stored(meeting)),
    }
    for name in ("require_access_codes", "ask_email", "anonymize_attendees", "always_ask"):
        if getattr(meeting, name):
            fields[name] = "on"
    return {name: value for name, value in (fields | changes).items() if value != "off"}


@pytest.fixture
def carol(workspace) -> Host:
    """A member of the workspace, not an owner."""
    return host_of(workspace, "carol@example.org", "host")


# --- Creating ----------------------------------------------------------------------------


def test_the_form_has_the_promised_fields_labels_and_button(alice, client_of):
    page = client_of(alice).get(NEW)
    form = page.context["form"]
    assert list(form.fields) == [
        "title",
        "slug",
        "starts_at",
        "description",
        "require_access_codes",
        "ask_email",
        "anonymize_attendees",
        "always_ask",
        "key",
    ]
    assert form["require_access_codes"].label == "Require custom access codes"
    assert form["anonymize_attendees"].label == "Anonymize attendees"
    assert (form["require_access_codes"].value(), form["anonymize_attendees"].value()) == (
        True,
        False,
    )
    assert form["slug"].value() == ""
    assert "Create meeting" in page.content.decode()


def test_a_host_creates_a_meeting_and_stands_on_its_overview(alice, client_of):
    answer = client_of(alice).post(
        NEW, {"title": "Annual assembly", "require_access_codes": "on", "description": "Welcome."}
    )
    meeting = Meeting.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/host/meetings/{meeting.slug}/")
    assert (meeting.title, meeting.description) == ("Annual assembly", "Welcome.")
    assert (meeting.require_access_codes, meeting.anonymize_attendees) == (True, False)
    assert (meeting.workspace, meeting.created_by) == (alice.workspaces.get(), alice)


def test_the_start_is_read_in_the_hosts_time_zone(alice, client_of):
    Host.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    client = client_of(alice)
    assert "Asia/Tokyo" in client.get(NEW).context["form"]["starts_at"].help_text

    client.post(NEW, {"title": "Plenary", "slug": "plenary", "starts_at": "2027-03-01T09:30"})
    assert Meeting.objects.get().starts_at == datetime(2027, 3, 1, 0, 30, tzinfo=UTC)

    page = client.get("/host/meetings/plenary/settings/").content.decode()
    assert 'value="2027-03-01T09:30"' in page


@pytest.mark.parametrize("hour", ["2027-03-14T02:30", "2027-11-07T01:30"])
def test_a_start_while_the_clocks_change_is_refused_in_a_sentence(alice, client_of, hour):
    Host.objects.filter(pk=alice.pk).update(time_zone="America/New_York")
    answer = client_of(alice).post(NEW, {"title": "Plenary", "starts_at": hour})
    assert answer.status_code == 422
    [error] = answer.context["form"].errors["starts_at"]
    assert "The clocks change in that hour" in error


def test_a_chosen_meeting_id_forgives_capitals_and_blanks(alice, client_of):
    client_of(alice).post(NEW, {"title": "x", "slug": " Annual-Assembly "})
    assert Meeting.objects.get().slug == "annual-assembly"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "This field is required."),
        ("title", "   ", "This field is required."),
        ("title", "x" * 201, "at most 200 characters"),
        ("title", "a\0b", "Null characters are not allowed."),
        ("slug", "new", "is used by the portal"),
        ("slug", "meeting1", "This meeting ID is taken"),
        ("slug", "Meeting1", "This meeting ID is taken"),
        ("slug", "two words", "Use small letters, digits and hyphens"),
        ("slug", "-edge", "Use small letters, digits and hyphens"),
        ("slug", "über", "Use small letters, digits and hyphens"),
        ("slug", "x" * 65, "at most 64 characters"),
        ("description", "x" * 2001, "at most 2000 characters"),
        ("starts_at", "tomorrow", "Enter a valid date/time."),
        ("starts_at", "0001-01-01T00:00", "Choose a year between 2000 and 2100."),
        ("starts_at", "9999-12-31T23:59", "Choose a year between 2000 and 2100."),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(
    alice, meeting1, client_of, field, value, sentence
):
    Host.objects.filter(pk=alice.pk).update(time_zone="Pacific/Kiritimati")
    answer = client_of(alice).post(NEW, {"title": "Plenary"} | {field: value})
    assert answer.status_code == 422
    [error] = answer.context["form"].errors[field]
    assert sentence in error
    assert Meeting.objects.count() == 1


def test_an_empty_form_is_refused(alice, client_of):
    assert client_of(alice).post(NEW, {}).status_code == 422


def test_the_workspace_is_asked_for_only_where_there_are_several(
    alice, workspace, other_workspace, client_of
):
    client = client_of(alice)
    assert "workspace" not in client.get(NEW).context["form"].fields

    Membership.objects.create(workspace=other_workspace, host=alice, role="host")
    choice = client.get(NEW).context["form"].fields["workspace"]
    assert set(choice.queryset) == {workspace, other_workspace}
    client.post(NEW, {"title": "Plenary", "workspace": other_workspace.pk})
    assert Meeting.objects.get().workspace == other_workspace


def test_nobody_creates_a_meeting_in_a_workspace_of_others(
    alice, workspace, other_workspace, client_of
):
    client = client_of(alice)
    client.post(NEW, {"title": "Plenary", "workspace": other_workspace.pk})
    assert Meeting.objects.get().workspace == workspace

    third = Workspace.objects.create(name="Third")
    Membership.objects.create(workspace=third, host=alice, role="host")
    answer = client.post(NEW, {"title": "Again", "workspace": other_workspace.pk})
    assert answer.status_code == 422
    assert Meeting.objects.count() == 1


def test_a_host_without_a_workspace_makes_one_first(db, client_of):
    lonely = Host.objects.create_user("lonely@example.org", "correct horse battery")
    answer = client_of(lonely).post(NEW, {"title": "Plenary"})
    assert (answer.status_code, answer["Location"]) == (302, "/host/workspaces/new/")
    assert not Meeting.objects.exists()


# --- Settings ----------------------------------------------------------------------------


def test_settings_are_saved(alice, meeting1, client_of):
    answer = client_of(alice).post(
        address(meeting1, "settings"),
        as_posted(meeting1, title="Plenary", require_access_codes="off", always_ask="on"),
    )
    assert (answer.status_code, answer["Location"]) == (302, address(meeting1, "settings"))
    meeting = stored(meeting1)
    assert (meeting.title, meeting.require_access_codes, meeting.always_ask) == (
        "Plenary",
        False,
        True,
    )
    assert meeting.is_live


def test_another_address_replaces_the_old_one(alice, meeting1, client_of):
    client = client_of(alice)
    answer = client.post(address(meeting1, "settings"), as_posted(meeting1, slug="plenary"))
    assert answer["Location"] == "/host/meetings/plenary/settings/"
    assert client.get("/host/meetings/plenary/settings/").status_code == 200
    assert client.get("/host/meetings/meeting1/settings/").status_code == 404
    assert client.get("/m/meeting1/").status_code == 404


def test_an_error_leaves_the_heading_as_it_is_stored(alice, meeting1, client_of):
    answer = client_of(alice).post(
        address(meeting1, "settings"), as_posted(meeting1, title="Unsaved", slug="not valid")
    )
    assert answer.status_code == 422
    assert answer.context["meeting"].title == "Meeting1"
    assert answer.context["meeting"].slug == "meeting1"


@pytest.mark.parametrize("state", ["live", "ended"])
@pytest.mark.parametrize("typed", ["", "yes", "anonymise"])
def test_severing_asks_for_a_word(alice, client_of, state, typed):
    meeting = meeting_of(alice, "plenary", state=state)
    answer = client_of(alice).post(
        address(meeting, "settings"),
        as_posted(meeting, anonymize_attendees="on", confirmation=typed),
    )
    assert answer.status_code == 422
    assert "confirmation" in answer.context["form"].errors
    assert not stored(meeting).anonymize_attendees


def test_with_the_word_a_running_meeting_anonymizes(alice, meeting1, client_of):
    answer = client_of(alice).post(
        address(meeting1, "settings"),
        as_posted(meeting1, anonymize_attendees="on", confirmation=" Anonymize "),
    )
    assert answer.status_code == 302
    assert stored(meeting1).anonymize_attendees


def test_before_a_meeting_starts_there_is_nothing_to_sever(alice, client_of):
    meeting = meeting_of(alice, "plenary", **SCHEDULED)
    page = address(meeting, "settings")
    client = client_of(alice)
    assert "confirmation" not in client.get(page).context["form"].fields
    assert client.post(page, as_posted(meeting, anonymize_attendees="on")).status_code == 302
    assert stored(meeting).anonymize_attendees


def test_a_form_opened_before_somebody_elses_change_saves_nothing(alice, meeting1, client_of):
    stale = as_posted(meeting1, title="Old form")
    Meeting.objects.filter(pk=meeting1.pk).update(anonymize_attendees=True)

    answer = client_of(alice).post(address(meeting1, "settings"), stale)
    assert answer.status_code == 422
    assert "Somebody changed these settings" in answer.content.decode()
    assert (stored(meeting1).title, stored(meeting1).anonymize_attendees) == ("Meeting1", True)


def test_a_script_may_leave_out_what_it_has_seen(alice, meeting1, client_of):
    fields = as_posted(meeting1, title="By script")
    del fields["seen"]
    assert client_of(alice).post(address(meeting1, "settings"), fields).status_code == 302
    assert stored(meeting1).title == "By script"


def test_the_help_texts_say_what_the_settings_do(alice, meeting1, client_of):
    page = client_of(alice).get(address(meeting1, "settings")).content.decode()
    for promise in (
        "only people on the attendee list come in",
        "even people who are known elsewhere",
        "no row in the database ties what somebody does here to who they are",
        "never reveals who was anonymous",
        "the old address stops working at once",
    ):
        assert promise in page


# --- Co-hosts ----------------------------------------------------------------------------


def test_a_member_becomes_co_host_and_stops_being_one(alice, carol, meeting1, client_of):
    client = client_of(alice)
    answer = client.post(address(meeting1, "cohosts/add"), {"host": carol.pk})
    assert answer.status_code == 302
    assert client_of(carol).get(address(meeting1, "settings")).status_code == 200

    answer = client.post(address(meeting1, f"cohosts/{carol.pk}/remove"))
    assert answer["Location"] == address(meeting1, "settings")
    assert client_of(carol).get(address(meeting1, "settings")).status_code == 404


def test_nobody_from_elsewhere_becomes_co_host(alice, mallory, meeting1, client_of):
    answer = client_of(alice).post(address(meeting1, "cohosts/add"), {"host": mallory.pk})
    assert answer.status_code == 422
    assert "Choose a member of the workspace." in answer.content.decode()
    assert "mallory" not in answer.content.decode()
    assert not CoHost.objects.filter(host=mallory).exists()


def test_a_co_host_who_removes_themselves_returns_to_the_list(carol, client_of):
    meeting = meeting_of(carol, "plenary")
    answer = client_of(carol).post(address(meeting, f"cohosts/{carol.pk}/remove"))
    assert answer["Location"] == "/host/"
    assert not Meeting.objects.managed_by(carol).exists()


# --- Starting, ending, archiving -----------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "page", "after"),
    [
        ("scheduled", "start", "live"),
        ("live", "start", "live"),
        ("live", "end", "ended"),
        ("ended", "end", "ended"),
        ("ended", "reopen", "live"),
        ("live", "reopen", "live"),
    ],
)
def test_a_button_changes_the_state_and_says_so(alice, client_of, state, page, after):
    meeting = meeting_of(alice, "plenary", state=state)
    answer = client_of(alice).post(address(meeting, page))
    assert (answer.status_code, answer["Location"]) == (302, "/host/meetings/plenary/")
    assert [str(m).startswith("“Plenary”") for m in get_messages(answer.wsgi_request)] == [True]
    assert stored(meeting).state == after


@pytest.mark.parametrize(
    ("state", "page"),
    [("scheduled", "end"), ("scheduled", "reopen"), ("ended", "start"), ("live", "archive")],
)
def test_what_does_not_fit_the_state_is_refused_in_a_sentence(alice, client_of, state, page):
    meeting = meeting_of(alice, "plenary", state=state)
    answer = client_of(alice).post(address(meeting, page))
    assert answer.status_code == 409
    assert answer.context["refusal"] in answer.content.decode()
    assert (stored(meeting).state, stored(meeting).is_archived) == (state, False)


def test_without_scripts_a_page_asks_before_a_secret_is_erased(alice, client_of):
    ballot = meeting_of(alice, "ballot", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    client = client_of(alice)
    overview = client.get("/host/meetings/ballot/").text
    assert '<input type="hidden" name="do" value="ask" data-unconfirmed>' in overview
    question = client.post(address(ballot, "end"), {"do": "ask"})
    assert "The secret behind the pseudonyms is erased; that cannot be undone." in question.text
    assert 'name="do"' not in question.text
    assert stored(ballot).is_live
    client.post(address(ballot, "end"))
    assert (stored(ballot).state, stored(ballot).pseudonym_secret) == ("ended", None)


def test_what_can_be_undone_is_not_asked_twice(alice, client_of):
    meeting_of(alice, "plenary")
    assert 'name="do"' not in client_of(alice).get("/host/meetings/plenary/").text


@pytest.mark.parametrize("page", ["start", "end", "reopen", "archive", "take-back", "cohosts/add"])
def test_looking_changes_nothing(alice, meeting1, client_of, page):
    assert client_of(alice).get(address(meeting1, page)).status_code == 405
    assert stored(meeting1).is_live


def test_an_archived_meeting_can_be_taken_back(alice, client_of):
    meeting = meeting_of(alice, "plenary", state="ended")
    client = client_of(alice)
    client.post(address(meeting, "archive"))
    assert stored(meeting).is_archived
    client.post(address(meeting, "take-back"))
    assert not stored(meeting).is_archived


# --- Duplicating -----------------------------------------------------------------------------


def duplicate(client, meeting: Meeting, **fields: object) -> Meeting:
    answer = client.post(address(meeting, "duplicate"), {"title": "Copy"} | fields)
    assert answer.status_code == 302, answer.context["form"].errors
    slug = answer["Location"].split("/")[-2]
    return Meeting.objects.get(slug=slug)


def test_a_copy_has_the_settings_and_none_of_the_past(alice, carol, client_of):
    original = meeting_of(
        alice,
        "plenary",
        description="Welcome.",
        anonymize_attendees=True,
        always_ask=True,
        ask_email=True,
        pseudonym_secret=b"x" * 32,
    )
    CoHost.objects.create(meeting=original, host=carol)
    copy = duplicate(client_of(alice), original)

    assert (copy.description, copy.anonymize_attendees, copy.always_ask) == ("Welcome.", True, True)
    assert copy.ask_email
    assert (copy.state, copy.started_at, copy.archived_at) == ("scheduled", None, None)
    assert bytes(copy.pseudonym_secret) != b"x" * 32
    assert {*copy.hosts.all()} == {alice, carol}
    assert copy.slug != "plenary"


def test_the_form_offers_the_parts_and_ticks_the_usual_ones(alice, meeting1, client_of):
    form = client_of(alice).get(address(meeting1, "duplicate")).context["form"]
    assert {value for value, _ in form["parts"].field.choices} == {"materials", "attendees"}
    assert form["parts"].value() == ["materials"]
    assert form["title"].value() == "Copy of Meeting1"


def test_a_copy_takes_along_what_is_ticked(alice, meeting1, meeting2, bob, client_of):
    bare = duplicate(client_of(alice), meeting1)
    assert not Attendee.objects.of(bare).exists()
    assert not Material.objects.of(bare).exists()

    full = duplicate(client_of(alice), meeting1, parts=["attendees", "materials"])
    person = Attendee.objects.of(full).get()
    for name in ("code", "compared_code", "email", "firstname", "lastname", "identity_key"):
        assert getattr(person, name) == getattr(bob, name)
    link = Material.objects.of(full).get()
    assert (link.target, link.made_by, link.accepted_by) == (meeting2, alice, None)


def test_a_copied_link_carries_on_the_rights_of_who_copied(alice, carol, meeting1, client_of):
    """Else a co-host could give a meeting of theirs a link that only an owner may make."""
    CoHost.objects.create(meeting=meeting1, host=carol)
    target = meeting_of(alice, "target")
    Material.objects.create(
        meeting=meeting1, kind="meeting", target=target, made_by=alice, is_published=True
    )
    copy = duplicate(client_of(carol), meeting1, parts=["materials"])
    link = Material.objects.of(copy).get()
    assert (link.made_by, link.accepted_by) == (carol, None)


def test_an_unknown_part_is_refused(alice, meeting1, client_of):
    answer = client_of(alice).post(
        address(meeting1, "duplicate"), {"title": "Copy", "parts": ["participants"]}
    )
    assert answer.status_code == 422
    assert Meeting.objects.count() == 1


def test_a_roster_of_any_size_is_copied_in_the_same_queries(
    alice, meeting1, django_assert_max_num_queries
):
    for number in range(30):
        person = Attendee(
            meeting=meeting1, code=f"C-{number}", email=f"p{number}@example.org", firstname="P"
        )
        person.derive()
        person.save()
    copy = meeting_of(alice, "copy", **SCHEDULED)
    with django_assert_max_num_queries(2):
        copy_roster(meeting1, copy, alice)
    columns = ("code", "compared_code", "identity_key", "email", "custom", "credential_version")
    assert [*Attendee.objects.of(copy).order_by("pk").values_list(*columns)] == [
        *Attendee.objects.of(meeting1).order_by("pk").values_list(*columns)
    ]


# --- Who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["settings", "duplicate", "start", "end", "archive"])
def test_meetings_of_others_do_not_exist(carol, mallory, meeting1, client_of, page):
    for host in (carol, mallory):
        client = client_of(host)
        method = client.get if page in ("settings", "duplicate") else client.post
        assert method(address(meeting1, page)).status_code == 404
    assert stored(meeting1).is_live
