"""The code prompt: what it says, what it counts, and where it leads."""

import threading
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from attendees.door import WRONG_CODE
from attendees.guarding import WRONG_CODES_PER_ADDRESS, WRONG_CODES_PER_MEETING
from attendees.models import Admission, Attendee
from hosts.models import Host
from meetingportal.addresses import bucket_for
from meetingportal.limits import Limit, forget_old
from meetingportal.models import RateCounter
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db

BURST = int(WRONG_CODES_PER_ADDRESS.burst)


def test_a_stranger_is_led_to_the_code_prompt_and_back_to_the_page_asked_for(
    meeting1: Meeting, bob: Attendee
) -> None:
    browser = Browser()
    asked = browser.get("/m/meeting1/people/")
    assert asked["Location"] == "/m/meeting1/join/?next=%2Fm%2Fmeeting1%2Fpeople%2F"
    answer = browser.post(asked["Location"], {"code": "BOB-1"})
    assert answer["Location"] == "/m/meeting1/people/"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.test", "https:evil.test", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)",
        "https://evil.test/m/meeting1/", "/m/meeting2/", "/m/meeting1/join/", "/host/",
        "/m/meeting1/?next=//evil.test", "/m/meeting1/#x",
    ],
)  # fmt: skip
def test_the_door_leads_nowhere_else(meeting1: Meeting, bob: Attendee, wanted: str) -> None:
    browser = Browser()
    answer = browser.post("/m/meeting1/join/", {"code": "BOB-1"}, query_params={"next": wanted})
    assert answer["Location"] == "/m/meeting1/"


def test_whoever_is_in_is_led_past_the_prompt(meeting1: Meeting, bob: Attendee) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.get("/m/meeting1/join/")["Location"] == "/m/meeting1/"


def test_whoever_is_asked_can_go_back_to_where_they_are_known(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    back = 'href="/m/meeting1/?from=meeting2"'
    door = "/m/meeting2/join/?from=meeting1"
    browser = Browser()
    assert back not in browser.get(door).content.decode()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) is None
    assert back in browser.get(door).content.decode()
    assert back in browser.post(door, {"code": "WRONG"}).content.decode()
    assert "Back to" not in browser.get("/m/meeting2/join/").content.decode()
    bob.delete()
    assert back not in browser.get(door).content.decode()


def test_of_a_meeting_in_another_workspace_the_door_says_nothing(
    mallory: Host, meeting2: Meeting
) -> None:
    trap = meeting_of(mallory, "trap")
    attendee_of(trap, "BOB-1", "bob@example.org", "Bob")
    browser = Browser()
    browser.type_code(trap, "BOB-1")
    assert "Back to" not in browser.get("/m/meeting2/join/?from=trap").content.decode()


