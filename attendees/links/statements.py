"""The one statement of the link check, for any number of links, in the words of both databases.

It compares stored normal forms, never by collation. Whoever is left over on one list is laid beside
those left over on the other, by the strongest sign first: code and email, a key that differs only
in what eyes skip, the email, the code.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256

from django.db import connection

from attendees.links.outcomes import Outcome
from attendees.links.parts import aims, cell_of
from attendees.links.remembering import Pair

ROSTER = "attendees_attendee"
PLANNED = "planned_roster"  # a temporary table, see `attendees.roster.rehearsal`
COLUMNS = "id, meeting_id, compared_code, email, external_id, identity_key, look_alike"
PLANNED_COLUMNS = f"{COLUMNS}, custom"

# What an external ID is good for. Whoever has no key at all is nobody's likeness.
NO_ID, PLACEHOLDER_ID, HAS_ID, NO_KEY, NO_KEY_BUT_PLACEHOLDER = range(5)

# Of a group of people who have something in common: how many, and of the one on each side, if it is
# one, the primary key and what the external ID is good for, as one number.
BOTH_SIDES = """
count(*) AS people, max(CASE WHEN side = 1 THEN 8 * id + id_kind END) AS one,
max(CASE WHEN side = 2 THEN 8 * id + id_kind END) AS other
"""
ON_BOTH_SIDES = """
max(CASE WHEN side = 1 THEN 8 * id + id_kind END) IS NOT NULL
AND max(CASE WHEN side = 2 THEN 8 * id + id_kind END) IS NOT NULL
"""

ID_KIND = f"""
CASE WHEN {{0}}.identity_key = '' THEN
       CASE WHEN {{0}}.external_id = '' THEN {NO_KEY} ELSE {NO_KEY_BUT_PLACEHOLDER} END
     WHEN substr({{0}}.identity_key, 1, 2) = 'x:' THEN {HAS_ID}
     WHEN {{0}}.external_id = '' THEN {NO_ID}
     ELSE {PLACEHOLDER_ID} END
"""

CONTRADICTS = """
(one.compared_code <> other.compared_code AND one.email <> other.email
 AND substr(one.identity_key, 1, 2) = 'x:')
"""

# Rows of two sides by what only one on each side has, and those without a counterpart. SQLite would
# read the whole other side for each row of a FULL JOIN: there they are grouped, and looked up.
FULL_JOIN = "{one} AS one FULL JOIN {other} AS other ON one.pair = other.pair AND {equal}"
GROUPED = """
(SELECT pair, max(CASE WHEN side = 1 THEN id END) AS one_id,
        max(CASE WHEN side = 2 THEN id END) AS other_id
 FROM (SELECT 1 AS side, id, pair, {columns} FROM {one}
       UNION ALL SELECT 2, id, pair, {columns} FROM {other})
 GROUP BY pair, {columns}) AS beside_each_other
LEFT JOIN {one} AS one
  ON one.id = beside_each_other.one_id AND one.pair = beside_each_other.pair
LEFT JOIN {other} AS other
  ON other.id = beside_each_other.other_id AND other.pair = beside_each_other.pair
