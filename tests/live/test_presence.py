"""Visits are leases: who is present, how that is written, and how people are listed."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import presence
from attendees.models import Attendee, Visit
from attendees.panels import panels
from attendees.people import PAGE, present
from attendees.presence import LEASE, LEAVING, Stay
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of
from tests.live.conftest import Visitor

pytestmark = pytest.mark.django_db

NOON = timezone.now().replace(microsecond=0)


def comes_in(meeting: Meeting, attendee: Attendee | None = None) -> Stay:
    """One more browser, with one tab that is not yet present."""
    return Stay(Visitor().come_in(meeting, attendee).pk, uuid.uuid4())


def people_of(meeting: Meeting, number: int) -> list[Attendee]:
    return [
        attendee_of(meeting, f"C-{n}", f"p{n}@example.org", f"Person{n:03}") for n in range(number)
    ]


@pytest.fixture
def hiding(alice: Host) -> Meeting:
    return meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)


@pytest.fixture
def open_to_all(alice: Host) -> Meeting:
    return meeting_of(alice, "open", require_access_codes=False)


def test_a_visit_is_over_when_its_lease_is(meeting1: Meeting, bob: Attendee) -> None:
    presence.begin([comes_in(meeting1, bob)], at=NOON)
    almost = NOON + LEASE - timedelta(seconds=1)
    assert presence.here(meeting1, at=almost) == 1
    assert presence.here(meeting1, at=NOON + LEASE) == 0


def test_two_tabs_and_two_browsers_of_one_person_count_once(
    meeting1: Meeting, bob: Attendee
) -> None:
    first, second = comes_in(meeting1, bob), comes_in(meeting1, bob)
    presence.begin([first, Stay(first.admission, uuid.uuid4()), second], at=NOON)
    assert Visit.objects.count() == 3
    assert presence.here(meeting1, at=NOON) == 1


def test_the_same_tab_comes_back_to_its_visit_while_that_lasts(
    meeting1: Meeting, bob: Attendee
) -> None:
    stay = comes_in(meeting1, bob)
    before = presence.begin([stay], at=NOON)
    later = NOON + LEASE - timedelta(seconds=1)
    assert presence.begin([stay, stay], at=later) == before
    visit = Visit.objects.get()
    assert (visit.started_at, visit.present_until) == (NOON, later + LEASE)


def test_a_tab_that_comes_back_later_begins_another_visit(meeting1: Meeting, bob: Attendee) -> None:
    stay = comes_in(meeting1, bob)
    presence.begin([stay], at=NOON)
    later = NOON + timedelta(minutes=5)
    presence.begin([stay, stay], at=later)
    first, second = Visit.objects.order_by("pk")
    assert (first.started_at, first.present_until) == (NOON, NOON + LEASE)
    assert (second.started_at, second.present_until) == (later, later + LEASE)


@pytest.mark.parametrize("number", [1, 3, 30])
def test_beginning_renewing_and_ending_take_as_many_statements_for_one_as_for_many(
    meeting1: Meeting, number: int
) -> None:
    stays = [comes_in(meeting1, person) for person in people_of(meeting1, number)]
    with CaptureQueriesContext(
        connection,
    ) as beginning:
        visits = presence.begin(stays, at=NOON)
    with CaptureQueriesContext(connection) as renewing:
        presence.renew(visits.values(), at=NOON)
    with CaptureQueriesContext(connection) as ending:
        presence.shorten(dict.fromkeys(visits.values(), NOON + LEASE), at=NOON)
    statements = [
        [query["sql"] for query in context if "SAVEPOINT" not in query["sql"]]
        for context in (beginning, renewing, ending)
    ]
    assert [len(queries) for queries in statements] == [2, 1, 1]
    assert presence.here(meeting1, at=NOON) == number


def test_a_page_that_closed_is_soon_gone(meeting1: Meeting, bob: Attendee) -> None:
    [visit] = presence.begin([comes_in(meeting1, bob)], at=NOON).values()
    presence.shorten({visit: NOON + LEASE}, at=NOON)
    assert presence.here(meeting1, at=NOON + LEAVING - timedelta(seconds=1)) == 1
    assert presence.here(meeting1, at=NOON + LEAVING) == 0


def test_a_page_that_came_back_through_another_process_stays(
    meeting1: Meeting, bob: Attendee
) -> None:
    stay = comes_in(meeting1, bob)
    [visit] = presence.begin([stay], at=NOON).values()
    back = NOON + timedelta(seconds=2)
    presence.begin([stay], at=back)
    presence.shorten({visit: NOON + LEASE}, at=back + timedelta(seconds=1))
    assert presence.here(meeting1, at=back + LEASE - timedelta(seconds=1)) == 1


def test_whose_admission_has_ended_is_gone_at_once(meeting1: Meeting, bob: Attendee) -> None:
    presence.begin([comes_in(meeting1, bob)], at=NOON)
    bob.admissions.all().delete()
    assert presence.here(meeting1, at=NOON) == 0
    assert present(meeting1, at=NOON).here == 0


def test_a_stay_whose_admission_has_ended_is_not_begun(meeting1: Meeting, bob: Attendee) -> None:
    stays = [comes_in(meeting1, bob), comes_in(meeting1, bob)]
    bob.admissions.filter(pk=stays[0].admission).delete()
    assert list(presence.begin(stays, at=NOON)) == stays[1:]


def test_the_pulse_tells_that_one_came_while_another_went(meeting1: Meeting) -> None:
    ann, bea = (comes_in(meeting1, person) for person in people_of(meeting1, 2))
    presence.begin([ann], at=NOON)
    before = presence.pulses([meeting1.pk], at=NOON)[meeting1.pk]
    later = NOON + LEASE
    presence.begin([bea], at=later)
    after = presence.pulses([meeting1.pk], at=later)[meeting1.pk]
    assert (before.here, after.here) == (1, 1)
    assert before != after


def test_the_pulses_of_many_meetings_take_one_query(
    meeting1: Meeting, hiding: Meeting, bob: Attendee
) -> None:
    presence.begin([comes_in(meeting1, bob)], at=NOON)
    with CaptureQueriesContext(connection) as queries:
        pulses = presence.pulses([meeting1.pk, hiding.pk], at=NOON)
    assert len(queries) == 1
    assert {pk: pulse.here for pk, pulse in pulses.items()} == {meeting1.pk: 1, hiding.pk: 0}


def test_a_tab_is_stored_under_another_value_in_each_meeting(
    meeting1: Meeting, hiding: Meeting, bob: Attendee
) -> None:
    """Else the tab's UUID would tie the pseudonym in one meeting to the name in the other."""
    tab = uuid.uuid4()
    hidden = attendee_of(hiding, "BOB-1", "bob@example.org", "Bob")
    stays = [comes_in(meeting1, bob), comes_in(hiding, hidden)]
    presence.begin([Stay(stay.admission, tab) for stay in stays], at=NOON)
    stored = set(Visit.objects.values_list("tab", flat=True))
    assert len(stored) == 2
    assert tab not in stored


