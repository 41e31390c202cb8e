"""The checklist says what is missing for the story, and nothing that the host may not know."""

import pytest
from django.utils import timezone

from attendees.guarding import WRONG_CODES_PER_MEETING
from attendees.models import Attendee
from attendees.overview.checklist import Item, Weight, checklist
from attendees.strength import HARD, tries_per_hit
from hosts.models import Host
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of


def texts(meeting: Meeting, host: Host) -> list[str]:
    return [f"{item.weight}: {item.text}" for item in checklist(meeting, host)]


def problems(meeting: Meeting, host: Host) -> list[str]:
    return [item.text for item in checklist(meeting, host) if item.weight is not Weight.DONE]


def with_strong_code(attendee: Attendee) -> None:
    attendee.code = "QX71-PL3D"
    attendee.derive()
    attendee.save()


@pytest.fixture
def plenary(alice, meeting1, meeting2, bob, bob2) -> Meeting:
    """Everything is well: two live meetings, linked both ways, with Bob on both lists."""
    for attendee in (bob, bob2):
        with_strong_code(attendee)
    return meeting1


def change(meeting: Meeting, **fields: object) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(**fields)


def test_when_all_is_well_it_says_so(alice, plenary):
    assert texts(plenary, alice) == [
        "done: 1 attendee on the list",
        "done: Codes are hard to guess",
        "done: Link to “Meeting2”: everybody is carried without a second prompt",
    ]


def test_of_an_archived_meeting_it_says_no_more(alice, plenary):
    change(plenary, state="ended", archived_at=timezone.now(), require_access_codes=False)
    plenary.refresh_from_db()
    assert texts(plenary, alice) == [
        "warning: Archived: its address leads nowhere, until you take the meeting back."
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"require_access_codes": False},
            ["“Meeting2” does not require codes: people arrive there as “Anonymous”."],
        ),
        (
            {"anonymize_attendees": True},
            ["“Meeting2” anonymizes attendees: people arrive there without a name."],
        ),
        ({"always_ask": True}, ["“Meeting2” always asks for the code."]),
        ({"state": "scheduled"}, ["“Meeting2” has not been started."]),
        ({"state": "ended"}, ["“Meeting2” has ended."]),
        ({"state": "ended", "archived_at": timezone.now()}, ["“Meeting2” is archived."]),
    ],
)
def test_what_is_wrong_with_the_target(alice, plenary, meeting2, fields, expected):
    change(meeting2, **fields)
    assert problems(plenary, alice) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"require_access_codes": False},
            [
                "Codes are not required: anybody with the address comes in as “Anonymous”, and "
                "nobody is known in linked meetings."
            ],
        ),
        (
            {"anonymize_attendees": True},
            ["Attendees are anonymous here, so linked meetings ask them for their code."],
        ),
    ],
)
def test_what_is_wrong_with_the_meeting_itself(alice, plenary, fields, expected):
    change(plenary, **fields)
    plenary.refresh_from_db()
    assert problems(plenary, alice) == expected


def test_a_new_meeting_lacks_people_and_materials(alice):
    meeting = meeting_of(alice, "plenary")
    assert checklist(meeting, alice) == [
        Item(
            Weight.MISSING,
            "No attendees yet: nobody can come in.",
            "Import attendees",
            "/host/meetings/plenary/attendees/import/",
        ),
        Item(
            Weight.MISSING,
            "Nothing is published on the Materials tab yet.",
            "Add a material",
            "/host/meetings/plenary/materials/new/",
        ),
    ]


def test_no_way_back(alice, plenary, meeting2):
    meeting2.materials.all().delete()
    assert problems(plenary, alice) == ["“Meeting2” has no link back to “Meeting1”."]


def test_people_whom_the_target_does_not_know(alice, plenary):
    attendee_of(plenary, "ZZ11-QQ22", "eve@example.org", "Eve")
    assert problems(plenary, alice) == [
        "Link to “Meeting2”: 1 of 2 people will be asked again. Not on the other list: 1."
    ]


def test_a_target_without_attendees(alice, plenary, meeting2):
    meeting2.attendees.all().delete()
    [item] = [i for i in checklist(plenary, alice) if i.weight is not Weight.DONE]
    assert item.text == "“Meeting2” has nobody of this list on its own."
    assert item.url == "/host/meetings/meeting1/links/"


def test_an_external_id_on_one_side_only_is_no_match(alice, plenary, bob2):
    bob2.external_id = "E-1"
    bob2.derive()
    bob2.save()
    assert problems(plenary, alice) == [
        "Link to “Meeting2”: 1 of 1 person will be asked again. External ID on one list only: 1."
    ]


def test_the_same_external_id_with_another_code_and_email_is_somebody_else(
    alice, plenary, bob, bob2
):
    for attendee, code, email in ((bob, "AAAA-1111", "a@x.org"), (bob2, "BBBB-2222", "b@x.org")):
        attendee.code, attendee.email, attendee.external_id = code, email, "E-1"
        attendee.derive()
        attendee.save()
    assert (
        "Link to “Meeting2”: 1 of 1 person will be asked again. "
        "Same external ID, another code and email: 1."
    ) in problems(plenary, alice)