"""


def side_by_side(one: str, other: str, *columns: str) -> str:
    """SQL for the rows of two sides, in which these columns together are unique, as `FULL_JOIN`."""
    if connection.vendor == "sqlite":
        return GROUPED.format(one=one, other=other, columns=", ".join(columns))
    equal = " AND ".join(f"one.{column} = other.{column}" for column in columns)
    return FULL_JOIN.format(one=one, other=other, equal=equal)


# As the index has it, so that SQLite finds people by it.
SAME_KEY = """
{0}.meeting_id = {1}.opposite AND {0}.identity_key = {1}.identity_key
AND NOT ({0}.identity_key = '')
"""

# Who has the same key and contradicts it, or has no counterpart: of the one list all, of the other
# those who may be like somebody, and those who are `meant` for a room; the rest is left out, and
# `links.check` adds how many they are. These are two joins, because PostgreSQL does no FULL JOIN on
# all cores.
JOINED = f"""
here AS MATERIALIZED (
  SELECT one.pair, one.id AS one_id, other.id AS other_id, one.compared_code AS code, one.email,
         one.look_alike, {ID_KIND.format("one")} AS id_kind
  FROM one_list AS one LEFT JOIN {{others}} AS other ON {SAME_KEY.format("other", "one")}
  WHERE other.id IS NULL OR {CONTRADICTS}
),
both_left AS MATERIALIZED (
  SELECT here.pair FROM here JOIN {{sizes}} AS sizes ON sizes.column1 = here.pair
  WHERE here.other_id IS NULL
  GROUP BY here.pair, sizes.column2, sizes.column3
  HAVING min(here.id_kind) < {NO_KEY} AND sizes.column3 > sizes.column2 - count(*)
),
{{wanted}}
joined AS MATERIALIZED (
  SELECT * FROM here
  UNION ALL
  SELECT other.pair, NULL, other.id, other.compared_code, other.email, other.look_alike,
         {ID_KIND.format("other")}
  FROM {{others_wanted}} AS other LEFT JOIN {{ones}} AS one ON {SAME_KEY.format("one", "other")}
  WHERE one.id IS NULL {{and_wanted}}
)
"""  # noqa: S608 - constants only

# Of two lists the other is read through, where somebody on each is left over.
OF_THE_ONE_PAIR = "AND (other.pair {in_both_left} {or_meant})"
OR_MEANT = "OR (other.pair, other.id) IN (SELECT pair, id FROM meant WHERE side = 2)"

# Of many pairs, most of which have one list in common, that would be as often as there are pairs:
# there it is asked who on the other list has something in common with somebody left over.
WANTED = f"""
others_once AS MATERIALIZED {{others}},
left_here AS MATERIALIZED (
  SELECT here.pair, sizes.column5 AS opposite, here.code, here.email, here.look_alike
  FROM here JOIN {{sizes}} AS sizes ON sizes.column1 = here.pair
  WHERE here.other_id IS NULL AND here.id_kind < {NO_KEY}
),
wanted AS MATERIALIZED ({{wanted}}),
wanted_list AS MATERIALIZED (
  SELECT wanted.pair, sizes.column4 AS opposite, {{columns}}
  FROM wanted {{join}} {{sizes}} AS sizes ON sizes.column1 = wanted.pair
  {{join}} others_once AS listed ON listed.id = wanted.id AND listed.meeting_id = sizes.column5
),
"""  # noqa: S608 - constants only
LIKELY = """
SELECT left_here.pair, other.id FROM left_here {join} others_once AS other
  ON other.meeting_id = left_here.opposite AND other.{column} = left_here.{said}
WHERE left_here.{said} <> '' AND NOT (other.identity_key = '')
"""
LIKELY_BY = (("compared_code", "code"), ("email", "email"), ("look_alike", "look_alike"))
ALL_MEANT = "SELECT pair, id FROM meant WHERE side = 2"

LEFT = f"""
(SELECT pair, {{0}}_id AS id, code, email, look_alike, id_kind FROM joined
 WHERE {{1}}_id IS NULL AND id_kind < {NO_KEY})
"""  # noqa: S608 - constants only

# Those left over, side by side where they have one code. Where the email is the same, too, they
# are settled; the rest is laid beside each other by likeness and by email.
LEFT_OVER = f"""
beside AS MATERIALIZED (
  SELECT coalesce(one.pair, other.pair) AS pair, one.id AS one_id, other.id AS other_id,
         one.email AS one_email, other.email AS other_email,
         one.look_alike AS one_look_alike, other.look_alike AS other_look_alike,
         one.id_kind AS one_kind, other.id_kind AS other_kind,
         coalesce(one.email = other.email AND one.email <> '', FALSE) AS is_settled
  FROM {{by_code}}
),
rest AS MATERIALIZED (
  SELECT pair, 1 AS side, one_id AS id, other_id AS same_code, one_email AS email,
         one_look_alike AS look_alike, one_kind AS id_kind
  FROM beside WHERE one_id IS NOT NULL AND NOT is_settled
  UNION ALL
  SELECT pair, 2, other_id, one_id, other_email, other_look_alike, other_kind
  FROM beside WHERE other_id IS NOT NULL AND NOT is_settled
),
alike AS MATERIALIZED (
  SELECT pair, look_alike, {BOTH_SIDES} FROM rest WHERE pair {{in_both_left}}
  GROUP BY pair, look_alike HAVING {ON_BOTH_SIDES}
),
mailbox AS MATERIALIZED (
  SELECT pair, email, {BOTH_SIDES} FROM rest WHERE email <> '' AND pair {{in_both_left}}
  GROUP BY pair, email HAVING {ON_BOTH_SIDES}
)
"""  # noqa: S608 - constants only


def why_ids_part(one: str, other: str) -> str:
    """SQL for two people who seem to be one, by what their external IDs are good for."""
    return f"""
      CASE WHEN {one} = {HAS_ID} AND {other} = {HAS_ID} THEN '{Outcome.IDS_DIFFER}'
           WHEN {PLACEHOLDER_ID} IN ({one}, {other}) THEN '{Outcome.PLACEHOLDER}'
           WHEN {HAS_ID} IN ({one}, {other}) THEN '{Outcome.ID_ON_ONE_SIDE}'
           ELSE '{Outcome.CODE_DIFFERS}' END
    """


SETTLED = f"""
CASE WHEN one_look_alike = other_look_alike THEN '{Outcome.LOOK_ALIKE}'
     ELSE {why_ids_part("one_kind", "other_kind")} END
