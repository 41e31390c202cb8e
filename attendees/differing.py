"""In what two rows of two rosters differ that may be one person: for hosts, who can mend it."""

from enum import StrEnum
from typing import Protocol

from attendees.models import Attendee


class Listed(Protocol):
    """What identity is made of, as a roster has it."""

    @property
    def identity_key(self) -> str: ...
    @property
    def compared_code(self) -> str: ...
    @property
    def email(self) -> str: ...


class Difference(StrEnum):
    """Why the identity of one row is not that of another: a class, nobody's data."""

    NONE = ""
    EXTERNAL_IDS = "external IDs differ"
    ONE_SIDE = "external ID on one side only"
    CONTRADICTED = "same external ID, code and email differ"
    CODE = "code differs"
    EMAIL = "email differs"
    INCOMPLETE = "code or email missing"
    NOTHING = "nothing agrees"


# What a host reads, after the names of the two meetings.
EXPLAINED = {
    Difference.NONE: "Both lists have the same identity, so this link would carry now.",
    Difference.EXTERNAL_IDS: "The external IDs in the two lists differ. Give both the same one.",
    Difference.ONE_SIDE: (
        "Only one of the two lists has an external ID. Copy it over, or leave it out of both."
    ),
    Difference.CONTRADICTED: (
        "With the same external ID, code and email both differ. Mend one of the lists."
    ),
    Difference.CODE: (
        "The email is the same, but the codes differ, and there is no external ID. Give both "
        "the same code, or the same external ID."
    ),
    Difference.EMAIL: (
        "The code is the same, but the emails differ, and there is no external ID. Give both "
        "the same email, or the same external ID."
    ),
    Difference.INCOMPLETE: "There is no external ID, and the code or the email is missing.",
    Difference.NOTHING: "Neither code, email nor external ID agrees: for the portal, two people.",
}


def difference(one: Listed, other: Listed) -> Difference:
    """What keeps the two from being one person, the first thing that a host would mend."""
    has_id = [person.identity_key.startswith("x:") for person in (one, other)]
    same_code = one.compared_code == other.compared_code
    same_email = bool(one.email) and one.email == other.email
    if one.identity_key and one.identity_key == other.identity_key:
        is_contradicted = all(has_id) and not same_code and one.email != other.email
        return Difference.CONTRADICTED if is_contradicted else Difference.NONE
    if not same_code and not same_email:
        return Difference.NOTHING
    if all(has_id):
        return Difference.EXTERNAL_IDS
    if any(has_id):
        return Difference.ONE_SIDE
    if same_email:
        return Difference.CODE
    return Difference.EMAIL if one.email and other.email else Difference.INCOMPLETE


def likeness(one: Attendee, other: Attendee) -> int:
    """In how much two rows agree: the larger, the likelier they are one person."""
    return sum(
        getattr(one, name) == getattr(other, name) != ""
        for name in ("compared_code", "email", "external_id", "identity_key")
    )
