"""Planning a repair, making it, and taking it back."""

import hashlib
import json
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from attendees.links.outcomes import Outcome
from attendees.models import Repair
from attendees.repairs import arrangements, people
from attendees.repairs.acts import OUTCOMES, Act, LeftOut, Proposal, TooManyToUndo
from attendees.roster.lock import lock_rosters
from hosts.models import Host
from materials.publishing import hold
from meetings.models import Meeting

KEPT = timedelta(days=30)


class NotAsPreviewed(Exception):
    """The lists or the meetings have changed since the preview; nothing was done."""


def propose(act: Act, source: Meeting, target: Meeting, only: Collection[Outcome] = ()) -> Proposal:
    """What the repair would do; writes nothing."""
    if act in OUTCOMES:
        return people.proposal(act, people.draft(act, source, target, only), source, target)
    return arrangements.proposal(act, source, target)


def digest(proposal: Proposal) -> str:
    """Equal for proposals that do the same."""
    steps = [(step.id, step.name, step.what, step.before, step.after) for step in proposal.steps]
    told = json.dumps([proposal.changed.pk, steps])
    return hashlib.sha256(told.encode()).hexdigest()


def repair(
    act: Act,
    source: Meeting,
    target: Meeting,
    only: Collection[Outcome] = (),
    *,
    seen: str,
    by: Host,
    key: UUID,
) -> Repair:
    """Make the repair as previewed: all of it or nothing; with one key it is made once.

    Raises NotAsPreviewed, NotPossible or RosterIsBusy; then nothing was changed.
    """
    with transaction.atomic():
        lock_rosters([source.pk, target.pk])
        held = hold(source, target)
        source, target = held[source.pk], held[target.pk]
        made = Repair.objects.filter(pk=key).first()
        if made and (made.meeting, made.other, made.act) == (source, target, act):
            return made
        if act in OUTCOMES:
            drafted = people.draft(act, source, target, only)
            proposal = people.proposal(act, drafted, source, target)
        else:
            proposal = arrangements.proposal(act, source, target)
        if digest(proposal) != seen:
            raise NotAsPreviewed
        done = (
            people.do(drafted) if act in OUTCOMES else arrangements.do(act, source, target, by=by)
        )
        return Repair.objects.create(
            id=uuid4() if made else key,
            meeting=source,
            other=target,
            changed=proposal.changed,
            act=act,
            sentence=proposal.told,
            made_by=by,
            steps=done,
        )


def can_be_undone(repair: Repair) -> bool:
    """Whether it takes no longer than a host waits for a page."""
    return repair.act not in OUTCOMES or len(repair.steps) <= people.MOST_PEOPLE


def undo(repair: Repair) -> Repair:
    """Take a repair back, but for what has changed since; doing it twice has one effect.

    Raises TooManyToUndo or RosterIsBusy; then nothing was changed.
    """
    if not can_be_undone(repair):
        raise TooManyToUndo(people.MOST_PEOPLE)
    with transaction.atomic():
        lock_rosters([repair.meeting_id, repair.other_id])
        held = hold(repair.meeting, repair.other)
        repair = Repair.objects.select_for_update().get(pk=repair.pk)
        if repair.undone_at:
            return repair
        left: list[LeftOut] = []
        if repair.act in OUTCOMES:
            left = people.undo(held[repair.changed_id], repair.steps)
        else:
            for step in repair.steps:
                left += filter(None, [arrangements.undo(step, held)])
        repair.undone_at = timezone.now()
        repair.left = [[one.name, one.why] for one in left]
        repair.save(update_fields=["undone_at", "left"])
    return repair
