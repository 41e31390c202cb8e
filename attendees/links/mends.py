"""The buttons of the pages about links, and the pages that they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from attendees.links.obstacles import Hindrance
from attendees.links.outcomes import Outcome
from attendees.repairs import acts
from attendees.repairs.acts import Act
from materials.models import Material
from meetings.models import Meeting


@dataclass(frozen=True)
class Mend:
    """A button that leads to the preview of a repair."""

    label: str
    url: str


def mends_of(source: Meeting, target: Meeting, outcome: Outcome, seen_from: Meeting) -> list[Mend]:
    return [
        Mend(acts.LABELS[act], repair_page(act, source, target, outcome, seen_from=seen_from))
        for act in acts.acts_for(outcome)
    ]


def mend_of(source: Meeting, target: Meeting, one: Hindrance, seen_from: Meeting) -> Mend:
    act = acts.OBSTACLES[one.obstacle]
    # Repairs of meetings mend their target, but for these.
    turned = one.meeting == source and act not in (Act.START, Act.PUBLISH)
    ends = (target, source) if turned else (source, target)
    return Mend(acts.LABELS[act], repair_page(act, *ends, seen_from=seen_from))


def edit_page(links: Sequence[Material]) -> str:
    return reverse("materials:edit", args=[links[0].meeting.slug, links[0].pk]) if links else ""


def people_page(source: Meeting, target: Meeting, outcome: Outcome, seen_from: Meeting) -> str:
    page = reverse("links:people", args=[source.slug, target.slug, outcome])
    return page + query({}, source, seen_from)


def repair_page(
    act: Act,
    source: Meeting,
    target: Meeting,
    outcome: Outcome | None = None,
    *,
    seen_from: Meeting,
) -> str:
    page = reverse("links:repair", args=[source.slug, target.slug, act])
    return page + query({"reason": outcome.value} if outcome else {}, source, seen_from)


def query(said: dict[str, str], source: Meeting, seen_from: Meeting) -> str:
    """A page about the way from there to here stands in the console of here, and leads back."""
    said = said if seen_from == source else {**said, "from": seen_from.slug}
    return f"?{urlencode(said)}" if said else ""
