"""All of an import or nothing, in a number of statements that does not grow with the people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from attendees.identity import identity_key
from attendees.models import Attendee, RosterImport
from attendees.roster.choosing import Chosen, choose
from attendees.roster.importing import Orders, carry_out, confirm
from attendees.roster.plan import Choices
from attendees.roster.preview import Preview, look_at
from attendees.roster.read import read
from attendees.roster.rows import Limits
from attendees.roster.uploads import take_in, targets
from hosts.models import Host
from meetings.models import Meeting
from tests.conftest import attendee_of

LIMITS = Limits(size=5_000_000, rows=20_000)
HEADER = "code,email,firstname,lastname,external_id,Table\n"


def do(meeting: Meeting, rows: str, **choices: object) -> Preview:
    reading = read((HEADER + rows).encode(), LIMITS)
    assert reading.findings == []
    return carry_out(
        [meeting],
        reading,
        Choices(**choices),  # type: ignore[arg-type]
        managed=Meeting.objects.all(),
        accept=lambda _: None,
    )


def roster(meeting: Meeting) -> list[dict[str, Any]]:
    return list(Attendee.objects.of(meeting).order_by("pk").values())


def many(people: range, *, firstname: str = "Ann") -> str:
    return "".join(f"C{n},p{n}@example.org,{firstname},Lee,,{n}\n" for n in people)


def test_rows_are_kept_whole(meeting1: Meeting) -> None:
    do(meeting1, 'Ab-1,ANN@Example.org,Ann\\ "Annie","O\'Lee, ü",E\\1,"say ""hi""\\n"\n')
    kept = roster(meeting1)[0]
    del kept["id"]
    assert kept == {
        "meeting_id": meeting1.pk,
        "code": "Ab-1",
        "compared_code": "ab1",
        "email": "ann@example.org",
        "firstname": 'Ann\\ "Annie"',
        "lastname": "O'Lee, ü",
        "external_id": "E\\1",
        "custom": {"Table": 'say "hi"\\n'},
        "identity_key": "x:E\\1",
        "look_alike": "x:e\\1",
        "credential_version": 1,
    }


def test_bulk_derives_what_a_single_save_derives(meeting1: Meeting) -> None:
    do(meeting1, "Ab-1,a@example.org,Ann,,,\nß2,b@example.org,Bob,,00,\nC3,c@example.org,C,,X1,\n")
    for attendee in Attendee.objects.of(meeting1):
        assert attendee.derive() is False, attendee.code
        assert attendee.identity_key == identity_key(
            attendee.code, attendee.email, attendee.external_id
        )


def test_equal_file_writes_nothing(meeting1: Meeting) -> None:
    do(meeting1, many(range(50)))
    before = roster(meeting1)
    with CaptureQueriesContext(connection) as queries:
        do(meeting1, many(range(50)))
    assert [one["sql"] for one in queries if not is_reading(one["sql"])] == []
    assert roster(meeting1) == before


def is_reading(sql: str) -> bool:
    return sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "DECLARE", "BEGIN", "COMMIT"))


def test_number_of_statements_does_not_grow_with_the_people(meeting1: Meeting) -> None:
    counts = []
    for size in (3, 900):
        Attendee.objects.all().delete()
        do(meeting1, many(range(size)))
        with CaptureQueriesContext(connection) as queries:
            do(meeting1, many(range(size // 3, size * 2), firstname="Bea"))
        counts.append(len(queries))
        assert Attendee.objects.filter(firstname="Bea").count() == size * 2 - size // 3
    assert counts[0] == counts[1] <= 12


def test_a_further_batch_of_changes_costs_one_further_statement(
    meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attendees.roster.apply.CHANGED_AT_ONCE", 10)
    do(meeting1, many(range(30)))
    counts = []
    for number, size in enumerate((10, 20, 30)):
        with CaptureQueriesContext(connection) as queries:
            do(meeting1, many(range(size), firstname=f"Bea{number}"))
        counts.append(len(queries))
    assert [counts[1] - counts[0], counts[2] - counts[1]] == [1, 1]


def test_credentials_count_up_only_where_they_change(meeting1: Meeting) -> None:
    do(meeting1, "A,a@example.org,Ann,,,\nB,b@example.org,Bob,,,\nC,c@example.org,Cleo,,E3,\n")
    do(meeting1, "A,new@example.org,Ann,,,\nB,b@example.org,Rob,,,\nC,new@example.org,Cleo,,E3,\n")
    versions = {one["code"]: one["credential_version"] for one in roster(meeting1)}
    # Cleo is who her external ID says, so another email makes her nobody else.
    assert versions == {"A": 2, "B": 1, "C": 1}


def test_those_not_in_the_file_are_removed_where_the_host_chose_so(
    meeting1: Meeting, meeting2: Meeting, bob2: Attendee
) -> None:
    do(meeting1, many(range(5)))
    do(meeting1, many(range(2)), removes_missing=True)
    assert [one["code"] for one in roster(meeting1)] == ["C0", "C1"]
    assert [one["code"] for one in roster(meeting2)] == ["BOB-1"]


class Broken(Exception):
    """Raised instead of a statement."""


@contextmanager
def broken_at(number: int) -> Iterator[list[str]]:
    seen: list[str] = []

    def wrapper(
        execute: Callable[..., Any], sql: str, params: Any, is_many: bool, context: Any
    ) -> Any:
        seen.append(sql)
        if len(seen) == number:
            raise Broken
        return execute(sql, params, is_many, context)

    def write(copy: psycopg.Copy, data: Any) -> None:
        seen.append("COPY")
        if len(seen) == number:
            raise Broken
        original(copy, data)

    # What is copied is no statement to Django.
    original, psycopg.Copy.write = psycopg.Copy.write, write  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(wrapper):
            yield seen
    finally:
        psycopg.Copy.write = original  # type: ignore[method-assign]


@pytest.mark.django_db(transaction=True)
def test_import_that_breaks_at_any_statement_changes_nothing(meeting1: Meeting) -> None:
    attendee_of(meeting1, "GONE", "gone@example.org", "Gone")
    do(meeting1, many(range(20)))
    before = roster(meeting1)
    rows = many(range(10, 30), firstname="Bea")
    for number in range(1, 100):
        try:
            with broken_at(number) as seen, transaction.atomic():
                do(meeting1, rows, removes_missing=True)
                if len(seen) < number:
                    transaction.set_rollback(True)
        except Broken:
            assert roster(meeting1) == before, seen[-1]
        else:
            break
    assert 4 < number < 60
    assert roster(meeting1) == before
    do(meeting1, rows, removes_missing=True)
    assert {one["firstname"] for one in roster(meeting1)} == {"Bea"}


@pytest.mark.django_db(transaction=True)
def test_confirming_that_breaks_at_any_statement_changes_nothing_and_can_be_repeated(
    alice: Host, meeting1: Meeting, meeting2: Meeting
) -> None:
    attendee_of(meeting1, "GONE", "gone@example.org", "Gone")
    do(meeting1, many(range(20)))
    content = (HEADER + many(range(10, 30), firstname="Bea")).encode()
    upload = take_in(meeting1, content, "list.csv", by=alice, also_into=[meeting2])
    choose(upload, Chosen(removes_missing=True))
    preview = look_at(targets(upload), content, Chosen(removes_missing=True))
    before = roster(meeting1)
    orders = Orders(seen=preview.digest(), typed_removals="11", asks_email=True)
    for number in range(1, 100):
        try:
            with broken_at(number) as seen:
                confirm(upload.pk, orders)
        except Broken:
            upload.refresh_from_db()
            assert (roster(meeting1), roster(meeting2)) == (before, []), seen[-1]
            assert (upload.is_imported, upload.before) == (False, None), seen[-1]
            assert upload.content is not None
        else:
            break
    assert 8 < number < 80
    assert len(roster(meeting1)) == len(roster(meeting2)) == 20
    assert RosterImport.objects.get().is_imported


def test_somebody_added_meanwhile_undoes_the_whole_import(meeting1: Meeting) -> None:
    reading = read((HEADER + many(range(20))).encode(), LIMITS)

    def somebody_is_added(_: Preview) -> None:
        attendee_of(meeting1, "C19", "other@example.org", "Other")

    with pytest.raises(IntegrityError), transaction.atomic():
        carry_out(
            [meeting1],
            reading,
            Choices(),
            managed=Meeting.objects.all(),
            accept=somebody_is_added,
        )
    assert roster(meeting1) == []
