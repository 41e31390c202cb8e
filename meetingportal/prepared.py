"""Queries that are built once and run many times with other values.

Building a query of several nested conditions costs many times what the database needs to answer
it. Here the ORM writes the SQL once, with stand-ins for the values, and later runs put the values
in their places: the rule stays written once, and pages do not pay for its length. PostgreSQL plans
such a statement once for each connection; that, too, took many times what it takes to answer it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Self

import psycopg
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery
from psycopg.sql import Literal

from meetingportal.repeatable import WITHOUT_WAITING, repeatable

type Kind = type[int] | type[str] | type[datetime]
type Value = int | str | datetime


class Prepared:
    """`Prepared(build, meeting=int, at=datetime).run(meeting=7, at=now)` → rows as tuples.

    `build` takes the values by name and returns a `values_list` queryset; every value must reach
    the database as it is given. Rows come as the database has them, without conversion.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **kinds: Kind) -> None:
        self.build = build
        self.stand_ins = {
            name: stand_in(kind, number) for number, (name, kind) in enumerate(kinds.items())
        }
        self.written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def run(self, **values: Value) -> list[tuple[Any, ...]]:
        sql, _ = self.statement()
        with cursor_that_plans_once() as cursor:
            cursor.execute(sql, self.placed(values))
            return list(cursor.fetchall())

    def placed(self, values: Mapping[str, Value]) -> list[Any]:
        """The values in the order of their places in the statement."""
        _, places = self.statement()
        given = {adapted(self.stand_ins[name]): adapted(value) for name, value in values.items()}
        return [given.get(place, place) for place in places]

    def statement(self) -> tuple[str, tuple[Any, ...]]:
        written = self.written.get(connection.vendor)
        if written is None:
            query = self.build(**self.stand_ins).query
            written = self.with_constants(*query.sql_with_params())
            self.written[connection.vendor] = written
        return written

    def with_constants(self, sql: str, places: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """The statement with all that never changes written into it.

        A plan that is made once knows of a value only what is written: an index of the rows whose
        key is not empty is of no use where "" is yet to come. SQLite would look at the values and
        make a new plan for each run.
        """
        changing = {adapted(value) for value in self.stand_ins.values()}
        parts = sql.split("%s")
        written = parts[0]
        for place, part in zip(places, parts[1:], strict=True):
            written += ("%s" if place in changing else literal(place).replace("%", "%%")) + part
        return written, tuple(place for place in places if place in changing)


class PreparedInsert[M: Model]:
    """`PreparedInsert(Admission).run(row)` inserts one row and gives it its primary key.

    With `unique`, it takes the place of the row that has the same values there. There are no
    signals, and the model's `save` is not asked. Each field has a value of its own: none is left to
    the database, as where a field has a `db_default` alone.
    """

    def __init__(self, model: type[M], *, unique: Sequence[str] = ()) -> None:
        self.model = model
        self.unique = unique
        self.written: dict[str, str] = {}

    @cached_property
    def fields(self) -> list[Field[Any, Any]]:
        return [field for field in self.model._meta.concrete_fields if not field.primary_key]

    def run(self, row: M) -> M:
        with cursor_that_plans_once() as cursor:
            cursor.execute(self.statement(), self.values(row))
            [pk] = cursor.fetchone()
        return self.stored(row, pk)

    def values(self, row: Model, *, without: Sequence[Field[Any, Any]] = ()) -> list[Any]:
        fields = [field for field in self.fields if field not in without]
        return [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]

    def stored(self, row: M, pk: Any) -> M:
        row.pk = pk
        row._state.adding, row._state.db = False, connection.alias
        return row

    def statement(self) -> str:
        written = self.written.get(connection.vendor)
        if written is None:
            written = self.written[connection.vendor] = self.as_sql()
        return written

    def as_sql(self) -> str:
        unique = [self.model._meta.get_field(name) for name in self.unique]
        query = InsertQuery(
            self.model,
            on_conflict=OnConflict.UPDATE if unique else None,
            update_fields=[field for field in self.fields if field not in unique],
            unique_fields=unique,
        )
        query.insert_values(self.fields, [self.model()])
        compiler = query.get_compiler(connection=connection)
        compiler.returning_fields = [self.model._meta.pk]
        [(sql, _)] = compiler.as_sql()
        return str(sql)


class NotInserted(Exception):
    """What the rows were to be inserted for does not hold any more; none was inserted."""


class PreparedInserts:
    """Inserts of which later ones refer to earlier ones, in one transaction.

    `PreparedInserts(participant=…, admission=…).run({"participant": p, "admission": a})`: a field
    that has the name of an earlier insert takes its row. On PostgreSQL it is one statement, and one
    way to the database and back.

    With `only_if`, a query without an order, nothing is inserted unless it finds a row. Whoever
    locks that row before changing it (`select_for_update`) waits for the inserts, and they for the
    change. The rows of `held` are locked before it, in their order, since the inserts refer to
    them.
    """

    def __init__(
        self,
        *,
        only_if: Prepared | None = None,
        held: Prepared | None = None,
        **inserts: PreparedInsert[Any],
    ) -> None:
        self.only_if = only_if
        self.held = held
        self.inserts = inserts
        self.written: dict[bool, str] = {}

    def run(
        self, rows: Mapping[str, Model], *, is_repeatable: bool = False, **asked: Value
    ) -> None:
        """Insert the rows; `is_repeatable` as in `meetingportal.repeatable`.

        `asked` are the values for `only_if` and `held`. Raises NotInserted.
        """
        if connection.vendor == "postgresql":
            is_repeatable = is_repeatable and not connection.in_atomic_block
            self.run_at_once(rows, asked, is_repeatable=is_repeatable)
            return
        with repeatable() if is_repeatable else transaction.atomic(savepoint=False):
            holds = self.only_if is None or bool(self.only_if.run(**of(self.only_if, asked)))
            for name, insert in self.inserts.items() if holds else ():
                self.refer(rows, name)
                insert.run(rows[name])
        if not holds:  # not within, where it would spoil a transaction around this one
            raise NotInserted

    def run_at_once(
        self, rows: Mapping[str, Model], asked: Mapping[str, Value], *, is_repeatable: bool
    ) -> None:
        values = []
        for query in filter(None, [self.held, self.only_if]):
            values += query.placed(of(query, asked))
        for name, insert in self.inserts.items():
            values += insert.values(rows[name], without=self.referring(name))
        with cursor_that_plans_once() as cursor:
            cursor.execute(self.statement(is_repeatable=is_repeatable), values)
            keys = cursor.fetchone()
        if keys is None:
            raise NotInserted
        for (name, insert), pk in zip(self.inserts.items(), keys, strict=False):
            insert.stored(rows[name], pk)
            self.refer(rows, name)

    def referring(self, name: str) -> list[Field[Any, Any]]:
        """The fields of this insert that take the row of an earlier one."""
        names = list(self.inserts)
        earlier = names[: names.index(name)]
        return [field for field in self.inserts[name].fields if field.name in earlier]

    def refer(self, rows: Mapping[str, Model], name: str) -> None:
        for field in self.referring(name):
            setattr(rows[name], field.name, rows[field.name])

    def statement(self, *, is_repeatable: bool) -> str:
        written = self.written.get(is_repeatable)
        if written is None:
            parts = ", ".join([*self.condition(), *map(self.part, self.inserts)])
            keys = ", ".join(
                f"{name}.{connection.ops.quote_name(insert.model._meta.pk.column)}"
                for name, insert in self.inserts.items()
            )
            also = f", {WITHOUT_WAITING}" if is_repeatable else ""
            written = f"WITH {parts} SELECT {keys}{also} FROM {', '.join(self.inserts)}"  # noqa: S608
            self.written[is_repeatable] = written
        return written

    def condition(self) -> Iterator[str]:
        also = ""
        if self.held:
            sql, _ = self.held.statement()
            yield f"held AS MATERIALIZED ({sql} FOR KEY SHARE)"
            also = "AND (SELECT count(*) FROM held) > 0 "  # all of them, and first
        if self.only_if:
            sql, _ = self.only_if.statement()
            yield f"only_if AS MATERIALIZED ({sql} {also}FOR KEY SHARE)"

    def part(self, name: str) -> str:
        """The statement of one insert, with earlier rows' keys in their places."""
        insert = self.inserts[name]
        referring = self.referring(name)
        first, *others = insert.statement().split("%s")
        if self.only_if:  # a row of values for each row that it finds
            first = first.replace("VALUES (", "SELECT ")
            others[-1] = others[-1].replace(")", " FROM only_if", 1)
        for field, part in zip(insert.fields, others, strict=True):
            key = f"(SELECT * FROM {field.name})"  # noqa: S608 - names of ours
            first += (key if field in referring else "%s") + part
        return f"{name} AS ({first})"


def of(query: Prepared, asked: Mapping[str, Value]) -> dict[str, Value]:
    """The values for this query."""
    return {name: asked[name] for name in query.stand_ins}


class PlansOnce(psycopg.Cursor[Any]):
    """Leaves statements with the server, and the values beside them.

    The ORM's own cursors write the values into each statement, so that it is always a new one.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        try:
            return super().execute(query, params, **options | {"prepare": True})
        except psycopg.errors.FeatureNotSupported:
            # A migration has given a column another type: the statement fails as long as the
            # connection lives, and the pool would keep it for an hour.
            self.connection.close()
            raise


def cursor_that_plans_once() -> CursorWrapper:
    """A cursor of Django's, with its errors, wrappers and log of queries."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    cursor = PlansOnce(connection.connection)
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrapped(cursor)  # type: ignore[arg-type]  # psycopg's, as Django itself passes one


def literal(value: Any) -> str:
    """SQL for a value. Raises TypeError for what has none on SQLite."""
    if connection.vendor == "postgresql":
        return Literal(value).as_string()
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(int(value))
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"There is no literal for {value!r}.")


def stand_in(kind: Kind, number: int) -> Value:
    """A value that nobody else writes into a query."""
    if kind is int:
        return -(10**15) - number
    if kind is str:
        return f"stand-in {number} \x1f"
    return datetime(1871, 3, 3, tzinfo=UTC) + timedelta(days=number)


def adapted(value: Value) -> Any:
    """The value as the database's own adapter passes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
