"""What a door does about those who try codes: it asks for the email, too, and locks nobody out.

A limit of each address stops nobody who has a thousand of them, and one that refuses is a weapon
against the meeting that it guards. So wrong codes cost a meeting one question more, for a while,
and whoever can answer it comes in. Source of the rules and figures: security notes (b) 4 to (b) 6.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from attendees import devices
from attendees.identity import FlawedValue, clean_email, compared_name
from attendees.models import Attendee
from attendees.requests import DoorRequest
from attendees.strength import Strength, strength_of, tries_on_list
from hosts.mail import hand_over
from hosts.models import Host
from meetingportal.addresses import address_of, bucket_for, wider_bucket_for
from meetingportal.briefly import Briefly
from meetingportal.limits import Limit, Taken, levels
from meetingportal.repeatable import repeatable
from meetings.models import Meeting

logger = logging.getLogger("portal.doors")

MINUTES, HOURS = 60, 3600  # in seconds
AT_ONCE = 300  # people whose counters one statement deletes


def a_day(name: str, burst: float, *, stays: float = 0, empties: bool = False) -> Limit:
    """So many at once, and as many again in the course of a day; at least one."""
    burst = max(1, burst)
    per_minute = burst / (24 * 60)
    return Limit(name=name, burst=burst, per_minute=per_minute, stays=stays, empties=empties)


# Beyond these the address is asked for the email, too. A right code is given back.
WRONG_CODES_PER_ADDRESS = Limit(
    name="wrong codes of an address", burst=settings.WRONG_CODES_PER_ADDRESS, per_minute=6
)
# Whoever has one IPv6 address has as many as they like.
WRONG_CODES_PER_NETWORK = Limit(
    name="wrong codes of a network", burst=8 * settings.WRONG_CODES_PER_ADDRESS, per_minute=8 * 6
)
# With the email; then one try in five seconds.
WRONG_PAIRS_PER_ADDRESS = Limit(
    name="wrong codes with email of an address", burst=300, per_minute=12
)
# Wherever they come from. Without it whoever has a thousand addresses and knows somebody's email
# could try that person's codes. Who comes in leaves no trace of when.
WRONG_CODES_PER_EMAIL = (
    Limit(name="wrong codes with an email", burst=5, per_minute=1, empties=True),
    a_day("wrong codes with an email in a day", 100, empties=True),
)
# Beyond these the meeting asks everybody for the email, too, until an hour after the last of them.
WRONG_CODES_PER_MEETING = a_day(
    "wrong codes in a meeting", settings.WRONG_CODES_PER_MEETING, stays=1 * HOURS
)
# The same bucket, where codes are not strong.
WRONG_EASIER_CODES_PER_MEETING = a_day(
    "wrong codes in a meeting", settings.WRONG_CODES_PER_MEETING / 20, stays=1 * HOURS
)
# Beyond these all meetings do: somebody tries a few codes in each of many.
WRONG_CODES_IN_ALL = (
    Limit(name="wrong codes", burst=300, per_minute=60, stays=5 * MINUTES),
    a_day("wrong codes in a day", 5000, stays=1 * HOURS),
)
# Beyond these a browser in which this attendee has come in before is a stranger's again.
WRONG_CODES_PER_DEVICE = a_day("wrong codes of a known browser", 10)
ALARMS = a_day("mails about wrong codes", 1)
EVERYWHERE = ""  # whom the limits of all meetings count

# By meeting: lists change seldom, and people join by the hundred.
budgets: Briefly[Limit] = Briefly(seconds=10 * MINUTES)


def budget_of(meeting: Meeting) -> Limit:
    """How many wrong codes the meeting takes: few where few tries find a code."""
    return budgets.get(meeting.pk, lambda: judged_budget(meeting))


def judged_budget(meeting: Meeting) -> Limit:
    listed = Attendee.objects.of(meeting).count()
    is_strong = strength_of(tries_on_list(meeting, listed)) is Strength.STRONG
    return WRONG_CODES_PER_MEETING if is_strong else WRONG_EASIER_CODES_PER_MEETING


@dataclass(frozen=True)
class Watch:
    """What the door knows of a browser before it looks at a code; read at once."""

    meeting: Meeting
    address: str
    network: str
    device: devices.Device | None = None
    is_guarded: bool = False  # the meeting, or all of them
    is_burned: bool = False  # the address has used up its wrong codes

    @property
    def requires_email(self) -> bool:
        """Whether a code alone is not even counted."""
        return self.meeting.ask_email or (self.is_guarded and self.device is None)

    @property
    def asks_email(self) -> bool:
        """Whether the code prompt shows the field."""
        return self.requires_email or (self.is_burned and self.device is None)


def watch_over(request: DoorRequest) -> Watch:
    meeting, address = request.meeting, address_of(request)
    counted_as = (bucket_for(address), wider_bucket_for(address))
    device = devices.device_of(request, meeting, at=timezone.now())
    if meeting.ask_email:  # whoever it is
        return Watch(meeting, *counted_as, device=device)
    here, network, known, in_meeting, *in_all = levels(
        (WRONG_CODES_PER_ADDRESS, counted_as[0]),
        (WRONG_CODES_PER_NETWORK, counted_as[1]),
        (WRONG_CODES_PER_DEVICE, device.whom if device else ""),
        *buckets_of(meeting),
    )
    return Watch(
        meeting,
        *counted_as,
        device=None if known.is_full else device,
        is_guarded=in_meeting.is_over or any(level.is_over for level in in_all),
        is_burned=here.is_full or network.is_full,
    )


def buckets_of(meeting: Meeting) -> list[tuple[Limit, str]]:
    return [
        (WRONG_CODES_PER_MEETING, str(meeting.pk)),
        *((limit, EVERYWHERE) for limit in WRONG_CODES_IN_ALL),
    ]


class Verdict(StrEnum):
    """What the door does with a guess that has been counted."""

    LOOK = "look whom it names"
    ASK = "ask for the email, too, without having looked"
    WAIT = "have them wait, without having looked at a code; a link is looked at"


@dataclass(frozen=True)
class Guess:
    """A guess that has been counted for good, unless it turns out to be none."""

    meeting: Meeting
    verdict: Verdict
    taken: Sequence[Taken]
    email: str = ""
    asks_email: bool = False
    device_of: int | None = None  # the attendee whose code alone is enough
    runs_over: bool = False  # the budget of the meeting
    retry_after: int = 0  # seconds; 0: there is nothing to wait for

    def is_enough_for(self, attendee: Attendee) -> bool:
        """Whether whoever has typed this attendee's code has typed all that the door asks for."""
        if not self.asks_email or attendee.pk == self.device_of:
            return True
        return is_known_by(attendee, self.email)

    def was_right(self) -> None:
        """It was no guess. In the order in which they were counted: nobody waits in a circle."""
        for taken in self.taken:
            taken.give_back()

    def was_wrong(self) -> None:
        """It opened nothing, or was not looked at since the meeting's budget is used up."""
        with repeatable():
            if self.runs_over and WRONG_CODES_PER_MEETING.note_over(str(self.meeting.pk)):
                logger.warning("Meeting %s is guarded: too many wrong codes.", self.meeting.slug)
            for limit in WRONG_CODES_IN_ALL if self.verdict is Verdict.LOOK else ():
                if not limit.hit(EVERYWHERE).allowed and limit.note_over(EVERYWHERE):
                    warn_operators()


