"""Repairs of rosters: add the missing people, copy external IDs, take the other list's codes.

Each becomes a plan as an import does, and is applied by the same code: admissions whose code or
identity changes end by it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.db import IntegrityError
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from attendees.amounts import people
from attendees.ending import end_admissions
from attendees.identity import identifying
from attendees.links import check as linkcheck
from attendees.links.outcomes import Outcome
from attendees.models import Attendee
from attendees.repairs.acts import OUTCOMES, Act, LeftOut, Proposal, Step, TooMany
from attendees.repairs.listed import as_row, by_codes, by_ids
from attendees.roster.apply import apply
from attendees.roster.listed import Listed, credentials
from attendees.roster.steps import Change, Changed, Plan, Rule
from materials.publishing import NotPossible
from meetings.models import Meeting

# A repair is made while the host waits: so many people take a few seconds.
MOST_PEOPLE = 20_000
UPDATED_AT_ONCE = 500
TAKEN_CODE = "the code {} is somebody else's there."
TAKEN_ID = "the external ID {} is somebody else's there."
NOT_ALONE = "more than one person would be taken for them."
SOMEBODY_ELSE = "code and email both differ, so it may be somebody else's ID."
NO_ID_TO_COPY = "there is no external ID here to copy."
SAME_CODE = "the codes are the same."
KEPT_APART_BY_IDS = "another code would not help, because the external IDs are not the same."
CHANGED_SINCE = "changed since."

Pairs = list[tuple[Listed, Listed]]


@dataclass
class Draft:
    """A proposal together with the plan that does it."""

    plan: Plan
    steps: list[Step] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave_out(self, person: Listed, why: str) -> None:
        self.left_out.append(LeftOut(person.name, why))

    def change(self, person: Listed, what: str, **values: str) -> None:
        new = as_row(person, **values)
        [(name, after)] = values.items()
        before = getattr(person, name)
        change = Change(name, before, after)
        self.plan.changed.append(Changed(person, new, Rule.EXTERNAL_ID, (change,)))
        self.steps.append(Step(str(person.pk), person.name, what, before, after))


def draft(act: Act, source: Meeting, target: Meeting, only: Collection[Outcome] = ()) -> Draft:
    """What the repair would do to one of the rosters, for these outcomes or all that it mends."""
    outcomes = [outcome for outcome in OUTCOMES[act] if not only or outcome in only]
    return DRAFTS[act](source, target, outcomes)


def proposal(act: Act, drafted: Draft, source: Meeting, target: Meeting) -> Proposal:
    many = people(len(drafted.steps))
    were = "was" if len(drafted.steps) == 1 else "were"
    sentence, told, warning = {
        Act.ADD_PEOPLE: (
            f"Add {many} of “{source}” to the list of “{target}”, with the same code, email and "
            "external ID.",
            f"{many} of “{source}” {were} added to the list of “{target}”.",
            "",
        ),
        Act.COPY_IDS: (
            f"Give {many} on the list of “{target}” the external ID that “{source}” has.",
            f"{many} on the list of “{target}” {were} given the external ID that “{source}” has.",
            "Make sure that these are the same people. Whoever is inside by the old identity is "
            "asked for the code again.",
        ),
        Act.TAKE_CODES: (
            f"Give {many} on the list of “{source}” the code that “{target}” has.",
            f"{many} on the list of “{source}” {were} given the code that “{target}” has.",
            f"Their old codes no longer open “{source}”, and whoever is inside by one is asked "
            "again. Send them the other code.",
        ),
    }[act]
    return Proposal(
        changed=drafted.plan.meeting,
        sentence=sentence,
        told=told,
        warning=warning,
        steps=drafted.steps,
        left_out=drafted.left_out,
        plan=drafted.plan,
    )


# --- What each would do --------------------------------------------------------------------


def adding(source: Meeting, target: Meeting, outcomes: list[Outcome]) -> Draft:
    result = Draft(Plan(meeting=target))
    taken = set(Attendee.objects.of(target).values_list("compared_code", flat=True))
    for person, _ in found(source, target, outcomes):
        if person.compared_code in taken:
            result.leave_out(person, TAKEN_CODE.format(person.code))
            continue
        result.plan.new.append(as_row(person))
        taken_over = filter(None, (person.code, person.email, person.external_id))
        after = " · ".join(taken_over)
        result.steps.append(Step(str(person.pk), person.name, "On the list", "", after))
    return result


def copying_ids(source: Meeting, target: Meeting, outcomes: list[Outcome]) -> Draft:
    result = Draft(Plan(meeting=target))
    for person, other in unshared(result, found(source, target, outcomes)):
        if not identifying(person.external_id):
            result.leave_out(person, NO_ID_TO_COPY)
        elif person.compared_code != other.compared_code and person.email != other.email:
            result.leave_out(person, SOMEBODY_ELSE)
        elif person.external_id != other.external_id:
            result.change(other, "External ID", external_id=person.external_id)
    return result


def taking_codes(source: Meeting, target: Meeting, outcomes: list[Outcome]) -> Draft:
    result = Draft(Plan(meeting=source))
    pairs: Pairs = []
    for person, other in unshared(result, found(source, target, outcomes)):
        if person.compared_code == other.compared_code:
            result.leave_out(person, SAME_CODE)
        elif identifying(person.external_id) or identifying(other.external_id):
            result.leave_out(person, KEPT_APART_BY_IDS)
        else:
            pairs.append((person, other))
    for person, other in free_to_take(result, source, pairs):
        result.change(person, "Access code", code=other.code)
    return result


DRAFTS: dict[Act, Callable[[Meeting, Meeting, list[Outcome]], Draft]] = {
    Act.ADD_PEOPLE: adding,
    Act.COPY_IDS: copying_ids,
    Act.TAKE_CODES: taking_codes,
}


def found(
    source: Meeting, target: Meeting, outcomes: list[Outcome]
) -> list[tuple[Listed, Listed | None]]:
    """Those of the source's list with these outcomes, and who they are on the target's.

    Raises TooMany.
    """
    if not outcomes:
        return []
    pairs = linkcheck.people(source.pk, target.pk, outcomes, start=0, end=MOST_PEOPLE + 1)
    if len(pairs) > MOST_PEOPLE:
        raise TooMany(MOST_PEOPLE)
    here = by_ids(source, (pair.id for pair in pairs))
    there = by_ids(target, (pair.other_id for pair in pairs if pair.other_id))
    return [(here[one].listed, there[other].listed if other else None) for one, other in pairs]


def unshared(
    result: Draft, pairs: list[tuple[Listed, Listed | None]]
) -> Iterator[tuple[Listed, Listed]]:
    """Those who are taken for somebody, and are the only one who is."""
    taken_for = Counter(other.pk for _, other in pairs if other)
    for person, other in pairs:
        if other is None:
            continue
        if taken_for[other.pk] > 1:
            result.leave_out(person, NOT_ALONE)
        else:
            yield person, other


def free_to_take(result: Draft, meeting: Meeting, pairs: Pairs) -> Pairs:
    """Those whose new code nobody keeps. Codes may go round in a ring."""
    holders = dict(Attendee.objects.of(meeting).values_list("compared_code", "pk"))
    free = who_can_move(
        {
            person.pk: {holders[other.compared_code]} if other.compared_code in holders else set()
            for person, other in pairs
        }
    )
    for person, other in pairs:
        if person.pk not in free:
            result.leave_out(person, TAKEN_CODE.format(other.code).replace("there", "here"))
    return [(person, other) for person, other in pairs if person.pk in free]


def who_can_move(holders: Mapping[int, Collection[int]]) -> set[int]:
    """Of people, each given with those who hold what they are to have: who gets it.

    A holder must go, too, so whoever stays lets those stay who wait for them; a ring goes.
    """
    waiting: dict[int, list[int]] = defaultdict(list)
    for one, theirs in holders.items():
        for holder in theirs:
            waiting[holder].append(one)
    stuck = [holder for holder in waiting if holder not in holders]
    staying: set[int] = set()
    while stuck:
        newly = [one for one in waiting.get(stuck.pop(), ()) if one not in staying]
        staying.update(newly)
        stuck += newly
    return holders.keys() - staying


# --- Doing and undoing ---------------------------------------------------------------------


def do(drafted: Draft) -> list[dict[str, Any]]:
    """Do what was drafted; what is needed to take it back. Raises NotPossible."""
    plan = drafted.plan
    try:
        make_room(plan)
        apply(plan)
    except IntegrityError:
        raise NotPossible("The list has changed meanwhile. Look at it again.") from None
    if plan.new:
        return [
            {"id": one.listed.pk, "name": one.listed.name, "added": one.print}
            for one in by_codes(plan.meeting, (row.compared_code for row in plan.new))
        ]
    after = by_ids(plan.meeting, (changed.old.pk for changed in plan.changed))
    return [
        {
            "id": changed.old.pk,
            "name": changed.old.name,
            "field": changed.changes[0].field,
            "before": changed.changes[0].old,
            "print": after[changed.old.pk].print,
        }
        for changed in plan.changed
    ]


def make_room(plan: Plan) -> None:
    """Where codes go round, none may be held twice for a moment."""
    old = {changed.old.compared_code for changed in plan.changed}
    moved = [c for c in plan.changed if c.new.compared_code != c.old.compared_code]
    if not any(changed.new.compared_code in old for changed in moved):
        return
    # Before the rows change: pseudonyms are found by the identity that they were made from.
    ids = [changed.old.pk for changed in moved]
    end_admissions(plan.meeting, ids)
    # No compared code, and no key, has a blank in front.
    nobody = Concat(Value(" "), Cast("pk", CharField()))
    for batch in batched(ids, UPDATED_AT_ONCE):
        Attendee.objects.filter(pk__in=batch).update(compared_code=nobody, identity_key=nobody)


def undo(meeting: Meeting, steps: Sequence[dict[str, Any]]) -> list[LeftOut]:
    """Take the steps back; those of whom something has changed since are left, and returned."""
    plan, left = Plan(meeting=meeting), []
    rows = by_ids(meeting, (step["id"] for step in steps))
    for step in steps:
        row = rows.get(step["id"])
        if row is None or row.print != step.get("print", step.get("added")):
            left.append(LeftOut(step["name"], CHANGED_SINCE))
        elif "added" in step:
            plan.removed.append(row.listed)
        else:
            new = as_row(row.listed, **{step["field"]: step["before"]})
            change = Change(step["field"], getattr(row.listed, step["field"]), step["before"])
            plan.changed.append(Changed(row.listed, new, Rule.EXTERNAL_ID, (change,)))
    left += leave_taken(plan)
    make_room(plan)
    apply(plan)
    return left


def leave_taken(plan: Plan) -> list[LeftOut]:
    """Leave those whose old code or identity is somebody else's by now."""
    left: list[LeftOut] = []
    roster = Attendee.objects.of(plan.meeting)
    codes = dict(roster.values_list("compared_code", "pk"))
    keys = dict(roster.exclude(identity_key="").values_list("identity_key", "pk"))
    holders: dict[int, set[int]] = {}
    for changed in plan.changed:
        pk, (code, key) = changed.old.pk, credentials(changed.new)
        holders[pk] = {codes.get(code, pk), keys.get(key, pk)}
    free = who_can_move(holders)
    for changed in plan.changed:
        if changed.old.pk not in free:
            why = TAKEN_CODE if changed.changes[0].field == "code" else TAKEN_ID
            value = changed.changes[0].new
            left.append(LeftOut(changed.old.name, why.format(value).replace("there", "now")))
    plan.changed = [changed for changed in plan.changed if changed.old.pk in free]
    return left
