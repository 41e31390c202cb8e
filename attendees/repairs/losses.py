"""What a repair of a roster costs elsewhere: mended for one link, it may part from a third list."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from attendees.links.check import check
from attendees.links.statements import CONTRADICTS, PLANNED, ROSTER
from attendees.roster.listed import credentials
from attendees.roster.rehearsal import insert, planned_table
from attendees.roster.steps import Plan
from hosts.models import Host
from materials.links import pairs_of
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
    linked = {pk for pair in pairs_of([plan.meeting.pk]) for pk in pair} - {plan.meeting.pk}
    known = Meeting.objects.filter(pk__in=linked).managed_by(host).in_bulk() if linked else {}
    fewer = {pk: gain for pk, gain in gains(plan, known).items() if gain < 0}
    today = check([(plan.meeting.pk, pk) for pk in fewer])
    now = {pk: today[plan.meeting.pk, pk].carried for pk in fewer}
    return [
        Loss(plan.meeting, known[pk], now[pk], now[pk] + gain) for pk, gain in sorted(fewer.items())
    ]


# Whoever does not change is carried as before, so only those who change are looked at: as they
# are, with positive numbers, and as they would be, with negative ones. SQLite takes the tables of a
# CROSS JOIN in this order and looks each person up; otherwise it would read the few for each of the
# many. It does so by the index of keys only where its condition is said as there.
GAINED = f"""
SELECT other.meeting_id, sum(CASE WHEN one.id < 0 THEN 1 ELSE -1 END)
FROM {PLANNED} AS one CROSS JOIN {ROSTER} AS other
WHERE other.meeting_id IN ({{0}}) AND other.identity_key = one.identity_key
  AND NOT (other.identity_key = '') AND NOT {CONTRADICTS}
GROUP BY other.meeting_id
"""  # noqa: S608 - constants only


def gains(plan: Plan, meetings: Collection[int]) -> dict[int, int]:
    """By meeting how many more of the changed people would be carried there; in one statement."""
    if not meetings:
        return {}
    rows = [
        (numbered, plan.meeting.pk, code, of.email, of.external_id, key, "", "{}")
        for number, changed in enumerate(plan.changed, 1)
        for numbered, of in ((number, changed.old), (-number, changed.new))
        for code, key in (credentials(of),)
    ]
    places = ", ".join(["%s"] * len(meetings))
    with planned_table():
        insert(rows)
        with connection.cursor() as cursor:
            cursor.execute(GAINED.format(places), [*meetings])
            return {meeting: int(gained) for meeting, gained in cursor.fetchall()}
