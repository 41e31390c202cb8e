"""What makes linked meetings ask again: shown by the check, mended by one click, and taken back."""

import codecs
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from attendees.links.check import check
from attendees.links.outcomes import Outcome
from attendees.models import Attendee, Repair
from attendees.repairs import listed, people, repairing
from attendees.repairs.acts import Act
from attendees.repairs.losses import losses
from hosts.models import Host, Workspace
from materials import publishing
from materials.models import Material
from meetings.models import CoHost, Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of
from tests.people import Browser


@dataclass
class Console:
    """Alice, mending the links between two meetings."""

    client: Client

    def links(self, meeting: Meeting) -> str:
        return self.client.get(reverse("materials:links", args=[meeting.slug])).content.decode()

    def page(self, act: Act, source: Meeting, target: Meeting) -> str:
        return reverse("links:repair", args=[source.slug, target.slug, act])

    def repair(
        self, act: Act, source: Meeting, target: Meeting, reason: Outcome | None = None
    ) -> Repair:
        """Look at the preview, and press its button."""
        page = self.page(act, source, target)
        seen = self.client.get(page, {"reason": reason} if reason else {})
        assert seen.status_code == 200
        assert seen.context["proposal"].steps
        data = {"seen": seen.context["seen"], "reason": seen.context["reason"]}
        answer = self.client.post(page, data)
        assert answer.status_code == 302, answer.context["told"]
        made = Repair.objects.latest("made_at")
        assert answer["Location"] == reverse("links:repaired", args=[source.slug, made.pk])
        return made

    def undo(self, repair: Repair) -> str:
        """Take it back: the page that says what was left."""
        page = reverse("links:repaired", args=[repair.meeting.slug, repair.pk])
        return self.client.post(page, follow=True).content.decode()


@pytest.fixture
def console(alice, client_of) -> Console:
    return Console(client_of(alice))


@pytest.fixture
def anywhere(bob, bob2) -> Browser:
    """Bob's browser, which knows nothing yet; he is on both lists."""
    return Browser()


def save(attendee: Attendee, **values: str) -> Attendee:
    attendee.refresh_from_db()
    for name, value in values.items():
        setattr(attendee, name, value)
    attendee.derive()
    attendee.save()
    return attendee


def name_after_following(browser: Browser, meeting1: Meeting, meeting2: Meeting) -> str | None:
    if browser.name_in(meeting1) is None:
        assert browser.type_code(meeting1, meeting1.attendees.get(firstname="Bob").code) == 302
    return browser.follow(meeting1, meeting2)


# --- Before it is made --------------------------------------------------------------------------


def test_a_repair_that_parts_a_third_list_says_so_before(
    client_of, workspace, alice, meeting1, meeting2
):
    carol = host_of(workspace, "carol@example.org", "host")
    room, not_hers = meeting_of(carol, "room"), meeting_of(alice, "not-hers")
    for meeting in (meeting1, meeting2):
        CoHost.objects.create(meeting=meeting, host=carol)
    console = Console(client_of(carol))
    for other in (meeting2, room, not_hers):
        link_between(other, meeting1, alice)
        save(attendee_of(other, "IDA-1", "ida@example.org", "Ida"), external_id="E-1")
    save(attendee_of(meeting1, "IDA-1", "ida@example.org", "Ida"), external_id="E-1")
    save(meeting2.attendees.get(firstname="Ida"), external_id="E-2")
    page = console.client.get(console.page(Act.COPY_IDS, meeting2, meeting1))
    [loss] = page.context["losses"]
    assert (loss.one, loss.other, loss.now, loss.then) == (meeting1, room, 1, 0)
    assert (
        "between “<bdi>Meeting1</bdi>” and “<bdi>Room</bdi>”: 1 person now, 0 afterwards"
        in page.content.decode()
    )
    back = console.client.get(console.page(Act.COPY_IDS, meeting1, meeting2))
    assert back.context["proposal"].steps
    assert back.context["losses"] == []


def test_the_preview_says_all_that_is_written_on_the_other_list(console, meeting1, meeting2, bob):
    save(bob, external_id="E-1")
    page = console.client.get(console.page(Act.ADD_PEOPLE, meeting1, meeting2))
    [step] = page.context["proposal"].steps
    assert (step.name, step.after) == ("Bob Ito", "BOB-1 · bob@example.org · E-1")
    save(bob, email="ito@example.org")
    seen = {"seen": page.context["seen"]}
    assert console.client.post(page.request["PATH_INFO"], seen).status_code == 409
    assert not meeting2.attendees.exists()