"""
THE_OTHER = "CASE WHEN rest.side = 1 THEN {0}.other ELSE {0}.one END / 8"

FOUND = f"""
{{0}} AS (
  SELECT pair, 1 AS side, one_id AS id, '{Outcome.CONTRADICTION}' AS outcome, other_id FROM joined
  WHERE one_id IS NOT NULL AND other_id IS NOT NULL
  UNION ALL
  SELECT pair, 2, other_id, '{Outcome.CONTRADICTION}', one_id FROM joined
  WHERE one_id IS NOT NULL AND other_id IS NOT NULL
  UNION ALL
  SELECT pair, CASE WHEN one_id IS NULL THEN 2 ELSE 1 END, coalesce(one_id, other_id),
    CASE WHEN id_kind = {NO_KEY} THEN '{Outcome.NO_IDENTITY}'
         ELSE '{Outcome.PLACEHOLDER}' END, NULL
  FROM joined WHERE id_kind >= {NO_KEY}
  UNION ALL
  SELECT pair, 1, one_id, {SETTLED}, other_id FROM beside WHERE is_settled
  UNION ALL
  SELECT pair, 2, other_id, {SETTLED}, one_id FROM beside WHERE is_settled
  UNION ALL
  SELECT rest.pair, rest.side, rest.id,
    CASE WHEN alike.people = 2 THEN '{Outcome.LOOK_ALIKE}'
         WHEN alike.people > 2 OR mailbox.people > 2 THEN '{Outcome.SEVERAL}'
         WHEN mailbox.people = 2 THEN {why_ids_part("mailbox.one & 7", "mailbox.other & 7")}
         WHEN rest.same_code IS NOT NULL THEN '{Outcome.EMAIL_DIFFERS}'
         ELSE '{Outcome.NOT_LISTED}' END,
    CASE WHEN alike.people = 2 THEN {THE_OTHER.format("alike")}
         WHEN alike.people > 2 OR mailbox.people > 2 THEN NULL
         WHEN mailbox.people = 2 THEN {THE_OTHER.format("mailbox")}
         ELSE rest.same_code END
  FROM rest
  LEFT JOIN alike ON alike.look_alike = rest.look_alike AND alike.pair = rest.pair
  LEFT JOIN mailbox ON mailbox.email = rest.email AND mailbox.pair = rest.pair
)
"""  # noqa: S608 - constants only

# Whoever is like nobody on the list of a room that is for a part of the people, and is not meant to
# be there, is not missing there. SQLite takes the tables of a CROSS JOIN in this order.
MEANT = """
told AS MATERIALIZED (
  SELECT asked.source, asked.column_name, person.id, {cell} AS cell
  FROM (SELECT DISTINCT source, column_name FROM aims) AS asked
  {join} {rosters} AS person ON person.meeting_id = asked.source
  WHERE person.meeting_id IN ({sources})
),
meant AS MATERIALIZED (
  SELECT DISTINCT aims.pair, aims.side, told.id
  FROM told {join} aims
    ON aims.source = told.source AND aims.column_name = told.column_name AND aims.cell = told.cell
)
"""
AIMED = f"""
found AS (
  SELECT found_first.pair, found_first.side, found_first.id,
    CASE WHEN found_first.other_id IS NULL AND meant.id IS NULL
          AND found_first.outcome IN
            ('{Outcome.NOT_LISTED}', '{Outcome.NO_IDENTITY}', '{Outcome.PLACEHOLDER}')
          AND ways.pair IS NOT NULL THEN '{Outcome.NOT_MEANT}'
         ELSE found_first.outcome END AS outcome,
    found_first.other_id
  FROM found_first
  LEFT JOIN (SELECT DISTINCT pair, side FROM aims) AS ways
    ON ways.pair = found_first.pair AND ways.side = found_first.side
  LEFT JOIN meant ON meant.pair = found_first.pair AND meant.side = found_first.side
    AND meant.id = found_first.id
)
"""  # noqa: S608 - constants only

COUNTED = "SELECT pair, side, outcome, count(*) FROM found GROUP BY pair, side, outcome"

# How many are on lists, who of them is nobody's likeness, and of those with a placeholder as ID.
PEOPLE = """
SELECT meeting_id, count(*) FROM {0} AS listed WHERE meeting_id IN ({1}) GROUP BY meeting_id
"""
KEYLESS = """
SELECT meeting_id, count(*), sum(CASE WHEN external_id = '' THEN 0 ELSE 1 END)
FROM {0} AS listed WHERE meeting_id IN ({1}) AND identity_key = '' GROUP BY meeting_id
"""

# Numbers that an older portal has counted by another statement are not taken for those of this one.
OF_OTHERS = f"{OF_THE_ONE_PAIR}{OR_MEANT}{WANTED}{LIKELY}{LIKELY_BY}{ALL_MEANT}"
RULE = sha256(
    f"{JOINED}{OF_OTHERS}{LEFT}{LEFT_OVER}{FOUND}{MEANT}{AIMED}{COUNTED}{KEYLESS}".encode()
).hexdigest()[:16]

# Of the first list only, which is the one asked about.
EVERYBODY = f"""
everybody AS (
  SELECT id, outcome, other_id FROM found WHERE side = 1
  UNION ALL
  SELECT one.id, '{Outcome.CARRIED}', other.id FROM one_list AS one JOIN other_list AS other
    ON {SAME_KEY.format("other", "one")}
  WHERE NOT {CONTRADICTS}
)
"""  # noqa: S608 - constants only

LISTED = f"""
SELECT everybody.id, everybody.other_id FROM everybody JOIN {ROSTER} AS listed
  ON listed.id = everybody.id
