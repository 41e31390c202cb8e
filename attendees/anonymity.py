"""What a viewer may know of a participant; pseudonyms; severing what was tied.

In an anonymizing meeting a participant has no attendee. The key that keeps one person one
pseudonym is an HMAC under the meeting's secret, which is erased when the meeting ends.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping

from django.db import IntegrityError, transaction

from attendees import arrivals
from attendees.browsers import hidden
from attendees.models import Admission, Attendee, Participant, Visit
from meetings.models import Meeting

SMALLEST_RANGE = 999  # numbers of pseudonyms are drawn from 1 to at least this
DRAWS = 50
AT_ONCE = 500  # rows in one statement

dice = secrets.SystemRandom()


def shown_name(participant: Participant) -> str:
    """How everybody, hosts included, sees this participant. There is no other way to ask."""
    if participant.attendee is not None:
        return participant.attendee.name
    if participant.number is not None:
        return f"Anonymous {participant.number}"
    if participant.key.startswith("a:"):
        return "Removed attendee"
    return "Anonymous"


def named_key(attendee_id: int) -> str:
    return f"a:{attendee_id}"


def pseudonym_key(meeting: Meeting, attendee: Attendee) -> str:
    """The same for one person while the meeting's secret lives; afterwards always another."""
    secret = bytes(meeting.pseudonym_secret or b"") or secrets.token_bytes(32)
    person = attendee.identity_key or named_key(attendee.pk)
    return "p:" + hmac.new(secret, person.encode(), hashlib.sha256).hexdigest()


def named_participant(meeting: Meeting, attendee: Attendee, pk: int | None) -> Participant:
    """The one participant that this attendee is under their name; not yet written without `pk`."""
    return Participant(pk=pk, meeting=meeting, key=named_key(attendee.pk), attendee=attendee)


def anonymous_participant(meeting: Meeting) -> Participant:
    """Somebody of whom nothing is known: one for each browser."""
    return Participant.objects.create(meeting=meeting, key=f"o:{secrets.token_hex(16)}")


def with_pseudonym(meeting: Meeting, attendee: Attendee) -> Participant:
    """The one participant that this attendee is under a pseudonym, made if need be."""
    key = pseudonym_key(meeting, attendee)
    existing = Participant.objects.filter(meeting=meeting, key=key).first()
    if existing:
        return existing
    span = max(SMALLEST_RANGE, 10 * Participant.objects.filter(meeting=meeting).count())
    for _ in range(DRAWS):
        try:
            with transaction.atomic():
                participant, _made = Participant.objects.get_or_create(
                    meeting=meeting, key=key, defaults={"number": 1 + secrets.randbelow(span)}
                )
        except IntegrityError:  # the number is taken: draw again
            continue
        return participant
    raise RuntimeError(f"No free pseudonym in meeting {meeting.pk} after {DRAWS} draws.")


def sever(meeting: Meeting) -> None:
    """Cut every tie between what was done in the meeting and who did it; nobody is sent out.

    Participants, admissions and visits become new rows in random order, so that neither an order
    nor an admission elsewhere that was carried from here leads back. No visit keeps its beginning.
    """
    arrivals.forget_people(meeting)
    tied = Participant.objects.filter(meeting=meeting, attendee__isnull=False)
    keys = {
        old.pk: pseudonym_key(meeting, old.attendee)
        for old in tied.select_related("attendee")
        if old.attendee is not None
    }
    admissions = list(Admission.objects.filter(participant__in=tied))
    visits = list(Visit.objects.filter(participant__in=tied))
    Participant.objects.filter(meeting=meeting, key__startswith="a:").delete()
    made = pseudonyms_for(meeting, set(keys.values()))
    hidden_as = {pk: made[key] for pk, key in keys.items()}
    kept = hidden_admissions(meeting, admissions, hidden_as)
    keep_visits(meeting, visits, hidden_as, kept)


def pseudonyms_for(meeting: Meeting, keys: Collection[str]) -> dict[str, Participant]:
    """The participant under each of these keys; those who are not there yet are made."""
    there = Participant.objects.filter(meeting=meeting)
    found = {participant.key: participant for participant in there if participant.key in keys}
    lacking = [key for key in keys if key not in found]
    taken = set(there.exclude(number=None).values_list("number", flat=True))
    span = max(SMALLEST_RANGE, 10 * (len(taken) + len(lacking)))
    free = [number for number in range(1, span + 1) if number not in taken]
    dice.shuffle(lacking)
    numbers = dice.sample(free, len(lacking))
    new = [
        Participant(meeting=meeting, key=key, number=number)
        for key, number in zip(lacking, numbers, strict=True)
    ]
    for participant in Participant.objects.bulk_create(new, batch_size=AT_ONCE):
        found[participant.key] = participant
    return found


def hidden_admissions(
    meeting: Meeting, admissions: Iterable[Admission], hidden_as: Mapping[int, Participant]
) -> dict[int, Admission]:
    """Admissions by pseudonym in the place of those by name, whose primary keys lead to them."""
    rows = [
        (
            old.pk,
            Admission(
                meeting=meeting,
                browser=hidden(old.browser, meeting),
                participant=hidden_as[old.participant_id],
                how=old.how,
                expires_at=old.expires_at,
            ),
        )
        for old in admissions
    ]
    dice.shuffle(rows)
    Admission.objects.bulk_create([new for _, new in rows], batch_size=AT_ONCE)
    return dict(rows)


def keep_visits(
    meeting: Meeting,
    visits: Iterable[Visit],
    hidden_as: Mapping[int, Participant],
    kept: Mapping[int, Admission],
) -> None:
    rows = [
        Visit(
            meeting=meeting,
            participant=hidden_as[old.participant_id],
            admission=kept.get(old.admission_id or 0),
            tab=old.tab,
            started_at=None,
            present_until=old.present_until,
        )
        for old in visits
    ]
    dice.shuffle(rows)
    Visit.objects.bulk_create(rows, batch_size=AT_ONCE)
