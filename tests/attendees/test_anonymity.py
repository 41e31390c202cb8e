"""Pseudonyms: one person is one in a meeting, another in the next, and nobody can undo it."""

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import time

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import arrivals, presence
from attendees.admission import admit, admit_by_code, admit_openly
from attendees.anonymity import sever, shown_name
from attendees.carrying import Reason
from attendees.models import Admission, Arrival, ArrivalCount, Attendee, Participant, Visit
from hosts.models import Host
from meetings.arranging import change
from meetings.lifecycle import end, reopen
from meetings.models import Meeting
from tests.conftest import attendee_of, link_between, meeting_of
from tests.meanwhile import meanwhile
from tests.people import Browser

pytestmark = pytest.mark.django_db


def set_to(meeting: Meeting, **settings: bool) -> Meeting:
    wanted = copy.copy(Meeting.objects.get(pk=meeting.pk))
    for name, value in settings.items():
        setattr(wanted, name, value)
    return change(wanted)


@pytest.fixture
def hidden(meeting1: Meeting) -> Meeting:
    return set_to(meeting1, anonymize_attendees=True)


def by_code(mark: str, meeting: Meeting, code: str) -> Admission | None:
    return admit_by_code(mark, meeting, code, is_enough_for=lambda _: True)


def test_no_name_is_shown_to_anybody(hidden: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(hidden, "BOB-1")
    presence.touch(Admission.objects.get())
    page = browser.get("/m/meeting1/people/").content.decode()
    name = browser.name_in(hidden)
    assert name is not None
    assert name.startswith("Anonymous ")
    assert name in page
    for canary in ("Bob", "Ito", "bob@example.org", "BOB-1"):
        assert canary not in page


def test_a_pseudonym_is_another_one_after_the_meeting_was_reopened(
    hidden: Meeting, bob: Attendee
) -> None:
    browser = Browser()
    browser.type_code(hidden, "BOB-1")
    before = Participant.objects.get().key
    end(hidden)
    assert Meeting.objects.get().pseudonym_secret is None
    reopen(hidden)
    assert browser.name_in(hidden) is None, "nothing is left by which the browser could be known"
    browser.type_code(hidden, "BOB-1")
    assert Participant.objects.exclude(key=before).count() == 1


def test_after_the_end_a_code_still_opens_the_door_and_ties_nothing(
    hidden: Meeting, bob: Attendee
) -> None:
    end(hidden)
    browser = Browser()
    browser.type_code(hidden, "BOB-1")
    assert (browser.name_in(hidden) or "").startswith("Anonymous")
    assert Participant.objects.get().attendee is None


def test_switching_it_on_severs_what_was_tied_and_sends_nobody_out(
    meeting1: Meeting, bob: Attendee
) -> None:
    attendee_of(meeting1, "CYN", "cyn@example.org", "Cyn")
    bobs, cyns = Browser(), Browser()
    bobs.type_code(meeting1, "BOB-1")
    cyns.type_code(meeting1, "CYN")
    for admission in Admission.objects.all():
        presence.touch(admission)
    old = set(Participant.objects.values_list("pk", flat=True))
    set_to(meeting1, anonymize_attendees=True)
    assert not Participant.objects.filter(pk__in=old).exists()
    assert not Participant.objects.exclude(attendee=None).exists()
    assert not Admission.objects.exclude(attendee=None, source=None, created_at=None).exists()
    assert not Visit.objects.exclude(started_at=None).exists()
    assert {a.expires_at.time() for a in Admission.objects.all()} == {time.min}
    names = {bobs.name_in(meeting1), cyns.name_in(meeting1)}
    assert len(names) == 2
    assert all(name and name.startswith("Anonymous ") for name in names)
    assert presence.here(meeting1) == 2


@pytest.mark.django_db(transaction=True)
def test_who_enters_while_it_is_switched_on_leaves_no_name(
    meeting1: Meeting, bob: Attendee
) -> None:
    as_the_request_found_it = Meeting.objects.get(pk=meeting1.pk)

    def enter() -> None:
        by_code("bobs", as_the_request_found_it, "BOB-1")
        connection.close()

    with ThreadPoolExecutor(1) as door:
        with transaction.atomic():
            set_to(meeting1, anonymize_attendees=True)
            entering = door.submit(enter)
        entering.result()
    admission = Admission.objects.get()
    assert (admission.attendee, admission.created_at) == (None, None)
    assert shown_name(Participant.objects.get()).startswith("Anonymous ")
    assert not Arrival.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_it_is_switched_off_is_in_nobodys_way(
    hidden: Meeting, bob: Attendee
) -> None:
    attendee_of(hidden, "CYN", "cyn@example.org", "Cyn")
    by_code("theirs", hidden, "CYN")
    meanwhile(
        lambda: by_code("theirs", hidden, "BOB-1"),
        lambda: set_to(hidden, anonymize_attendees=False),
    )
    assert not Meeting.objects.get().anonymize_attendees
    assert not Admission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_codes_are_required_is_in_nobodys_way(meeting1: Meeting) -> None:
    without_codes = set_to(meeting1, require_access_codes=False)
    admit_openly("bobs", without_codes)
    Admission.objects.update(expires_at=timezone.now())
    meanwhile(
        lambda: admit_openly("bobs", without_codes),
        lambda: set_to(meeting1, require_access_codes=True),
    )
    assert Meeting.objects.get().require_access_codes
    assert not Admission.objects.exists()


def test_who_enters_after_it_was_switched_off_is_there_by_name(
    hidden: Meeting, bob: Attendee
) -> None:
    set_to(hidden, anonymize_attendees=False)
    as_the_request_found_it = hidden
    admission = by_code("bobs", as_the_request_found_it, "BOB-1")
    assert Admission.objects.get() == admission
    assert admission.attendee == bob
    assert Arrival.objects.get().participant == Participant.objects.get()


def test_who_is_asked_while_it_is_switched_on_is_only_counted(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    cache.clear()  # of prompts that were counted already
    as_the_request_found_it = Meeting.objects.get(pk=meeting2.pk)
    set_to(meeting2, anonymize_attendees=True)
    arrivals.asked(
        as_the_request_found_it, "bobs", Reason.PLAIN_LINK,
        at=timezone.now(), whence=meeting1.pk, shown=bob.pk,
    )  # fmt: skip
    assert not Arrival.objects.exists()
    assert ArrivalCount.objects.get().times == 1


def test_one_person_stays_one_pseudonym_through_the_severing(
    meeting1: Meeting, bob: Attendee
) -> None:
    phone, laptop = Browser(), Browser()
    phone.type_code(meeting1, "BOB-1")
    set_to(meeting1, anonymize_attendees=True)
    laptop.type_code(meeting1, "BOB-1")
    assert phone.name_in(meeting1) == laptop.name_in(meeting1)


def test_nothing_in_another_meeting_leads_back_to_a_pseudonym(
    meeting1: Meeting, alice: Host, bob: Attendee
) -> None:
    meeting2 = meeting_of(alice, "meeting2")
    attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob")
    link_between(meeting1, meeting2, alice)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) == "Bob"
    carried = Admission.objects.get(meeting=meeting2)
    assert carried.source == Admission.objects.get(meeting=meeting1)
    set_to(meeting1, anonymize_attendees=True)
    carried.refresh_from_db()
    assert (carried.source, Admission.objects.filter(meeting=meeting1).count()) == (None, 1)


def test_severing_many_takes_as_many_statements_as_severing_one(
    meeting1: Meeting,
    alice: Host,
    bob: Attendee,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    meeting2 = meeting_of(alice, "meeting2")
    for number in range(30):
        someone = attendee_of(meeting2, f"CODE-{number}", f"p{number}@example.org", "P")
        admit(f"browser {number}", meeting2, someone, how=Admission.How.CODE, at=timezone.now())
    admit("browser", meeting1, bob, how=Admission.How.CODE, at=timezone.now())
    for admission in Admission.objects.all():
        presence.touch(admission)
    for meeting in (meeting1, meeting2):
        meeting.anonymize_attendees, meeting.pseudonym_secret = True, b"s" * 32
        meeting.save()
    with CaptureQueriesContext(connection) as one:
        sever(meeting1)
    with django_assert_num_queries(len(one)):
        sever(meeting2)
    assert presence.here(meeting2) == 30
    numbers = Participant.objects.filter(meeting=meeting2).values_list("number", flat=True)
    assert len(set(numbers)) == 30


def test_switching_it_off_reveals_nobody(hidden: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(hidden, "BOB-1")
    set_to(hidden, anonymize_attendees=False)
    assert [shown_name(p) for p in Participant.objects.all()] != ["Bob Ito"]
    assert Meeting.objects.get().pseudonym_secret is None
    assert browser.name_in(hidden) is None
    browser.type_code(hidden, "BOB-1")
    assert browser.name_in(hidden) == "Bob Ito"
    assert Participant.objects.filter(attendee=None).count() == 1


def test_dropping_codes_makes_everybody_anonymous(meeting1: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    set_to(meeting1, require_access_codes=False)
    assert browser.name_in(meeting1) == "Anonymous"
    set_to(meeting1, require_access_codes=True)
    assert browser.name_in(meeting1) is None


def test_a_removed_attendee_has_no_name_left(meeting1: Meeting, bob: Attendee) -> None:
    Browser().type_code(meeting1, "BOB-1")
    bob.delete()
    assert shown_name(Participant.objects.get()) == "Removed attendee"


def test_numbers_are_not_drawn_in_order_of_arrival(hidden: Meeting) -> None:
    for number in range(12):
        attendee_of(hidden, f"CODE-{number}", f"p{number}@example.org", "P")
        Browser().type_code(hidden, f"CODE-{number}")
    numbers = list(Participant.objects.order_by("pk").values_list("number", flat=True))
    assert len(set(numbers)) == 12
    assert numbers != sorted(numbers), "12 numbers fall in order once in 479 million"


def test_an_expired_admission_opens_nothing(meeting1: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    Admission.objects.update(expires_at=timezone.now())
    assert browser.name_in(meeting1) is None
