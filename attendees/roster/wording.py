"""A preview in words: one sentence first, then what is wrong, then what changes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import batched
from typing import Any

from attendees.amounts import people
from attendees.roster.headers import Column
from attendees.roster.listed import Listed
from attendees.roster.preview import Preview
from attendees.roster.problems import Finding
from attendees.roster.rows import Row
from attendees.roster.steps import Changed, Plan, State
from attendees.roster.weighing import may_ask_email, tries_of
from attendees.strength import Strength, strength_of
from meetings.models import Meeting

SHOWN = 200  # problems, changes or notes at most
PAGE = 100  # rows


@dataclass(frozen=True)
class Shown:
    """One meeting's part of a preview."""

    meeting: Meeting
    sentence: str
    findings: Sequence[Finding]
    who_changes: Sequence[Changed]
    other_changes: Sequence[Changed]
    warnings: Sequence[Finding]
    removed: Sequence[Listed]
    weakness: str
    more_findings: int
    more_changes: int
    more_warnings: int


def shown(preview: Preview) -> list[Shown]:
    """The first meeting with all problems, the others with those that they alone have."""
    of_the_file = set(preview.reading.findings) | set(preview.reading.warnings)
    parts = [
        shown_plan(plan, set() if number == 0 else of_the_file)
        for number, plan in enumerate(preview.plans)
    ]
    return [
        replace(part, weakness="") if is_as_weak(part, before) else part
        for part, before in zip(parts, [None, *parts], strict=False)
    ]


def is_as_weak(part: Shown, before: Shown | None) -> bool:
    """Whether the codes are as weak as those told of just before: that need not be said again."""
    if before is None or part.weakness != before.weakness:
        return False
    return part.meeting.ask_email == before.meeting.ask_email


def shown_plan(plan: Plan, told_already: set[Finding]) -> Shown:
    findings = [finding for finding in plan.findings if finding not in told_already]
    warnings = [warning for warning in plan.warnings if warning not in told_already]
    who = [changed for changed in plan.changed if changed.changes_who_it_is]
    others = [changed for changed in plan.changed if not changed.changes_who_it_is]
    return Shown(
        meeting=plan.meeting,
        sentence=sentence(plan),
        findings=findings[:SHOWN],
        who_changes=who[:SHOWN],
        other_changes=others[:SHOWN],
        warnings=warnings[:SHOWN],
        removed=plan.removed,
        weakness=weakness(tries_of(plan)),
        more_findings=len(findings[SHOWN:]),
        more_changes=len(who[SHOWN:]) + len(others[SHOWN:]),
        more_warnings=len(warnings[SHOWN:]),
    )


def weakness(tries: int) -> str:
    """How easily the codes of the file are guessed, in words; "" where they are hard to guess."""
    match strength_of(tries):
        case Strength.STRONG | Strength.MEDIUM:
            return ""
        case Strength.WEAK:
            return f"These codes can be guessed in about {rounded(tries):,} tries."
        case Strength.NO_SECRET:
            about = f"about {rounded(tries):,} tries" if tries > 1 else "one try or two"
            return f"These codes are no secret: one of them is guessed in {about}."


def rounded(number: int) -> int:
    """The number with its first digit only: 2,347 is about 2,000."""
    step: int = 10 ** (len(str(number)) - 1)
    return number // step * step


def sentence(plan: Plan) -> str:
    """“482 people: 470 new, 9 changed, 3 have problems.”"""
    parts = [
        f"{number:,} {words}"
        for number, words in (
            (len(plan.new), "new"),
            (len(plan.changed), "changed"),
            (len(plan.unchanged), "unchanged"),
            (len(plan.skipped), "skipped"),
        )
        if number
    ]
    if plan.removed:
        parts.append(f"{len(plan.removed):,} removed")
    if plan.wrong:
        parts.append(f"{plan.wrong:,} {'has' if plan.wrong == 1 else 'have'} problems")
    return f"{people(plan.people)}: {', '.join(parts)}."


