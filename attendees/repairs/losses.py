"""What a repair of a roster costs elsewhere: mended for one link, it may part from a third list."""

from dataclasses import dataclass

from attendees.links.check import check
from attendees.roster.plan import Plan
from attendees.roster.rehearsal import rehearse
from hosts.models import Host
from meetings.models import Meeting


@dataclass(frozen=True)
class Loss:
    """Between two linked meetings fewer people would be carried than now, in both directions."""

    one: Meeting
    other: Meeting
    now: int
    then: int


def losses(plan: Plan, host: Host) -> list[Loss]:
    """Where the links of the changed meeting would carry fewer, as far as this host may know."""
    if not plan.changed:  # who is only added parts nobody from anybody
        return []
    rehearsed = [one for one in rehearse([plan], host) if one.source == plan.meeting]
    today = check([(one.source.pk, one.target.pk) for one in rehearsed])
    found = [
        Loss(one.source, one.target, today[one.source.pk, one.target.pk].carried, one.tally.carried)
        for one in rehearsed
    ]
    return [loss for loss in found if loss.then < loss.now]
