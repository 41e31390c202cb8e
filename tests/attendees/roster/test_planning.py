"""Who a row of a file is, on a roster that stands: by named rules, never by a guess."""

import pytest

from attendees.models import Attendee
from attendees.roster.plan import Choices, Mode, plan
from attendees.roster.read import read
from attendees.roster.rows import Limits
from attendees.roster.steps import Plan
from meetings.models import Meeting
from tests.conftest import attendee_of

LIMITS = Limits(size=1_000_000, rows=1000)
HEADER = "code,email,firstname,lastname,external_id\n"

pytestmark = pytest.mark.django_db


def planned(meeting: Meeting, rows: str, **choices: object) -> Plan:
    reading = read((HEADER + rows).encode(), LIMITS)
    assert reading.findings == []
    return plan(meeting, reading, Choices(**choices))  # type: ignore[arg-type]


def outcome(of: Plan) -> list[str]:
    """Each row's outcome in a word, and each change as “field: old > new”."""
    told = {row.line: "new" for row in of.new}
    told |= {row.line: "unchanged" for row in of.unchanged}
    told |= {row.line: "skipped" for row in of.skipped}
    for changed in of.changed:
        told[changed.new.line] = ", ".join(
            f"{change.field}: {change.old} > {change.new}" for change in changed.changes
        )
    told |= {one.line or 0: f"{one.problem.value} in {one.column}" for one in of.findings}
    return [told[line] for line in sorted(told)]


@pytest.fixture
def ann(meeting1: Meeting) -> Attendee:
    return attendee_of(meeting1, "A-1", "ann@example.org", "Ann", lastname="Lee", external_id="E1")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # Found by the external ID.
        ("A-1,ann@example.org,Ann,Lee,E1", "unchanged"),
        ("A-1,ann.lee@example.org,Ann,Lee,E1", "email: ann@example.org > ann.lee@example.org"),
        ("A-1,ann@example.org,Anna,Ley,E1", "firstname: Ann > Anna, lastname: Lee > Ley"),
        ("A-9,ann@example.org,Ann,Lee,E1", "unchanged"),  # the old code is kept
        ("A-9,ann@example.org,Anna,Lee,E1", "firstname: Ann > Anna"),
        # Found by the code.
        ("a1,ann@example.org,Ann,Lee,", "code: A-1 > a1"),  # only written differently
        ("A-1,new@example.org,Ann,Lee,", "email: ann@example.org > new@example.org"),
        ("A-1,ann@example.org,Ann,Lee,E2", "conflict in code"),
        ("BOB-1,bob@example.org,Bob,Ito,E7", "external_id:  > E7"),
        # Found by the email, of somebody without external ID.
        ("B-9,bob@example.org,Bob,Ito,", "unchanged"),
        ("B-9,bob@example.org,Robert,Ito,E7", "firstname: Bob > Robert, external_id:  > E7"),
        ("A-9,ann@example.org,Ann,Lee,", "new"),  # Ann has an external ID, so the email is no proof
        ("A-9,ann@example.org,Ann,Lee,E2", "new"),
        # The external ID is Ann's, the code Bob's.
        ("BOB-1,ann@example.org,Ann,Lee,E1", "conflict in code"),
        ("N-1,new@example.org,New,One,", "new"),
        ("N-1,new@example.org,New,One,00", "new"),
    ],
)
def test_a_row_finds_its_person(
    meeting1: Meeting, ann: Attendee, bob: Attendee, row: str, expected: str
) -> None:
    assert outcome(planned(meeting1, row + "\n")) == [expected]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A-9,ann@example.org,Ann,Lee,E1", "code: A-1 > A-9"),
        ("B-9,bob@example.org,Bob,Ito,", "code: BOB-1 > B-9"),
    ],
)
def test_new_codes_are_taken_where_the_host_chose_so(
    meeting1: Meeting, ann: Attendee, bob: Attendee, row: str, expected: str
) -> None:
    assert outcome(planned(meeting1, row + "\n", takes_new_codes=True)) == [expected]


def test_kept_code_is_said(meeting1: Meeting, bob: Attendee) -> None:
    result = planned(meeting1, "B-9,bob@example.org,Bob,Ito,\n")
    assert [one.message for one in result.warnings] == [
        "Line 2: Bob Ito keeps the code BOB-1; the file says B-9."
    ]


