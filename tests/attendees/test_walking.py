"""A walk shows what the doors would do, for everybody and every step, and leaves no trace."""

from itertools import permutations
from random import Random
from urllib.parse import parse_qs

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from attendees.guarding import WRONG_CODES_PER_MEETING
from attendees.models import Attendee
from attendees.walking import LONGEST_WALK, Gate, Walk, walk
from hosts.models import Host
from materials.models import Material
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser

pytestmark = pytest.mark.django_db


def link(source: Meeting, target: Meeting) -> str:
    return f"link:{source.materials.get(target=target).pk}"


def outcomes(going: Walk) -> list[tuple[str, str, str]]:
    return [(gate.meeting.slug, str(gate.outcome), gate.headline) for gate in going.gates]


def walked(person: Attendee, *steps: str) -> Walk:
    managed = set(Meeting.objects.values_list("pk", flat=True))
    person.meeting.refresh_from_db()
    return walk(person, steps, managed=managed, at=timezone.now())


def test_bob_types_his_code_and_is_carried_and_comes_back(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    going = walked(bob, f"code:{bob.pk}", link(meeting1, meeting2), link(meeting2, meeting1))
    assert outcomes(going) == [
        ("meeting1", "asked", "Asked for the code"),
        ("meeting1", "in", "In by the code of Bob Ito"),
        ("meeting2", "in", "Carried, without a code"),
        ("meeting1", "in", "Known here already"),
    ]
    assert "Code and email are the same" in going.gates[2].why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"always_ask": True}, "Always ask"),
        ({}, "Nobody on the list of this meeting has the same identity."),
    ],
)
def test_a_door_that_asks_says_why(
    meeting1: Meeting, meeting2: Meeting, bob: Attendee, change: dict[str, bool], why: str
) -> None:
    attendee_of(meeting2, "BOB-2", "bob@example.org", "Bob")
    Meeting.objects.filter(pk=meeting2.pk).update(**change)
    gate = walked(bob, f"code:{bob.pk}", link(meeting1, meeting2)).gates[-1]
    assert gate.is_asked
    assert why in gate.why
    assert gate.told
    if not change:
        assert gate.advice.startswith("The email is the same, but the codes differ")


def test_who_is_in_is_not_asked_for_another_code(meeting1: Meeting, bob: Attendee) -> None:
    assert walked(bob).door == meeting1
    assert walked(bob, f"code:{bob.pk}").door is None


def test_a_door_that_asks_for_the_email_says_so(meeting1: Meeting, bob: Attendee) -> None:
    assert "email" not in walked(bob).gates[0].why
    Meeting.objects.filter(pk=meeting1.pk).update(ask_email=True)
    assert walked(bob).gates[0].why.endswith("It asks for the email of its list, too.")


def test_a_guarded_door_says_so(meeting1: Meeting, bob: Attendee) -> None:
    WRONG_CODES_PER_MEETING.hit(str(meeting1.pk))
    WRONG_CODES_PER_MEETING.note_over(str(meeting1.pk))
    assert "For the moment it asks newcomers for the email" in walked(bob).gates[0].why


