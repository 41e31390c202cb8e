"""What happened at the doors: written once per arrival, so that hosts can be told why.

By person only where people are shown by name; else there are counts, without a time.
"""

import hashlib
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Count, F

from attendees.models import Admission, Arrival, ArrivalCount
from meetingportal.prepared import NotInserted, Prepared, PreparedInsert, PreparedInserts
from meetings.models import Meeting

# A prompt that is loaded again within this time is the same prompt.
SAME_PROMPT = timedelta(minutes=1)


def let_in(admission: Admission, *, whence: int | None = None) -> None:
    """Count somebody who was admitted, and whom nobody is shown by name."""
    count(admission.meeting, str(admission.how), whence=whence)


def row_for(
    admission: Admission,
    *,
    at: datetime,
    whence: int | None = None,
    shown: int | None = None,
    reason: str = "",
    difference: str = "",
) -> Arrival:
    """The arrival of somebody who is admitted by name, not yet written."""
    return Arrival(
        meeting=admission.meeting,
        how=str(admission.how),
        at=at,
        participant=admission.participant,
        shown_id=shown,
        whence_id=whence,
        material_id=admission.material_id,
        rule=str(admission.rule),
        reason=reason,
        difference=difference,
    )


WRITE = PreparedInsert(Arrival)
# A meeting that is made anonymous severs what it finds: nothing may be written by name behind that.
SHOWS_NAMES = Prepared(
    lambda meeting: (
        Meeting.objects.filter(pk=meeting, anonymize_attendees=False).order_by().values_list("pk")
    ),
    meeting=int,
)
# Both meetings before anything of theirs, as everybody does, and in one order.
BOTH = Prepared(
    lambda meeting, whence: (
        Meeting.objects.filter(pk__in=[meeting, whence]).order_by("pk").values_list("pk")
    ),
    meeting=int,
    whence=int,
)
ASK = PreparedInserts(only_if=SHOWS_NAMES, held=BOTH, arrival=WRITE)


def asked(
    meeting: Meeting,
    browser: str,
    reason: str,
    *,
    at: datetime,
    whence: int | None = None,
    shown: int | None = None,
) -> None:
    """Somebody was shown the code prompt. Of strangers, and at an anonymizing door, a count.

    `browser` only tells one prompt from the next; nothing of it is kept.
    """
    if not is_new_prompt(meeting, browser, reason):
        return
    if shown is None or meeting.anonymize_attendees:
        count(meeting, Arrival.ASKED, reason, whence=whence)
        return
    prompt = Arrival(
        meeting=meeting, how=Arrival.ASKED, at=at, reason=reason, whence_id=whence, shown_id=shown
    )
    try:
        ASK.run({"arrival": prompt}, meeting=meeting.pk, whence=whence or meeting.pk)
    except NotInserted:
        count(meeting, Arrival.ASKED, reason, whence=whence)


def is_new_prompt(meeting: Meeting, browser: str, reason: str) -> bool:
    prompt = hashlib.sha256(f"{meeting.pk}\n{browser}\n{reason}".encode()).hexdigest()
    return cache.add(f"asked-{prompt}", True, SAME_PROMPT.total_seconds())


def count(
    meeting: Meeting, how: str, reason: str = "", *, whence: int | None = None, times: int = 1
) -> None:
    kind = ArrivalCount.objects.filter(meeting=meeting, how=how, reason=reason, whence=whence)
    if kind.update(times=F("times") + times):
        return
    try:
        with transaction.atomic():
            ArrivalCount.objects.create(
                meeting=meeting, how=how, reason=reason, whence_id=whence, times=times
            )
    except IntegrityError:  # somebody else arrived in the same instant
        kind.update(times=F("times") + times)


def forget_people(meeting: Meeting) -> None:
    """The meeting anonymizes from now on: of its arrivals the counts stay.

    Nor does any row of another meeting say any more who came from here.
    """
    rows = Arrival.objects.filter(meeting=meeting)
    kinds = rows.order_by().values_list("how", "reason", "whence")
    for how, reason, whence, times in kinds.annotate(times=Count("pk")):
        count(meeting, how, reason, whence=whence, times=times)
    rows.delete()
    Arrival.objects.filter(whence=meeting).update(
        whence=None, shown=None, material=None, rule="", reason="", difference=""
    )