def test_two_rows_for_one_person_are_both_refused(meeting1: Meeting, ann: Attendee) -> None:
    rows = "A-1,one@example.org,Ann,Lee,\nX-1,two@example.org,Ann,Lee,E1\n"
    result = planned(meeting1, rows)
    assert outcome(result) == ["conflict in code", "conflict in external_id"]
    assert result.findings[0].message == (
        "Line 2: line 3 and this line are both Ann Lee (code A-1). Keep one of them."
    )


def test_email_that_several_have_finds_nobody(meeting1: Meeting, bob: Attendee) -> None:
    attendee_of(meeting1, "X-1", "bob@example.org", "Bea")
    assert outcome(planned(meeting1, "B-9,bob@example.org,Bob,Ito,\n")) == ["new"]


def test_email_that_two_rows_have_finds_nobody(meeting1: Meeting, bob: Attendee) -> None:
    rows = "B-8,bob@example.org,Bob,Ito,\nB-9,bob@example.org,Bea,Ito,\n"
    assert outcome(planned(meeting1, rows)) == ["new", "new"]


def test_partner_with_the_same_mailbox_is_new(meeting1: Meeting, bob: Attendee) -> None:
    rows = "BOB-1,bob@example.org,Bob,Ito,\nBEA-1,bob@example.org,Bea,Ito,\n"
    assert outcome(planned(meeting1, rows)) == ["unchanged", "new"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.ADD_AND_UPDATE, ["firstname: Bob > Rob", "new"]),
        (Mode.ADD_ONLY, ["skipped", "new"]),
        (Mode.UPDATE_ONLY, ["firstname: Bob > Rob", "skipped"]),
    ],
)
def test_modes(meeting1: Meeting, bob: Attendee, mode: Mode, expected: list[str]) -> None:
    rows = "BOB-1,bob@example.org,Rob,Ito,\nN-1,n@example.org,New,One,\n"
    assert outcome(planned(meeting1, rows, mode=mode)) == expected


def test_columns_that_the_file_lacks_stay_as_they_are(meeting1: Meeting, ann: Attendee) -> None:
    ann.custom = {"Table": "7"}
    ann.save()
    reading = read(b"code,email,firstname\nA-1,ann@example.org,Ann\n", LIMITS)
    assert outcome(plan(meeting1, reading)) == ["unchanged"]


def test_custom_fields_change_by_name(meeting1: Meeting, ann: Attendee) -> None:
    ann.custom = {"Table": "7", "Diet": "vegan"}
    ann.save()
    text = "code,email,firstname,Table\nA-1,ann@example.org,Ann,8\n"
    result = plan(meeting1, read(text.encode(), LIMITS))
    assert outcome(result) == ["Table: 7 > 8"]
    assert result.changed[0].new.custom == {"Table": "8", "Diet": "vegan"}


def test_nobody_is_removed_by_not_being_in_the_file(
    meeting1: Meeting, ann: Attendee, bob: Attendee
) -> None:
    result = planned(meeting1, "BOB-1,bob@example.org,Bob,Ito,\n")
    assert (result.removed, result.changes_nothing) == ([], True)


def test_those_not_in_the_file_are_named_where_the_host_removes_them(
    meeting1: Meeting, ann: Attendee, bob: Attendee
) -> None:
    result = planned(meeting1, "B-9,bob@example.org,Bob,Ito,\n", removes_missing=True)
    assert [one.pk for one in result.removed] == [ann.pk]


def test_other_meetings_do_not_count(meeting1: Meeting, meeting2: Meeting, bob: Attendee) -> None:
    assert outcome(planned(meeting2, "BOB-1,bob@example.org,Bob,Ito,\n")) == ["new"]


def test_digest_tells_plans_apart(meeting1: Meeting, bob: Attendee) -> None:
    one = planned(meeting1, "BOB-1,bob@example.org,Rob,Ito,\n").digest()
    assert one == planned(meeting1, "BOB-1,bob@example.org,Rob,Ito,\n").digest()
    Attendee.objects.update(firstname="Rob")
    assert one != planned(meeting1, "BOB-1,bob@example.org,Rob,Ito,\n").digest()
