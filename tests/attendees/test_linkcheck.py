"""The link check beside a slow, obvious implementation that asks the door about everybody."""

from collections import Counter, defaultdict
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from attendees.carrying import Candidate, Carrying, Match, Reason, decide
from attendees.identity import identifying, look_alike
from attendees.links import check as linkcheck
from attendees.links.check import Found, check, planner_told
from attendees.links.outcomes import Outcome, Tally
from attendees.links.parts import parts_of
from attendees.models import Attendee
from attendees.room_map.shares import Share, shares_of
from hosts.models import Workspace
from meetings.models import Meeting

# By primary key of a person: what becomes of them, and who they are taken for.
Outcomes = dict[int, tuple[Outcome, int | None]]

# --- The slow way: ask the door about each person, then look for likenesses one by one -----------


def of_the_door(person: Attendee, target: Meeting, others: list[Attendee]) -> Carrying | Reason:
    """What the door decides about somebody who follows a link that carries."""
    same = [o for o in others if person.identity_key and o.identity_key == person.identity_key]
    assert len(same) < 2
    match = Match(same[0].pk, same[0].code, same[0].email, 1, "", "", None) if same else None
    candidate = Candidate(
        admission_id=1, source_id=None, how="code", meeting=person.meeting, name=person.name,
        compared_code=person.compared_code, email=person.email, key=person.identity_key,
        link=uuid4(), match=match,
    )  # fmt: skip
    return decide(target, [candidate], person.meeting.slug)


def slowly(one: Meeting, other: Meeting) -> Outcomes:
    """Everybody on the first list, with what becomes of them in the other meeting."""
    people, others = list(one.attendees.all()), list(other.attendees.all())
    keys, other_keys = ({p.identity_key for p in side} for side in (people, others))
    mine = [p for p in people if p.identity_key and p.identity_key not in other_keys]
    theirs = [o for o in others if o.identity_key and o.identity_key not in keys]
    found = {p.pk: outcome_of(p, other, others, mine, theirs) for p in people}
    if not says_who_is_meant(people, other):
        return found
    unlike = [(o, None) for o in (Outcome.NOT_LISTED, Outcome.NO_IDENTITY, Outcome.PLACEHOLDER)]
    elsewhere = [p for p in people if found[p.pk] in unlike and not is_meant(p, other)]
    return found | {p.pk: (Outcome.NOT_MEANT, None) for p in elsewhere}


def says_who_is_meant(people: list[Attendee], room: Meeting) -> bool:
    return bool(room.part_column) and any(p.custom.get(room.part_column) for p in people)


def is_meant(person: Attendee, room: Meeting) -> bool:
    """Whether the person's own cell names the room that is for a part of the people."""
    cell = person.custom.get(room.part_column, "").casefold().strip()
    return cell in (room.part_cell.casefold(), room.part_cell.removeprefix("Room ").casefold())


def share_of(one: Meeting, other: Meeting, outcomes: Outcomes) -> Share:
    """What the map should say."""
    people = list(one.attendees.all())
    known = [p for p in people if outcomes[p.pk][0] is Outcome.CARRIED]
    if not says_who_is_meant(people, other):
        return Share(len(known))
    return Share(len(known), len({*known, *(p for p in people if is_meant(p, other))}))


def outcome_of(
    person: Attendee,
    target: Meeting,
    others: list[Attendee],
    mine: list[Attendee],
    theirs: list[Attendee],
) -> tuple[Outcome, int | None]:
    decision = of_the_door(person, target, others)
    if isinstance(decision, Carrying):
        return Outcome.CARRIED, decision.match.id
    if decision is Reason.CONTRADICTION:
        [match] = [o for o in others if o.identity_key == person.identity_key]
        return Outcome.CONTRADICTION, match.pk
    assert decision is Reason.NO_MATCH
    if not person.identity_key:
        return (Outcome.PLACEHOLDER if person.external_id else Outcome.NO_IDENTITY), None
    return likeness_of(person, mine, theirs)


def likeness_of(
    person: Attendee, mine: list[Attendee], theirs: list[Attendee]
) -> tuple[Outcome, int | None]:
    same_code = [o for o in theirs if o.compared_code == person.compared_code]
    for o in same_code:
        if has_same_email(person, o):
            return (Outcome.LOOK_ALIKE if looks_like(o, person) else by_ids(person, o)), o.pk
    mine, theirs = unsettled(mine, theirs), unsettled(theirs, mine)
    for is_like, outcome in ((looks_like, None), (has_same_email, by_ids)):
        there = [o for o in theirs if is_like(person, o)]
        here = [p for p in mine if is_like(person, p)]
        if there and len(there) + len(here) > 2:
            return Outcome.SEVERAL, None
        if there:
            return (outcome(person, there[0]) if outcome else Outcome.LOOK_ALIKE), there[0].pk
    if same_code:
        return Outcome.EMAIL_DIFFERS, same_code[0].pk
    return Outcome.NOT_LISTED, None


def unsettled(people: list[Attendee], others: list[Attendee]) -> list[Attendee]:
    """Those who have nobody with the same code and email beside them."""
    return [
        p
        for p in people
        if not any(o.compared_code == p.compared_code and has_same_email(o, p) for o in others)
    ]


def looks_like(one: Attendee, other: Attendee) -> bool:
    return look_alike(one.identity_key) == look_alike(other.identity_key)


def has_same_email(one: Attendee, other: Attendee) -> bool:
    return bool(one.email) and one.email == other.email


def by_ids(one: Attendee, other: Attendee) -> Outcome:
    ids = [bool(p.external_id and identifying(p.external_id)) for p in (one, other)]
    if all(ids):
        return Outcome.IDS_DIFFER
    if any(p.external_id and not identifying(p.external_id) for p in (one, other)):
        return Outcome.PLACEHOLDER
    return Outcome.ID_ON_ONE_SIDE if any(ids) else Outcome.CODE_DIFFERS


