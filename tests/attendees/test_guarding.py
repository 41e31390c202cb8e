"""Doors at which somebody tries codes: one question more, and nobody is locked out."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees import devices
from attendees.guarding import (
    WRONG_CODES_IN_ALL,
    WRONG_CODES_PER_ADDRESS,
    WRONG_CODES_PER_DEVICE,
    WRONG_CODES_PER_EMAIL,
    WRONG_CODES_PER_MEETING,
    WRONG_CODES_PER_NETWORK,
    WRONG_PAIRS_PER_ADDRESS,
    a_day,
    pair,
)
from attendees.models import Admission, Attendee
from attendees.roster import editing
from hosts.models import Host
from meetingportal.addresses import wider_bucket_for
from meetingportal.limits import Limit, levels
from meetingportal.models import RateCounter
from meetings.arranging import change
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db

DOOR = "/m/meeting1/join/"
EMAIL_TOO = "Many wrong codes have been typed"
HOME = "127.0.0.1"
FEW = 50  # wrong codes that a meeting takes whose codes are not strong


@pytest.fixture(autouse=True)
def time_stands_still() -> Iterator[time_machine.Traveller]:
    """Else a slow machine earns further guesses while it is guessing."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def eve(meeting1: Meeting) -> Attendee:
    return attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")


def fill(limit: Limit, whom: str) -> None:
    """Use the bucket up, but for the hit that runs over."""
    limit.hit(whom)
    RateCounter.objects.filter(bucket=limit.bucket(whom)).update(
        level=limit.burst, hits=limit.burst
    )


def guard(meeting: Meeting) -> None:
    fill(WRONG_CODES_PER_MEETING, str(meeting.pk))
    WRONG_CODES_PER_MEETING.note_over(str(meeting.pk))


def known(meeting: Meeting, code: str, **options: str) -> Browser:
    """A browser in which somebody has come in, who is asked again since their session is over."""
    browser = Browser(**options)
    assert browser.type_code(meeting, code) == 302
    del browser.cookies[settings.SESSION_COOKIE_NAME]
    return browser


def typed(browser: Browser, code: str, email: str = "", address: str = DOOR) -> str:
    """What becomes of somebody who types this: in, wrong, asked for the email, or throttled."""
    data = {"code": code} | ({"email": email} if email else {})
    answer = browser.post(address, data)
    if answer.status_code == 302:
        return "in"
    page = answer.content.decode()  # not its context, into which parallel requests write
    if answer.status_code == 429:
        assert int(answer["Retry-After"]) >= 1
        return "asked, or to wait" if "Type your email, too, or wait" in page else "to wait"
    assert answer.status_code == 200
    if "not open this meeting" in page:
        return "wrong"
    assert "Type the email address" in page
    return "asked"


def asks_email(browser: Browser, address: str = DOOR) -> bool:
    answer = browser.get(address)
    assert answer.status_code == 200
    assert (EMAIL_TOO in answer.content.decode()) == ("email" in answer.context["form"].fields)
    return "email" in answer.context["form"].fields


