"""Queries that are built once: other values each time, the same answers as the ORM's."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendees.models import Admission, Attendee, Participant
from hosts.models import Host, Workspace
from meetingportal.prepared import NotInserted, Prepared, PreparedInsert, PreparedInserts
from meetingportal.repeatable import repeatable
from meetings.models import Meeting

LATER = Prepared(
    lambda workspace, title, at: Meeting.objects.filter(
        workspace=workspace, title=title, starts_at__gt=at
    ).values_list("slug"),
    workspace=int,
    title=str,
    at=type(timezone.now()),
)


@pytest.fixture
def one(workspace: Workspace) -> Meeting:
    return Meeting.objects.create(
        workspace=workspace, title="A %s “title”", slug="one", starts_at=timezone.now()
    )


def found(meeting: Meeting, **other: object) -> list[str]:
    values = {"workspace": meeting.workspace_id, "title": meeting.title}
    values["at"] = meeting.starts_at - timedelta(seconds=1)
    return [slug for (slug,) in LATER.run(**values | other)]


def test_each_run_has_its_own_values(one: Meeting) -> None:
    for _ in range(2):
        assert found(one) == ["one"]
        assert found(one, title="another") == found(one, at=one.starts_at) == []
        assert found(one, workspace=2**40) == found(one, workspace=1_000_000) == []


def test_it_is_seen_where_queries_are_counted(one: Meeting) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert found(one) == ["one"]
    [query] = queries
    assert "A %s “title”" in query["sql"]
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        found(one)
    assert len(seen) == 1


def test_it_is_part_of_the_transaction(one: Meeting) -> None:
    with transaction.atomic():
        Meeting.objects.filter(pk=one.pk).update(slug="two")
        assert found(one) == ["two"]
        transaction.set_rollback(True)
    assert found(one) == ["one"]


@pytest.mark.postgresql
def test_postgresql_plans_it_once(one: Meeting) -> None:
    def kept() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
                ['%"starts_at" > $%'],
            )
            return cursor.fetchone()[0]

    found(one)
    before = kept()
    for _ in range(10):
        found(one, title="another")
    assert kept() == before >= 1


# --- What is written ---------------------------------------------------------------------------


def admission_of(person: Attendee, browser: str, **fields: object) -> Admission:
    at = timezone.now()
    participant, _ = Participant.objects.get_or_create(meeting=person.meeting, key="a:1")
    return Admission(
        meeting=person.meeting, browser=browser, participant=participant, attendee=person,
        how=Admission.How.CODE, created_at=at, expires_at=at, **fields,
    )  # fmt: skip


def test_a_row_is_inserted_or_takes_the_place_of_the_one_there(bob: Attendee) -> None:
    keep = PreparedInsert(Admission, unique=["meeting", "browser"])
    one, two = (keep.run(admission_of(bob, browser)) for browser in ("one", "two"))
    again = keep.run(admission_of(bob, "one", rule="“%s”"))
    assert again.pk == one.pk != two.pk
    assert not again._state.adding
    rules = dict(Admission.objects.values_list("browser", "rule"))
    assert rules == {"one": "“%s”", "two": ""}


def test_what_the_database_forbids_is_refused_as_ever(one: Meeting) -> None:
    keep = PreparedInsert(Participant)
    first = keep.run(Participant(meeting=one, key="a:1"))
    with pytest.raises(IntegrityError), transaction.atomic():
        keep.run(Participant(meeting=one, key="a:1"))
    assert Participant.objects.get() == first


def test_every_field_is_kept_as_the_orm_keeps_it(bob: Attendee) -> None:
    ours = PreparedInsert(Admission).run(admission_of(bob, "ours", rule="é\\'%"))
    theirs = admission_of(bob, "theirs", rule="é\\'%")
    theirs.created_at, theirs.expires_at = ours.created_at, ours.expires_at
    theirs.save()
    assert ours.pk != theirs.pk
    one, other = (
        Admission.objects.filter(browser=browser).values().get() | {"id": 0, "browser": ""}
        for browser in ("ours", "theirs")
    )
    assert one == other


ENTERING = PreparedInserts(
    participant=PreparedInsert(Participant, unique=["meeting", "key"]),
    admission=PreparedInsert(Admission, unique=["meeting", "browser"]),
)


def entering(person: Attendee, browser: str) -> dict[str, Participant | Admission]:
    at = timezone.now()
    participant = Participant(meeting=person.meeting, key="a:1", attendee=person)
    admission = Admission(
        meeting=person.meeting, browser=browser, participant=participant, attendee=person,
        how=Admission.How.CODE, rule="é\\'%s", created_at=at, expires_at=at,
    )  # fmt: skip
    return {"participant": participant, "admission": admission}


def test_rows_that_refer_to_each_other_are_inserted_together(bob: Attendee) -> None:
    rows, again = entering(bob, "one"), entering(bob, "one")
    with CaptureQueriesContext(connection) as queries:
        ENTERING.run(rows)
    assert len(queries) == (1 if connection.vendor == "postgresql" else 2)
    with CaptureQueriesContext(connection) as queries:
        assert rows["admission"].participant.attendee == bob
    assert not queries.captured_queries
    assert not any(row._state.adding for row in rows.values())
    ENTERING.run(again)
    assert [row.pk for row in rows.values()] == [row.pk for row in again.values()]
    [kept] = Admission.objects.all()
    assert (kept.participant, kept.rule) == (rows["participant"], "é\\'%s")
    assert kept.participant == Participant.objects.get()


@pytest.mark.parametrize("is_repeatable", [False, True])
@pytest.mark.django_db(transaction=True)
def test_rows_are_inserted_all_or_none(bob: Attendee, *, is_repeatable: bool) -> None:
    before = waits_for_the_disk()
    rows = entering(bob, "one")
    rows["admission"].attendee_id = bob.pk + 1000
    with pytest.raises(IntegrityError):
        ENTERING.run(rows, is_repeatable=is_repeatable)
    assert not Participant.objects.exists()
    ENTERING.run(entering(bob, "one"), is_repeatable=is_repeatable)
    assert Admission.objects.get().participant == Participant.objects.get()
    assert waits_for_the_disk() == before


@pytest.mark.django_db(transaction=True)
def test_rows_inserted_together_alone_do_not_wait_for_the_disk(bob: Attendee) -> None:
    usual = PreparedInserts(participant=PreparedInsert(Participant, unique=["meeting", "key"]))
    waited = []

    def note(execute, sql, params, many, context):
        if "synchronous" in sql and "SELECT" in sql and "set_config" in sql:
            waited.append("not")
        if "PRAGMA synchronous=NORMAL" in sql:
            waited.append("not")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for is_repeatable in (True, False):
            rows = {"participant": Participant(meeting=bob.meeting, key="a:1", attendee=bob)}
            usual.run(rows, is_repeatable=is_repeatable)
    assert waited == ["not"]


def test_rows_are_inserted_only_if_what_they_are_for_still_holds(bob: Attendee) -> None:
    live = Prepared(
        lambda meeting: Meeting.objects.filter(pk=meeting, state="live").values_list("pk"),
        meeting=int,
    )
    while_live = PreparedInserts(only_if=live, **ENTERING.inserts)
    rows = entering(bob, "one")
    with CaptureQueriesContext(connection) as queries:
        while_live.run(rows, meeting=bob.meeting_id)
    assert len(queries) == (1 if connection.vendor == "postgresql" else 3)
    assert Admission.objects.get().participant == rows["participant"]
    Meeting.objects.update(state="ended")
    with pytest.raises(NotInserted):
        while_live.run(entering(bob, "another"), meeting=bob.meeting_id)
    assert Admission.objects.get().browser == "one", "the transaction goes on"


# --- What may be done again --------------------------------------------------------------------


def waits_for_the_disk() -> str:
    name = "PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit"
    with connection.cursor() as cursor:
        cursor.execute(name)
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_repeatable_transaction_alone_does_not_wait_for_the_disk() -> None:
    before = waits_for_the_disk()
    with repeatable():
        Workspace.objects.create(name="Kept")
        assert waits_for_the_disk() != before
    assert waits_for_the_disk() == before
    with pytest.raises(IntegrityError), repeatable():
        Host.objects.create(email="")
    assert waits_for_the_disk() == before
    assert [one.name for one in Workspace.objects.all()] == ["Kept"]


@pytest.mark.django_db(transaction=True)
def test_within_another_transaction_it_waits_as_that_one_does() -> None:
    before = waits_for_the_disk()
    with transaction.atomic():
        with repeatable():
            Workspace.objects.create(name="Kept")
        assert waits_for_the_disk() == before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_after_a_migration_each_connection_fails_once_at_most(one: Meeting) -> None:
    titles = Prepared(lambda slug: Meeting.objects.filter(slug=slug).values_list("title"), slug=str)
    before = titles.run(slug="one")
    column = "ALTER TABLE meetings_meeting ALTER title TYPE"
    with psycopg.connect(**psycopg_parameters(), autocommit=True) as migrating:
        migrating.execute(f"{column} varchar(300)")
        try:
            old = connection.connection
            with pytest.raises(NotSupportedError), transaction.atomic():
                titles.run(slug="one")
            connection.close()  # as at the end of each request
            assert old.closed, "the pool keeps it no longer"
            assert titles.run(slug="one") == before
        finally:
            connection.close()
            migrating.execute(f"{column} varchar(200)")


def psycopg_parameters() -> dict[str, Any]:
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    given = connection.settings_dict
    here = {"dbname": given["NAME"]}
    return here | {other: given[name] for name, other in names.items() if given[name]}


def test_what_never_changes_is_written_into_the_statement(one: Meeting) -> None:
    odd = "50 % of 'it' is a \\ “title”"
    titled = Prepared(
        lambda workspace: (
            Meeting.objects.filter(workspace=workspace)
            .exclude(title=odd)
            .exclude(description="words")
            .values_list("slug")
        ),
        workspace=int,
    )
    Meeting.objects.create(workspace=one.workspace, title=odd, slug="odd")
    assert titled.run(workspace=one.workspace_id) == [("one",)]
    sql, places = titled.statement()
    assert (sql.count("%s"), len(places)) == (1, 1)
    assert "'words'" in sql