def tally(outcomes: Outcomes) -> Tally:
    counts = Counter(outcome for outcome, _ in outcomes.values())
    carried = counts.pop(Outcome.CARRIED, 0)
    not_meant = counts.pop(Outcome.NOT_MEANT, 0)
    found = Tally(len(outcomes) - not_meant, dict(counts), not_meant)
    assert found.carried == carried
    return found


# --- Random rosters --------------------------------------------------------------------------

persons = st.tuples(
    st.sampled_from(["A1", "a-1", "A01", "B2", "C3", "D4", "007", "7"]),
    st.sampled_from(["", "a@x.org", "b@x.org", "ä@x.org", "Ä@x.org"]),
    st.sampled_from(["", "", "", "E-1", "e-1", "E-01", "0", "000", "E2", "E\u30003", "E\u31643"]),
    st.sampled_from(["", "Room 3", "ROOM 3", "3", " finance", "Finance"]),
)
cells = st.sampled_from(["", "", "Finance", "Room 3"])
COLUMN = '2 "groups"'
rosters = st.lists(persons, max_size=7)


def fill(meeting: Meeting, rows: list[tuple[str, str, str, str]]) -> None:
    for code, email, external_id, cell in rows:
        person = Attendee(
            meeting=meeting, code=code, email=email, firstname="P", external_id=external_id
        )
        person.custom = {COLUMN: cell} if cell else {}
        person.derive()
        taken = meeting.attendees.filter(compared_code=person.compared_code)
        if person.identity_key:
            taken |= meeting.attendees.filter(identity_key=person.identity_key)
        if not taken.exists():
            person.save()


class OnRandomRosters(TestCase):
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rosters, rosters, rosters, cells, cells)
    def test_the_check_says_what_the_door_would_decide(self, first, second, third, cell2, cell3):
        workspace = Workspace.objects.create(name="Random")
        meetings = [
            Meeting.objects.create(workspace=workspace, title=t, slug=f"random-{t}") for t in "abc"
        ]
        for meeting, rows in zip(meetings, (first, second, third), strict=True):
            fill(meeting, rows)
        a, b, c = meetings
        for meeting, cell in ((b, cell2), (c, cell3)):
            meeting.part_column, meeting.part_cell = (COLUMN if cell else ""), cell
            meeting.save()
        expected = {
            (one.pk, other.pk): slowly(one, other)
            for one, other in ((a, b), (b, a), (b, c), (c, b))
        }
        by_pk = {meeting.pk: meeting for meeting in meetings}
        assert check([(a.pk, b.pk), (c.pk, b.pk)]) == {
            pair: tally(outcomes) for pair, outcomes in expected.items()
        }
        assert check([(b.pk, a.pk)])[a.pk, b.pk] == tally(expected[a.pk, b.pk])
        assert shares_of(expected, parts_of([a.pk, b.pk, c.pk])) == {
            (one, other): share_of(by_pk[one], by_pk[other], outcomes)
            for (one, other), outcomes in expected.items()
        }
        for (one, other), outcomes in expected.items():
            by_outcome = defaultdict(set)
            for pk, (outcome, other_pk) in outcomes.items():
                by_outcome[outcome].add(Found(pk, other_pk))
            for outcome in Outcome:
                listed = linkcheck.people(one, other, [outcome])
                assert set(listed) == by_outcome[outcome]
                assert len(listed) == len(by_outcome[outcome])


# --- What it costs ---------------------------------------------------------------------------


def work_of(pairs: list[tuple[int, int]]) -> int:
    """How much the database does for the numbers: rows on PostgreSQL, instructions on SQLite."""
    if connection.vendor == "sqlite":
        return instructions_of(pairs)
    with CaptureQueriesContext(connection) as queries:
        check(pairs)
    [statement] = [query["sql"] for query in queries if query["sql"].startswith("WITH ")]
    with planner_told() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[[plan]]] = cursor.fetchall()
    return rows_of(plan["Plan"])


def instructions_of(pairs: list[tuple[int, int]]) -> int:
    hundreds = 0

    def count() -> None:
        nonlocal hundreds
        hundreds += 1

    connection.connection.set_progress_handler(count, 100)
    try:
        check(pairs)
    finally:
        connection.connection.set_progress_handler(None, 0)
    return 100 * hundreds


def rows_of(node: dict[str, Any]) -> int:
    under = sum(map(rows_of, node.get("Plans", [])))
    return under + round(node["Actual Rows"] * node["Actual Loops"])


def of_list(meeting: Meeting, number: int, cell: str) -> Attendee:
    person = Attendee(meeting=meeting, code=f"P-{number}", email=f"p{number}@x.org", firstname="P")
    person.custom = {"Group": cell} if cell else {}
    person.derive()
    return person


@pytest.mark.parametrize("column", ["", "Group"])
def test_a_list_is_not_read_anew_for_each_of_its_rooms(db, column):
    """Where somebody in each room is not on it, such as whoever leads there."""
    workspace = Workspace.objects.create(name="Congress")
    hub, *rooms = Meeting.objects.bulk_create(
        Meeting(workspace=workspace, title=f"Room {number}", slug=f"room-{number}",
                part_column=column, part_cell=f"Room {number}" if column else "")
        for number in range(41)
    )  # fmt: skip
    people = [of_list(hub, number, str(number % 4 + 1)) for number in range(2000)]
    people += [of_list(room, number, "") for room in rooms for number in (7, 9000 + room.pk)]
    Attendee.objects.bulk_create(people)
    pairs = [(hub.pk, room.pk) for room in rooms]
    assert work_of(pairs) < 3 * work_of(pairs[:4])