def counted(watch: Watch, email: str) -> Guess:
    """Count a guess at a code, with the email or without, and decide about it."""
    budget = budget_of(watch.meeting)  # before anything is locked: it may take a look at the list
    with repeatable():  # whom a power cut gives a guess back has gained one guess
        always_asks = watch.meeting.ask_email
        if watch.device and (always_asks or not email):
            taken = WRONG_CODES_PER_DEVICE.hit(watch.device.whom)
            if taken.allowed:
                return Guess(
                    watch.meeting, Verdict.LOOK, [taken],
                    email=email, asks_email=watch.is_guarded or always_asks,
                    device_of=None if always_asks else watch.device.attendee,
                )  # fmt: skip
        return counted_of_stranger(watch, email, budget)


def counted_of_stranger(watch: Watch, email: str, budget: Limit) -> Guess:
    """What the most people share is counted last: it is locked until all is counted."""
    meeting, taken = watch.meeting, hits_of_address(watch)
    is_burned = not all(one.allowed for one in taken)
    if is_burned and not email:
        return Guess(meeting, Verdict.ASK, taken, retry_after=taken[-1].retry_after)
    asks = watch.requires_email or is_burned or watch.is_guarded
    if asks and email:
        limits = [(limit, pair(meeting, email)) for limit in WRONG_CODES_PER_EMAIL]
        limits += [(WRONG_PAIRS_PER_ADDRESS, watch.address)] if is_burned else []
        for limit, whom in limits:
            taken.append(limit.hit(whom))
            if not taken[-1].allowed:
                return Guess(meeting, Verdict.WAIT, taken, retry_after=taken[-1].retry_after)
    taken.append(budget.hit(str(meeting.pk)))
    runs_over = not taken[-1].allowed
    asks = asks or runs_over
    return Guess(
        meeting,
        Verdict.ASK if asks and not email else Verdict.LOOK,
        taken,
        email=email,
        asks_email=asks,
        runs_over=runs_over,
    )


