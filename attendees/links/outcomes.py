"""What the link check can find: of each person one outcome, in numbers, and in words for hosts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of somebody who goes from one list's meeting to the other's."""

    CARRIED = "carried"
    NOT_LISTED = "not-listed"
    ID_ON_ONE_SIDE = "id-on-one-side"
    IDS_DIFFER = "ids-differ"
    CODE_DIFFERS = "code-differs"
    EMAIL_DIFFERS = "email-differs"
    LOOK_ALIKE = "look-alike"
    PLACEHOLDER = "placeholder-id"
    CONTRADICTION = "contradiction"
    SEVERAL = "several"
    NO_IDENTITY = "no-identity"
    NOT_MEANT = "not-meant"  # the room is for a part of the people, and they are not of it


ASKED = tuple(one for one in Outcome if one not in (Outcome.CARRIED, Outcome.NOT_MEANT))


@dataclass(frozen=True)
class Tally:
    """One direction of a link in numbers, about those who are meant to go there."""

    people: int = 0
    asked: Mapping[Outcome, int] = field(default_factory=dict)
    not_meant: int = 0  # who else is on the list

    @property
    def carried(self) -> int:
        return self.people - self.asked_again

    @property
    def asked_again(self) -> int:
        return sum(self.asked.values())

    def of(self, outcome: Outcome) -> int:
        if outcome is Outcome.NOT_MEANT:
            return self.not_meant
        return self.carried if outcome is Outcome.CARRIED else self.asked.get(outcome, 0)


LABELS = {
    Outcome.CARRIED: "carried over",
    Outcome.NOT_LISTED: "not on the other list",
    Outcome.ID_ON_ONE_SIDE: "external ID on one list only",
    Outcome.IDS_DIFFER: "external IDs differ",
    Outcome.CODE_DIFFERS: "code differs",
    Outcome.EMAIL_DIFFERS: "same code, another email",
    Outcome.LOOK_ALIKE: "alike but for case, zeros or invisible characters",
    Outcome.PLACEHOLDER: "placeholder instead of an external ID",
    Outcome.CONTRADICTION: "same external ID, another code and email",
    Outcome.SEVERAL: "ambiguous: several people could be meant",
    Outcome.NO_IDENTITY: "neither email nor external ID",
    Outcome.NOT_MEANT: "not meant to be there",
}

EXPLANATIONS = {
    Outcome.CARRIED: "They go over under their name, without a second code.",
    Outcome.NOT_LISTED: (
        "Nobody on the other list has their external ID, or their code or email. "
        "Add them there if they should come in."
    ),
    Outcome.ID_ON_ONE_SIDE: (
        "One list has an external ID for them and the other has none. "
        "External IDs must be the same in every list, or empty in every list."
    ),
    Outcome.IDS_DIFFER: (
        "Code or email are the same, but the external IDs are not, so they count as two people."
    ),
    Outcome.CODE_DIFFERS: (
        "The email is the same and the code is not. Without external IDs both must be the same."
    ),
    Outcome.EMAIL_DIFFERS: (
        "Their code stands beside another email on the other list: a changed address, or "
        "somebody else. Correct the email on one of the lists if it is one person."
    ),
    Outcome.LOOK_ALIKE: (
        "What identifies them differs only in capital letters, zeros in front, or characters "
        "that cannot be seen, as spreadsheets leave them behind."
    ),
    Outcome.PLACEHOLDER: (
        "Their external ID, here or there, is a placeholder such as “000”, which identifies nobody."
    ),
    Outcome.CONTRADICTION: (
        "The external ID is the same, but code and email are both others: it is somebody else's "
        "ID in one of the lists. Correct it there."
    ),
    Outcome.SEVERAL: (
        "Several people share what they have in common with somebody on the other list, so it "
        "is not guessed who is who. Give them external IDs, or the same codes on both lists."
    ),
    Outcome.NO_IDENTITY: (
        "A code alone is no identity. Give them an email or an external ID on both lists."
    ),
    Outcome.NOT_MEANT: (
        "The room was made for a part of the people, by a column of the list, and these belong "
        "elsewhere. Who goes there all the same is asked for a code that is on its list."
    ),
}


def reasons(tally: Tally) -> str:
    """Why people would be asked: “not on the other list: 9; code differs: 3”."""
    return "; ".join(
        f"{LABELS[outcome]}: {tally.of(outcome):,}" for outcome in ASKED if tally.of(outcome)
    )