class TestBudget:
    @pytest.mark.parametrize(
        ("codes", "budget"),
        [
            (["7GQX-23FM", "H9C2-WXPR", "M4JF-8RQV", "X2PW-6GHC"], 1000),
            (["4821093", "1937552", "9031884", "3347190"], FEW),
            (["1001", "1002", "1003", "1004"], FEW),
            ([f"p{n}@example.org" for n in range(4)], FEW),  # everybody's own email
        ],
    )
    def test_it_is_as_large_as_the_codes_are_hard_to_guess(
        self, meeting1: Meeting, codes: list[str], budget: int
    ) -> None:
        for number, code in enumerate(codes):
            attendee_of(meeting1, code, f"p{number}@example.org", "Pat")
        WRONG_CODES_PER_MEETING.hit(str(meeting1.pk))
        RateCounter.objects.update(level=budget - 1)
        assert typed(Browser(), "WRONG-1") == "wrong"
        assert not asks_email(Browser())
        assert typed(Browser(), "WRONG-2") == "asked"
        assert asks_email(Browser())

    def test_an_operator_who_allows_none_allows_one(self) -> None:
        none = a_day("test", 0)
        assert [none.hit("somebody").allowed for _ in range(3)] == [True, False, False]

    def test_a_thousand_addresses_are_worth_no_more_than_one(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        outcomes = [
            typed(Browser(REMOTE_ADDR=f"198.51.100.{n}"), f"WRONG-{n}") for n in range(FEW + 3)
        ]
        assert outcomes == ["wrong"] * FEW + ["asked"] * 3
        assert typed(Browser(), "BOB-1") == "asked"
        assert typed(Browser(), "BOB-1", "bob@example.org") == "in"

    def test_right_codes_use_nothing_up(self, meeting1: Meeting, bob: Attendee) -> None:
        for _ in range(FEW + 5):
            assert typed(Browser(), "BOB-1") == "in"
        assert not asks_email(Browser())
        guard(meeting1)
        typed(Browser(), "WRONG", "eve@example.org")
        before = list(RateCounter.objects.order_by("bucket").values())
        for _ in range(3):
            assert typed(Browser(), "BOB-1", "bob@example.org") == "in"
        assert list(RateCounter.objects.order_by("bucket").values()) == before

    def test_the_guard_ends_by_itself_an_hour_after_the_last_wrong_code(
        self, meeting1: Meeting, bob: Attendee, time_stands_still: time_machine.Traveller
    ) -> None:
        guard(meeting1)
        time_stands_still.shift(timedelta(minutes=59))
        assert typed(Browser(), "BOB-1") == "asked"
        assert typed(Browser(), "WRONG", "bob@example.org") == "wrong"
        fill(WRONG_CODES_PER_MEETING, str(meeting1.pk))
        assert typed(Browser(), "WRONG", "bob@example.org") == "wrong"
        time_stands_still.shift(timedelta(minutes=59))
        assert asks_email(Browser())
        time_stands_still.shift(timedelta(minutes=2))
        assert not asks_email(Browser())
        assert typed(Browser(), "BOB-1") == "in"

    def test_a_list_with_easier_codes_pays_the_budget_back_in_a_day(
        self, meeting1: Meeting, bob: Attendee, time_stands_still: time_machine.Traveller
    ) -> None:
        guard(meeting1)  # with twenty times as many wrong codes as its new list takes
        typed(Browser(), "WRONG", "bob@example.org")
        time_stands_still.shift(timedelta(hours=24))
        outcomes = [
            typed(Browser(REMOTE_ADDR=f"198.51.100.{n}"), f"WRONG-{n}") for n in range(FEW + 1)
        ]
        assert outcomes == ["wrong"] * FEW + ["asked"]

    def test_other_meetings_notice_nothing(self, meeting1: Meeting, meeting2: Meeting) -> None:
        guard(meeting1)
        assert not asks_email(Browser(), "/m/meeting2/join/")

    def test_people_inside_and_carried_notice_nothing(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        inside = Browser()
        assert inside.type_code(meeting1, "BOB-1") == 302
        guard(meeting1)
        guard(meeting2)
        assert inside.name_in(meeting1) == "Bob Ito"
        assert inside.follow(meeting1, meeting2) == "Bob Ito"


class TestGuardedDoor:
    """Somebody types this, with or without having been here before, at a door that is guarded."""

    @pytest.mark.parametrize(
        ("knows", "code", "email", "outcome"),
        [
            ("", "BOB-1", "bob@example.org", "in"),
            ("", "bob1", " BOB@example.org ", "in"),
            ("", "BOB-1", "", "asked"),
            ("", "WRONG", "", "asked"),
            ("", "BOB-1", "eve@example.org", "wrong"),
            ("", "BOB-1", "Ito", "wrong"),  # the list has his email
            ("", "WRONG", "bob@example.org", "wrong"),
            ("BOB-1", "BOB-1", "", "in"),
            ("BOB-1", "EVE-1", "", "wrong"),  # a known browser knows one person
            ("BOB-1", "EVE-1", "eve@example.org", "in"),
            ("BOB-1", "WRONG", "", "wrong"),
        ],
    )
    def test_code_and_email_enter_or_the_code_in_a_browser_that_is_known(
        self, meeting1: Meeting, bob: Attendee, eve: Attendee, knows: str, code: str, email: str,
        outcome: str,
    ) -> None:  # fmt: skip
        browser = known(meeting1, knows) if knows else Browser()
        guard(meeting1)
        assert asks_email(browser) is not bool(knows)
        assert typed(browser, code, email) == outcome

    def test_of_a_known_browser_the_next_is_asked_for_the_email(
        self, meeting1: Meeting, bob: Attendee, eve: Attendee
    ) -> None:
        browser = known(meeting1, "BOB-1")
        guard(meeting1)
        answer = browser.post(DOOR, {"code": "EVE-1"})
        assert "email" in answer.context["form"].fields
        assert EMAIL_TOO in answer.content.decode()

    @pytest.mark.parametrize(
        ("names", "said", "outcome"),
        [
            ({"lastname": "van der Bérg"}, "Van-der Berg", "in"),
            ({"lastname": "van der Bérg"}, "Noor van der Berg", "in"),
            ({"lastname": "van der Bérg"}, "Noor", "wrong"),
            ({}, "noor", "in"),
            ({}, "!", "wrong"),
        ],
    )
    def test_who_has_no_email_on_the_list_types_a_name(
        self, meeting1: Meeting, names: dict[str, str], said: str, outcome: str
    ) -> None:
        attendee_of(meeting1, "NOOR-1", "", "Noor", **names)
        guard(meeting1)
        assert typed(Browser(), "NOOR-1", said) == outcome

    def test_the_prompt_reads_one_row_more_and_other_pages_none(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        def reads(browser: Browser, address: str) -> int:
            with CaptureQueriesContext(
                connection,
            ) as made:
                browser.get(address)
            return sum("ratecounter" in query["sql"] for query in made.captured_queries)

        browser = known(meeting1, "BOB-1")
        guard(meeting1)
        assert reads(browser, DOOR) == reads(Browser(), DOOR) == 1
        assert browser.type_code(meeting1, "BOB-1") == 302
        assert reads(browser, "/m/meeting2/?from=meeting1") == 0
        assert reads(browser, "/m/meeting1/") == 0


def test_burned_address_and_budget_let_fifty_people_in(meeting1: Meeting) -> None:
    """T06: whoever burns both five minutes before the start has kept nobody out."""
    people = [attendee_of(meeting1, f"P-{n}", f"p{n}@example.org", "Pat") for n in range(50)]
    for n in range(int(WRONG_CODES_PER_ADDRESS.burst) + 5):
        typed(Browser(), f"WRONG-{n}")
    guard(meeting1)
    assert all(typed(Browser(), one.code, one.email) == "in" for one in people)
    assert Admission.objects.count() == 50


class TestBurnedAddress:
    @pytest.mark.parametrize(
        ("code", "email", "outcome"),
        [
            ("BOB-1", "", "asked, or to wait"),
            ("WRONG", "", "asked, or to wait"),
            ("BOB-1", "bob@example.org", "in"),
            ("BOB-1", "eve@example.org", "wrong"),
            ("WRONG", "bob@example.org", "wrong"),
        ],
    )
    def test_it_is_asked_for_the_email(
        self, meeting1: Meeting, bob: Attendee, code: str, email: str, outcome: str
    ) -> None:
        fill(WRONG_CODES_PER_ADDRESS, HOME)
        assert asks_email(Browser())
        assert not asks_email(Browser(REMOTE_ADDR="198.51.100.7"))
        assert typed(Browser(), code, email) == outcome

    def test_a_known_browser_there_needs_its_code_only(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        browser = known(meeting1, "BOB-1")
        fill(WRONG_CODES_PER_ADDRESS, HOME)
        assert not asks_email(browser)
        assert typed(browser, "BOB-1") == "in"

    def test_with_the_email_it_waits_when_it_has_guessed_hundreds(
        self, meeting1: Meeting, bob: Attendee, time_stands_still: time_machine.Traveller
    ) -> None:
        fill(WRONG_CODES_PER_ADDRESS, HOME)
        fill(WRONG_PAIRS_PER_ADDRESS, HOME)
        assert typed(Browser(), "BOB-1", "bob@example.org") == "to wait"
        time_stands_still.shift(timedelta(seconds=5))
        assert typed(Browser(), "BOB-1", "bob@example.org") == "in"

    def test_a_site_with_a_thousand_networks_is_one_that_guesses(self, meeting1: Meeting) -> None:
        fill(WRONG_CODES_PER_NETWORK, "2001:db8:1::/48")
        assert typed(Browser(REMOTE_ADDR="2001:db8:1:2::7"), "WRONG") == "asked, or to wait"
        assert asks_email(Browser(REMOTE_ADDR="2001:db8:1:3::7"))
        assert not asks_email(Browser(REMOTE_ADDR="2001:db8:2:3::7"))

    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::ffff:198.51.100.7", ""),
            ("198.51.100.7", ""),
            ("not-an-ip", ""),
        ],
    )
    def test_only_ipv6_has_wider_networks(self, address: str, network: str) -> None:
        assert wider_bucket_for(address) == network


class TestOnePersonsEmail:
    def test_after_five_tries_with_it_there_is_one_a_minute(
        self, meeting1: Meeting, bob: Attendee, eve: Attendee,
        time_stands_still: time_machine.Traveller,
    ) -> None:  # fmt: skip
        guard(meeting1)
        outcomes = [
            typed(Browser(REMOTE_ADDR=f"198.51.100.{n}"), f"WRONG-{n}", "Bob@example.org")
            for n in range(7)
        ]
        assert outcomes == ["wrong"] * 5 + ["to wait"] * 2
        assert typed(Browser(), "BOB-1", "bob@example.org") == "to wait"
        assert typed(Browser(), "EVE-1", "eve@example.org") == "in"
        time_stands_still.shift(timedelta(minutes=1))
        assert typed(Browser(), "BOB-1", "bob@example.org") == "in"

    def test_whether_anybody_has_it_makes_no_difference(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        guard(meeting1)
        for email in ("bob@example.org", "nobody@example.org"):
            outcomes = [typed(Browser(), f"WRONG-{n}", email) for n in range(6)]
            assert outcomes == ["wrong"] * 5 + ["to wait"]

    def test_in_a_day_there_are_a_hundred(self, meeting1: Meeting, bob: Attendee) -> None:
        guard(meeting1)
        fill(WRONG_CODES_PER_EMAIL[1], pair(meeting1, "bob@example.org"))
        assert typed(Browser(), "BOB-1", "bob@example.org") == "to wait"

    def test_a_new_code_ends_the_wait(self, meeting1: Meeting, bob: Attendee) -> None:
        guard(meeting1)
        for limit in WRONG_CODES_PER_EMAIL:
            fill(limit, pair(meeting1, "bob@example.org"))
        assert typed(Browser(), "BOB-1", "bob@example.org") == "to wait"
        bob.code = "BOB-2"
        editing.change(bob)
        assert typed(Browser(), "BOB-2", "bob@example.org") == "in"

    def test_it_is_so_where_the_meeting_always_asks(self, meeting1: Meeting, bob: Attendee) -> None:
        Meeting.objects.update(ask_email=True)
        outcomes = [typed(Browser(), f"WRONG-{n}", "bob@example.org") for n in range(6)]
        assert outcomes == ["wrong"] * 5 + ["to wait"]

    def test_nobody_waits_for_it_in_a_known_browser(self, meeting1: Meeting, bob: Attendee) -> None:
        browser = known(meeting1, "BOB-1")
        Meeting.objects.update(ask_email=True)
        for limit in WRONG_CODES_PER_EMAIL:
            fill(limit, pair(meeting1, "bob@example.org"))
        assert typed(Browser(), "BOB-1", "bob@example.org") == "to wait"
        assert typed(browser, "BOB-1", "eve@example.org") == "wrong"
        assert typed(browser, "BOB-1", "bob@example.org") == "in"


class TestKnownBrowser:
    def test_the_cookie_tells_pages_nothing_and_proves_nothing(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        browser = known(meeting1, "BOB-1")
        cookie = browser.cookies[settings.DEVICE_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert cookie["max-age"] == 30 * 24 * 3600
        assert browser.name_in(meeting1) is None

    @pytest.mark.parametrize("name", ["__Host-device", "device"])
    def test_over_https_it_is_this_hosts_alone(
        self, meeting1: Meeting, bob: Attendee, settings, name: str
    ) -> None:
        settings.DEVICE_COOKIE_NAME = name
        settings.SITE_IS_SECURE = is_secure = name.startswith("__Host-")
        cookie = known(meeting1, "BOB-1").cookies[name]
        assert (bool(cookie["secure"]), cookie["domain"], cookie["path"]) == (is_secure, "", "/")

    def test_what_was_forged_or_is_of_another_door_counts_for_nothing(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        guard(meeting1)
        elsewhere = known(meeting2, "BOB-1")
        assert asks_email(elsewhere)
        value = elsewhere.cookies[settings.DEVICE_COOKIE_NAME].value
        for forged in (value[:-1] + ("a" if value[-1] != "a" else "b"), "", "x", "a:b:c", "é" * 9):
            elsewhere.cookies[settings.DEVICE_COOKIE_NAME] = forged
            assert asks_email(elsewhere)

    def test_it_knows_many_meetings_and_the_newest_person_of_each(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee, eve: Attendee
    ) -> None:
        browser = known(meeting1, "BOB-1")
        assert browser.type_code(meeting2, "BOB-1") == 302
        browser.type_code(meeting1, "EVE-1")
        del browser.cookies[settings.SESSION_COOKIE_NAME]
        guard(meeting1)
        guard(meeting2)
        assert typed(browser, "BOB-1") == "wrong"
        assert typed(browser, "EVE-1") == "in"
        assert typed(browser, "BOB-1", address="/m/meeting2/join/") == "in"

    def test_it_does_not_grow_for_ever(self, alice: Host, monkeypatch) -> None:
        monkeypatch.setattr(devices, "KEPT", 2)
        browser = Browser()
        meetings = [meeting_of(alice, f"m-{n}") for n in range(3)]
        for meeting in meetings:
            attendee_of(meeting, "BOB-1", "bob@example.org", "Bob")
            assert browser.type_code(meeting, "BOB-1") == 302
            guard(meeting)
        del browser.cookies[settings.SESSION_COOKIE_NAME]
        doors = [f"/m/{meeting.slug}/join/" for meeting in meetings]
        assert [asks_email(browser, door) for door in doors] == [True, False, False]

    def test_after_thirty_days_it_counts_for_nothing(
        self, meeting1: Meeting, bob: Attendee, time_stands_still: time_machine.Traveller
    ) -> None:
        browser = known(meeting1, "BOB-1")
        time_stands_still.shift(timedelta(days=30, seconds=1))
        guard(meeting1)
        assert asks_email(browser)

    def test_its_wrong_codes_count_apart_and_ten_of_them_make_it_a_strangers(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        browser = known(meeting1, "BOB-1")
        assert [typed(browser, f"WRONG-{n}") for n in range(10)] == ["wrong"] * 10
        in_meeting, here = levels(
            (WRONG_CODES_PER_MEETING, str(meeting1.pk)), (WRONG_CODES_PER_ADDRESS, HOME)
        )
        assert (in_meeting.hits, here.hits) == (0, 0)
        assert typed(browser, "WRONG") == "wrong"
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 1
        guard(meeting1)
        assert asks_email(browser)
        assert typed(browser, "BOB-1") == "asked"

    def test_coming_in_again_gives_no_further_tries(self, meeting1: Meeting, bob: Attendee) -> None:
        for _ in range(2):
            browser = known(meeting1, "BOB-1")
            for n in range(5):
                typed(browser, f"WRONG-{n}")
        typed(known(meeting1, "BOB-1"), "WRONG")
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 1

    def test_not_you_makes_it_a_strangers(self, meeting1: Meeting, bob: Attendee) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.post("/m/meeting1/leave/")
        guard(meeting1)
        assert asks_email(browser)

    def test_where_attendees_are_anonymous_nothing_tells_who_came(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        """Neither the browser, nor a row that anybody with the secret key could work out."""
        named = known(meeting1, "BOB-1")
        Meeting.objects.update(anonymize_attendees=True, pseudonym_secret=b"s" * 32)
        meeting1.refresh_from_db()
        guard(meeting1)
        assert asks_email(named)
        assert typed(named, "BOB-1", "bob@example.org") == "in"
        assert devices.read(with_cookies_of(named), at=timezone.now())[1] == []

        browser = Browser()
        assert typed(browser, "WRONG", "eve@example.org") == "wrong"
        assert typed(browser, "BOB-1", "bob@example.org") == "in"
        assert settings.DEVICE_COOKIE_NAME not in browser.cookies
        kept = set(RateCounter.objects.values_list("bucket", flat=True))
        for limit in (*WRONG_CODES_PER_EMAIL, WRONG_CODES_PER_DEVICE):
            for who in (pair(meeting1, "bob@example.org"), f"{meeting1.pk}:bob@example.org",
                        f"{meeting1.pk}:eve@example.org", f"{meeting1.pk}:{bob.pk}"):  # fmt: skip
                assert limit.bucket(who) not in kept
        assert WRONG_CODES_PER_EMAIL[0].bucket(pair(meeting1, "eve@example.org")) in kept

    def test_where_they_become_anonymous_no_counter_tells_who_was_here(
        self, meeting1: Meeting, bob: Attendee, eve: Attendee
    ) -> None:
        assert typed(known(meeting1, "BOB-1"), "BOB-1") == "in"
        guard(meeting1)
        typed(Browser(), "WRONG", "eve@example.org")
        theirs = [
            WRONG_CODES_PER_DEVICE.bucket(f"{meeting1.pk}:{bob.pk}"),
            *(limit.bucket(f"{meeting1.pk}:{eve.email}") for limit in WRONG_CODES_PER_EMAIL),
        ]
        assert RateCounter.objects.filter(bucket__in=theirs).count() == 3
        meeting1.anonymize_attendees = True
        change(meeting1)
        assert not RateCounter.objects.filter(bucket__in=theirs).exists()
        assert asks_email(Browser())


def with_cookies_of(browser: Browser):
    request = browser.get("/healthz").wsgi_request
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    return request


class TestAllMeetings:
    """T03: a few guesses in each of many meetings."""

    @pytest.mark.parametrize("limit", WRONG_CODES_IN_ALL)
    def test_all_ask_for_the_email_and_the_operators_get_one_mail(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee, limit: Limit,
        time_stands_still: time_machine.Traveller,
    ) -> None:  # fmt: skip
        Host.objects.create_superuser("ops@example.org", "correct horse battery")
        fill(limit, "")
        assert typed(Browser(), "WRONG") == "wrong"
        assert typed(Browser(), "WRONG", "bob@example.org") == "wrong"
        for slug in ("meeting1", "meeting2"):
            assert typed(Browser(), "BOB-1", address=f"/m/{slug}/join/") == "asked"
            assert typed(Browser(), "BOB-1", "bob@example.org", f"/m/{slug}/join/") == "in"
        assert [message.to for message in mail.outbox] == [["ops@example.org"]]
        time_stands_still.shift(timedelta(seconds=limit.stays + 1))
        assert not asks_email(Browser())
        fill(limit, "")
        typed(Browser(), "WRONG")
        assert asks_email(Browser())
        assert len(mail.outbox) == 1


class TestOracle:
    """T07: what is wrong looks the same, whatever it is that is wrong."""

    CASES = {
        "wrong": ("XXX-1", "bob@example.org"),
        "another's email": ("BOB-1", "eve@example.org"),
        "nobody's email": ("BOB-1", "ona@example.org"),
        "of another meeting": ("OLD-2", "bob@example.org"),
        "of somebody removed": ("DAN-1", "dan@example.org"),
        "malformed": ('B"B-1', "bob@example.org"),
    }

    @pytest.mark.parametrize("state", ["plain", "guarded", "burned", "always"])
    @pytest.mark.parametrize("with_email", [True, False])
    def test_answers_do_not_tell_what_was_wrong(
        self, alice: Host, meeting1: Meeting, bob: Attendee, eve: Attendee, state: str,
        with_email: bool,
    ) -> None:  # fmt: skip
        attendee_of(meeting1, "DAN-1", "dan@example.org", "Dan").delete()
        attendee_of(meeting_of(alice, "other"), "OLD-2", "bob@example.org", "Bob")
        if state == "guarded":
            guard(meeting1)
        elif state == "burned":
            fill(WRONG_CODES_PER_ADDRESS, HOME)
        Meeting.objects.update(ask_email=state == "always")
        asked = state != "plain"
        cases = dict(self.CASES)
        if asked and not with_email:
            cases["right"] = ("BOB-1", "")
        if not asked:  # there the email is not looked at
            cases = {name: case for name, case in cases.items() if "email" not in name}
        answers = {
            name: self.answer(code, email if with_email else "")
            for name, (code, email) in cases.items()
        }
        assert len(set(answers.values())) == 1, answers

    def answer(self, code: str, email: str) -> tuple[object, ...]:
        data = {"code": code} | ({"email": email} if email else {})
        answer = Browser().post(DOOR, data)
        text = re.sub(r'(name="csrfmiddlewaretoken"|nonce)[^>]*>', "", answer.content.decode())
        for said in (code, code.replace('"', "&quot;"), email):
            text = text.replace(f'value="{said}"', "") if said else text
        return answer.status_code, tuple(sorted(answer.headers)), text


class TestHost:
    def test_a_banner_says_what_happens_and_goes_away_by_itself(
        self, alice: Host, meeting1: Meeting, bob: Attendee, client_of,
        time_stands_still: time_machine.Traveller,
    ) -> None:  # fmt: skip
        said = "The door asks for the email, too."
        host = client_of(alice)

        def pages() -> list[str]:
            whole = host.get("/host/meetings/meeting1/")
            moment = host.get("/host/meetings/meeting1/?state=live", headers={"HX-Request": "true"})
            return [whole.content.decode(), moment.content.decode()]

        assert not any(said in page for page in pages())
        guard(meeting1)
        assert all(said in page and "1,000 wrong codes" in page for page in pages())
        assert "Somebody may be guessing" not in pages()[0]  # once is enough
        time_stands_still.shift(timedelta(hours=1, seconds=1))
        assert not any(said in page for page in pages())

    @pytest.mark.parametrize("setting", [{"ask_email": True}, {"require_access_codes": False}])
    def test_there_is_none_where_the_guard_changes_nothing(
        self, alice: Host, meeting1: Meeting, client_of, setting: dict[str, bool]
    ) -> None:
        guard(meeting1)
        Meeting.objects.update(**setting)
        page = client_of(alice).get("/host/meetings/meeting1/")
        assert "The door asks for the email, too." not in page.content.decode()


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_of_parallel_guesses_as_many_are_looked_at_as_the_budget_has(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        def guess(number: int) -> str:
            outcome = typed(Browser(REMOTE_ADDR=f"198.51.100.{number}"), f"WRONG-{number}")
            connection.close()
            return outcome

        with ThreadPoolExecutor(8) as crowd:
            outcomes = list(crowd.map(guess, range(FEW + 14)))
        assert sorted(outcomes) == ["asked"] * 14 + ["wrong"] * FEW

    def test_right_and_wrong_guesses_from_one_address_do_not_wait_in_a_circle(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        def guess(number: int) -> str:
            outcome = typed(Browser(), "BOB-1" if number % 2 else f"WRONG-{number}")
            connection.close()
            return outcome

        with ThreadPoolExecutor(8) as crowd:
            outcomes = list(crowd.map(guess, range(40)))
        assert (outcomes.count("in"), outcomes.count("wrong")) == (20, 20)
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 20

    def test_nor_do_those_with_one_email_from_several(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        guard(meeting1)

        def guess(number: int) -> str:
            browser = Browser(REMOTE_ADDR=f"198.51.100.{number % 4}")
            outcome = typed(browser, "BOB-1" if number % 3 else "WRONG", "bob@example.org")
            connection.close()
            return outcome

        with ThreadPoolExecutor(8) as crowd:
            outcomes = set(crowd.map(guess, range(48)))
        assert {"in"} <= outcomes <= {"in", "wrong", "to wait"}

    def test_that_a_bucket_ran_over_is_news_to_one(self) -> None:
        limit = Limit(name="test", burst=1, per_minute=1, stays=60)
        limit.hit("somebody")
        start = threading.Barrier(6)

        def note(_: int) -> bool:
            start.wait()
            is_news = limit.note_over("somebody")
            connection.close()
            return is_news

        with ThreadPoolExecutor(6) as crowd:
            assert sum(crowd.map(note, range(6))) == 1