def test_where_a_repair_does_nothing_another_one_is_named(console, meeting1, meeting2, bob, bob2):
    save(bob, external_id="e-1")
    save(bob2, external_id="E-1")
    page = console.client.get(
        console.page(Act.TAKE_CODES, meeting1, meeting2), {"reason": Outcome.LOOK_ALIKE}
    )
    text = page.content.decode()
    assert "There is nothing to repair in this direction." in text
    [mend] = page.context["instead"]
    assert mend.label == "Copy external IDs over"
    assert console.client.get(mend.url).context["proposal"].steps


def test_a_second_click_shows_what_the_first_has_done(console, meeting1, meeting2, bob):
    page = console.page(Act.ADD_PEOPLE, meeting1, meeting2)
    shown = console.client.get(page)
    data = {"seen": shown.context["seen"], "key": str(shown.context["key"])}
    first, second = console.client.post(page, data), console.client.post(page, data)
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    [made] = Repair.objects.all()
    assert made.sentence == "1 person of “Meeting1” was added to the list of “Meeting2”."
    assert made.sentence in console.links(meeting1)


def test_the_key_of_another_repair_opens_none(console, meeting1, meeting2, bob):
    made = console.repair(Act.ADD_PEOPLE, meeting1, meeting2)
    page = console.page(Act.WAY_BACK, meeting1, meeting2)
    meeting2.materials.all().delete()
    seen = console.client.get(page).context["seen"]
    answer = console.client.post(page, {"seen": seen, "key": str(made.pk)})
    assert answer.status_code == 302
    assert answer["Location"] != reverse("links:repaired", args=["meeting1", made.pk])
    assert Repair.objects.count() == 2


def carried(meeting: Meeting, others: list[Meeting]) -> dict[int, int]:
    tallies = check([(meeting.pk, other.pk) for other in others])
    return {other.pk: tallies[meeting.pk, other.pk].carried for other in others}


