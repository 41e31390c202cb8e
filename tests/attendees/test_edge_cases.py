"""The edge cases of identity, row by row as the security notes, (c) 4, count them.

Lists come in as hosts upload them, people as browsers do. Two identities in one browser (row 24)
are in `test_carrying.py`; that a host moves people (row 35) is not to be had.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from attendees import presence
from attendees.models import Admission, Attendee, Participant, RosterImport
from hosts.models import Host, Workspace
from meetings.models import CoHost, Meeting
from tests.conftest import link_between, meeting_of
from tests.people import Browser

HEADER = "code,email,firstname,external_id"
BOB = "BOB-1,bob@example.org,Bob,"


@dataclass
class Console:
    """Alice, who uploads lists and presses buttons."""

    client: Client

    def preview(self, meeting: Meeting, *rows: str) -> str:
        """Upload a list; the page on which it is looked at."""
        file = SimpleUploadedFile("list.csv", "\n".join([HEADER, *rows]).encode())
        page = f"/host/meetings/{meeting.slug}/attendees/import/"
        return str(self.client.post(page, {"file": file})["Location"])

    def lists(self, meeting: Meeting, *rows: str, **said: str) -> str:
        """Import a list; what the preview said of it."""
        page = self.preview(meeting, *rows)
        seen = self.client.get(page)
        done = self.client.post(page, {"act": "import", "seen": seen.context["seen"]} | said)
        assert done.status_code == 302
        assert RosterImport.objects.latest("uploaded_at").imported_at
        return seen.content.decode()

    def post(self, meeting: Meeting, page: str, **said: str) -> None:
        answer = self.client.post(f"/host/meetings/{meeting.slug}/{page}", said)
        assert answer.status_code == 302, page


@pytest.fixture
def console(alice: Host, client_of: Callable[[Host], Client]) -> Console:
    return Console(client_of(alice))


@pytest.fixture
def inside(console: Console, meeting1: Meeting, meeting2: Meeting) -> Browser:
    """Bob, on both lists, came into the first meeting by code and went on into the second."""
    for meeting in (meeting1, meeting2):
        console.lists(meeting, BOB)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) == "Bob"
    return browser


# --- Rows 1 to 16: what the lists say -------------------------------------------------------------

CARRIES, DOOR = True, False
PAIRS = {
    "1 other email": ("C1,a@x.org,Ana,", "C1,b@x.org,Ana,", DOOR),
    "2 same code and email": ("C1,a@x.org,Ana,", "C1,a@x.org,Ana,", CARRIES),
    "3 same ID, other code": ("C1,a@x.org,Ana,E1", "C2,a@x.org,Ana,E1", CARRIES),
    "3 same ID, other email": ("C1,a@x.org,Ana,E1", "C1,b@x.org,Ana,E1", CARRIES),
    # Stricter than the notes, by the design: it is somebody else's ID in one of the files.
    "3 same ID, all else differs": ("C1,a@x.org,Ana,E1", "C2,b@x.org,Ana,E1", DOOR),
    "4 other ID": ("C1,a@x.org,Ana,E1", "C1,a@x.org,Ana,E2", DOOR),
    "5 ID here only": ("C1,a@x.org,Ana,E1", "C1,a@x.org,Ana,", DOOR),
    "5 ID there only": ("C1,a@x.org,Ana,", "C1,a@x.org,Ana,E1", DOOR),
    "7 case of the ID": ("C1,a@x.org,Ana,E-1", "C1,a@x.org,Ana,e-1", DOOR),
    "8 blanks, invisible and wide characters": (
        "c 1,A@x.org,Ana,\u200bＥ1\u00a0", "C1,a@X.ORG,Ana,E1", CARRIES,
    ),
    "9 leading zeros": ("C1,a@x.org,Ana,00123", "C1,a@x.org,Ana,123", DOOR),
    "11 placeholders": ("C1,a@x.org,Ana,N/A", "C1,a@x.org,Ana,-", CARRIES),
    "11 placeholders of strangers": ("C1,a@x.org,Ana,N/A", "C2,b@x.org,Ben,N/A", DOOR),
    "12 Cyrillic look-alike": ("C1,a@x.org,Ana,Е1", "C1,a@x.org,Ana,E1", DOOR),
    "16 one code, two people": ("C1,a@x.org,Ana,", "C1,b@x.org,Ben,", DOOR),
}  # fmt: skip


@pytest.mark.parametrize(("here", "there", "expected"), PAIRS.values(), ids=PAIRS.keys())
def test_who_is_one_person_in_two_lists(
    console, meeting1, meeting2, here: str, there: str, expected: bool
):
    console.lists(meeting1, here)
    console.lists(meeting2, there)
    browser = Browser()
    assert browser.type_code(meeting1, "C1") == 302
    name = meeting2.attendees.get().firstname if expected else None
    assert browser.follow(meeting1, meeting2) == name
    assert browser.name_in(meeting2) == name, "by the address, too"


def test_6_a_code_alone_is_no_identity(console, meeting1, meeting2):
    for meeting in (meeting1, meeting2):
        console.lists(meeting, BOB)
    Attendee.objects.update(email="", identity_key="")  # a row that no form and no file has made
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) is None


FILES = {
    "10 rewritten by a spreadsheet": (
        ["C1,a@x.org,Ana,1.23E+05"], ["Line 2: “1.23E+05” looks like a number"], 0,
    ),
    "11 a placeholder is told": (
        ["C1,a@x.org,Ana,N/A"], ["Line 2: “N/A” is taken as no external ID."], 1,
    ),
    "13 one code twice": (
        ["C-1,a@x.org,Ana,", "c1,b@x.org,Ben,", "C2,c@x.org,Cyn,"],
        ["Line 2: the same code is also on line 3.", "Line 3: the same code is also on line 2."],
        1,
    ),
    "14 one ID twice": (
        ["C1,a@x.org,Ana,E1", "C2,b@x.org,Ben,E1", "C3,c@x.org,Cyn,E2"],
        [
            "Line 2: the same external ID is also on line 3.",
            "Line 3: the same external ID is also on line 2.",
        ],
        1,
    ),
    "15 one email twice": (
        ["C1,a@x.org,Ana,", "C2,a@x.org,Ben,"], ["Lines 2, 3 share the email a@x.org."], 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "told", "imported"), FILES.values(), ids=FILES.keys())
def test_what_a_file_may_not_say(console, meeting1, rows: list[str], told: list[str], imported):
    page = console.preview(meeting1, *rows)
    seen = console.client.get(page)
    for sentence in told:
        assert sentence in seen.content.decode()
    said = {"act": "import", "seen": seen.context["seen"], "leave_out": "on"}
    console.client.post(page, said)
    assert meeting1.attendees.count() == imported


# --- Rows 17 to 21: the list changes while people are inside --------------------------------------


def rows_of(meeting: Meeting) -> str:
    return f"attendees/{meeting.attendees.get().pk}/"


def test_17_who_is_removed_is_out_wherever_that_row_has_let_them_in(
    console, inside, meeting1, meeting2
):
    console.post(meeting1, f"{rows_of(meeting1)}remove/")
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == [None, None]


def test_18_who_is_removed_and_added_again_stays_out(console, inside, meeting1, meeting2):
    console.post(meeting1, f"{rows_of(meeting1)}remove/")
    console.lists(meeting1, BOB)
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == [None, None]


def test_19_another_code_ends_what_the_old_one_has_opened(console, inside, meeting1, meeting2):
    console.post(
        meeting1, rows_of(meeting1), code="NEW-1", email="bob@example.org", firstname="Bob"
    )
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == [None, None]
    assert inside.type_code(meeting1, "BOB-1") == 200
    assert inside.type_code(meeting1, "NEW-1") == 302
    assert inside.follow(meeting1, meeting2) is None  # the code is part of the identity


@pytest.mark.parametrize("row", ["BOB-1,bob@example.org,Bob,E-1", "BOB-1,new@example.org,Bob,"])
def test_20_another_identity_ends_what_the_old_one_has_opened(
    console, inside, meeting1, meeting2, row: str
):
    """Stricter than the notes, by the design: an identity that changes ends its admission."""
    console.lists(meeting1, row)
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == [None, None]


def test_21_the_same_list_again_changes_nothing(console, inside, meeting1, meeting2):
    before = list(Attendee.objects.order_by("pk").values())
    assert "1 unchanged" in console.lists(meeting1, BOB)
    assert list(Attendee.objects.order_by("pk").values()) == before
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == ["Bob", "Bob"]


# --- Rows 22 to 36: meetings, browsers, links -----------------------------------------------------


def test_22_an_ended_meeting_shows_only_what_stays_readable(console, inside, meeting1, meeting2):
    console.post(meeting2, "end/")
    back = meeting2.materials.get()
    assert inside.name_in(meeting2) == "Bob"
    assert inside.get(f"/m/meeting2/materials/{back.pk}/").status_code == 404
    back.is_readable_after = True
    back.save()
    assert inside.get(f"/m/meeting2/materials/{back.pk}/").status_code == 302


def test_22_an_ended_meeting_carries_on_the_same_proof_as_a_live_one(console, meeting1, meeting2):
    """Softer than the notes, by the design: the code would open it, too, and little is left there.

    What is left is for those on the list. It counts as nobody's attendance.
    """
    for meeting in (meeting1, meeting2):
        console.lists(meeting, BOB)
    late, stranger = Browser(), Browser()
    late.type_code(meeting1, "BOB-1")
    console.post(meeting2, "end/")
    assert late.follow(meeting1, meeting2) == "Bob"
    assert "This meeting has ended." in late.get("/m/meeting2/").content.decode()
    back = meeting2.materials.get()
    assert late.get(f"/m/meeting2/materials/{back.pk}/").status_code == 404
    assert stranger.name_in(meeting2) is None
    presence.touch(Admission.objects.get(meeting=meeting2))
    report = console.client.get("/host/meetings/meeting2/paths/").context["report"]
    assert [room.people for room in report.rooms if room.meeting == meeting2] == [0]


def test_22_who_was_in_goes_on_from_an_ended_meeting(console, inside, meeting1, meeting2, alice):
    meeting3 = meeting_of(alice, "meeting3")
    console.lists(meeting3, BOB)
    link_between(meeting2, meeting3, alice, is_readable_after=True)
    console.post(meeting2, "end/")
    assert inside.follow(meeting2, meeting3) == "Bob"


def test_23_a_reopened_meeting_knows_who_was_in(console, inside, meeting2):
    console.post(meeting2, "end/")
    console.post(meeting2, "reopen/")
    assert inside.name_in(meeting2) == "Bob"


def test_25_one_person_in_two_browsers_is_one_participant(inside, meeting1):
    phone = Browser()
    phone.type_code(meeting1, "BOB-1")
    assert [phone.name_in(meeting1), inside.name_in(meeting1)] == ["Bob", "Bob"]
    assert Participant.objects.filter(meeting=meeting1).count() == 1


def another_tab(browser: Browser) -> Browser:
    tab = Browser()
    tab.cookies = browser.cookies.copy()
    return tab


@pytest.mark.parametrize("where", ["meeting1", "meeting2"])
def test_26_to_28_leaving_in_one_tab_leaves_in_all(inside, meeting1, meeting2, where: str):
    tab = another_tab(inside)
    answer = inside.post(f"/m/{where}/leave/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    for browser in (inside, tab):
        assert [browser.name_in(meeting) for meeting in (meeting1, meeting2)] == [None, None]
    assert not Admission.objects.exists()


@pytest.mark.parametrize("fault", ["withdrawn", "removed", "rights lost", "other workspace"])
def test_29_what_a_link_has_carried_ends_with_it(
    console, other_workspace: Workspace, inside, meeting1, meeting2, fault: str
):
    for link in (meeting1.materials.get(), meeting2.materials.get()):
        match fault:
            case "withdrawn" | "removed":
                act = "withdraw" if fault == "withdrawn" else "remove"
                console.post(link.meeting, f"materials/{link.pk}/{act}/")
            case "rights lost":
                link.made_by.memberships.all().update(role="host")
                CoHost.objects.filter(meeting=meeting1).delete()
            case "other workspace":
                Meeting.objects.filter(pk=meeting1.pk).update(workspace=other_workspace)
    assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == ["Bob", None]


def test_30_a_host_needs_a_code_like_anybody(console, meeting1):
    answer = console.client.get("/m/meeting1/")
    assert (answer.status_code, answer["Location"]) == (302, "/m/meeting1/join/")


def test_31_without_codes_there_the_name_stays_behind(inside, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(require_access_codes=False)
    assert inside.follow(meeting1, meeting2) == "Anonymous"
    assert "Bob" not in inside.get("/m/meeting2/people/").content.decode()
    assert inside.name_in(meeting1) == "Bob"


def test_32_without_codes_here_nobody_is_known(inside, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting1.pk).update(require_access_codes=False)
    assert inside.follow(meeting1, meeting2) is None


def test_33_an_anonymizing_meeting_admits_without_a_name(console, inside, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(
        anonymize_attendees=True, pseudonym_secret=b"s" * 32
    )
    assert inside.follow(meeting1, meeting2).startswith("Anonymous ")
    assert "Bob" not in inside.get("/m/meeting2/people/").content.decode()
    assert inside.follow(meeting2, meeting1) == "Bob"  # by what this browser has there


def test_34_before_the_start_people_wait_under_their_name(console, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(state="scheduled", started_at=None)
    for meeting in (meeting1, meeting2):
        console.lists(meeting, BOB)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    assert browser.follow(meeting1, meeting2) == "Bob"
    assert "To Meeting1" not in browser.get("/m/meeting2/").content.decode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_36_nobody_is_put_out_by_a_time_zone(settings, inside, meeting1, meeting2, zone: str):
    settings.TIME_ZONE = zone
    with timezone.override(zone):
        assert [inside.name_in(meeting) for meeting in (meeting1, meeting2)] == ["Bob", "Bob"]


def test_a_host_of_one_meeting_forges_nobody_in_another(
    console, alice: Host, mallory: Host, client_of, meeting1, meeting2
):
    """By the pages alone: Mallory's list, in her own workspace, and a web link from it."""
    theirs = Meeting.objects.create(
        workspace=mallory.workspaces.get(), slug="theirs", title="Theirs", state="live",
        started_at=timezone.now(), created_by=mallory,
    )  # fmt: skip
    console.lists(meeting1, "S3CRET,bob@example.org,Bob,E-100")
    Console(client_of(mallory)).lists(theirs, "FORGED,bob@example.org,Bob,E-100")
    link_between(theirs, meeting1, mallory, accepted_by=alice)
    browser = Browser()
    browser.type_code(theirs, "FORGED")
    assert browser.follow(theirs, meeting1) is None
    assert browser.name_in(meeting1) is None
