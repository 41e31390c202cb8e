"""What stands in the way of everybody who goes from one linked meeting to the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from materials.models import Material
from meetings.models import Meeting


class Obstacle(StrEnum):
    ARCHIVED = "archived"
    ENDED = "ended"
    NOT_STARTED = "not started"
    SOURCE_NOT_STARTED = "source not started"
    NO_CODES = "no codes"
    ANONYMIZES = "anonymizes"
    ALWAYS_ASKS = "always asks"
    NO_CODES_HERE = "no codes here"
    ANONYMIZES_HERE = "anonymizes here"
    DRAFT = "draft"
    PLAIN = "plain"
    DECLINED = "declined"
    NO_LINK = "no link"
    NO_WAY_BACK = "no way back"


@dataclass(frozen=True)
class Hindrance:
    """An obstacle in words, about the meeting where it can be mended."""

    obstacle: Obstacle
    sentence: str
    meeting: Meeting


def hindrances(
    source: Meeting, target: Meeting, there: Sequence[Material], back: Sequence[Material]
) -> Iterator[Hindrance]:
    """Most general first; none where people go over under their name.

    Takes the links in both directions, each as `materials.links.with_carrying` annotates it.
    """
    published = [link for link in there if link.is_published]
    has_way_back = any(link.is_published for link in back)
    if not there:
        word = " back" if has_way_back else ""
        yield Hindrance(
            Obstacle.NO_LINK,
            f"“{source}” has no link{word} to “{target}”: people do not find it.",
            source,
        )
    yield from about_states(source, target)
    yield from about_settings(source, target)
    if target.require_access_codes and source.require_access_codes:
        yield from about_links(source, target, published + [b for b in back if b.is_published])
    if there and not published:
        yield Hindrance(Obstacle.DRAFT, "The link is a draft: attendees do not see it.", source)
    if published and not has_way_back:
        yield Hindrance(Obstacle.NO_WAY_BACK, f"“{target}” has no link back to “{source}”.", target)


def about_states(source: Meeting, target: Meeting) -> Iterator[Hindrance]:
    if target.is_archived:
        yield Hindrance(Obstacle.ARCHIVED, f"“{target}” is archived.", target)
    elif target.is_ended:
        yield Hindrance(Obstacle.ENDED, f"“{target}” has ended.", target)
    elif target.is_scheduled:
        yield Hindrance(Obstacle.NOT_STARTED, f"“{target}” has not been started.", target)
    if source.is_scheduled and not target.is_scheduled:
        yield Hindrance(Obstacle.SOURCE_NOT_STARTED, f"“{source}” has not been started.", source)


def about_settings(source: Meeting, target: Meeting) -> Iterator[Hindrance]:
    if not target.require_access_codes:
        yield Hindrance(
            Obstacle.NO_CODES,
            f"“{target}” does not require codes: people arrive there as “Anonymous”.",
            target,
        )
    elif target.anonymize_attendees:
        yield Hindrance(
            Obstacle.ANONYMIZES,
            f"“{target}” anonymizes attendees: people arrive there without a name.",
            target,
        )
    if not source.require_access_codes:
        yield Hindrance(
            Obstacle.NO_CODES_HERE,
            f"“{source}” does not require codes: nobody is known there.",
            source,
        )
    elif source.anonymize_attendees:
        yield Hindrance(
            Obstacle.ANONYMIZES_HERE,
            f"“{source}” anonymizes attendees: nobody's name leaves it.",
            source,
        )
    if target.always_ask and target.require_access_codes and source.require_access_codes:
        yield Hindrance(Obstacle.ALWAYS_ASKS, f"“{target}” always asks for the code.", target)


def about_links(
    source: Meeting, target: Meeting, between: Sequence[Material]
) -> Iterator[Hindrance]:
    """One link that carries is enough, whichever way it points."""
    if not between or any(carries_into(link, target) for link in between):
        return
    if all(link.is_declined for link in between):
        yield Hindrance(
            Obstacle.DECLINED,
            f"The link between “{source}” and “{target}” is declined: people are asked for a code.",
            target,
        )
        return
    if any(link.target == target and not link.is_declined for link in between):
        sentence = (
            f"The link to “{target}” is plain: people are asked for a code there until a host of "
            "that meeting accepts it."
        )
    else:
        sentence = (
            f"No link leads to “{target}” on the word of one of its hosts: people are asked for a "
            "code there."
        )
    yield Hindrance(Obstacle.PLAIN, sentence, target)


def carries_into(link: Material, meeting: Meeting) -> bool:
    """Whether it carries people into this meeting, to which it points or in which it stands."""
    if link.target == meeting:
        said: bool = link.carries  # type: ignore[attr-defined]  # by `materials.links.with_carrying`
    else:
        said = link.carries_back  # type: ignore[attr-defined]  # the same
    return said