WHERE everybody.outcome IN ({{0}})
ORDER BY listed.lastname, listed.firstname, listed.id
"""  # noqa: S608 - constants only


class Lists:
    """The statements for these pairs of rosters, of which one knows how many are on them."""

    def __init__(
        self, pairs: Sequence[Pair], people: Mapping[int, int], planned: Collection[int] = ()
    ) -> None:
        self.pairs = pairs
        self.people = people
        self.rosters = rosters(planned)
        self.aims = aims(pairs, self.rosters)

    @property
    def found(self) -> str:
        is_postgresql = connection.vendor == "postgresql"
        # PostgreSQL then knows before it looks at anybody, and does so on all cores.
        chosen = "= ANY(ARRAY({}))" if is_postgresql else "IN ({})"
        in_both_left = chosen.format("SELECT pair FROM both_left")
        of_one_pair = OF_THE_ONE_PAIR.format(
            in_both_left=in_both_left, or_meant=OR_MEANT if self.has_meant_others else ""
        )
        joined = JOINED.format(
            ones=self.once_each(0),
            others=self.once_each(1),
            sizes=self.sizes,
            wanted=self.wanted,
            others_wanted="wanted_list" if self.wanted else "other_list",
            and_wanted="" if self.wanted else of_one_pair,
        )
        left_over = LEFT_OVER.format(
            by_code=side_by_side(LEFT.format("one", "other"), LEFT.format("other", "one"), "code"),
            in_both_left=in_both_left,
        )
        # Read several times on SQLite; PostgreSQL is best at joining what it has not stored.
        stored = "NOT MATERIALIZED" if is_postgresql else "MATERIALIZED"
        lists = f"one_list AS {stored} {self.side(0)}, other_list AS {stored} {self.side(1)}"
        if not self.aims:
            return f"WITH {lists}, {joined}, {left_over}, {FOUND.format('found')}"
        found = f"{FOUND.format('found_first')}, {AIMED}"
        return f"WITH {lists}, {self.meant}, {joined}, {left_over}, {found}"

    @property
    def has_meant_others(self) -> bool:
        return any(aim.side == 2 for aim in self.aims)

    @property
    def wanted(self) -> str:
        """SQL for who on the other lists is looked at, where there are several; see `WANTED`."""
        if len(self.pairs) == 1:
            return ""
        likely = [
            LIKELY.format(join=self.join, column=column, said=said) for column, said in LIKELY_BY
        ]
        return WANTED.format(
            others=self.once_each(1),
            sizes=self.sizes,
            wanted=" UNION ".join([*likely, *[ALL_MEANT] * self.has_meant_others]),
            columns=f"listed.{COLUMNS.replace(', ', ', listed.')}",
            join=self.join,
        )

    @property
    def join(self) -> str:
        return "CROSS JOIN" if connection.vendor == "sqlite" else "JOIN"

    @property
    def meant(self) -> str:
        """SQL for who is meant to go where; see `MEANT`."""
        rows = [
            f"({aim.number:d}, {aim.side:d}, CAST({aim.source:d} AS bigint), "
            "CAST(%s AS text), CAST(%s AS text))"
            for aim in self.aims
            for _ in aim.rows
        ]
        meant = MEANT.format(
            rosters=self.rosters,
            join=self.join,
            cell=cell_of("person", "asked.column_name"),
            sources=listed({aim.source for aim in self.aims}),
        )
        return (
            f"aims (pair, side, source, column_name, cell) AS (VALUES {', '.join(rows)}), {meant}"
        )

    @property
    def everybody(self) -> str:
        return f"{self.found}, {EVERYBODY}"

    @property
    def parameters(self) -> list[str | None]:
        return [value for aim in self.aims for row in aim.rows for value in row]

    @property
    def sizes(self) -> str:
        rows = ", ".join(
            f"({number:d}, {self.people.get(one, 0):d}, {self.people.get(other, 0):d}, "
            f"{one:d}, {other:d})"
            for number, (one, other) in enumerate(self.pairs)
        )
        return f"(VALUES {rows})"

    def once_each(self, side: int) -> str:
        """SQL for the people of one side of all pairs."""
        meetings = listed({pair[side] for pair in self.pairs})
        return f"(SELECT {COLUMNS} FROM {self.rosters} AS listed WHERE meeting_id IN ({meetings}))"  # noqa: S608 - constants and numbers

    def side(self, side: int) -> str:
        """SQL for the same, with the number of each pair, and the meeting on its other side."""
        columns = f"listed.{COLUMNS.replace(', ', ', listed.')}"
        if len(self.pairs) == 1:
            [pair] = self.pairs
            return (
                f"(SELECT 0 AS pair, {pair[1 - side]:d} AS opposite, {columns} "  # noqa: S608 - the same
                f"FROM {self.rosters} AS listed WHERE meeting_id = {pair[side]:d})"
            )
        values = ", ".join(
            f"({number:d}, {pair[side]:d}, {pair[1 - side]:d})"
            for number, pair in enumerate(self.pairs)
        )
        return (
            f"(SELECT asked.column1 AS pair, asked.column3 AS opposite, {columns} "  # noqa: S608 - the same
            f"FROM (VALUES {values}) AS asked "
            f"JOIN {self.rosters} AS listed ON listed.meeting_id = asked.column2)"
        )


def listed(numbers: Iterable[int]) -> str:
    return ", ".join(f"{number:d}" for number in sorted(numbers))


def rosters(planned: Collection[int]) -> str:
    """SQL for all rosters, some of them as they are planned."""
    if not planned:
        return ROSTER
    return (
        f"(SELECT {PLANNED_COLUMNS} FROM {ROSTER} WHERE meeting_id NOT IN ({listed(planned)}) "  # noqa: S608
        f"UNION ALL SELECT {PLANNED_COLUMNS} FROM {PLANNED})"
    )
