"""What a viewer may know of a participant; pseudonyms; severing what was tied.

In an anonymizing meeting a participant has no attendee. The key that keeps one person one
pseudonym is an HMAC under the meeting's secret, which is erased when the meeting ends.
"""

import hashlib
import hmac
import secrets

from django.db import IntegrityError, transaction

from attendees.browsers import hidden
from attendees.models import Admission, Attendee, Participant, Visit
from meetings.models import Meeting

SMALLEST_RANGE = 999  # numbers of pseudonyms are drawn from 1 to at least this
DRAWS = 50


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


def participant_for(meeting: Meeting, attendee: Attendee, known: int | None = None) -> Participant:
    """The one participant that this attendee is in the meeting, made if need be.

    `known` is the primary key of a named one, where it has been looked up already.
    """
    if meeting.anonymize_attendees:
        return with_pseudonym(meeting, pseudonym_key(meeting, attendee))
    if known is not None:
        return Participant(pk=known, meeting=meeting, key=named_key(attendee.pk), attendee=attendee)
    [participant] = Participant.objects.bulk_create(
        [Participant(meeting=meeting, key=named_key(attendee.pk), attendee=attendee)],
        update_conflicts=True,
        unique_fields=["meeting", "key"],
        update_fields=["attendee"],
    )
    return participant


def anonymous_participant(meeting: Meeting) -> Participant:
    """Somebody of whom nothing is known: one for each browser."""
    return Participant.objects.create(meeting=meeting, key=f"o:{secrets.token_hex(16)}")


def with_pseudonym(meeting: Meeting, key: str) -> Participant:
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

    The participants are new rows, in random order; past visits, which say who came when, go.
    """
    tied = list(
        Participant.objects.filter(meeting=meeting, attendee__isnull=False).select_related(
            "attendee"
        )
    )
    secrets.SystemRandom().shuffle(tied)
    for old in tied:
        assert old.attendee is not None  # noqa: S101 - by the filter above
        new = with_pseudonym(meeting, pseudonym_key(meeting, old.attendee))
        Visit.objects.filter(participant=old).update(participant=new, started_at=None)
        for admission in Admission.objects.filter(participant=old):
            hide(admission, new, meeting)
        old.delete()
    Participant.objects.filter(meeting=meeting, key__startswith="a:").delete()


def hide(admission: Admission, participant: Participant, meeting: Meeting) -> None:
    """Make an admission by name one by pseudonym."""
    admission.participant = participant
    admission.browser = hidden(admission.browser, meeting)
    admission.attendee = None
    admission.credential_version = 0
    admission.source = admission.material = None
    admission.rule = ""
    admission.created_at = None
    admission.save()
