"""Rows to steps: who each row is, and what importing it would change. Writes nothing.

Who a row is, is decided by named rules, strongest first: the external ID, then the code, then the
email where it is one person's alone. Where two rules disagree the row is refused: a false match
hands one person's place to another.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from attendees.identity import identifying
from attendees.roster.listed import BETWEEN, Listed, Stored, described, stored_of
from attendees.roster.problems import Finding, Problem
from attendees.roster.rows import NO_CUSTOM, Reading, Row
from attendees.roster.steps import Changed, Plan, Rule, differences
from meetings.models import Meeting


class Mode(StrEnum):
    ADD_AND_UPDATE = "add_and_update"
    ADD_ONLY = "add_only"
    UPDATE_ONLY = "update_only"


@dataclass(frozen=True)
class Choices:
    """What the host may choose; the first of each is the default."""

    mode: Mode = Mode.ADD_AND_UPDATE
    # A person found by external ID or email has another code in the file: keep the old one.
    takes_new_codes: bool = False
    generates_codes: bool = False
    removes_missing: bool = False


def plan(meeting: Meeting, reading: Reading, choices: Choices = Choices()) -> Plan:
    """What importing the reading into the meeting would do."""
    result = Plan(
        meeting=meeting,
        findings=[*reading.findings],
        warnings=[*reading.warnings],
    )
    if reading.is_fatal:
        return result
    Planner(reading, choices, result).run(stored_of(meeting))
    result.findings.sort(key=lambda finding: finding.line or 0)
    return result


class Planner:
    """Finds for each row of the file its person on the roster."""

    def __init__(self, reading: Reading, choices: Choices, result: Plan) -> None:
        self.rows = reading.rows
        self.fields = reading.fields
        self.choices = choices
        self.result = result
        self.by_code: dict[str, Row] = {}
        self.by_id: dict[str, Row] = {}
        self.by_email: dict[str, Row | None] = {}
        # By line of the row.
        self.found_by_id: dict[int, Listed] = {}
        self.found_by_code: dict[int, Listed] = {}
        self.found_by_email: dict[int, list[Listed]] = {}
        self.settled: set[int] = set()

    def run(self, roster: Iterable[Stored]) -> None:
        others = self.settle_equal(roster)
        if not others:  # whoever is left is new
            self.add([row for row in self.rows if row.line not in self.settled])
            return
        self.index()
        for listed in others:
            self.look_up(listed)
        taken = {
            listed.pk: line
            for found in (self.found_by_code, self.found_by_id)
            for line, listed in found.items()
        }
        persons = self.persons(taken)
        self.refuse_shared_persons(persons)
        for row in self.rows:
            if row.line not in self.settled:
                self.decide(row, persons.get(row.line))
        self.keep_found(persons)

    def settle_equal(self, roster: Iterable[Stored]) -> list[Listed]:
        """Settle whoever the file says nothing new of, nearly everybody; returns the others."""
        roster = iter(roster)
        first = next(roster, None)
        if first is None:
            return []
        known = {BETWEEN.join(row[1:6]): row for row in self.rows}.get  # the fields `COMPARED`
        others: list[Listed] = []
        unchanged = self.result.unchanged
        for stored in chain([first], roster):
            row = known(stored.text)
            if row is not None and (row.custom is NO_CUSTOM or is_known(row.custom, stored)):
                unchanged.append(row)
            else:
                others.append(stored.listed())
        self.settled = {row.line for row in unchanged}
        self.result.listed = len(unchanged) + len(others)
        return others

    def index(self) -> None:
        """By what the rows that are not settled are found; whoever is settled has all of theirs."""
        rows = [row for row in self.rows if row.line not in self.settled]
        self.by_code = {row.compared_code: row for row in rows if row.compared_code}
        self.by_id = {
            row.external_id: row for row in rows if row.external_id and identifying(row.external_id)
        }
        self.by_email = {row.email: row for row in rows}
        emails = Counter(row.email for row in self.rows if row.email in self.by_email)
        self.by_email |= {email: None for email, rows_of in emails.items() if rows_of > 1}

    def look_up(self, listed: Listed) -> None:
        """Lay one person of the roster beside the rows."""
        by_code = self.by_code.get(listed.compared_code)
        by_id = self.by_id.get(listed.external_id) if listed.external_id else None
        by_email = self.by_email.get(listed.email)
        if by_id is not None:
            self.found_by_id[by_id.line] = listed
        if by_code is not None:
            self.found_by_code[by_code.line] = listed
        if by_email is not None:
            self.found_by_email.setdefault(by_email.line, []).append(listed)
        if by_id is None and by_code is None and self.choices.removes_missing:
            # Perhaps found by the email; else nobody in the file.
            self.result.removed.append(listed)

    def persons(self, taken: Mapping[int, int]) -> dict[int, tuple[Listed, Rule]]:
        found: dict[int, tuple[Listed, Rule]] = {}
        for line, (listed, *others) in self.found_by_email.items():
            # One person's alone: nobody else has the email, and no other row names them better.
            is_alone = not others and not identifying(listed.external_id)
            if is_alone and listed.pk not in taken and line not in self.settled:
                found[line] = listed, Rule.EMAIL
        for line, listed in self.found_by_code.items():
            found[line] = listed, Rule.CODE
        for line, listed in self.found_by_id.items():
            found[line] = listed, Rule.EXTERNAL_ID
        return found

    def refuse_shared_persons(self, persons: Mapping[int, tuple[Listed, Rule]]) -> None:
        rows_of: dict[int, list[int]] = {}
        for line, (listed, _) in persons.items():
            rows_of.setdefault(listed.pk, []).append(line)
        for line, (listed, rule) in persons.items():
            others = [other for other in rows_of[listed.pk] if other != line]
            if others:
                self.refuse(
                    line,
                    rule,
                    f"line {others[0]} and this line are both {described(listed)}. "
                    "Keep one of them.",
                )

    def refuse(self, line: int, rule: Rule, message: str) -> None:
        column = {Rule.EXTERNAL_ID: "external_id", Rule.CODE: "code", Rule.EMAIL: "email"}[rule]
        self.result.findings.append(
            Finding(Problem.CONFLICT, f"Line {line}: {message}", line, column)
        )
        self.settled.add(line)

    def decide(self, row: Row, person: tuple[Listed, Rule] | None) -> None:
        if person is None:
            self.add([row])
            return
        listed, rule = person
        by_code = self.found_by_code.get(row.line)
        if by_code is not None and by_code.pk != listed.pk:
            self.refuse(
                row.line,
                Rule.CODE,
                f"the external ID is that of {described(listed)}, the code that of "
                f"{described(by_code)}.",
            )
        elif (
            rule is Rule.CODE
            and identifying(row.external_id)
            and identifying(listed.external_id)
            and row.external_id != listed.external_id
        ):
            self.refuse(
                row.line,
                Rule.CODE,
                f"the code belongs to {described(listed)} with the external ID "
                f"“{listed.external_id}”; the file says “{row.external_id}”.",
            )
        else:
            self.update(row, listed, rule)

    def add(self, rows: Sequence[Row]) -> None:
        if self.choices.mode is Mode.UPDATE_ONLY:
            self.result.skipped += rows
            return
        self.result.new += rows
        self.result.without_code += [row.line for row in rows if not row.code]

    def update(self, row: Row, listed: Listed, rule: Rule) -> None:
        new = self.merged(row, listed)
        changes = tuple(differences(listed, new))
        if not changes:
            self.result.unchanged.append(new)
        elif self.choices.mode is Mode.ADD_ONLY:
            self.result.skipped.append(row)
        else:
            self.result.changed.append(Changed(listed, new, rule, changes))

    def merged(self, row: Row, listed: Listed) -> Row:
        """The row as the roster will have it: what the file does not say stays as it is."""
        changes_code = row.compared_code and row.compared_code != listed.compared_code
        if changes_code and not self.choices.takes_new_codes:
            self.result.warnings.append(
                Finding(
                    Problem.KEPT_CODE,
                    f"Line {row.line}: {listed.name} keeps the code {listed.code}; "
                    f"the file says {row.code}.",
                    row.line,
                    "code",
                )
            )
        keeps = not row.compared_code or (changes_code and not self.choices.takes_new_codes)
        code = listed.code if keeps else row.code
        return Row(
            row.line,
            code,
            row.email,
            row.firstname,
            row.lastname if "lastname" in self.fields else listed.lastname,
            row.external_id or listed.external_id,
            {**listed.custom, **row.custom} if row.custom else listed.custom,
            listed.compared_code if keeps else row.compared_code,
        )

    def keep_found(self, persons: Mapping[int, tuple[Listed, Rule]]) -> None:
        """Nobody is removed who is in the file, be it by email only."""
        found = {listed.pk for listed, _ in persons.values()}
        self.result.removed = [listed for listed in self.result.removed if listed.pk not in found]


def is_known(custom: Mapping[str, str], stored: Stored) -> bool:
    """Whether the file says of the custom fields what the roster says; it may say less."""
    known = stored.custom_fields()
    return all(known.get(name, "") == value for name, value in custom.items())