def test_a_plain_link_asks(
    workspace, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    Material.objects.update(made_by=carol)
    gate = walked(bob, f"code:{bob.pk}", link(meeting1, meeting2)).gates[-1]
    assert gate.is_asked
    assert "plain" in gate.why


def test_a_code_typed_in_the_chain_is_walked_on(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob: Attendee
) -> None:
    other = attendee_of(meeting2, "BOB-2", "bob@example.org", "Bob", external_id="E-1")
    third = meeting_of(alice, "third")
    link_between(meeting2, third, alice)
    attendee_of(third, "BOB-3", "bob@example.org", "Bob", external_id="E-1")
    going = walked(
        bob,
        f"code:{bob.pk}", link(meeting1, meeting2), f"code:{other.pk}", link(meeting2, third),
    )  # fmt: skip
    assert outcomes(going)[2:] == [
        ("meeting2", "asked", "Asked for the code"),
        ("meeting2", "in", "In by the code of Bob"),
        ("third", "in", "Carried, without a code"),
    ]
    assert "external ID is the same" in going.gates[-1].why


def test_what_has_not_started_or_is_over_is_said(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    Meeting.objects.filter(pk=meeting1.pk).update(state="scheduled")
    Meeting.objects.filter(pk=meeting2.pk).update(state="ended", ended_at=timezone.now())
    host = client_of(alice)
    address = f"/host/meetings/meeting1/walk/?person={bob.pk}&go=code:{bob.pk}"
    page = host.get(f"{address}&go={link(meeting1, meeting2)}").content.decode()
    assert "It has not started" in page
    assert "It has ended" in page
    Meeting.objects.filter(pk=meeting2.pk).update(archived_at=timezone.now())
    assert "Archived" in host.get(f"{address}&go={link(meeting1, meeting2)}").content.decode()


def test_an_open_meeting_knows_nobody_and_carries_nobody(
    alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    plaza = meeting_of(alice, "plaza", require_access_codes=False)
    link_between(meeting1, plaza, alice)
    link_between(plaza, meeting1, alice)
    going = walked(bob, f"code:{bob.pk}", link(meeting1, plaza), link(plaza, meeting1))
    assert outcomes(going)[2:] == [
        ("plaza", "in", "In as “Anonymous”"),
        ("meeting1", "in", "Known here already"),
    ]


def test_an_anonymizing_meeting_lets_in_and_carries_nobody_on(
    alice: Host, meeting1: Meeting, bob: Attendee
) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    third = meeting_of(alice, "third")
    link_between(meeting1, hiding, alice)
    link_between(hiding, third, alice)
    for meeting in (hiding, third):
        attendee_of(meeting, "BOB-1", "bob@example.org", "Bob")
    going = walked(bob, f"code:{bob.pk}", link(meeting1, hiding), link(hiding, third))
    assert [gate.is_in for gate in going.gates] == [False, True, True, False]
    assert "pseudonym" in going.gates[2].why


@pytest.mark.parametrize("external_ids", [("", ""), ("E1", "E1"), ("E1", "E2"), ("E1", "")])
@pytest.mark.parametrize("change", [{}, {"always_ask": True}, {"anonymize_attendees": True}])
@pytest.mark.parametrize("is_declined", [False, True])
def test_the_walk_and_the_door_agree(
    meeting1: Meeting,
    meeting2: Meeting,
    external_ids: tuple[str, str],
    change: dict[str, bool],
    is_declined: bool,
) -> None:
    here, there = external_ids
    bob = attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob", external_id=here)
    attendee_of(meeting2, "BOB-1", "bob@example.org", "Bob", external_id=there)
    Meeting.objects.filter(pk=meeting2.pk).update(
        **change, pseudonym_secret=b"s" * 32 if "anonymize_attendees" in change else None
    )
    Material.objects.update(is_declined=is_declined)
    browser = Browser()
    browser.type_code(meeting1, "BOB-1")
    steps = f"code:{bob.pk}", link(meeting1, meeting2)
    is_carried = browser.follow(meeting1, meeting2) is not None
    assert walked(bob, *steps).gates[-1].is_in == is_carried


# What a browser meets at a door: the name under which it is let in, or why it is asked.
Met = tuple[str | None, str]


def met(browser: Browser, meeting: Meeting, came_from: Meeting | None = None) -> Met:
    name = browser.name_in(meeting, came_from)
    return (name, "") if name else (None, browser.asked_why(meeting, came_from))


def said_by(gate: Gate) -> Met:
    if gate.is_asked:
        return None, gate.told
    return gate.why.rpartition("Shown as ")[2].strip("“”."), ""


def random_room(host: Host, slug: str, dice: Random) -> Meeting:
    """With three people, who are not quite those of the other rooms."""
    room = meeting_of(
        host, slug, require_access_codes=dice.random() < 0.85, always_ask=dice.random() < 0.1
    )
    ids = dice.sample(["", "", "E-1", "E-2"], 3)
    for code, external_id in zip(("ANA-1", "BEN-1", "CY-1"), ids, strict=True):
        email = dice.choice(["ana@x.org", "ben@x.org", ""])
        attendee_of(room, code, email, f"{code} of {slug}", external_id=external_id)
    return room


def random_step(browser: Browser, going: Walk, dice: Random) -> tuple[str, Met]:
    """Type a code that opens the door, or follow a link; the step, and what the browser met."""
    codes = Attendee.objects.filter(meeting=going.door).order_by("pk") if going.door else []
    links = sorted(going.links(), key=lambda link: link.target.slug)
    choice = dice.choice([*codes, *links])
    if isinstance(choice, Material):
        return f"link:{choice.pk}", met(browser, choice.target, going.standing)
    came_from = Meeting.objects.filter(slug=going.came_from).first()
    browser.type_code(going.door, choice.code, came_from)
    return f"code:{choice.pk}", met(browser, going.door, came_from)


@pytest.mark.parametrize("seed", range(5))
def test_wherever_a_walk_leads_it_meets_what_a_browser_meets(alice: Host, seed: int) -> None:
    dice = Random(seed)
    rooms = [random_room(alice, f"room-{number}", dice) for number in range(3)]
    for source, target in permutations(rooms, 2):
        link_between(source, target, alice, is_declined=dice.random() < 0.15)
    person = dice.choice(Attendee.objects.of(rooms[0]).order_by("pk"))
    browser, steps = Browser(), []
    here = met(browser, rooms[0])
    for _ in range(8):
        going = walked(person, *steps)
        assert said_by(going.gates[-1]) == here, steps
        step, here = random_step(browser, going, dice)
        steps.append(step)


def everything_stored() -> dict[str, list[str]]:
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
    }


def test_a_walk_leaves_no_trace(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    hiding = meeting_of(alice, "hiding", anonymize_attendees=True, pseudonym_secret=b"s" * 32)
    link_between(meeting2, hiding, alice)
    attendee_of(hiding, "BOB-1", "bob@example.org", "Bob")
    cache.clear()
    host = client_of(alice)
    before = everything_stored()
    steps = [f"code:{bob.pk}", link(meeting1, meeting2), link(meeting2, hiding)]
    answer = host.get("/host/meetings/meeting1/walk/", {"person": bob.pk, "go": steps})
    assert [gate.is_in for gate in answer.context["walk"].gates] == [False, True, True, True]
    assert everything_stored() == before


def test_the_page_offers_the_next_steps(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    host: Client = client_of(alice)
    assert "Bob Ito" in host.get("/host/meetings/meeting1/walk/?q=bob").content.decode()
    start = host.get(f"/host/meetings/meeting1/walk/?person={bob.pk}")
    [(row, query)] = start.context["codes"]
    assert row == bob
    inside = host.get(f"/host/meetings/meeting1/walk/?{query}")
    [(_link, query)] = inside.context["links"]
    assert parse_qs(query)["go"] == [f"code:{bob.pk}", link(meeting1, meeting2)]
    last = host.get(f"/host/meetings/meeting1/walk/?{query}")
    assert last.context["walk"].gates[-1].headline == "Carried, without a code"


@pytest.mark.parametrize(
    "step", ["link:nonsense", "code:999999", "code:x", "fly:1", "", f"link:{'0' * 32}"]
)
def test_a_step_that_is_none_is_not_found(
    alice: Host, client_of, meeting1: Meeting, bob: Attendee, step: str
) -> None:
    query = {"person": bob.pk, "go": step}
    assert client_of(alice).get("/host/meetings/meeting1/walk/", query).status_code == 404


def test_a_walk_has_an_end(alice: Host, client_of, meeting1: Meeting, bob: Attendee) -> None:
    query = {"person": bob.pk, "go": [f"code:{bob.pk}"] * (LONGEST_WALK + 1)}
    assert client_of(alice).get("/host/meetings/meeting1/walk/", query).status_code == 404


def test_nobody_walks_as_somebody_of_another_list(
    alice: Host, client_of, meeting1: Meeting, meeting2: Meeting, bob2: Attendee
) -> None:
    for person in (bob2.pk, 999999, "nonsense"):
        address = f"/host/meetings/meeting1/walk/?person={person}"
        assert client_of(alice).get(address).status_code == 404


def test_of_a_meeting_that_one_does_not_manage_nothing_is_told(
    workspace, client_of, meeting1: Meeting, meeting2: Meeting, bob: Attendee, bob2: Attendee
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    query = {"person": bob.pk, "go": [f"code:{bob.pk}", link(meeting1, meeting2)]}
    page = client_of(carol).get("/host/meetings/meeting1/walk/", query)
    gate = page.context["walk"].gates[-1]
    assert (gate.meeting, gate.headline) == (meeting2, "Not to be told here")
    assert "carried" not in page.content.decode().casefold()