class LossesTest(TestCase):
    """Of random lists: what is said before a repair is what has become of them after it."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
    @given(
        act=st.sampled_from([Act.COPY_IDS, Act.TAKE_CODES]),
        rosters=st.lists(
            st.lists(
                st.tuples(
                    st.sampled_from("ABC"), st.sampled_from("ab"), st.sampled_from(["", *"XY"])
                ),
                max_size=4,
            ),
            min_size=4,
            max_size=4,
        ),
    )
    def test_what_was_said_before_is_what_comes(
        self, act: Act, rosters: list[list[tuple[str, str, str]]]
    ) -> None:
        workspace = Workspace.objects.create(name="Northwind")
        alice = host_of(workspace, f"{uuid4().hex}@example.org", "owner")
        one, other, *thirds = [meeting_of(alice, uuid4().hex) for _ in rosters]
        for meeting, roster in zip([one, other, *thirds], rosters, strict=True):
            for code, email, external_id in roster:
                with suppress(IntegrityError), transaction.atomic():
                    attendee_of(meeting, code, f"{email}@x.org", code, external_id=external_id)
        for source, target in product([one, other], thirds):
            link_between(source, target, alice)
        link_between(one, other, alice)
        proposal = repairing.propose(act, one, other)
        others = [each for each in [one, other, *thirds] if each != proposal.changed]
        before = carried(proposal.changed, others)
        said = losses(proposal.plan, alice)
        repairing.repair(act, one, other, seen=repairing.digest(proposal), by=alice, key=uuid4())
        after = carried(proposal.changed, others)
        assert {loss.other.pk: (loss.now, loss.then) for loss in said} == {
            pk: (before[pk], after[pk]) for pk in before if after[pk] < before[pk]
        }


# --- The pitfalls: wrong at first, shown, mended, and then Bob is carried -------------------------


@dataclass(frozen=True)
class Pitfall:
    here: dict[str, str]
    there: dict[str, str]
    shown: str
    act: Act
    reason: Outcome


LISTS = {
    "external ID differs": Pitfall(
        {"external_id": "E-1"}, {"external_id": "E-2"}, "external IDs differ",
        Act.COPY_IDS, Outcome.IDS_DIFFER,
    ),
    "ID in one file only": Pitfall(
        {"external_id": "E-1"}, {}, "external ID on one list only",
        Act.COPY_IDS, Outcome.ID_ON_ONE_SIDE,
    ),
    "ID differs in zeros": Pitfall(
        {"external_id": "0042"}, {"external_id": "42"}, "alike but for case",
        Act.COPY_IDS, Outcome.LOOK_ALIKE,
    ),
    "placeholder": Pitfall(
        {"external_id": "E-1"}, {"external_id": "000"}, "placeholder instead",
        Act.COPY_IDS, Outcome.PLACEHOLDER,
    ),
    "code differs": Pitfall(
        {}, {"code": "BOB-2"}, "code differs", Act.TAKE_CODES, Outcome.CODE_DIFFERS
    ),
    "code differs in zeros": Pitfall(
        {"code": "00123"}, {"code": "123"}, "alike but for case",
        Act.TAKE_CODES, Outcome.LOOK_ALIKE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("pitfall", LISTS.values(), ids=LISTS.keys())
def test_lists_that_do_not_agree(
    console, anywhere, meeting1, meeting2, bob, bob2, pitfall: Pitfall
):
    save(bob, **pitfall.here)
    save(bob2, **pitfall.there)
    assert name_after_following(anywhere, meeting1, meeting2) is None
    shown = console.links(meeting1)
    assert "<strong>0 of 1</strong>" in shown
    assert pitfall.shown in shown

    console.repair(pitfall.act, meeting1, meeting2, pitfall.reason)
    assert "<strong>1 of 1</strong>" in console.links(meeting1)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_a_person_missing_from_the_second_list(console, anywhere, meeting1, meeting2, bob2):
    bob2.delete()
    assert name_after_following(anywhere, meeting1, meeting2) is None
    assert "not on the other list" in console.links(meeting1)

    console.repair(Act.ADD_PEOPLE, meeting1, meeting2, Outcome.NOT_LISTED)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"
    added = meeting2.attendees.get()
    assert (added.code, added.email, added.lastname) == ("BOB-1", "bob@example.org", "Ito")


def test_codes_off_in_the_second_meeting(console, anywhere, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(require_access_codes=False)
    assert name_after_following(anywhere, meeting1, meeting2) == "Anonymous"
    assert "“Meeting2” does not require codes" in console.links(meeting1)

    console.repair(Act.REQUIRE_CODES, meeting1, meeting2)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_anonymize_on_in_the_second_meeting(console, anywhere, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(
        anonymize_attendees=True, pseudonym_secret=b"s" * 32
    )
    assert name_after_following(anywhere, meeting1, meeting2).startswith("Anonymous ")
    assert "“Meeting2” anonymizes attendees" in console.links(meeting1)

    console.repair(Act.SHOW_NAMES, meeting1, meeting2)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_anonymize_on_in_the_first_meeting(console, anywhere, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting1.pk).update(
        anonymize_attendees=True, pseudonym_secret=b"s" * 32
    )
    assert name_after_following(anywhere, meeting1, meeting2) is None
    shown = console.links(meeting1)
    assert "“Meeting1” anonymizes attendees" in shown
    assert console.page(Act.SHOW_NAMES, meeting2, meeting1) in shown

    console.repair(Act.SHOW_NAMES, meeting2, meeting1)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_the_second_meeting_always_asks(console, anywhere, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(always_ask=True)
    assert name_after_following(anywhere, meeting1, meeting2) is None
    assert "“Meeting2” always asks" in console.links(meeting1)

    console.repair(Act.STOP_ASKING, meeting1, meeting2)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_only_one_started(console, anywhere, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting1.pk).update(state="scheduled", started_at=None)
    anywhere.type_code(meeting1, "BOB-1")
    link = meeting1.materials.get()
    assert anywhere.get(f"/m/meeting1/materials/{link.pk}/").status_code == 404  # in the lobby
    assert "“Meeting1” has not been started" in console.links(meeting1)

    console.repair(Act.START, meeting1, meeting2)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"


def test_no_way_back(console, anywhere, meeting1, meeting2):
    meeting2.materials.all().delete()
    name_after_following(anywhere, meeting1, meeting2)
    assert "“Meeting2” has no link back to “Meeting1”" in console.links(meeting1)

    console.repair(Act.WAY_BACK, meeting1, meeting2)
    assert anywhere.follow(meeting2, meeting1) == "Bob Ito"


def test_where_no_link_leads_is_said_first_and_mended_there(console, meeting1, meeting2, bob):
    meeting2.materials.all().delete()
    attendee_of(meeting2, "EVE-1", "eve@example.org", "Eve")
    page = console.links(meeting1)
    going, coming = page.split('<section class="direction"')[1:3]
    assert "has no link" not in going
    told = coming.index("“Meeting2” has no link back to “Meeting1”")
    way_back = f'href="{console.page(Act.WAY_BACK, meeting1, meeting2)}"'
    said_next = ["0 of 1", "Add them there"]
    assert told < coming.index(way_back) < min(map(coming.index, said_next))
    assert page.count(way_back) == 1

    console.repair(Act.WAY_BACK, meeting1, meeting2)
    assert "has no link" not in console.links(meeting1)


def test_seen_from_the_other_side_the_same_way_is_missing(console, meeting1, meeting2):
    meeting2.materials.all().delete()
    going, coming = console.links(meeting2).split('<section class="direction"')[1:3]
    assert "“Meeting2” has no link back to “Meeting1”: people do not find it." in going
    page = f"{console.page(Act.WAY_BACK, meeting1, meeting2)}?from=meeting2"
    assert f'href="{page}"' in going
    assert "has no link" not in coming


def test_what_is_mended_on_the_way_here_leads_back_here(console, meeting1, meeting2, bob2):
    back, added = reverse("materials:links", args=["meeting1"]), Act.ADD_PEOPLE
    page = f"{console.page(added, meeting2, meeting1)}?reason=not-listed&from=meeting1"
    assert page.replace("&", "&amp;") in console.links(meeting1)
    seen = console.client.get(page)
    assert "1 person of “Meeting2” to the list of “Meeting1”" in seen.content.decode()
    assert seen.context["meeting"] == meeting1
    data = {"seen": seen.context["seen"], "reason": Outcome.NOT_LISTED}
    done = console.client.post(page, data, follow=True)
    undone = console.client.post(done.redirect_chain[-1][0], follow=True)
    for answer in (seen, done, undone):
        assert f'href="{back}"' in answer.content.decode()
        assert answer.context["meeting"] == meeting1
    people = people_page(meeting2, meeting1, Outcome.NOT_LISTED) + "?from=meeting1"
    answer = console.client.get(people)
    assert f'href="{back}"' in answer.content.decode()
    assert (
        "of “<bdi>Meeting2</bdi>”, on the way to “<bdi>Meeting1</bdi>”" in answer.content.decode()
    )


def test_a_draft_has_no_way_back_yet(console, meeting1, meeting2):
    meeting2.materials.all().delete()
    meeting1.materials.update(is_published=False)
    going, coming = console.links(meeting1).split('<section class="direction"')[1:3]
    assert "The link is a draft: attendees do not see it." in going
    assert "“Meeting2” has no link to “Meeting1”: people do not find it." in coming
    assert "way-back" not in going + coming


def test_a_draft_is_published(console, anywhere, alice, meeting1, meeting2):
    drafts = meeting1.materials
    drafts.update(is_published=False)
    link_between(meeting1, meeting2, alice, is_published=False, position=9)
    [_, going, _] = console.links(meeting1).split('<section class="direction"')
    assert f'href="{console.page(Act.PUBLISH, meeting1, meeting2)}"' in going

    made = console.repair(Act.PUBLISH, meeting1, meeting2)
    assert made.sentence == (
        "The link to “Meeting2” was published on the Materials tab of “Meeting1”."
    )
    assert [m.is_published for m in drafts.in_order()] == [True, False]
    drafts.last().delete()
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"
    assert "is a draft" not in console.links(meeting1)
    console.undo(made)
    assert not drafts.published().exists()


def test_a_draft_to_a_meeting_of_others_is_opened(client_of, workspace, alice, meeting1, meeting2):
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    meeting1.materials.update(is_published=False)
    page = Console(client_of(carol)).links(meeting1)
    edit = reverse("materials:edit", args=["meeting1", meeting1.materials.get().pk])
    assert f'href="{edit}">Open the link</a>' in page
    assert "publish-link" not in page


def test_what_the_tab_has_no_room_for_is_said(console, meeting1, meeting2, monkeypatch):
    meeting2.materials.all().delete()
    monkeypatch.setattr(publishing, "MAX_MATERIALS", 0)
    page = console.page(Act.WAY_BACK, meeting1, meeting2)
    answer = console.client.post(page, {"seen": console.client.get(page).context["seen"]})
    assert answer.status_code == 409
    assert "A meeting has at most 0 materials." in answer.content.decode()


# --- What a repair must not do -------------------------------------------------------------------


def test_whoever_is_inside_by_the_old_code_is_asked_again(
    console, anywhere, meeting1, meeting2, bob, bob2
):
    save(bob2, code="BOB-2")
    anywhere.type_code(meeting1, "BOB-1")
    assert anywhere.name_in(meeting1) == "Bob Ito"
    console.repair(Act.TAKE_CODES, meeting1, meeting2)
    assert anywhere.name_in(meeting1) is None
    bob.refresh_from_db()
    assert (bob.code, bob.credential_version) == ("BOB-2", 2)
    anywhere.type_code(meeting1, "BOB-1")
    assert anywhere.name_in(meeting1) is None


def test_codes_may_go_round(console, meeting1, meeting2, bob, bob2):
    """Two people have each other's code in the second list."""
    eve = attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    eve2 = attendee_of(meeting2, "X", "eve@example.org", "Eve")
    save(bob2, code="EVE-1")
    save(eve2, code="BOB-1")
    made = console.repair(Act.TAKE_CODES, meeting1, meeting2)
    assert {bob.email: "EVE-1", eve.email: "BOB-1"} == dict(
        meeting1.attendees.values_list("email", "code")
    )
    assert "Taken back" in console.undo(made)
    assert {bob.email: "BOB-1", eve.email: "EVE-1"} == dict(
        meeting1.attendees.values_list("email", "code")
    )


