"""Which repairs there are, and what each of them mends.

A repair goes from a source to a target, as people do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from attendees.links.obstacles import Obstacle
from attendees.links.outcomes import Outcome
from attendees.roster.steps import Plan
from materials.publishing import NotPossible
from meetings.models import Meeting


class Act(StrEnum):
    ADD_PEOPLE = "add-people"
    COPY_IDS = "copy-ids"
    TAKE_CODES = "take-codes"
    REQUIRE_CODES = "require-codes"
    SHOW_NAMES = "show-names"
    STOP_ASKING = "stop-asking"
    PUBLISH = "publish-link"
    WAY_BACK = "way-back"
    START = "start"


# What each act on rosters is for.
OUTCOMES: dict[Act, tuple[Outcome, ...]] = {
    Act.ADD_PEOPLE: (Outcome.NOT_LISTED,),
    Act.COPY_IDS: (
        Outcome.ID_ON_ONE_SIDE,
        Outcome.PLACEHOLDER,
        Outcome.LOOK_ALIKE,
        Outcome.IDS_DIFFER,
    ),
    Act.TAKE_CODES: (Outcome.CODE_DIFFERS, Outcome.LOOK_ALIKE),
}
# What each act on meetings is for; these act on the target, but for a link, which is the source's.
OBSTACLES: dict[Obstacle, Act] = {
    Obstacle.DRAFT: Act.PUBLISH,
    Obstacle.NO_CODES: Act.REQUIRE_CODES,
    Obstacle.NO_CODES_HERE: Act.REQUIRE_CODES,
    Obstacle.ANONYMIZES: Act.SHOW_NAMES,
    Obstacle.ANONYMIZES_HERE: Act.SHOW_NAMES,
    Obstacle.ALWAYS_ASKS: Act.STOP_ASKING,
    Obstacle.NO_LINK: Act.WAY_BACK,  # where a published link leads the other way
    Obstacle.NO_WAY_BACK: Act.WAY_BACK,
    Obstacle.NOT_STARTED: Act.START,
    Obstacle.SOURCE_NOT_STARTED: Act.START,
}

LABELS = {
    Act.ADD_PEOPLE: "Add them there",
    Act.COPY_IDS: "Copy external IDs over",
    Act.TAKE_CODES: "Take the other list's codes",
    Act.REQUIRE_CODES: "Require codes",
    Act.SHOW_NAMES: "Show names",
    Act.STOP_ASKING: "Stop asking",
    Act.PUBLISH: "Publish the link",
    Act.WAY_BACK: "Make the way back",
    Act.START: "Start both",
}


class TooMany(NotPossible):
    """More people than a repair mends while the host waits."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"These are more than {most:,} people, the most that one repair mends. Import the "
            "other list instead: that takes longer lists, and has a preview and an undo, too."
        )


class TooManyToUndo(NotPossible):
    """A repair of more people than now are mended at once, made before there was that limit."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"More than {most:,} people were mended, and no more than that are taken back at once. "
            "Import the list as it was instead: that takes longer lists, and has a preview and an "
            "undo, too."
        )


@dataclass(frozen=True)
class Step:
    """One thing that becomes another: of a person on a list, or of a meeting."""

    id: str
    name: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class LeftOut:
    name: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a repair would do."""

    changed: Meeting
    sentence: str
    told: str  # the same, once it is done
    warning: str = ""
    steps: Sequence[Step] = ()
    left_out: Sequence[LeftOut] = ()
    plan: Plan | None = None  # of a repair of a roster


def acts_for(outcome: Outcome) -> list[Act]:
    return [act for act, outcomes in OUTCOMES.items() if outcome in outcomes]
