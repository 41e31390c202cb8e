"""Arrivals in sentences, for hosts: who came in how, who was asked, by which rule and why.

What a sentence says of another meeting, the host who reads it may see there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.urls import reverse

from attendees.anonymity import shown_name
from attendees.carrying import Reason, Rule
from attendees.differing import EXPLAINED, Difference, difference, likeness
from attendees.models import Admission, Arrival, ArrivalCount, Attendee, Participant
from hosts.models import Host
from meetings.models import Meeting

# Counts of an anonymizing meeting are told in steps, so that no two of them show one person.
SMALLEST_GROUP = 5
EXPLAINED_AT_ONCE = 20  # arrivals on an attendee's page
EXPLAINED_ON_A_PATH = 200
NOBODY_ALIKE = "Nobody there has this code, email or ID."

WHY_ASKED = {
    Reason.UNKNOWN: "This browser had not shown anybody in a linked meeting.",
    Reason.PLAIN_LINK: (
        "The link is plain: nobody who may manage both meetings made it, and no host of the "
        "other meeting has accepted it."
    ),
    Reason.ALWAYS_ASK: "This meeting is set to “Always ask for the code here”.",
    Reason.NO_MATCH: "Nobody on the list of this meeting has the same identity.",
    Reason.CONTRADICTION: ("The external ID is on this list, too, but it may be somebody else's."),
    Reason.SEVERAL: "This browser had shown several people, and the link did not decide.",
    Reason.NAMES_HIDDEN: "They came from a meeting that anonymizes, so nobody was known by name.",
    Reason.NO_CODES: "They came from a meeting that requires no codes, so nobody was known.",
}
BY_RULE = {
    Rule.EXTERNAL_ID: "The external ID is the same on both lists.",
    Rule.CODE_AND_EMAIL: "Code and email are the same on both lists, and neither has an ID.",
}
HOW = {
    Admission.How.CODE.value: "Typed the code",
    Admission.How.CARRIED.value: "Carried, without a code",
    Admission.How.SIGNED.value: "Came by a personal signed link",
    Admission.How.OPEN.value: "Came in without a code",
    Arrival.ASKED: "Asked for the code",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One arrival, as a host reads it."""

    at: datetime
    how: str  # a value of `Admission.How`, or `Arrival.ASKED`
    who: str  # "" where it is not known, or not this host's business
    page: str  # of the person in the console, or ""
    meeting: Meeting
    whence: Meeting | None
    headline: str
    why: str
    advice: str = ""
    was_asked: bool = False  # now, or before the code was typed

    @property
    def is_asked(self) -> bool:
        return self.how == Arrival.ASKED

    @property
    def is_carried(self) -> bool:
        return self.how == Admission.How.CARRIED


def at_meeting(meeting: Meeting, *, how: str = "") -> QuerySet[Arrival]:
    """The arrivals at its door, the newest first."""
    rows = Arrival.objects.filter(meeting=meeting)
    if how in HOW:
        rows = rows.filter(how=how)
    return with_people(rows)


def with_people(rows: QuerySet[Arrival]) -> QuerySet[Arrival]:
    return rows.select_related("meeting", "participant__attendee", "shown", "whence").order_by(
        "-at", "-pk"
    )


def told(arrivals: Iterable[Arrival], host: Host) -> list[Told]:
    """The arrivals in sentences, in three queries at most."""
    rows = list(arrivals)
    theirs = managed_of(host, {row.whence_id for row in rows})
    advice = advice_about(row for row in rows if row.whence_id in theirs)
    return [sentence(row, theirs, advice.get(row.pk, "")) for row in rows]


def managed_of(host: Host, meetings: Iterable[int | None]) -> set[int]:
    ids = [pk for pk in meetings if pk]
    found = Meeting.objects.filter(pk__in=ids).managed_by(host)
    return set(found.values_list("pk", flat=True)) if ids else set()


def sentence(row: Arrival, managed: set[int], advice: str = "") -> Told:
    if row.participant is not None:
        who, person, slug = shown_name(row.participant), row.participant.attendee, row.meeting.slug
    elif row.shown is not None and row.whence is not None and row.whence_id in managed:
        who, person, slug = row.shown.name, row.shown, row.whence.slug
    else:
        who, person, slug = "", None, ""
    why = reason_of(row)
    return Told(
        at=row.at,
        how=row.how,
        who=who,
        page=reverse("roster:edit", args=[slug, person.pk]) if person else "",
        meeting=row.meeting,
        whence=row.whence,
        headline=HOW.get(row.how, row.how),
        why=why,
        was_asked=row.how == Arrival.ASKED or bool(why and row.reason),
        advice=advice or difference_of(row, managed),
    )


def difference_of(row: Arrival, managed: set[int]) -> str:
    """In what the lists differed when the code was typed: for who may read both."""
    if not row.difference or row.whence_id not in managed:
        return ""
    return EXPLAINED[Difference(row.difference)]


def reason_of(row: Arrival) -> str:
    if row.how == Admission.How.SIGNED:
        return f"Another system has signed it, with the {row.rule}." if row.rule else ""
    if row.how == Admission.How.CARRIED and row.rule in list(Rule):
        return BY_RULE[Rule(row.rule)]
    if row.reason not in list(Reason):
        return ""
    why = WHY_ASKED[Reason(row.reason)]
    if row.how == Arrival.ASKED:
        return why
    return f"The code was asked. {why}" if row.reason != Reason.UNKNOWN else ""