@pytest.mark.parametrize(
    ("holders", "movers"),
    [
        ({1: []}, {1}),  # nobody holds it
        ({1: [1]}, {1}),  # they hold it themselves
        ({1: [9]}, set()),  # who holds it stays
        ({1: [2], 2: [3], 3: [1]}, {1, 2, 3}),  # a ring
        ({1: [2], 2: [3], 3: [9]}, set()),  # a chain that ends at somebody who stays
        ({1: [2], 2: [1, 9], 3: [4], 4: [3]}, {3, 4}),
    ],
)
def test_who_can_have_what_others_hold(holders, movers):
    assert people.who_can_move(holders) == movers


@pytest.mark.parametrize("act", [Act.ADD_PEOPLE, Act.COPY_IDS, Act.TAKE_CODES])
def test_many_people_are_mended_as_few_are(console, monkeypatch, meeting1, meeting2, act):
    monkeypatch.setattr(listed, "FETCHED_AT_ONCE", 2)
    for n in range(4):
        here = attendee_of(meeting1, f"C-{n}", f"p{n}@example.org", f"P{n}")
        if act is not Act.ADD_PEOPLE:
            attendee_of(meeting2, f"D-{n}" if act is Act.TAKE_CODES else f"C-{n}", here.email, "P")
        if act is Act.COPY_IDS:
            save(here, external_id=f"E-{n}")
    made = console.repair(act, meeting1, meeting2)
    tally = check([(meeting1.pk, meeting2.pk)])[meeting1.pk, meeting2.pk]
    assert (tally.people, tally.carried) == (4, 4)
    assert "Taken back" in console.undo(made)
    tally = check([(meeting1.pk, meeting2.pk)])[meeting1.pk, meeting2.pk]
    assert (tally.people, tally.carried) == (4, 0)


