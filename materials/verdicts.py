"""What becomes of somebody who follows a link, said to the hosts of both meetings."""

from collections.abc import Iterator
from dataclasses import dataclass

from materials.models import Material


@dataclass(frozen=True)
class Verdict:
    """`tone` is one of good, attention and quiet."""

    tone: str
    word: str
    sentence: str


def verdict(link: Material) -> Verdict:
    """The first rule that fits, most general first.

    Takes a link to a meeting with `.carries` said (see `links.with_carrying`).
    """
    return next(verdicts(link))


def verdicts(link: Material) -> Iterator[Verdict]:
    source, target = link.meeting, link.target
    assert target  # noqa: S101 - a link to a meeting has one
    if not link.is_published:
        yield Verdict("quiet", "Draft", "Attendees do not see it, and it carries nobody.")
    if target.is_archived:
        yield Verdict("quiet", "Closed", f"“{target}” is archived: nobody comes in.")
    if not target.require_access_codes:
        yield Verdict(
            "attention",
            "No code needed",
            f"“{target}” does not require access codes, so everybody is shown there as "
            "“Anonymous”. Require codes there if people should keep their name.",
        )
    if not source.require_access_codes:
        yield asks(f"“{source}” does not require access codes, so nobody is known there.")
    if source.anonymize_attendees:
        yield asks(f"“{source}” anonymizes its attendees, so nobody's name leaves it.")
    if target.always_ask:
        yield asks(f"“{target}” is set to always ask for the code.")
    if not carries(link):
        yield on_the_word_of_another(link) if carries_anyway(link) else asks(why_plain(link))
    if target.anonymize_attendees:
        yield Verdict(
            "good", "Carries", "People go on without a second code, and are a pseudonym there."
        )
    yield Verdict("good", "Carries", "People go on under their name, without a second code.")


def on_the_word_of_another(link: Material) -> Verdict:
    return Verdict(
        "good",
        "Carries",
        "People go on without a second code, because another link between the two meetings "
        f"carries them. {why_plain(link)}",
    )


def why_plain(link: Material) -> str:
    if link.is_declined:
        return f"A host of “{link.target}” has declined to let people in on this link."
    return (
        f"{who_made(link)} does not manage both meetings. "
        f"A host of “{link.target}” can accept the link."
    )


def asks(sentence: str) -> Verdict:
    return Verdict("attention", "Asks for the code", sentence)


def carries(link: Material) -> bool:
    said: bool = link.carries  # type: ignore[attr-defined]  # annotated by `links.with_carrying`
    return said


def carries_anyway(link: Material) -> bool:
    """It does not carry, but another link between the two meetings does."""
    said: bool = link.carries_anyway  # type: ignore[attr-defined]  # the same
    return said


def is_waiting(link: Material) -> bool:
    """It carries nobody only because no host of the target has answered yet."""
    return link.is_published and not carries(link) and not link.is_declined


def who_made(link: Material) -> str:
    return f"{link.made_by}, who made this link," if link.made_by else "Whoever made this link"