def test_a_link_that_nobody_accepted_is_plain(alice, workspace, bob, meeting1):
    with_strong_code(bob)
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    target = meeting_of(alice, "target", title="Target")
    link_between(meeting1, target, carol)
    link_between(target, meeting1, carol)

    assert problems(meeting1, carol) == [
        "1 link from other meetings waits for your answer.",
        "The link to “Target” is plain: people are asked for a code there until a host of that "
        "meeting accepts it.",
    ]


def test_who_is_on_a_list_is_not_told_to_hosts_who_do_not_manage_it(
    alice, workspace, bob, meeting1
):
    """A list of one person would else be a question about that person."""
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    target = meeting_of(alice, "target", title="Target")
    link_between(meeting1, target, alice)
    before = texts(meeting1, carol)
    attendee_of(target, bob.code, bob.email, bob.firstname)

    assert texts(meeting1, carol) == before
    assert not any("asked again" in text for text in before)
    assert not any(
        item.url.startswith("/host/meetings/target/") for item in checklist(meeting1, carol)
    )
    assert any("asked again" in text for text in texts(meeting1, alice)) is False
    attendee_of(meeting1, "ZZ11-QQ22", "eve@example.org", "Eve")
    assert any("asked again" in text for text in texts(meeting1, alice))


def test_many_wrong_codes_are_reported(alice, plenary):
    for _ in range(49):
        WRONG_CODES_PER_MEETING.hit(str(plenary.pk))
    assert problems(plenary, alice) == []
    WRONG_CODES_PER_MEETING.hit(str(plenary.pk))
    [problem] = problems(plenary, alice)
    assert problem.startswith("50 wrong codes were typed lately.")


def rooms_of(plenary: Meeting, alice: Host, number: int, **fields: object) -> list[Meeting]:
    rooms = [meeting_of(alice, f"m-{n}", title=f"Room {n}", **fields) for n in range(number)]
    for room in rooms:
        link_between(plenary, room, alice)
        link_between(room, plenary, alice)
    return rooms


def test_links_beyond_a_screenful_are_counted(alice, plenary):
    rooms_of(plenary, alice, 14, require_access_codes=False)
    assert problems(plenary, alice)[-1] == "2 more links with something to look at."


def test_many_links_in_order_do_not_hide_the_one_that_is_not(alice, plenary, bob):
    rooms = rooms_of(plenary, alice, 14)
    for room in rooms[:13]:
        with_strong_code(attendee_of(room, "BOB-1", "bob@example.org", "Bob"))
    assert texts(plenary, alice)[2:] == [
        "warning: “Room 13” has nobody of this list on its own.",
        "done: 14 links carry people without a second prompt",
    ]


def test_rooms_that_have_not_been_started_are_one_thing_to_do(alice, plenary, bob):
    for room in rooms_of(plenary, alice, 3, state="scheduled", started_at=None):
        with_strong_code(attendee_of(room, "BOB-1", "bob@example.org", "Bob"))
    [item] = [i for i in checklist(plenary, alice) if i.weight is not Weight.DONE]
    assert item == Item(
        Weight.WARNING,
        "3 linked meetings have not been started.",
        "Start them together",
        "/host/meetings/meeting1/together/",
    )


def test_an_unpublished_link_is_nobodys_business(alice, meeting1, bob):
    with_strong_code(bob)
    link_between(meeting1, meeting_of(alice, "target"), alice, is_published=False)
    assert problems(meeting1, alice) == ["Nothing is published on the Materials tab yet."]


@pytest.mark.parametrize(
    ("codes", "count", "is_hard"),
    [
        (["qx71pl3d", "c8h2vq5r"], 500, True),
        (["qx71pl3d", "c8h2vq5r"], 100_000, True),
        (["48291057", "91730264"], 100, True),
        (["48291057", "91730264"], 500, False),
        (["1001", "1002", "1003"], 3, False),
        (["123456", "987654"], 500, False),
        (["bob", "eve"], 2, False),
        (["assembly2027a1", "assembly2027b7"], 2, False),
        (["7"], 1, False),
        (["x"], 1, False),
        (["über-lang-genug", "straße-lang-genu"], 2, True),
    ],
)
def test_which_codes_are_hard_to_guess(codes, count, is_hard):
    assert (tries_per_hit(codes, count) >= HARD) is is_hard


def test_an_empty_roster_has_no_codes_to_guess():
    assert tries_per_hit([], 0) == 0


def test_codes_in_a_row_are_guessed_at_once(alice, meeting1):
    for code in range(100, 120):
        attendee_of(meeting1, str(code), f"p{code}@example.org", "P")
    assert "A code can be guessed in one try or two. Longer, random codes are safer." in (
        problems(meeting1, alice)
    )