@pytest.mark.parametrize("act", [Act.ADD_PEOPLE, Act.COPY_IDS, Act.TAKE_CODES])
def test_more_people_than_one_repair_mends_are_left_to_the_import(
    console, monkeypatch, meeting1, meeting2, act
):
    for n in range(3):
        here = attendee_of(meeting1, f"C-{n}", f"p{n}@example.org", f"P{n}")
        if act is not Act.ADD_PEOPLE:
            attendee_of(meeting2, f"D-{n}" if act is Act.TAKE_CODES else f"C-{n}", here.email, "P")
        if act is Act.COPY_IDS:
            save(here, external_id=f"E-{n}")
    page = console.page(act, meeting1, meeting2)
    monkeypatch.setattr(people, "MOST_PEOPLE", 3)
    seen = console.client.get(page).context["seen"]
    monkeypatch.setattr(people, "MOST_PEOPLE", 2)
    before = list(Attendee.objects.order_by("pk").values())
    changed = meeting1 if act is Act.TAKE_CODES else meeting2
    for answer, status in (
        (console.client.get(page), 200),
        (console.client.post(page, {"seen": seen}), 409),
    ):
        assert answer.status_code == status
        said = answer.text
        assert "more than 2 people, the most that one repair mends" in said
        assert reverse("roster:from_another", args=[changed.slug]) in said
        assert '<button type="submit" class="btn btn-primary' not in said
    assert list(Attendee.objects.order_by("pk").values()) == before
    assert not Repair.objects.exists()