def counted_link(request: DoorRequest) -> Guess:
    """Count a personal link, which nobody guesses: it opens guarded doors, too.

    And it opens them from an address that others have burned.
    """
    meeting, address = request.meeting, address_of(request)
    watch = Watch(meeting, bucket_for(address), wider_bucket_for(address))
    budget = budget_of(meeting)
    with repeatable():
        taken = hits_of_address(watch)
        if not all(one.allowed for one in taken):
            return Guess(meeting, Verdict.WAIT, taken, retry_after=taken[-1].retry_after)
        taken.append(budget.hit(str(meeting.pk)))
    return Guess(meeting, Verdict.LOOK, taken, runs_over=not taken[-1].allowed)


def hits_of_address(watch: Watch) -> list[Taken]:
    """Only the last one may have been refused."""
    taken = [WRONG_CODES_PER_ADDRESS.hit(watch.address)]
    if taken[0].allowed and watch.network:
        taken.append(WRONG_CODES_PER_NETWORK.hit(watch.network))
    return taken


def pair(meeting: Meeting, typed: str) -> str:
    """Somebody's email at this door, as limits count it, whether or not anybody has it.

    Where attendees are anonymous, under the secret of the meeting: once that is erased, nobody can
    find out any more at whose code somebody tried.
    """
    try:
        email = clean_email(typed)
    except FlawedValue:
        email = compared_name(typed)
    if meeting.anonymize_attendees:
        secret = bytes(meeting.pseudonym_secret or b"").hex() or f"ended {meeting.pk}"
        email = salted_hmac(f"attendees.guarding {secret}", email, algorithm="sha256").hexdigest()
    return named_pair(meeting, email)


def named_pair(meeting: Meeting, email: str) -> str:
    return f"{meeting.pk}:{email}"


def begin_anew(attendee: Attendee) -> None:
    """They have another code: what was tried with their email is worth nothing, and counts no more.

    So a host can help somebody whom another keeps waiting by trying codes with that email.
    """
    for limit in WRONG_CODES_PER_EMAIL:
        limit.forget(pair(attendee.meeting, attendee.email))


def forget_people(meeting: Meeting) -> None:
    """The meeting anonymizes from now on: no counter tells when one of its people was here."""
    people = Attendee.objects.of(meeting).order_by().values_list("pk", "email")
    for some in batched(people.iterator(chunk_size=AT_ONCE), AT_ONCE):
        WRONG_CODES_PER_DEVICE.forget(*(devices.whom(meeting.pk, pk) for pk, _ in some))
        for limit in WRONG_CODES_PER_EMAIL:
            limit.forget(*(named_pair(meeting, email) for _, email in some))


def is_known_by(attendee: Attendee, typed: str) -> bool:
    """Whether this is the second thing that the list knows of them.

    It is the email; of whom no email is known, the last name; of whom neither is, the first name,
    which everybody has: there is nobody whom a guarded door keeps out.
    """
    if attendee.email:
        try:
            return clean_email(typed) == attendee.email
        except FlawedValue:
            return False
    name = attendee.lastname or attendee.firstname
    return compared_name(typed) in (compared_name(name), compared_name(attendee.name))


# --- Who is told ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Guard:
    """What a host is told of those who try codes."""

    wrong_codes: int  # since there was none for a day
    is_up: bool
    is_up_everywhere: bool

    def __str__(self) -> str:
        return f"{self.wrong_codes:,} wrong codes"


def guard_of(meeting: Meeting) -> Guard:
    in_meeting, *in_all = levels(*buckets_of(meeting))
    everywhere = any(level.is_over for level in in_all)
    asks_anyway = meeting.ask_email or not meeting.require_access_codes or meeting.is_archived
    return Guard(
        wrong_codes=in_meeting.hits,
        is_up=(in_meeting.is_over or everywhere) and not asks_anyway,
        is_up_everywhere=everywhere and not in_meeting.is_over,
    )


def warn_operators() -> None:
    """Mail them once, however many meetings are tried."""
    logger.warning("All meetings are guarded: too many wrong codes on the portal.")
    if not ALARMS.hit(EVERYWHERE).allowed:
        return
    context = {"site": settings.SITE_URL}
    text = render_to_string("attendees/mail/guarded.txt", context)
    for operator in Host.objects.filter(is_superuser=True, is_active=True):
        subject = "Somebody tries access codes on the meeting portal"
        hand_over(EmailMessage(subject, text, to=[operator.email]))
