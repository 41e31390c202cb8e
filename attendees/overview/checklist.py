"""What is still missing before people can walk through the linked meetings under their names.

Gathering facts (queries, as many for one link as for a hundred) is apart from judging them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.urls import reverse

from attendees.amounts import counted, people
from attendees.guarding import Guard, guard_of
from attendees.links.check import check
from attendees.links.obstacles import Hindrance, Obstacle, hindrances
from attendees.links.outcomes import Outcome, Tally, reasons
from attendees.models import Attendee
from attendees.strength import HARD, tries_on_list
from hosts.models import Host
from materials.links import touching
from materials.models import Material
from materials.verdicts import is_waiting
from meetings.models import Meeting

MANY_WRONG_CODES = 50  # in a day; a hall of five hundred types about that many slips
SHOWN_LINKS = 12  # of those about which there is something to say
SHOWN_IN_ORDER = 3  # more are counted


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
    """The published links from the meeting to another, and what is to be said of them."""

    target: Meeting
    hindrances: list[Hindrance]
    is_managed: bool  # the target, by the host who looks
    tally: Tally | None  # of people of this meeting; None: not to be told


@dataclass(frozen=True, kw_only=True)
class Facts:
    meeting: Meeting
    attendees: int
    tries: int  # that hit one of the codes
    guard: Guard
    materials: int
    waiting: int  # links from other meetings that a host of this one has not answered
    links: list[Link] = field(default_factory=list)


def checklist(meeting: Meeting, host: Host, guard: Guard | None = None) -> list[Item]:
    """`guard` is what the door does about guesses, where somebody has looked it up."""
    return list(items(facts_of(meeting, host, guard or guard_of(meeting))))


# --- Gathering ---------------------------------------------------------------------------


def facts_of(meeting: Meeting, host: Host, guard: Guard) -> Facts:
    links = list(touching(meeting))
    attendees = Attendee.objects.of(meeting).count()
    return Facts(
        meeting=meeting,
        attendees=attendees,
        tries=tries_on_list(meeting, attendees),
        guard=guard,
        materials=Material.objects.of(meeting).published().count(),
        waiting=sum(is_waiting(m) for m in links if m.target_id == meeting.pk),
        links=list(links_of(meeting, links, host)),
    )


def links_of(meeting: Meeting, links: list[Material], host: Host) -> Iterator[Link]:
    """One for each meeting that attendees are led to."""
    published = [link for link in links if link.is_published]
    led_to = (m.target for m in published if m.meeting_id == meeting.pk and m.target)
    targets = {target.pk: target for target in led_to}
    managed = Meeting.objects.filter(pk__in=targets).managed_by(host)
    told = set(managed.values_list("pk", flat=True))
    tallies = check([(meeting.pk, pk) for pk in told])
    for pk, target in targets.items():
        there = [link for link in published if link.target_id == pk]
        back = [link for link in published if link.meeting_id == pk]
        yield Link(
            target=target,
            hindrances=list(hindrances(meeting, target, there, back)),
            is_managed=pk in told,
            tally=tallies.get((meeting.pk, pk)),
        )


# --- Judging -----------------------------------------------------------------------------


def items(facts: Facts) -> Iterator[Item]:
    if facts.meeting.is_archived:
        yield Item(
            Weight.WARNING, "Archived: its address leads nowhere, until you take the meeting back."
        )
        return
    yield from about_the_door(facts)
    yield from about_materials(facts)
    if facts.waiting:
        yield warning(
            f"{counted(facts.waiting, 'link')} from other meetings "
            f"{'waits' if facts.waiting == 1 else 'wait'} for your answer.",
            "Answer",
            page("materials:links", facts.meeting),
        )
    yield from about_links(facts)


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
    if facts.guard.wrong_codes >= MANY_WRONG_CODES and not facts.guard.is_up:
        yield Item(
            Weight.WARNING,
            f"{facts.guard.wrong_codes:,} wrong codes were typed lately. Somebody may be "
            "guessing, or many people have a wrong code.",
            "Attendees",
            page("roster:attendees", meeting),
        )


def about_codes(facts: Facts) -> Item:
    if facts.tries >= HARD:
        return Item(Weight.DONE, "Codes are hard to guess")
    tries = "one try or two" if facts.tries <= 1 else f"about {facts.tries:,} tries"
    return Item(
        Weight.WARNING,
        f"A code can be guessed in {tries}. Longer, random codes are safer.",
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


def about_links(facts: Facts) -> Iterator[Item]:
    """First what there is to do: a hundred links in order must not hide the one that is not."""
    unstarted = [link for link in facts.links if Obstacle.NOT_STARTED in obstacles_of(link)]
    are_many = len(unstarted) > 1
    if are_many:
        yield warning(
            f"{len(unstarted)} linked meetings have not been started.",
            "Start them together",
            page("overview:together", facts.meeting),
        )
    found = [(link, list(problems_of(facts, link, skips_state=are_many))) for link in facts.links]
    troubled = [problems for _, problems in found if problems]
    for problems in troubled[:SHOWN_LINKS]:
        yield from problems
    if len(troubled) > SHOWN_LINKS:
        more = counted(len(troubled) - SHOWN_LINKS, "more link")
        links_page = page("materials:links", facts.meeting)
        yield warning(f"{more} with something to look at.", "See all", links_page)
    yield from about_links_in_order([link for link, problems in found if not problems])


def about_links_in_order(links: list[Link]) -> Iterator[Item]:
    if len(links) > SHOWN_IN_ORDER:
        meant = any(link.tally and link.tally.not_meant for link in links)
        whom = "those who are meant to be there" if meant else "people"
        yield Item(Weight.DONE, f"{len(links)} links carry {whom} without a second prompt")
        return
    for link in links:
        who = who_is_carried(link.tally)
        yield Item(Weight.DONE, f"Link to “{link.target}”: {who} carried without a second prompt")


def who_is_carried(tally: Tally | None) -> str:
    if tally is None:
        return "the link is in order, people are"
    return "everybody who is meant to be there is" if tally.not_meant else "everybody is"


def obstacles_of(link: Link) -> set[Obstacle]:
    return {one.obstacle for one in link.hindrances}


def problems_of(facts: Facts, link: Link, *, skips_state: bool) -> Iterator[Item]:
    links_page = page("materials:links", facts.meeting)
    for one in link.hindrances:
        if skips_state and one.obstacle is Obstacle.NOT_STARTED:
            continue
        # About this meeting's own settings the other items say enough.
        if one.meeting != facts.meeting:
            yield warning(one.sentence, "Links", links_page)
    if link.tally and link.target.require_access_codes and facts.meeting.require_access_codes:
        yield from who_is_asked(link, link.tally, links_page)


def who_is_asked(link: Link, tally: Tally, links_page: str) -> Iterator[Item]:
    if not tally.asked_again:
        return
    target = link.target
    is_of_nobody = not tally.carried and tally.of(Outcome.NOT_LISTED) == tally.people
    if is_of_nobody and not tally.not_meant:
        yield warning(f"“{target}” has nobody of this list on its own.", "Add them", links_page)
        return
    why = reasons(tally)
    meant = " who should be there" if tally.not_meant else ""
    yield warning(
        f"Link to “{target}”: {tally.asked_again:,} of {people(tally.people)}{meant} will be "
        f"asked again. {why[:1].upper()}{why[1:]}.",
        "See why",
        links_page,
    )


def warning(text: str, action: str, url: str) -> Item:
    return Item(Weight.WARNING, text, action if url else "", url)


def page(name: str, meeting: Meeting) -> str:
    return reverse(name, args=[meeting.slug])