def test_a_hundred_thousand_codes_in_a_chain_are_looked_at_once():
    chain = {number: [number + 1] for number in range(100_000)}
    assert people.who_can_move(chain) == set()
    assert people.who_can_move(chain | {100_000: [0]}) == {*range(100_001)}


def test_a_code_that_is_somebody_elses_is_not_taken(console, meeting1, meeting2, bob, bob2):
    save(bob2, code="TAKEN")
    attendee_of(meeting1, "taken", "eve@example.org", "Eve")
    page = console.client.get(console.page(Act.TAKE_CODES, meeting1, meeting2))
    assert not page.context["proposal"].steps
    assert [(one.name, one.why) for one in page.context["left_out"]] == [
        ("Bob Ito", people.TAKEN_CODE.format("TAKEN").replace("there", "here"))
    ]


def test_nobody_is_added_with_a_code_that_is_somebody_elses(console, meeting1, meeting2, bob2):
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    carl = attendee_of(meeting1, "CARL-1", "carl@example.org", "Carl", external_id="E-3")
    attendee_of(meeting2, "CARL-1", "other@example.org", "Other", external_id="E-9")
    attendee_of(meeting1, "Z", "other@example.org", "Other", external_id="E-9")
    proposal = console.client.get(console.page(Act.ADD_PEOPLE, meeting1, meeting2)).context[
        "proposal"
    ]
    assert "Eve" in [step.name for step in proposal.steps]
    assert (carl.name, people.TAKEN_CODE.format("CARL-1")) in [
        (one.name, one.why) for one in proposal.left_out
    ]


def test_where_there_is_nothing_to_copy_the_other_direction_is_shown(
    console, meeting1, meeting2, bob, bob2
):
    save(bob2, external_id="E-1")
    drafted = people.draft(Act.COPY_IDS, meeting1, meeting2)
    assert [one.why for one in drafted.left_out] == [people.NO_ID_TO_COPY]
    reason = {"reason": Outcome.ID_ON_ONE_SIDE}
    page = console.client.get(console.page(Act.COPY_IDS, meeting1, meeting2), reason, follow=True)
    [(address, _)] = page.redirect_chain
    back = console.page(Act.COPY_IDS, meeting2, meeting1)
    assert address == f"{back}?reason=id-on-one-side&from=meeting1"
    assert page.context["proposal"].changed == page.context["meeting"] == meeting1
    console.repair(Act.COPY_IDS, meeting2, meeting1)
    assert "<strong>1 of 1</strong>" in console.links(meeting1)


@pytest.mark.parametrize("act", [Act.COPY_IDS, Act.TAKE_CODES])
def test_where_neither_direction_helps_it_is_said_why(
    console, meeting1, meeting2, bob, bob2, act: Act
):
    """Both IDs look alike, and both code and email are others: hardly one person."""
    save(bob, external_id="0042")
    save(bob2, external_id="42", code="X-9", email="other@example.org")
    address = console.page(act, meeting1, meeting2)
    assert f"{address}?reason=look-alike" in console.links(meeting1)
    page = console.client.get(address, {"reason": "look-alike"})
    assert not page.context["other_way"]
    why = people.SOMEBODY_ELSE if act is Act.COPY_IDS else people.KEPT_APART_BY_IDS
    assert [one.why for one in page.context["left_out"]] == [why]


