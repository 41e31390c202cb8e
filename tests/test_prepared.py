"""Queries that are built once: other values each time, the same answers as the ORM's."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hosts.models import Workspace
from meetingportal.prepared import Prepared
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


def test_postgresql_plans_it_once(one: Meeting) -> None:
    if connection.vendor != "postgresql":
        return

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
