"""What is still missing before people can walk through the linked meetings under their names.

Gathering facts (queries, as many for one link as for a hundred) is apart from judging them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from attendees.admission import WRONG_CODES_PER_MEETING
from attendees.models import Attendee
from attendees.strength import HARD, tries_per_hit
from hosts.models import Host
from materials.links import touching
from materials.models import Material
from meetings.models import Meeting

MANY_WRONG_CODES = 50  # in a day; a hall of five hundred types about that many slips
SAMPLED_CODES = 500
SHOWN_LINKS = 12


class Weight(StrEnum):
    DONE = "done"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True)
class Item:
    weight: Weight
    text: str
    action: str = ""  # what the host can do about it, and where
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A published link from the meeting to another."""

    target: Meeting
    carries: bool
    has_way_back: bool
    is_managed: bool  # the target, by the host who looks
    known: int | None  # people of this meeting whom the target knows; None: not to be told


@dataclass(frozen=True, kw_only=True)
class Facts:
    meeting: Meeting
    attendees: int
    tries: int  # that hit one of the codes
    wrong_codes: int
    materials: int
    links: list[Link] = field(default_factory=list)


def checklist(meeting: Meeting, host: Host) -> list[Item]:
    return list(items(facts_of(meeting, host)))


# --- Gathering ---------------------------------------------------------------------------


def facts_of(meeting: Meeting, host: Host) -> Facts:
    roster = Attendee.objects.of(meeting)
    attendees = roster.count()
    sample = list(roster.order_by().values_list("compared_code", flat=True)[:SAMPLED_CODES])
    return Facts(
        meeting=meeting,
        attendees=attendees,
        tries=tries_per_hit(sample, attendees),
        wrong_codes=WRONG_CODES_PER_MEETING.hits(str(meeting.pk)),
        materials=Material.objects.of(meeting).published().count(),
        links=list(links_of(meeting, host)),
    )


def links_of(meeting: Meeting, host: Host) -> Iterator[Link]:
    published = touching(meeting).filter(meeting=meeting, is_published=True)
    materials = [material for material in published if material.target]
    targets = Meeting.objects.filter(pointed_at_by__in=materials)
    managed = set(targets.managed_by(host).values_list("pk", flat=True))
    known = known_in(meeting, managed)
    for material in unrepeated(materials):
        assert material.target  # noqa: S101 - by the filter above
        yield Link(
            target=material.target,
            carries=material.carries,  # type: ignore[attr-defined]  # annotated by `touching`
            has_way_back=material.has_way_back,  # type: ignore[attr-defined]  # the same
            is_managed=material.target.pk in managed,
            known=known.get(material.target.pk),
        )


def unrepeated(materials: list[Material]) -> list[Material]:
    """One link per target: the one that carries, if any does."""
    best = {m.target_id: m for m in sorted(materials, key=attrgetter("carries"))}
    return [m for m in materials if best[m.target_id] is m]


def known_in(meeting: Meeting, target_ids: set[int]) -> dict[int, int]:
    """How many of the meeting's attendees each target knows, in one query.

    Only for targets that the host manages: else a list of one would be a question about a person.
    """
    identified = Attendee.objects.exclude(identity_key="")  # as the index is, so that it is used
    here = identified.of(meeting).filter(
        Q(compared_code=OuterRef("compared_code")) | Q(email=OuterRef("email")),
        identity_key=OuterRef("identity_key"),
    )
    there = identified.filter(Exists(here), meeting__in=target_ids)
    counts = there.order_by().values("meeting").annotate(n=Count("pk"))
    return dict.fromkeys(target_ids, 0) | dict(counts.values_list("meeting", "n"))


# --- Judging -----------------------------------------------------------------------------


def items(facts: Facts) -> Iterator[Item]:
    yield from about_the_door(facts)
    yield from about_materials(facts)
    for link in facts.links[:SHOWN_LINKS]:
        yield from about_link(facts, link)
    if len(facts.links) > SHOWN_LINKS:
        more = len(facts.links) - SHOWN_LINKS
        yield Item(
            Weight.WARNING, f"{more} more links", "See all", page("materials:links", facts.meeting)
        )


