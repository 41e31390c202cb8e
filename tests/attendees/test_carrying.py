"""Who walks through a link under their own name, and who is asked: the table, row by row."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertTemplateUsed

from attendees.carrying import CANDIDATES, SENTENCES, Candidate, Carrying, Match, Reason, decide
from attendees.ending import end_admissions
from attendees.identity import clean_code, clean_email, clean_external_id
from attendees.models import Admission, Attendee, Participant
from hosts.models import Host, Membership
from materials.models import Material
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("here", "there", "is_carried"),
    [
        pytest.param(("C1", "a@x.org", ""), ("C1", "b@x.org", ""), False, id="1 other email"),
        pytest.param(("C1", "a@x.org", ""), ("C1", "a@x.org", ""), True, id="2 code and email"),
        pytest.param(("C1", "a@x.org", "E1"), ("C2", "a@x.org", "E1"), True, id="3 ID, other code"),
        pytest.param(("C1", "a@x.org", "E1"), ("C1", "b@x.org", "E1"), True, id="3 ID, other mail"),
        pytest.param(
            ("C1", "a@x.org", "E1"), ("C2", "b@x.org", "E1"), False, id="3 ID contradicted"
        ),
        pytest.param(("C1", "a@x.org", "E1"), ("C1", "a@x.org", "E2"), False, id="4 IDs differ"),
        pytest.param(("C1", "a@x.org", "E1"), ("C1", "a@x.org", ""), False, id="5 ID only here"),
        pytest.param(("C1", "a@x.org", ""), ("C1", "a@x.org", "E1"), False, id="5 ID only there"),
        pytest.param(("C1", "", ""), ("C1", "", ""), False, id="6 a code alone"),
        pytest.param(("C1", "a@x.org", "E-1"), ("C1", "a@x.org", "e-1"), False, id="7 case of ID"),
        pytest.param(
            ("C-1", "A@x.org", ""), ("c1", "a@X.org", ""), True, id="8 code and mail case"
        ),
        pytest.param(
            ("C1", "a@x.org", "\u200bE1 "), ("C1", "a@x.org", "E1"), True, id="8 invisible"
        ),
        pytest.param(("C1", "a@x.org", "00123"), ("C1", "a@x.org", "123"), False, id="9 zeros"),
        pytest.param(("C1", "a@x.org", "N/A"), ("C1", "a@x.org", "-"), True, id="11 placeholders"),
        pytest.param(("C1", "a@x.org", "0"), ("C2", "b@x.org", "0"), False, id="11 two strangers"),
        pytest.param(("C1", "a@x.org", "00"), ("C2", "a@x.org", "00"), False, id="11 only zeros"),
        pytest.param(("C1", "a@x.org", "Е1"), ("C1", "a@x.org", "E1"), False, id="12 look-alike"),
    ],
)
def test_two_rows_are_one_person(
    meeting1: Meeting,
    meeting2: Meeting,
    here: tuple[str, str, str],
    there: tuple[str, str, str],
    is_carried: bool,
) -> None:
    listed(meeting1, here, "Ana")
    listed(meeting2, there, "Ana Two")
    browser = Browser()
    browser.type_code(meeting1, here[0])
    assert browser.name_in(meeting1) == "Ana"
    assert browser.follow(meeting1, meeting2) == ("Ana Two" if is_carried else None)
    assert browser.name_in(meeting2) == ("Ana Two" if is_carried else None), "by the address too"


def listed(meeting: Meeting, row: tuple[str, str, str], name: str) -> Attendee:
    code, email, external_id = row
    return attendee_of(
        meeting,
        clean_code(code),
        clean_email(email),
        name,
        external_id=clean_external_id(external_id),
    )


def test_bob_types_his_code_once_and_walks_to_and_fro(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    assert browser.name_in(meeting1) is None
    assert browser.type_code(meeting1, " bob 1 ") == 302
    assert browser.follow(meeting1, meeting2) == "Bob Ito"
    assert browser.follow(meeting2, meeting1) == "Bob Ito"
    carried = Admission.objects.get(meeting=meeting2)
    assert carried.how == Admission.How.CARRIED
    assert carried.source == Admission.objects.get(meeting=meeting1)
    assert carried.material == meeting1.materials.get() or carried.material is not None
    assert carried.rule == "same code and email"


def test_the_way_back_is_offered(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    browser.follow(meeting1, meeting2)
    assert browser.get("/m/meeting2/").context["back"] == meeting1


@pytest.mark.parametrize("code", ["WRONG", "BOB-2", "x" * 64, "' OR 1=1 --", "ＢＯＢ"])
def test_every_kind_of_wrong_code_gets_the_same_answer(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, code: str
) -> None:
    attendee_of(meeting2, "BOB-2", "b2@example.org", "Bob")
    answer = Browser().post("/m/meeting1/join/", {"code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors == {
        "code": ["That code does not open this meeting. Check it and try again."]
    }
    assert not Admission.objects.exists()


def test_a_direct_address_of_an_unlinked_meeting_asks(
    alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    third = meeting_of(alice, "third")
    attendee_of(third, "BOB-1", "bob@example.org", "Bob")
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.name_in(third) is None
    assert browser.asked_why(third) == ""


def test_a_withdrawn_link_carries_nobody_and_ends_what_it_carried(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) == "Bob Ito"
    Material.objects.update(is_published=False)
    assert browser.name_in(meeting2) is None
    assert browser.name_in(meeting1) == "Bob Ito"


class TestALinkCarriesOnSomebodysRights:
    @pytest.fixture
    def carol(self, alice: Host) -> Host:
        """A host of the same workspace who may manage only what she made."""
        return host_of(alice.workspaces.get(), "carol@example.org", "host")

    @pytest.fixture
    def carols(self, carol: Host) -> Meeting:
        """Carol lists Bob's email with a code of her own choosing, and links to Alice's."""
        meeting = meeting_of(carol, "carols")
        attendee_of(meeting, "FORGED", "bob@example.org", "Bob", external_id="E-100")
        return meeting

    @pytest.fixture
    def victim(self, meeting1: Meeting) -> Attendee:
        return attendee_of(meeting1, "S3CRET", "bob@example.org", "Bob", external_id="E-100")

    def test_a_host_cannot_forge_the_attendee_of_another(
        self, carol: Host, carols: Meeting, meeting1: Meeting, victim: Attendee
    ) -> None:
        link_between(carols, meeting1, carol)
        browser = Browser()
        browser.type_code(carols, "FORGED")
        assert browser.follow(carols, meeting1) is None
        assert browser.asked_why(meeting1, carols) == SENTENCES[Reason.PLAIN_LINK]

    def test_once_accepted_it_carries_until_the_rights_are_lost(
        self, alice: Host, carol: Host, carols: Meeting, meeting1: Meeting, victim: Attendee
    ) -> None:
        link_between(carols, meeting1, carol, accepted_by=alice)
        browser = Browser()
        browser.type_code(carols, "FORGED")
        assert browser.follow(carols, meeting1) == "Bob"
        Membership.objects.filter(host=alice).delete()
        assert browser.name_in(meeting1) is None

    def test_who_accepts_a_link_does_not_enter_by_it(
        self, alice: Host, carol: Host, carols: Meeting, meeting1: Meeting, victim: Attendee
    ) -> None:
        link_between(meeting1, carols, alice, made_by=None)  # of a host who manages only meeting1
        Material.objects.update(accepted_by=carol)
        browser = Browser()
        browser.type_code(carols, "FORGED")
        assert browser.name_in(meeting1) is None
        assert browser.name_in(meeting1, came_from=carols) is None

    def test_a_co_host_of_both_makes_a_link_that_carries(
        self, carol: Host, carols: Meeting, meeting1: Meeting, victim: Attendee
    ) -> None:
        CoHost.objects.create(meeting=meeting1, host=carol)
        link_between(carols, meeting1, carol)
        browser = Browser()
        browser.type_code(carols, "FORGED")
        assert browser.follow(carols, meeting1) == "Bob"

    def test_nothing_crosses_a_workspace(
        self, mallory: Host, alice: Host, meeting1: Meeting, victim: Attendee
    ) -> None:
        forged = meeting_of(mallory, "forged")
        attendee_of(forged, "FORGED", "bob@example.org", "Bob", external_id="E-100")
        for source, target in ((forged, meeting1), (meeting1, forged)):
            link_between(source, target, mallory, accepted_by=alice)
        browser = Browser()
        browser.type_code(forged, "FORGED")
        assert browser.follow(forged, meeting1) is None
        assert browser.asked_why(meeting1, forged) == ""


class TestTwoPeopleInOneBrowser:
    @pytest.fixture
    def cyn(self, meeting2: Meeting) -> Attendee:
        return attendee_of(meeting2, "CYN", "cyn@example.org", "Cyn")

    def test_the_link_that_was_followed_decides(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee, cyn: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting2, "CYN")
        browser.type_code(meeting1, "BOB-1")
        assert browser.name_in(meeting2) == "Cyn"
        assert browser.follow(meeting1, meeting2) == "Bob Ito"

    def test_two_that_lead_to_two_people_are_asked(
        self, alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee,
        cyn: Attendee,
    ) -> None:  # fmt: skip
        third = meeting_of(alice, "third")
        for source in (meeting1, meeting2):
            link_between(source, third, alice)
        attendee_of(third, "BOB-1", "bob@example.org", "Bob in third")
        attendee_of(third, "CYN", "cyn@example.org", "Cyn in third")
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.type_code(meeting2, "CYN")
        assert browser.name_in(third) is None
        assert browser.asked_why(third) == SENTENCES[Reason.SEVERAL]
        assert browser.follow(meeting2, third) == "Cyn in third"

    def test_nobody_is_taken_for_the_other_who_is_not_on_the_list(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, cyn: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting2, "CYN")
        browser.type_code(meeting1, "BOB-1", came_from=None)
        Admission.objects.update(source=None)  # typed apart, on another day
        assert browser.follow(meeting1, meeting2) is None

    def test_who_was_asked_on_the_way_is_not_asked_again(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee
    ) -> None:
        attendee_of(meeting2, "B-2", "bob@example.org", "Bob Two", external_id="E-7")
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        assert browser.follow(meeting1, meeting2) is None
        browser.type_code(meeting2, "B-2", came_from=meeting1)
        assert browser.follow(meeting1, meeting2) == "Bob Two"
        assert browser.follow(meeting2, meeting1) == "Bob Ito"
        assert browser.follow(meeting1, meeting2) == "Bob Two"


class TestProof:
    def test_removing_an_attendee_ends_what_was_carried_from_there(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, meeting2)
        end_admissions(meeting1, [bob.pk])
        bob.delete()
        assert browser.name_in(meeting1) is None
        assert browser.name_in(meeting2) is None
        assert not Admission.objects.exists()

    def test_a_changed_code_ends_the_admission(self, meeting1: Meeting, bob: Attendee) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        Attendee.objects.update(code="NEW", compared_code="new", credential_version=2)
        assert browser.name_in(meeting1) is None

    def test_removed_and_added_again_stays_out(self, meeting1: Meeting, bob: Attendee) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        end_admissions(meeting1, [bob.pk])
        bob.delete()
        attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob")
        assert browser.name_in(meeting1) is None

    def test_a_chain_falls_when_its_first_link_is_withdrawn(
        self, alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        third = meeting_of(alice, "third")
        link_between(meeting2, third, alice)
        attendee_of(third, "BOB-1", "bob@example.org", "Bob in third")
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, meeting2)
        assert browser.follow(meeting2, third) == "Bob in third"
        Material.objects.filter(meeting__in=[meeting1, meeting2]).exclude(target=third).update(
            is_published=False
        )
        assert browser.name_in(third) is None

    def test_always_ask_here_asks(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, meeting2)
        Meeting.objects.filter(pk=meeting2.pk).update(always_ask=True)
        assert browser.follow(meeting1, meeting2) is None
        assert browser.asked_why(meeting2, meeting1) == SENTENCES[Reason.ALWAYS_ASK]
        browser.type_code(meeting2, "BOB-1")
        assert browser.name_in(meeting2) == "Bob Ito"


class TestNotYou:
    def test_signs_out_of_all_linked_meetings_and_no_other(
        self, alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        apart = meeting_of(alice, "apart")
        attendee_of(apart, "BOB-1", "bob@example.org", "Bob apart")
        browser = Browser()
        browser.type_code(apart, "BOB-1")
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, meeting2)
        assert browser.get("/m/meeting2/leave/").status_code == 405
        assert browser.post("/m/meeting2/leave/").status_code == 302
        assert browser.name_in(meeting1) is None
        assert browser.name_in(meeting2) is None
        assert browser.name_in(apart) == "Bob apart"

    def test_forgets_a_pseudonym_too(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        anonymize(meeting2)
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        assert (browser.follow(meeting1, meeting2) or "").startswith("Anonymous ")
        browser.post("/m/meeting1/leave/")
        assert browser.name_in(meeting2) is None
        assert not Admission.objects.exists()


def anonymize(meeting: Meeting) -> None:
    meeting.anonymize_attendees = True
    meeting.pseudonym_secret = b"s" * 32
    meeting.save()


class TestSettings:
    def test_without_codes_everybody_enters_as_anonymous(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        Meeting.objects.filter(pk=meeting2.pk).update(require_access_codes=False)
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        assert browser.follow(meeting1, meeting2) == "Anonymous"
        assert Browser().name_in(meeting2) == "Anonymous"
        assert browser.name_in(meeting1) == "Bob Ito"

    def test_nothing_is_carried_from_a_meeting_without_codes(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        Meeting.objects.filter(pk=meeting1.pk).update(require_access_codes=False)
        browser = Browser()
        assert browser.name_in(meeting1) == "Anonymous"
        assert browser.follow(meeting1, meeting2) is None
        assert browser.asked_why(meeting2, meeting1) == SENTENCES[Reason.NO_CODES]

    def test_codes_required_anew_end_open_admissions(self, meeting1: Meeting) -> None:
        Meeting.objects.update(require_access_codes=False)
        browser = Browser()
        assert browser.name_in(meeting1) == "Anonymous"
        Meeting.objects.update(require_access_codes=True)
        assert browser.name_in(meeting1) is None

    def test_an_anonymizing_meeting_admits_as_one_pseudonym(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        anonymize(meeting2)
        browser, phone = Browser(), Browser()
        browser.type_code(meeting1, "BOB-1")
        name = browser.follow(meeting1, meeting2)
        assert name is not None
        assert name.startswith("Anonymous ")
        phone.type_code(meeting2, "BOB-1")
        assert phone.name_in(meeting2) == name
        assert Participant.objects.filter(meeting=meeting2).count() == 1

    def test_no_row_ties_a_pseudonym_to_a_person(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        anonymize(meeting2)
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        browser.follow(meeting1, meeting2)
        known = Admission.objects.get(meeting=meeting1)
        hidden = Admission.objects.get(meeting=meeting2)
        assert hidden.browser != known.browser
        assert hidden.participant.attendee is None
        assert (hidden.attendee, hidden.source, hidden.material) == (None, None, None)
        assert (hidden.created_at, hidden.rule, hidden.credential_version) == (None, "", 0)

    def test_nothing_is_carried_from_an_anonymizing_meeting(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        anonymize(meeting1)
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        assert browser.follow(meeting1, meeting2) is None
        assert browser.asked_why(meeting2, meeting1) == SENTENCES[Reason.NAMES_HIDDEN]

    def test_removal_ends_a_pseudonym_while_the_secret_lives(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        anonymize(meeting1)
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        assert browser.name_in(meeting1)
        end_admissions(meeting1, [bob.pk])
        bob.delete()
        assert browser.name_in(meeting1) is None


class TestSessions:
    def test_the_key_is_another_after_a_join_and_the_old_one_opens_nothing(
        self, meeting1: Meeting, bob: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting1, "WRONG")
        planted = browser.cookies[settings.SESSION_COOKIE_NAME].value
        browser.type_code(meeting1, "BOB-1")
        assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted
        thief = Browser()
        thief.cookies[settings.SESSION_COOKIE_NAME] = planted
        assert thief.name_in(meeting1) is None

    def test_another_sites_link_carries_nobody_without_a_click(
        self, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
    ) -> None:
        browser = Browser()
        browser.type_code(meeting1, "BOB-1")
        from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
        answer = browser.get("/m/meeting2/", headers=from_elsewhere)
        assert answer.status_code == 200
        assert answer.context["name"] == "Bob Ito"
        assertTemplateUsed(answer, "attendees/enter.html")
        assert not Admission.objects.filter(meeting=meeting2).exists()
        image = from_elsewhere | {"Sec-Fetch-Dest": "image"}
        assert browser.get("/m/meeting2/", headers=image).status_code == 403
        assert browser.post("/m/meeting2/enter/").status_code == 302
        assert browser.name_in(meeting2) == "Bob Ito"


@pytest.mark.django_db(transaction=True)
def test_parallel_joins_in_tabs_all_survive(alice: Host) -> None:
    meetings = [meeting_of(alice, f"m{number}") for number in range(5)]
    for meeting in meetings:
        attendee_of(meeting, "BOB-1", "bob@example.org", "Bob")
    shared = Browser()
    shared.type_code(meetings[0], "WRONG")  # there is a session, of nobody
    cookie = shared.cookies[settings.SESSION_COOKIE_NAME].value
    tabs: list[Client] = []

    def join(meeting: Meeting) -> None:
        tab = Browser()
        tab.cookies[settings.SESSION_COOKIE_NAME] = cookie
        tab.type_code(meeting, "BOB-1")
        tabs.append(tab)
        connection.close()

    threads = [threading.Thread(target=join, args=[meeting]) for meeting in meetings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Admission.objects.count() == 5
    for tab in tabs:  # whichever answer came last, its cookie opens all five
        assert [tab.name_in(meeting) for meeting in meetings] == ["Bob"] * 5


@pytest.mark.django_db
def test_whom_a_meeting_knows_is_found_without_reading_all_who_are_in_it() -> None:
    sql, places = CANDIDATES.statement()
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which reads a small table as it is
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {sql}", places)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "attendees_participant_attendee_id" in plan
    assert "attendees_participant_meeting_id" not in plan


def test_the_decision_looks_at_nothing_but_its_arguments() -> None:
    meeting = Meeting(slug="here")
    assert decide(meeting, []) == Reason.UNKNOWN
    match = Match(1, "C1", "a@x.org", 1, "Ana", "", None)
    candidate = Candidate(
        7, None, "code", Meeting(slug="there"), "Ana", "c1", "a@x.org", "x:E1", None, match
    )
    assert decide(meeting, [candidate]) == Reason.PLAIN_LINK
    carrying = decide(meeting, [replace(candidate, link=uuid4())])
    assert isinstance(carrying, Carrying)
    assert carrying.attendee(meeting).pk == 1