def test_what_has_changed_since_the_preview_is_not_done(console, meeting1, meeting2, bob, bob2):
    save(bob, external_id="E-1")
    page = console.page(Act.COPY_IDS, meeting1, meeting2)
    seen = console.client.get(page).context["seen"]
    save(bob, external_id="E-7")
    answer = console.client.post(page, {"seen": seen})
    assert answer.status_code == 409
    bob2.refresh_from_db()
    assert bob2.external_id == ""
    assert not Repair.objects.exists()


# --- Undo ----------------------------------------------------------------------------------------


def test_undo_restores_only_what_nobody_has_changed_since(console, meeting1, meeting2, bob, bob2):
    save(bob, external_id="E-1")
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve", external_id="E-2")
    eve2 = attendee_of(meeting2, "EVE-1", "eve@example.org", "Eve")
    made = console.repair(Act.COPY_IDS, meeting1, meeting2)
    save(eve2, lastname="Married")
    said = console.undo(made)
    assert dict(meeting2.attendees.values_list("firstname", "external_id")) == {
        "Bob": "",
        "Eve": "E-2",
    }
    assert "1 of 2 are as before" in said
    assert "<bdi>Eve</bdi>: changed since." in said
    assert "1 of 2 are as before" in console.undo(made)  # twice has one effect


def test_undo_takes_added_people_off_the_list_again(console, anywhere, meeting1, meeting2, bob2):
    bob2.delete()
    attendee_of(meeting1, "EVE-1", "eve@example.org", "Eve")
    made = console.repair(Act.ADD_PEOPLE, meeting1, meeting2)
    assert name_after_following(anywhere, meeting1, meeting2) == "Bob Ito"
    save(meeting2.attendees.get(firstname="Eve"), email="eva@example.org")
    assert "<bdi>Eve</bdi>: changed since." in console.undo(made)
    assert [person.firstname for person in meeting2.attendees.all()] == ["Eve"]
    assert anywhere.name_in(meeting2) is None


@pytest.mark.parametrize(
    ("fields", "act"),
    [
        ({"require_access_codes": False}, Act.REQUIRE_CODES),
        ({"always_ask": True}, Act.STOP_ASKING),
        ({"anonymize_attendees": True, "pseudonym_secret": b"s" * 32}, Act.SHOW_NAMES),
        ({"state": "scheduled", "started_at": None}, Act.START),
    ],
)
def test_undo_of_a_setting(console, meeting1, meeting2, fields, act):
    Meeting.objects.filter(pk=meeting2.pk).update(**fields)
    name, wrong = next(iter(fields.items()))
    made = console.repair(act, meeting1, meeting2)
    meeting2.refresh_from_db()
    assert getattr(meeting2, name) != wrong
    console.undo(made)
    meeting2.refresh_from_db()
    assert getattr(meeting2, name) == wrong


def test_undo_leaves_a_setting_that_was_changed_since(console, meeting1, meeting2):
    Meeting.objects.filter(pk=meeting2.pk).update(state="scheduled", started_at=None)
    made = console.repair(Act.START, meeting1, meeting2)
    Meeting.objects.filter(pk=meeting2.pk).update(state="ended")
    assert "ended or started again since" in console.undo(made)
    meeting2.refresh_from_db()
    assert meeting2.is_ended


def test_a_repair_can_be_found_again_until_it_is_taken_back(
    console, client_of, workspace, meeting1, meeting2, bob, bob2
):
    save(bob, external_id="E-1")
    made = console.repair(Act.COPY_IDS, meeting1, meeting2)
    page = reverse("links:repaired", args=["meeting1", made.pk])
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting2, host=carol)
    assert page in console.links(meeting1)
    assert page in console.links(meeting2)
    assert page not in Console(client_of(carol)).links(meeting2)
    console.undo(made)
    assert page not in console.links(meeting1)


@pytest.mark.parametrize("had_draft", [True, False])
def test_undo_of_the_way_back(console, meeting1, meeting2, alice, had_draft):
    meeting2.materials.all().delete()
    if had_draft:
        link_between(meeting2, meeting1, alice, is_published=False)
    made = console.repair(Act.WAY_BACK, meeting1, meeting2)
    assert meeting2.materials.get().is_published
    console.undo(made)
    assert [m.is_published for m in meeting2.materials.all()] == [False] * had_draft


def test_undo_leaves_a_link_that_was_changed_since(console, meeting1, meeting2):
    meeting2.materials.all().delete()
    made = console.repair(Act.WAY_BACK, meeting1, meeting2)
    Material.objects.filter(meeting=meeting2).update(title="To the plenary")
    assert "the link has been changed since" in console.undo(made)
    assert meeting2.materials.exists()