# --- Why was Ana asked again? ---------------------------------------------------------------


def of_attendee(attendee: Attendee, host: Host) -> list[Told]:
    """What befell somebody at this meeting's door, and as this person at others that one manages.

    The number of queries does not depend on how much that was.
    """
    here = Q(participant__in=participants_who_are([attendee.pk]))
    elsewhere = Q(
        shown=attendee, how=Arrival.ASKED, meeting__in=Meeting.objects.managed_by(host).values("pk")
    )
    rows = list(with_people(Arrival.objects.filter(here | elsewhere))[:EXPLAINED_AT_ONCE])
    theirs = managed_of(host, {row.whence_id for row in rows})
    advice = advice_about(row for row in rows if row.shown == attendee)
    return [sentence(row, theirs, advice.get(row.pk, "")) for row in rows]


def of_people(attendees: Iterable[int], meetings: Iterable[int]) -> QuerySet[Arrival]:
    """What befell the person who is these rows of rosters at these doors, the newest first."""
    ids = list(attendees)
    here = Q(participant__in=participants_who_are(ids))
    rows = Arrival.objects.filter(here | Q(shown__in=ids, how=Arrival.ASKED))
    return with_people(rows.filter(meeting__in=list(meetings)))[:EXPLAINED_ON_A_PATH]


def participants_who_are(attendees: Iterable[int]) -> list[int]:
    """Looked up first: joined, a database would read through the arrivals of all meetings."""
    found = Participant.objects.filter(attendee__in=list(attendees))
    return list(found.values_list("pk", flat=True))


def is_of_lists(row: Arrival) -> bool:
    """Asked because of what the lists say, which a look at them explains."""
    return row.how == Arrival.ASKED and row.reason in (Reason.NO_MATCH, Reason.CONTRADICTION)


def advice_about(arrivals: Iterable[Arrival]) -> Mapping[int, str]:
    """By arrival: in what the row there differs that is likely the same person, as it is now."""
    asked = [(row, row.shown) for row in arrivals if row.shown and is_of_lists(row)]
    if not asked:
        return {}
    people: dict[int, list[Attendee]] = defaultdict(list)
    for row, person in asked:
        people[row.meeting_id].append(person)
    alike = reduce(or_, (alike_in(meeting, those) for meeting, those in people.items()))
    others: dict[int, list[Attendee]] = defaultdict(list)
    for other in Attendee.objects.filter(alike).order_by("pk"):
        others[other.meeting_id].append(other)
    found: dict[int, str] = {}
    for row, person in asked:
        alike_there = (one for one in others[row.meeting_id] if is_like(one, person))
        there = max(alike_there, key=lambda one: likeness(one, person), default=None)
        found[row.pk] = EXPLAINED[difference(person, there)] if there else NOBODY_ALIKE
    return found


def alike_in(meeting: int, people: Iterable[Attendee]) -> Q:
    """Who on the list of this meeting is likely one of the people."""
    people = list(people)
    return Q(
        Q(compared_code__in={person.compared_code for person in people})
        | Q(email__in={person.email for person in people if person.email})
        | Q(external_id__in={person.external_id for person in people if person.external_id}),
        meeting=meeting,
    )


def is_like(one: Attendee, other: Attendee) -> bool:
    """The same for two rows that are at hand."""
    return (
        one.compared_code == other.compared_code
        or bool(one.email and one.email == other.email)
        or bool(one.external_id and one.external_id == other.external_id)
    )


# --- Counts -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    headline: str
    why: str
    number: str


def counted(meeting: Meeting) -> Sequence[Counted]:
    """What is only counted at this door; of people without names what befell enough of them."""
    times: dict[tuple[str, str, bool], int] = defaultdict(int)
    rows = ArrivalCount.objects.filter(meeting=meeting).order_by("how", "reason", "pk")
    for row in rows:
        times[row.how, row.reason, is_of_nameless(row, meeting)] += row.times
    return [
        Counted(
            HOW.get(how, how),
            WHY_ASKED[Reason(reason)] if reason in list(Reason) and how == Arrival.ASKED else "",
            roughly(n) if is_rough else str(n),
        )
        for (how, reason, is_rough), n in times.items()
        if n >= SMALLEST_GROUP or not is_rough
    ]


def is_of_nameless(count: ArrivalCount, meeting: Meeting) -> bool:
    """Whether it is of people who are anonymous, or were when it was counted.

    A door that shows names counts strangers only, and an open one everybody: nobody is known there.
    """
    is_of_strangers = count.how == Admission.How.OPEN or (
        count.how == Arrival.ASKED and count.whence_id is None
    )
    return meeting.anonymize_attendees or not is_of_strangers


def roughly(number: int) -> str:
    """A count of people without names: in steps, and small groups not at all."""
    if number < SMALLEST_GROUP:
        return f"fewer than {SMALLEST_GROUP}"
    step = rounded_down(number)
    return f"{step} to {step + SMALLEST_GROUP - 1}"


def rounded_down(number: int) -> int:
    """The same as a number, for programs."""
    return number - number % SMALLEST_GROUP


def carried_of(meeting: Meeting, attendees: Iterable[Attendee]) -> set[int]:
    """Who of these came in by a link, for the badge on the roster; one query."""
    rows = Arrival.objects.filter(
        meeting=meeting, how=Admission.How.CARRIED, participant__attendee__in=list(attendees)
    )
    return {pk for pk in rows.values_list("participant__attendee", flat=True) if pk}