def button(preview: Preview) -> str:
    """What the import button says it will do."""
    parts = [f"Import {people(preview.imported)}"]
    if preview.has_problems:
        parts = [f"Import {preview.imported:,}"]
        parts.append(f"leave out {max(plan.wrong for plan in preview.plans):,}")
    if preview.removed:
        parts.append(f"remove {preview.removed:,}")
    return ", ".join(parts)


# --- As values that can be kept ----------------------------------------------------------------


def told(preview: Preview) -> dict[str, Any]:
    """All that the page shows of a preview, but for the rows."""
    reading = preview.reading
    return {
        "digest": preview.digest(),
        "has_problems": preview.has_problems,
        "may_ask_email": any(may_ask_email(plan) for plan in preview.plans),
        "has_codes": "code" in preview.reading.fields,
        "changes_nothing": preview.changes_nothing,
        "removed": preview.removed,
        "button": button(preview),
        "last": max(1, -(-preview.shown() // PAGE)),
        "is_divided": preview.is_divided,
        "parts": [told_part(part) for part in shown(preview)],
        "reading": {
            "is_fatal": reading.is_fatal,
            "findings": [told_finding(one) for one in reading.findings[:SHOWN]],
            "encoding": reading.encoding,
            "delimiter": reading.delimiter,
            "sheet": reading.sheet,
            "sheets": [*reading.sheets] if len(reading.sheets) > 1 else [],
            "skipped": [list(pair) for pair in reading.skipped],
            "ways_to_read": [list(pair) for pair in reading.ways_to_read],
            "columns": [told_column(column) for column in reading.columns],
            "further": [*told_further(reading.columns)],
        },
    }


def told_column(column: Column) -> dict[str, Any]:
    return asdict(replace(column, samples=tuple(filter(None, column.samples))))


def told_further(columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    """The columns that are no field of the list: each is kept if the host ticks it."""
    for position, column in enumerate(columns):
        is_kept = column.field == "custom"
        is_blank = not column.header and not any(column.samples)
        if is_kept or (column.field == "ignore" and not is_blank):
            yield {"position": position, "is_kept": is_kept, **told_column(column)}


def told_part(part: Shown) -> dict[str, Any]:
    return {
        "meeting": {"title": part.meeting.title, "slug": part.meeting.slug},
        "sentence": part.sentence,
        "findings": [told_finding(one) for one in part.findings],
        "who_changes": [told_change(one) for one in part.who_changes],
        "other_changes": [told_change(one) for one in part.other_changes],
        "warnings": [told_finding(one) for one in part.warnings],
        "removed": [{"name": one.name, "code": one.code} for one in part.removed],
        "weakness": part.weakness,
        "asks_email": part.meeting.ask_email,
        "more_findings": part.more_findings,
        "more_changes": part.more_changes,
        "more_warnings": part.more_warnings,
    }


def told_finding(finding: Finding) -> dict[str, Any]:
    return {"line": finding.line, "column": finding.column, "message": finding.message}


def told_change(changed: Changed) -> dict[str, Any]:
    return {
        "name": changed.old.name,
        "line": changed.new.line,
        "rule": changed.rule.value,
        "changes": [
            {"label": one.label, "old": one.old, "new": one.new} for one in changed.changes
        ],
    }


def told_pages(preview: Preview) -> Iterator[list[dict[str, Any]]]:
    """The rows that are right, a page at a time."""
    for rows in batched(preview.rows(), PAGE):
        yield [told_row(meeting, state, row) for meeting, state, row in rows]


def told_row(meeting: Meeting, state: State, row: Row) -> dict[str, Any]:
    return {
        "meeting": meeting.title,
        "state": state.value,
        "line": row.line,
        "name": row.name,
        "email": row.email,
        "code": row.code,
        "external_id": row.external_id,
    }


def page_number(asked: str, last: int) -> int:
    return min(max(int(asked) if asked.isascii() and asked.isdigit() else 1, 1), last)