def test_an_anonymizing_meeting_keeps_no_time_of_joining(hiding: Meeting) -> None:
    [ann] = people_of(hiding, 1)
    presence.begin([comes_in(hiding, ann)], at=NOON)
    assert Visit.objects.get().started_at is None


def test_people_are_grouped_by_their_first_letter_whatever_its_accent(meeting1: Meeting) -> None:
    names = ["Émile", "emil", "Zoë", "Åsa", "42", "שרה"]
    stays = [
        comes_in(meeting1, attendee_of(meeting1, f"C{n}", f"c{n}@example.org", name))
        for n, name in enumerate(names)
    ]
    presence.begin(stays, at=NOON)
    shown = {letter.letter: list(letter.people) for letter in present(meeting1, at=NOON).letters}
    assert shown == {
        "#": ["42"],
        "A": ["Åsa"],
        "E": ["emil", "Émile"],
        "Z": ["Zoë"],
        "ש": ["שרה"],
    }


@pytest.mark.parametrize("number", [1, 3, PAGE + 20])
def test_a_page_of_people_takes_three_queries(meeting1: Meeting, number: int) -> None:
    presence.begin([comes_in(meeting1, person) for person in people_of(meeting1, number)], at=NOON)
    with CaptureQueriesContext(connection) as queries:
        page = present(meeting1, at=NOON)
    assert len(queries) == 3
    assert page.here == number


def test_more_than_a_page_of_people_is_paged_and_indexed(meeting1: Meeting) -> None:
    zoe = attendee_of(meeting1, "ZOE", "zoe@example.org", "Zoe")
    everybody = [*people_of(meeting1, PAGE), zoe]
    presence.begin([comes_in(meeting1, person) for person in everybody], at=NOON)
    first, second = present(meeting1, at=NOON), present(meeting1, page=2, at=NOON)
    assert sum(len(letter.people) for letter in first.letters) == PAGE
    assert [list(letter.people) for letter in second.letters] == [["Zoe"]]
    assert first.index == [("P", 1), ("Z", 2)]
    assert (first.before, first.after, second.before, second.after) == (None, 2, 1, None)


@pytest.mark.parametrize("page", [0, -1, 99, 10**20])
def test_a_page_that_does_not_exist_is_the_nearest(
    meeting1: Meeting, bob: Attendee, page: int
) -> None:
    presence.begin([comes_in(meeting1, bob)], at=NOON)
    assert present(meeting1, page=page, at=NOON).number == 1


def test_those_of_whom_nothing_is_known_are_counted_on_one_line(open_to_all: Meeting) -> None:
    presence.begin([comes_in(open_to_all) for _ in range(3)], at=timezone.now())
    page = present(open_to_all)
    assert (page.anonymous, page.here, page.letters) == (3, 3, [])
    assert "3 anonymous people" in panels(open_to_all, "people")["people"]


def test_no_name_and_no_order_of_arrival_is_shown_in_an_anonymizing_meeting(
    hiding: Meeting,
) -> None:
    people = [
        attendee_of(hiding, f"CODE-{n}", f"canary{n}@example.org", f"Canary{n}", lastname="Canary")
        for n in range(30)
    ]
    presence.begin([comes_in(hiding, person) for person in people], at=timezone.now())
    html = panels(hiding, "people")["people"]
    numbers = [int(number) for number in re.findall(r"<bdi>Anonymous (\d+)</bdi>", html)]
    assert len(numbers) == 30
    assert numbers == sorted(numbers)
    by_arrival = list(hiding.participants.order_by("pk").values_list("number", flat=True))
    assert numbers != by_arrival
    assert "anary" not in html
    keys = re.findall(r'data-key="([^"]*)"', html)
    assert keys == [f"Anonymous {number}" for number in numbers]


def test_a_page_without_scripts_is_present_for_a_while(meeting1: Meeting, bob: Attendee) -> None:
    admission = Visitor().come_in(meeting1, bob)
    presence.touch(admission, at=NOON)
    presence.touch(admission, at=NOON + timedelta(seconds=20))
    assert Visit.objects.count() == 1
    assert presence.here(meeting1, at=NOON + timedelta(seconds=79)) == 1
    assert presence.here(meeting1, at=NOON + timedelta(seconds=80)) == 0
