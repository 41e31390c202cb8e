"""Hosts change the list while people enter: who is off it is out, and nobody is in the way."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from attendees.ending import end
from attendees.models import Admission, Attendee
from attendees.presence import Stay, begin
from attendees.roster import editing
from attendees.roster.apply import apply
from attendees.roster.listed import roster_of
from attendees.roster.steps import Plan
from meetings.arranging import change
from meetings.lifecycle import locked
from meetings.models import Meeting
from tests.meanwhile import meanwhile
from tests.people import Browser

pytestmark = pytest.mark.django_db(transaction=True)


def give_another_code(bob: Attendee) -> None:
    bob.code = "BOB-2"
    editing.change(bob)


def import_without(bob: Attendee) -> None:
    with transaction.atomic():
        apply(Plan(meeting=bob.meeting, removed=list(roster_of(bob.meeting))))


def anonymize(meeting: Meeting) -> None:
    wanted = Meeting.objects.get(pk=meeting.pk)
    wanted.anonymize_attendees = True
    change(wanted)


@pytest.mark.parametrize("is_hidden", [True, False])
@pytest.mark.parametrize("act", [editing.remove, give_another_code])
def test_who_is_entering_by_what_holds_no_more_is_out(
    meeting1: Meeting, bob: Attendee, act: Callable[[Attendee], object], is_hidden: bool
) -> None:
    if is_hidden:
        anonymize(meeting1)
    browser = Browser()
    meanwhile(
        lambda: browser.type_code(meeting1, "BOB-1"),
        lambda: act(Attendee.objects.get(pk=bob.pk)),
    )
    assert browser.name_in(meeting1) is None
    assert browser.type_code(meeting1, "BOB-1") == 200


@pytest.mark.parametrize("act", [editing.remove, give_another_code, import_without])
def test_hosts_who_change_the_list_and_the_settings_do_not_wait_in_a_circle(
    meeting1: Meeting, bob: Attendee, act: Callable[[Attendee], object]
) -> None:
    """What is done to the list ends the admission that the settings sever."""
    inside = Browser()
    assert inside.type_code(meeting1, "BOB-1") == 302
    meanwhile(lambda: locked(meeting1), lambda: act(bob), lambda: anonymize(meeting1))
    assert Meeting.objects.get().anonymize_attendees
    assert not Admission.objects.exists()


def test_who_goes_on_while_the_meeting_behind_them_is_changed_is_in_nobodys_way(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    """Their admission there is severed, and the new one refers to it."""
    browser = Browser()
    assert browser.type_code(meeting1, "BOB-1") == 302
    names = []
    meanwhile(
        lambda: locked(meeting1),
        lambda: names.append(browser.name_in(meeting2, meeting1)),
        lambda: anonymize(meeting1),
    )
    assert names in (["Bob Ito"], [None])
    assert Meeting.objects.get(pk=meeting1.pk).anonymize_attendees
    assert browser.name_in(meeting2) is None


def test_who_types_their_code_while_an_import_removes_them_is_told_that_it_opens_nothing(
    meeting1: Meeting, bob: Attendee
) -> None:
    browser = Browser()
    said = []
    meanwhile(
        lambda: import_without(bob), lambda: said.append(browser.type_code(meeting1, "BOB-1"))
    )
    assert said == [200]
    assert browser.type_code(meeting1, "BOB-1") == 200
    assert not Admission.objects.exists()


def test_who_is_carried_while_they_are_removed_comes_to_the_door(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    assert browser.type_code(meeting1, "BOB-1") == 302
    names = []
    meanwhile(
        lambda: editing.remove(bob2), lambda: names.append(browser.name_in(meeting2, meeting1))
    )
    assert names == [None]


def let_in(bob: Attendee) -> Admission:
    assert Browser().type_code(bob.meeting, "BOB-1") == 302
    return Admission.objects.get()


def be_present(admission: Admission) -> dict[Stay, int]:
    return begin([Stay(admission.pk, uuid4())], at=timezone.now())


def test_who_is_out_while_their_page_begins_to_be_present_is_out(bob: Attendee) -> None:
    admission = let_in(bob)
    meanwhile(lambda: be_present(admission), lambda: end({admission.pk}))
    assert not Admission.objects.exists()


def test_no_page_begins_to_be_present_of_who_is_out_meanwhile(bob: Attendee) -> None:
    admission = let_in(bob)
    begun = []
    meanwhile(lambda: end({admission.pk}), lambda: begun.append(be_present(admission)))
    assert begun == [{}]