def test_an_unknown_and_an_archived_meeting_look_alike(meeting1: Meeting) -> None:
    unknown = Browser().get("/m/nowhere/")
    Meeting.objects.update(archived_at="2026-01-01T00:00Z")
    archived = Browser().get("/m/meeting1/")
    assert (unknown.status_code, archived.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("", "Type your access code."), (" ", "Type your access code."),
        ("x" * 500, WRONG_CODE), ("\x00", WRONG_CODE), ("BOB-1\x00", WRONG_CODE),
    ],
)  # fmt: skip
def test_what_cannot_be_a_code_is_an_error_in_the_form(
    meeting1: Meeting, bob: Attendee, code: str, error: str
) -> None:
    answer = Browser().post("/m/meeting1/join/", {"code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"] == [error]


@pytest.mark.parametrize("slug", ["\0", "meeting1\0", "😀", "a" * 3000])
def test_an_address_may_name_any_nonsense_as_where_one_comes_from(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, slug: str
) -> None:
    query = {"from": slug}
    browser = Browser()
    assert browser.get("/m/meeting1/", query)["Location"] == "/m/meeting1/join/"
    assert browser.get("/m/meeting1/join/", query).status_code == 200
    browser.type_code(meeting1, "BOB-1")
    assert browser.get("/m/meeting1/", query).status_code == 200
    assert browser.get("/m/meeting2/", query).status_code == 302


def test_getting_the_prompt_admits_nobody(meeting1: Meeting, bob: Attendee) -> None:
    browser = Browser()
    for method in (browser.get, browser.head):
        assert method("/m/meeting1/join/?code=BOB-1").status_code == 200
    assert not Admission.objects.exists()


class TestWrongCodes:
    @pytest.fixture(autouse=True)
    def time_stands_still(self) -> Iterator[None]:
        """Else a slow machine earns further guesses while it is guessing."""
        with time_machine.travel(timezone.now(), tick=False):
            yield

    def test_an_emptied_budget_answers_429_to_right_codes_too(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        browser = Browser()
        statuses = [browser.type_code(meeting1, "WRONG") for _ in range(BURST + 3)]
        assert statuses == [200] * BURST + [429] * 3
        answer = browser.post("/m/meeting1/join/", {"code": "BOB-1"})
        assert answer.status_code == 429
        assert 1 <= int(answer["Retry-After"]) <= 10

    def test_another_address_still_enters(self, meeting1: Meeting, bob: Attendee) -> None:
        for _ in range(BURST + 1):
            Browser().type_code(meeting1, "WRONG")
        elsewhere = Browser(REMOTE_ADDR="198.51.100.7")
        assert elsewhere.type_code(meeting1, "BOB-1") == 302

    def test_right_codes_cost_nothing(self, meeting1: Meeting, bob: Attendee) -> None:
        for _ in range(BURST + 5):
            assert Browser().type_code(meeting1, "BOB-1") == 302
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 0

    def test_a_meeting_counts_but_is_never_locked(self, meeting1: Meeting, bob: Attendee) -> None:
        for number in range(40):
            Browser(REMOTE_ADDR=f"198.51.100.{number}").type_code(meeting1, "WRONG")
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 40
        assert Browser().type_code(meeting1, "BOB-1") == 302

    def test_a_forged_header_changes_nothing(self, meeting1: Meeting) -> None:
        for number in range(BURST):
            Browser().post(
                "/m/meeting1/join/",
                {"code": "WRONG"},
                headers={"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": "<script>"},
            )
        assert Browser().type_code(meeting1, "WRONG") == 429

    @override_settings(TRUSTED_PROXIES=["127.0.0.1"])
    def test_a_trusted_proxy_tells_the_address(self, meeting1: Meeting) -> None:
        for number in range(BURST + 5):
            answer = Browser().post(
                "/m/meeting1/join/",
                {"code": "WRONG"},
                headers={"X-Real-IP": f"198.51.100.{number}"},
            )
            assert answer.status_code == 200

    def test_no_address_stands_in_the_table(self, meeting1: Meeting) -> None:
        Browser(REMOTE_ADDR="198.51.100.7").type_code(meeting1, "WRONG")
        assert "198.51.100.7" not in str(list(RateCounter.objects.values_list()))


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("not-an-ip", "0.0.0.0"),
        ("", "0.0.0.0"),
    ],
)
def test_an_address_is_counted_with_its_network(address: str, bucket: str) -> None:
    assert bucket_for(address) == bucket


@pytest.mark.django_db(transaction=True)
def test_parallel_hits_are_all_counted() -> None:
    limit = Limit(name="test", burst=1000, per_minute=1)

    def hit_many() -> None:
        for _ in range(25):
            limit.hit("somebody")
        connection.close()

    threads = [threading.Thread(target=hit_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit.hits("somebody") == 200


def test_a_bucket_drains_with_time() -> None:
    limit = Limit(name="test", burst=2, per_minute=60)
    assert [limit.hit("x").allowed for _ in range(3)] == [True, True, False]
    counter = RateCounter.objects.get()
    RateCounter.objects.update(at=counter.at - 1.5)
    assert [limit.hit("x").allowed for _ in range(2)] == [True, False]
    assert forget_old(now=counter.at + 26 * 3600) == 1


@pytest.fixture
def asking(meeting1: Meeting) -> Meeting:
    """A meeting that asks for the email, too."""
    meeting1.ask_email = True
    meeting1.save(update_fields=["ask_email"])
    return meeting1


@pytest.mark.parametrize("email", ["bob@example.org", " BOB@Example.org "])
def test_code_and_email_open_a_meeting_that_asks_for_both(
    asking: Meeting, bob: Attendee, email: str
) -> None:
    answer = Browser().post("/m/meeting1/join/", {"code": "bob1", "email": email})
    assert answer.status_code == 302
    assert Admission.objects.get().attendee == bob


@pytest.mark.parametrize(
    ("code", "email"),
    [
        ("BOB-1", "eve@example.org"), ("BOB-1", "bob@"), ("BOB-1", "x" * 300),
        ("EVE-1", "bob@example.org"), ("EVE-1", "eve@example.org"),
    ],
)  # fmt: skip
def test_whichever_is_wrong_the_answer_is_the_same(
    asking: Meeting, bob: Attendee, code: str, email: str
) -> None:
    answer = Browser().post("/m/meeting1/join/", {"code": code, "email": email})
    assert answer.status_code == 200
    assert "That code and email do not open this meeting." in answer.content.decode()
    assert Admission.objects.count() == 0


def test_the_email_is_asked_for_only_where_the_meeting_asks(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    assert "email" not in Browser().get("/m/meeting1/join/").context["form"].fields
    Meeting.objects.filter(pk=meeting2.pk).update(ask_email=True)
    assert "email" in Browser().get("/m/meeting2/join/").context["form"].fields
    missing = Browser().post("/m/meeting2/join/", {"code": "BOB-1"})
    assert "Type the email address" in missing.content.decode()