def about_the_door(facts: Facts) -> Iterator[Item]:
    meeting = facts.meeting
    if not meeting.require_access_codes:
        yield Item(
            Weight.WARNING,
            "Codes are not required: anybody with the address comes in as “Anonymous”, and nobody "
            "is known in linked meetings.",
            "Settings",
            page("meetings:settings", meeting),
        )
        return
    if not facts.attendees:
        yield Item(
            Weight.MISSING,
            "No attendees yet: nobody can come in.",
            "Import attendees",
            page("roster:import", meeting),
        )
        return
    yield Item(Weight.DONE, f"{counted(facts.attendees, 'attendee')} on the list")
    yield about_codes(facts)
    if facts.wrong_codes >= MANY_WRONG_CODES:
        yield Item(
            Weight.WARNING,
            f"{facts.wrong_codes:,} wrong codes were typed in the last day. Somebody may be "
            "guessing, or many people have a wrong code.",
            "Attendees",
            page("roster:attendees", meeting),
        )


def about_codes(facts: Facts) -> Item:
    if facts.tries >= HARD:
        return Item(Weight.DONE, "Codes are hard to guess")
    return Item(
        Weight.WARNING,
        f"A code can be guessed in about {max(facts.tries, 1):,} tries. Longer, random codes are "
        "safer.",
        "Attendees",
        page("roster:attendees", facts.meeting),
    )


def about_materials(facts: Facts) -> Iterator[Item]:
    if not facts.materials:
        yield Item(
            Weight.MISSING,
            "Nothing is published on the Materials tab yet.",
            "Add a material",
            page("materials:new", facts.meeting),
        )
    if facts.links and facts.meeting.anonymize_attendees:
        yield Item(
            Weight.WARNING,
            "Attendees are anonymous here, so linked meetings ask them for their code.",
            "Settings",
            page("meetings:settings", facts.meeting),
        )


def about_link(facts: Facts, link: Link) -> Iterator[Item]:
    problems = list(problems_of(facts, link))
    yield from problems
    if not problems:
        who = "everybody is" if link.known is not None else "the link is in order, people are"
        yield Item(Weight.DONE, f"Link to “{link.target}”: {who} carried without a second prompt")


def problems_of(facts: Facts, link: Link) -> Iterator[Item]:
    target = link.target
    theirs = page("meetings:settings", target) if link.is_managed else ""
    links_page = page("materials:links", facts.meeting)
    if target.is_archived or target.is_ended:
        state = "is archived" if target.is_archived else "has ended"
        yield warning(f"“{target}” {state}.", "Look at it", overview_of(link))
    elif target.is_scheduled:
        yield warning(f"“{target}” has not been started.", "Start it there", overview_of(link))
    if not target.require_access_codes:
        yield warning(
            f"“{target}” does not require codes: people arrive there as “Anonymous”.",
            "Its settings",
            theirs,
        )
    elif target.anonymize_attendees:
        yield warning(
            f"“{target}” anonymizes attendees: people arrive there without a name.",
            "Its settings",
            theirs,
        )
    if target.require_access_codes and facts.meeting.require_access_codes:
        yield from what_asks_again(facts, link, theirs, links_page)
    if not link.has_way_back:
        back = page("materials:new", target) if link.is_managed else ""
        yield warning(f"“{target}” has no link back to here.", "Add one", back)


def what_asks_again(facts: Facts, link: Link, theirs: str, links_page: str) -> Iterator[Item]:
    target = link.target
    if target.always_ask:
        yield warning(f"“{target}” always asks for the code.", "Its settings", theirs)
    if not link.carries:
        yield warning(
            f"The link to “{target}” is plain: people are asked for a code there until a host of "
            "that meeting accepts it.",
            "Links",
            links_page,
        )
    if link.known == 0 < facts.attendees:
        theirs = page("roster:import", target)
        yield warning(f"“{target}” has nobody of this list on its own.", "Import attendees", theirs)
    elif link.known is not None and link.known < facts.attendees:
        asked = facts.attendees - link.known
        yield warning(
            f"Link to “{target}”: {asked:,} of {people(facts.attendees)} will be asked again, "
            "because the list there does not know them.",
            "See why",
            links_page,
        )


def warning(text: str, action: str, url: str) -> Item:
    return Item(Weight.WARNING, text, action if url else "", url)


def overview_of(link: Link) -> str:
    return page("overview:meeting", link.target) if link.is_managed else ""


def page(name: str, meeting: Meeting) -> str:
    return reverse(name, args=[meeting.slug])


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"
