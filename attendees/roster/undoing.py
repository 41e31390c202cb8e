"""Undoing an import, for a day: rows that nobody has changed since become what they were.

What is kept for it is small: the old cells of whoever was changed or removed, and of whoever was
new the code and a checksum, so that a row that was changed afterwards is known as such and stays.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from attendees.models import RosterImport
from attendees.roster.apply import apply
from attendees.roster.listed import Listed, credentials, described, roster_of
from attendees.roster.lock import lock_rosters
from attendees.roster.rows import Row, without_blanks
from attendees.roster.steps import Changed, Plan, Rule, differences
from meetings.models import Meeting

UNDONE_WITHIN = timedelta(hours=24)
LISTED = 200  # people who stay as they are, at most, after the undoing

CHANGED_SINCE = "changed since"
CODE_SINCE = "no longer on the list with this code"
TAKEN_SINCE = "somebody else has the old code or identity by now"


class CannotBeUndone(Exception):
    """It was undone before, or is too old; nothing was changed."""


@dataclass
class Undoing:
    """What undoing an import would do to one meeting's roster."""

    plan: Plan
    # Whoever stays as they are, and why: (name or code, reason).
    kept: list[tuple[str, str]] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        return self.plan.changes_nothing


def checksum(of: Row | Listed) -> int:
    """Equal while nobody changes the row; of the columns that hosts see."""
    cells = f"{of.code}\t{of.email}\t{of.firstname}\t{of.lastname}\t{of.external_id}"
    if of.custom and (custom := without_blanks(of.custom)):
        cells += json.dumps(custom, sort_keys=True)
    return zlib.crc32(cells.encode())


def cells(of: Listed) -> list[Any]:
    return [
        of.compared_code, of.code, of.email, of.firstname, of.lastname, of.external_id,
        dict(of.custom),
    ]  # fmt: skip


def what_was(plans: Iterable[Plan]) -> bytes:
    """What undoing these plans needs, small enough to be kept with the import."""
    kept = {
        str(plan.meeting.pk): {
            "new": {row.compared_code: checksum(row) for row in plan.new},
            "changed": [[one.old.pk, checksum(one.new), cells(one.old)] for one in plan.changed],
            "removed": [cells(listed) for listed in plan.removed],
        }
        for plan in plans
    }
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), level=1)


def undoings(upload: RosterImport, meetings: Iterable[Meeting]) -> list[Undoing]:
    """What undoing would do; writes nothing."""
    if upload.before is None or upload.undone_at is not None:
        raise CannotBeUndone
    kept = json.loads(zlib.decompress(bytes(upload.before)))
    return [
        undoing_of(meeting, kept[str(meeting.pk)])
        for meeting in meetings
        if str(meeting.pk) in kept
    ]


def undoing_of(meeting: Meeting, kept: Mapping[str, Any]) -> Undoing:
    new: dict[str, int] = kept["new"]
    changed = {pk: (written, was) for pk, written, was in kept["changed"]}
    result = Undoing(Plan(meeting=meeting))
    staying: dict[int, Listed] = {}
    backs: list[Changed] = []
    found: set[str] = set()
    for listed in roster_of(meeting):
        result.plan.listed += 1
        if listed.pk in changed:
            written, was = changed.pop(listed.pk)
            if checksum(listed) == written:
                row = row_of(was)
                backs.append(Changed(listed, row, Rule.CODE, tuple(differences(listed, row))))
                continue
            result.kept.append((described(listed), CHANGED_SINCE))
        elif listed.compared_code in new:
            found.add(listed.compared_code)
            if checksum(listed) == new[listed.compared_code]:
                result.plan.removed.append(listed)
                continue
            result.kept.append((described(listed), CHANGED_SINCE))
        staying[listed.pk] = listed
    gone = [*(code for code in new if code not in found), *(was[1] for _, was in changed.values())]
    result.kept += [(code, CODE_SINCE) for code in gone]
    settle(result, backs, [row_of(was) for was in kept["removed"]], staying)
    return result


def settle(
    result: Undoing, backs: list[Changed], lost: list[Row], staying: Mapping[int, Listed]
) -> None:
    """Give back only what nobody else has by now; whoever keeps theirs may be in others' way."""
    taken = {one for listed in staying.values() for one in claims(listed)}
    while blocked := [one for one in backs if taken.intersection(claims(one.new))]:
        for one in blocked:
            backs.remove(one)
            taken.update(claims(one.old))
            result.kept.append((described(one.old), TAKEN_SINCE))
    taken.update(claim for one in backs for claim in claims(one.new))
    for row in lost:
        if taken.intersection(claims(row)):
            result.kept.append((described(row), TAKEN_SINCE))
        else:
            taken.update(claims(row))
            result.plan.new.append(row)
    result.plan.changed = backs


def claims(of: Row | Listed) -> Iterator[str]:
    """What only one row of a meeting may have: its code, and its identity where it has one."""
    code, key = credentials(of)
    yield f"code {code}"
    if key:
        yield f"key {key}"


def row_of(was: Sequence[Any]) -> Row:
    compared, code, email, firstname, lastname, external_id, custom = was
    return Row(0, code, email, firstname, lastname, external_id, custom, compared)


def undo(upload_id: UUID, meetings: Sequence[Meeting], *, at: datetime) -> RosterImport:
    """Undo the import in these meetings; all of it or nothing, and once.

    Raises CannotBeUndone or RosterIsBusy.
    """
    with transaction.atomic():
        upload = RosterImport.objects.select_for_update().get(pk=upload_id)
        lock_rosters(meeting.pk for meeting in meetings)
        done = undoings(upload, meetings)
        for undoing in done:
            apply(undoing.plan)
        upload.undone_at = at
        upload.before = None
        upload.kept = [list(pair) for undoing in done for pair in undoing.kept][:LISTED]
        upload.save(update_fields=["undone_at", "before", "kept"])
    return upload


def forget_what_was(*, at: datetime) -> int:
    """Erase what imports of more than a day ago have replaced; returns of how many."""
    old = RosterImport.objects.filter(before__isnull=False, imported_at__lt=at - UNDONE_WITHIN)
    return old.update(before=None)
