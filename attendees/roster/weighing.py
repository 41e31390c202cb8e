"""How hard the codes that a file brings are to guess, before they are anybody's."""

from attendees.roster.steps import Plan
from attendees.strength import HARD, KNOWN_SHARE, is_known, tries_per_hit

JUDGED_FROM = 10  # codes: fewer show no pattern


def tries_of(plan: Plan) -> int:
    """About how many tries hit one of the codes; many where the file brings too few to tell."""
    rows = [row for _, row in plan.rows() if row.compared_code]
    if len(rows) < JUDGED_FROM:
        return HARD
    known = (is_known(r.compared_code, r.email, r.lastname, r.external_id) for r in rows)
    if sum(known) * KNOWN_SHARE >= len(rows):
        return 1
    return tries_per_hit([row.compared_code for row in rows], max(plan.listed, len(rows)))


def may_ask_email(plan: Plan) -> bool:
    """Whether the codes are weak, and the meeting does not ask for the email yet."""
    return not plan.meeting.ask_email and tries_of(plan) < HARD