# --- Who may --------------------------------------------------------------------------------------


def test_only_hosts_of_both_meetings_look_at_people_and_repair(
    workspace, client_of, alice, meeting1, meeting2, bob, bob2
):
    carol = host_of(workspace, "carol@example.org", "host")
    CoHost.objects.create(meeting=meeting1, host=carol)
    for source, target in ((meeting1, meeting2), (meeting2, meeting1)):
        for page in (
            reverse("links:repair", args=[source.slug, target.slug, Act.COPY_IDS]),
            reverse("links:people", args=[source.slug, target.slug, Outcome.CARRIED]),
            reverse("links:people_csv", args=[source.slug, target.slug, Outcome.CARRIED]),
        ):
            assert client_of(carol).get(page).status_code == 404
            assert client_of(alice).get(page).status_code == 200


def test_nothing_crosses_the_border_of_the_workspace(client_of, alice, mallory, meeting1, bob):
    other = meeting_of(mallory, "theirs")
    alice.is_superuser = True
    alice.save()
    page = reverse("links:repair", args=["meeting1", other.slug, Act.ADD_PEOPLE])
    assert client_of(alice).get(page).status_code == 404


# --- The people behind the numbers ---------------------------------------------------------------


def people_page(source: Meeting, target: Meeting, outcome: Outcome) -> str:
    return reverse("links:people", args=[source.slug, target.slug, outcome])


def test_each_number_opens_its_people_page_by_page(console, meeting1, meeting2, bob, bob2):
    for number in range(101):
        attendee_of(meeting1, f"P-{number}", f"p{number}@example.org", f"P{number:03}")
    address = people_page(meeting1, meeting2, Outcome.NOT_LISTED)
    assert address in console.links(meeting1)
    first = console.client.get(address).content.decode()
    assert "<strong>101 people</strong>" in first
    assert ("P000" in first, "P100" in first) == (True, False)
    second = console.client.get(f"{address}?page=2").content.decode()
    assert ("P000" in second, "P100" in second) == (False, True)
    carried = console.client.get(people_page(meeting1, meeting2, Outcome.CARRIED))
    assert [(one.pk, other.pk) for one, other in carried.context["people"]] == [(bob.pk, bob2.pk)]


def test_the_people_as_a_file_that_no_spreadsheet_runs(console, meeting1, meeting2, bob2, bob):
    save(bob, firstname="=cmd()", external_id="E-1")
    page = reverse("links:people_csv", args=["meeting1", "meeting2", Outcome.ID_ON_ONE_SIDE])
    answer = console.client.get(page)
    content = answer.getvalue()
    assert content.startswith(codecs.BOM_UTF8)
    lines = content.decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == (
        'attachment; filename="meeting1-to-meeting2-id-on-one-side.csv"'
    )
    assert lines[0].startswith('"code in meeting1","email in meeting1"')
    assert lines[1:] == [
        '"BOB-1","bob@example.org","\'=cmd()","Ito","E-1","BOB-1","bob@example.org","Bob","Ito",""'
    ]
    page = people_page(meeting1, meeting2, Outcome.ID_ON_ONE_SIDE)
    assert "no external ID" in console.client.get(page).content.decode()


def test_hosts_who_look_are_named(alice: Host, console, meeting1, meeting2, bob, bob2):
    save(bob, external_id="E-1")
    assert console.repair(Act.COPY_IDS, meeting1, meeting2).made_by == alice


def test_a_repair_of_more_people_than_the_limit_is_not_undone_while_the_host_waits(
    console, monkeypatch, meeting1, meeting2
):
    for n in range(3):
        attendee_of(meeting1, f"C-{n}", f"p{n}@example.org", f"P{n}")
    made = console.repair(Act.ADD_PEOPLE, meeting1, meeting2)
    monkeypatch.setattr(people, "MOST_PEOPLE", 2)
    said = console.undo(made)
    assert "More than 2 people were mended" in said
    assert "it cannot be undone in one step" in said
    assert ">Undo</button>" not in said
    assert meeting2.attendees.count() == 3
    monkeypatch.setattr(people, "MOST_PEOPLE", 3)
    assert "Taken back." in console.undo(made)
    assert not meeting2.attendees.exists()
