"""The admin site: operators find everything, change nothing behind an act, and meet anonymity."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from attendees.models import Admission, Attendee, Participant, RosterImport, Visit
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of

OURS = ("hosts", "meetings", "materials", "attendees", "meetingportal")
CANARY = "c4n4ry"


@pytest.fixture
def operator(db: None, client_of) -> Client:
    return client_of(Host.objects.create_superuser("olga@example.org", "correct horse battery"))


def presence_of(participant: Participant) -> Admission:
    """The participant is in the meeting, since a moment that only a named one may be told of."""
    now = timezone.now()
    admission = Admission.objects.create(
        meeting=participant.meeting,
        participant=participant,
        attendee=participant.attendee,
        browser=CANARY + uuid4().hex,
        how="code",
        rule=CANARY,
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    Visit.objects.create(
        meeting=participant.meeting,
        participant=participant,
        admission=admission,
        started_at=now,
        present_until=now + timedelta(minutes=1),
    )
    return admission


def times_of(admission: Admission) -> set[str]:
    """Every moment that is known of somebody, as the admin site would write it."""
    visit = admission.visits.get()
    moments = (
        admission.created_at,
        admission.expires_at,
        visit.started_at,
        visit.present_until,
    )
    return {date_format(timezone.localtime(moment), "DATETIME_FORMAT") for moment in moments}


def pages_of(model: str, pk: object) -> list[str]:
    return [f"/admin/attendees/{model}/", f"/admin/attendees/{model}/{pk}/change/"]


def test_every_model_is_there():
    missing = [
        model._meta.label
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if not admin.site.is_registered(model)
    ]
    assert missing == []


def test_a_meetings_page_leads_to_the_same_import(operator, meeting1):
    page = operator.get(f"/admin/meetings/meeting/{meeting1.pk}/change/").content.decode()
    assert 'href="/host/meetings/meeting1/attendees/import/">Import attendees</a>' in page
    assert operator.get("/host/meetings/meeting1/attendees/import/").status_code == 200


def test_the_state_of_a_meeting_is_not_set_here(operator, meeting1):
    address = f"/admin/meetings/meeting/{meeting1.pk}/change/"
    assert operator.post(address, {"state": "ended", "title": "x"}).status_code == 403
    meeting1.refresh_from_db()
    assert (meeting1.state, meeting1.title) == ("live", "Meeting1")


def test_the_code_of_an_attendee_is_neither_shown_nor_changed_here(operator, bob):
    for page in pages_of("attendee", bob.pk):
        answer = operator.get(page)
        assert "bob@example.org" in answer.content.decode()
        assert "BOB-1" not in answer.content.decode()
    assert f"/host/meetings/meeting1/attendees/{bob.pk}/" in answer.content.decode()
    assert operator.post(page, {"code": "EVE-1"}).status_code == 403
    assert Attendee.objects.get().code == "BOB-1"


def test_secrets_are_never_shown(operator, alice, settings):
    secret = b"\xde\xad\xbe\xef" * 8
    meeting = meeting_of(alice, "secret", anonymize_attendees=True, pseudonym_secret=secret)
    upload = RosterImport.objects.create(
        meeting=meeting, file_name="list.csv", sha256="0" * 64, size=9, content=CANARY.encode()
    )
    participant = Participant.objects.create(meeting=meeting, key=f"p:{CANARY}", number=34)
    pages = [
        f"/admin/meetings/meeting/{meeting.pk}/change/",
        *pages_of("rosterimport", upload.pk),
        *pages_of("participant", participant.pk),
    ]
    for address in pages:
        page = operator.get(address).content.decode()
        for kept in (CANARY, "deadbeef", "\\xde", "xde"):
            assert kept not in page


def test_in_an_anonymizing_meeting_operators_see_pseudonyms_only(operator, alice):
    meeting = meeting_of(alice, "secret", anonymize_attendees=True)
    participant = Participant.objects.create(meeting=meeting, key="p:1", number=34)
    admission = presence_of(participant)
    for page in [
        *pages_of("participant", participant.pk),
        *pages_of("admission", admission.pk),
        *pages_of("visit", Visit.objects.get().pk),
    ]:
        answer = operator.get(page).content.decode()
        assert "Anonymous 34" in answer
        assert CANARY not in answer
        assert not [time for time in times_of(admission) if time in answer]


def test_of_a_named_participant_operators_see_when_and_how(operator, meeting1, bob):
    participant = Participant.objects.create(meeting=meeting1, key=f"a:{bob.pk}", attendee=bob)
    admission = presence_of(participant)
    [_, page] = pages_of("admission", admission.pk)
    [_, visit] = pages_of("visit", admission.visits.get().pk)
    shown = operator.get(page).content.decode() + operator.get(visit).content.decode()
    assert "Bob Ito" in shown
    assert all(time in shown for time in times_of(admission))
    assert admission.browser not in shown


def test_after_severing_nobody_is_found_by_name(operator, meeting1, bob):
    participant = Participant.objects.create(meeting=meeting1, key=f"a:{bob.pk}", attendee=bob)
    presence_of(participant)
    for model in ("participant", "admission", "visit"):
        assert "Bob Ito" in operator.get(f"/admin/attendees/{model}/?q=Bob").content.decode()

    client = Client()
    client.force_login(meeting1.created_by)
    client.post(
        "/host/meetings/meeting1/settings/",
        {
            "title": "Meeting1",
            "slug": "meeting1",
            "require_access_codes": "on",
            "anonymize_attendees": "on",
            "confirmation": "anonymize",
        },
    )
    assert Meeting.objects.get().anonymize_attendees
    for model in ("participant", "admission", "visit"):
        for query in ("", "?q=Bob"):
            page = operator.get(f"/admin/attendees/{model}/{query}").content.decode()
            assert "Bob Ito" not in page


@pytest.mark.parametrize("model", ["attendee", "participant", "admission", "visit", "rosterimport"])
def test_lists_cost_the_same_for_one_row_and_for_many(
    operator, alice, meeting1, model, django_assert_max_num_queries
):
    def add(number: int) -> None:
        meeting = meeting_of(alice, f"m-{number}")
        attendee = attendee_of(meeting, f"X-{number}", f"x{number}@example.org", "X")
        presence_of(
            Participant.objects.create(meeting=meeting, key=f"k{number}", attendee=attendee)
        )
        RosterImport.objects.create(
            meeting=meeting, file_name="x.csv", sha256="0" * 64, size=1, uploaded_by=alice
        )

    add(1)
    address = f"/admin/attendees/{model}/"
    with django_assert_max_num_queries(7):
        operator.get(address)
    for number in range(2, 6):
        add(number)
    with django_assert_max_num_queries(7):
        operator.get(address)


def test_meetings_are_found_by_title_id_and_workspace(operator, alice, meeting1):
    meeting_of(alice, "plenary", title="Annual assembly")
    for words, expected in (
        ("annual", {"Annual assembly"}),
        ("plenary", {"Annual assembly"}),
        ("Northwind", {"Annual assembly", "Meeting1"}),
        ("nothing", set()),
    ):
        answer = operator.get(f"/admin/meetings/meeting/?q={words}")
        assert {m.title for m in answer.context["cl"].queryset} == expected
