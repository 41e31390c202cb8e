"""Whom each meeting knows of each other's people, for many links at once."""

import random

from hypothesis import given
from hypothesis import strategies as st

from attendees.models import Attendee
from attendees.room_map.shares import Share, overlaps, shares_of
from tests.conftest import attendee_of, meeting_of

Row = tuple[int, str, str, str]


def slowly(rows: list[Row], pair: tuple[int, int]) -> int:
    """The obvious way: every person against every person."""
    source, target = ([row[1:] for row in rows if row[0] == meeting] for meeting in pair)
    return sum(
        any(key == k and (code == c or email == e) for k, c, e in target)
        for key, code, email in source
    )


people = st.tuples(
    st.integers(1, 4), st.sampled_from("xyz"), st.sampled_from("abc"), st.sampled_from("mno")
)


@given(st.lists(people, max_size=40, unique_by=lambda row: row[:2]))
def test_the_numbers_are_those_of_the_slow_way(rows: list[Row]):
    pairs = [(a, b) for a in range(1, 5) for b in range(1, 5) if a != b]
    assert overlaps(rows, pairs) == {pair: slowly(rows, pair) for pair in pairs}


def test_large_rosters_are_told_apart():
    drawn = random.Random(1)
    rows = [
        (meeting, f"k{key}", f"c{drawn.randrange(2)}", f"e{key}")
        for meeting in (1, 2)
        for key in drawn.sample(range(5000), 3000)
    ]
    keys = [{key for meeting, key, _, _ in rows if meeting == m} for m in (1, 2)]
    assert overlaps(rows, [(1, 2)]) == {(1, 2): len(keys[0] & keys[1])}


def test_nobody_is_known_by_no_identity_or_a_contradicted_one(
    alice, meeting1, meeting2, bob, bob2, django_assert_num_queries
):
    other = meeting_of(alice, "other")
    for meeting in (meeting1, meeting2):
        nameless = attendee_of(meeting, f"NO-{meeting.pk}", "", "Nameless")
        assert nameless.identity_key == ""
    attendee_of(meeting1, "ANA-1", "ana@example.org", "Ana", external_id="7")
    attendee_of(meeting2, "ZOE-1", "zoe@example.org", "Zoe", external_id="7")
    assert Attendee.objects.filter(identity_key="x:7").count() == 2
    pairs = [(meeting1.pk, meeting2.pk), (meeting2.pk, meeting1.pk), (other.pk, meeting1.pk)]
    with django_assert_num_queries(1):
        found = shares_of(pairs, {})
    assert found == dict(zip(pairs, map(Share, (1, 1, 0)), strict=True))
