"""How hard the codes that a file brings are to guess, before they are anybody's."""

from attendees.identity import compared_code
from attendees.roster.rows import Row
from attendees.roster.steps import Plan
from attendees.strength import HARD, tries_per_hit

JUDGED_FROM = 10  # codes: fewer show no pattern
KNOWN_SHARE = 10  # one in so many codes that tell nothing new, and none of them is a secret


def tries_of(plan: Plan) -> int:
    """About how many tries hit one of the codes; many where the file brings too few to tell."""
    rows = [row for _, row in plan.rows() if row.compared_code]
    if len(rows) < JUDGED_FROM:
        return HARD
    if sum(map(is_known, rows)) * KNOWN_SHARE >= len(rows):
        return 1
    return tries_per_hit([row.compared_code for row in rows], max(plan.listed, len(rows)))


def is_known(row: Row) -> bool:
    """Whether the code is what others know of its person."""
    local, _, _ = row.email.partition("@")
    known = (row.email, local, row.lastname, row.external_id)
    return row.compared_code in map(compared_code, known)


def may_ask_email(plan: Plan) -> bool:
    """Whether the codes are weak, and the meeting does not ask for the email yet."""
    return not plan.meeting.ask_email and tries_of(plan) < HARD
