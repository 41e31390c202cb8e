"""Codes that the portal makes: hard to guess, and one person's the same wherever they may go."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attendees.models import Attendee
from attendees.roster.codes import ALPHABET, LETTERS, LONG, SHORT, SHORT_UP_TO, new_code, new_codes
from hosts.models import Host, Workspace
from meetings.arranging import add_cohost
from meetings.models import Meeting
from tests.conftest import attendee_of, host_of, meeting_of

HEADER = "email,firstname,lastname,external_id\n"


def codes_after(client: Client, meeting: Meeting, rows: str) -> dict[str, str]:
    """The codes given to the people of a file that has none, by first name."""
    address = f"/host/meetings/{meeting.slug}/attendees/import/"
    file = SimpleUploadedFile("list.csv", (HEADER + rows).encode())
    page = client.post(address, {"file": file, "generates_codes": "on"}).url
    seen = client.get(page).context["seen"]
    assert client.post(page, {"act": "import", "seen": seen}).status_code == 302
    return dict(Attendee.objects.of(meeting).values_list("firstname", "code"))


@pytest.fixture
def client(alice: Host, client_of: Callable[[Host], Client]) -> Client:
    return client_of(alice)


def test_codes_are_of_the_alphabet_begin_with_a_letter_and_are_shown_in_groups() -> None:
    assert ALPHABET == "23456789CFGHJMPQRVWX"
    for length, shown in ((SHORT, 9), (LONG, 11)):
        for code in (new_code(length) for _ in range(200)):
            assert len(code) == shown
            assert code[0] in LETTERS
            assert set(code) <= {*ALPHABET, "-"}


def test_a_hit_takes_two_to_the_24th_guesses_up_to_900_people_and_more_beyond() -> None:
    space = len(LETTERS) * len(ALPHABET) ** (SHORT - 1)
    assert space / SHORT_UP_TO >= 2**23.9
    assert len(next(new_codes(900, set()))) == 9
    assert len(next(new_codes(901, set()))) == 11


@pytest.mark.parametrize(
    ("row", "is_known"),
    [
        ("other@example.org,Robert,,E7", True),
        ("bob@example.org,Bob,Ito,", True),
        ("bob@example.org,BOB,ito,", True),
        ("bob@example.org,Bob,Ito,E8", False),
        ("bob@example.org,Barbara,Ito,", False),
        ("else@example.org,Bob,Ito,", False),
    ],
    ids=["external ID", "email and name", "case", "another ID", "shared mailbox", "namesake"],
)
def test_whoever_has_a_code_in_a_linked_meeting_is_given_the_same(
    client: Client, meeting1: Meeting, meeting2: Meeting, row: str, is_known: bool
) -> None:
    attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob", lastname="Ito", external_id="E7")
    (code,) = codes_after(client, meeting2, row + "\n").values()
    assert (code == "BOB-1") is is_known


def test_meetings_that_are_not_linked_share_no_codes(
    client: Client, alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    other = meeting_of(alice, "meeting3")
    assert codes_after(client, other, "bob@example.org,Bob,Ito,\n")["Bob"] != bob.code


def test_codes_of_a_meeting_that_the_host_does_not_manage_are_not_told(
    client_of: Callable[[Host], Client],
    alice: Host,
    workspace: Workspace,
    meeting1: Meeting,
    meeting2: Meeting,
    bob: Attendee,
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    add_cohost(meeting2, carol)
    given = codes_after(client_of(carol), meeting2, "bob@example.org,Bob,Ito,\n")
    assert given["Bob"] != bob.code


def test_people_who_look_the_same_are_given_codes_of_their_own(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob")
    attendee_of(meeting1, "BOB-2", "bob@example.org", "Bob")
    assert codes_after(client, meeting2, "bob@example.org,Bob,,\n")["Bob"] not in ("BOB-1", "BOB-2")


def test_a_code_that_somebody_else_has_here_is_not_given_again(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    attendee_of(meeting1, "SAME-1", "bob@example.org", "Bob")
    attendee_of(meeting2, "SAME1", "ann@example.org", "Ann")
    assert codes_after(client, meeting2, "bob@example.org,Bob,,\n")["Bob"] not in (
        "SAME-1",
        "SAME1",
    )


def test_somebody_added_by_hand_is_given_the_same_code_too(
    client: Client, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    client.post(
        "/host/meetings/meeting2/attendees/new/",
        {"firstname": "Bob", "lastname": "Ito", "email": "bob@example.org"},
    )
    assert Attendee.objects.of(meeting2).get().code == bob.code
