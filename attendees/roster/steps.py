"""What a plan consists of: who is new, who changes and in what, who goes, and what is wrong."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from attendees.roster.headers import LABELS
from attendees.roster.listed import BETWEEN, Listed, credentials
from attendees.roster.problems import Finding
from attendees.roster.rows import Row
from meetings.models import Meeting


class State(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


class Rule(StrEnum):
    EXTERNAL_ID = "external ID"
    CODE = "code"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Change:
    """A cell, old and new."""

    field: str
    old: str
    new: str

    @property
    def label(self) -> str:
        return LABELS.get(self.field, self.field)


@dataclass(frozen=True, slots=True)
class Changed:
    """An attendee as the roster has them and as they will be."""

    old: Listed
    new: Row
    rule: Rule
    changes: tuple[Change, ...]

    @property
    def changes_credentials(self) -> bool:
        return credentials(self.old) != credentials(self.new)

    @property
    def changes_who_it_is(self) -> bool:
        return any(change.field in ("code", "email", "external_id") for change in self.changes)


@dataclass(kw_only=True)
class Plan:
    """What an import would do to one meeting's roster."""

    meeting: Meeting
    new: list[Row] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: list[Row] = field(default_factory=list)
    skipped: list[Row] = field(default_factory=list)
    listed: int = 0  # people on the roster as it stands
    # On the roster and not in the file, where the host chose to remove those.
    removed: list[Listed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    # New rows without a code, by line: each is given one.
    without_code: list[int] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many rows have problems."""
        return len({finding.line for finding in self.findings if finding.line is not None})

    @property
    def is_fatal(self) -> bool:
        return any(finding.is_fatal for finding in self.findings)

    @property
    def imported(self) -> int:
        """How many rows of the file are on the roster afterwards."""
        return len(self.new) + len(self.changed) + len(self.unchanged) + len(self.skipped)

    @property
    def people(self) -> int:
        return self.imported + self.wrong

    @property
    def changes_nothing(self) -> bool:
        return not (self.new or self.changed or self.removed)

    @property
    def counts(self) -> dict[str, int]:
        counts = {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "skipped": len(self.skipped),
            "errors": len(self.findings),
        }
        if self.removed:
            counts["removed"] = len(self.removed)
        return counts

    def rows(self) -> Iterator[tuple[State, Row]]:
        """All rows that are right, in the order of the file."""
        found = [
            *((State.NEW, row) for row in self.new),
            *((State.CHANGED, changed.new) for changed in self.changed),
            *((State.UNCHANGED, row) for row in self.unchanged),
            *((State.SKIPPED, row) for row in self.skipped),
        ]
        found.sort(key=lambda pair: pair[1].line)
        return iter(found)

    def digest(self) -> str:
        """Equal for plans that do the same.

        Not looked at are codes that the portal makes, and custom fields of people who are new:
        which of them are kept is said anew by whoever confirms.
        """
        told = hashlib.sha256()
        generated = set(self.without_code)
        for row in self.new:
            code = "" if row.line in generated else row.code
            told.update(f"n{row.line} {BETWEEN.join((code, *row[2:6]))}\n".encode())
        for changed in self.changed:
            steps = [[change.field, change.old, change.new] for change in changed.changes]
            told.update(f"c{changed.new.line} {changed.old.pk} {json.dumps(steps)}\n".encode())
        told.update(f"u{len(self.unchanged)} s{len(self.skipped)}\n".encode())
        for finding in self.findings:
            told.update(f"f{finding.line} {finding.problem} {finding.message}\n".encode())
        for listed in self.removed:
            told.update(f"r{listed.pk}\n".encode())
        return told.hexdigest()


def differences(old: Listed, new: Row) -> Iterator[Change]:
    for name in LABELS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name, before, after)
    for name in new.custom:
        before, after = str(old.custom.get(name, "")), str(new.custom[name])
        if before != after:
            yield Change(name, before, after)
