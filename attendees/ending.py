"""Admissions end: somebody is removed, has another code or identity, or says “Not you?”."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from attendees.anonymity import pseudonym_key
from attendees.browsers import kept_form, named
from attendees.models import Admission, Attendee
from materials import links
from meetings.live import close_pages
from meetings.models import Meeting


def end_admissions(meeting: Meeting, attendee_ids: Iterable[int]) -> None:
    """End the admissions of these attendees, sockets included.

    Call it in the transaction that removes them or changes their code or identity, before their
    rows change: a pseudonym can only be found by the identity that it was made from.
    """
    ids = set(attendee_ids)
    if meeting.anonymize_attendees:
        found = pseudonymous_admissions(meeting, ids)
    else:
        all_of_meeting = Admission.objects.filter(meeting=meeting, attendee__isnull=False)
        rows = all_of_meeting.values_list("pk", "attendee_id")
        found = {pk for pk, attendee_id in rows if attendee_id in ids}
    end(found)


def pseudonymous_admissions(meeting: Meeting, attendee_ids: set[int]) -> set[int]:
    inside = dict(Admission.objects.filter(meeting=meeting).values_list("pk", "participant__key"))
    if not inside or not meeting.pseudonym_secret:
        return set()
    people = Attendee.objects.filter(meeting=meeting).only("pk", "identity_key")
    keys = {
        pseudonym_key(meeting, person)
        for person in people.iterator(chunk_size=5000)
        if person.pk in attendee_ids
    }
    return {pk for pk, key in inside.items() if key in keys}


def end(admission_ids: set[int]) -> None:
    """Delete the admissions and all that were carried from them, and close their pages."""
    ending = set(admission_ids)
    newest = ending
    while newest:
        carried = Admission.objects.filter(source__in=newest, how=Admission.How.CARRIED)
        newest = set(carried.values_list("pk", flat=True)) - ending
        ending |= newest
    if not ending:
        return
    by_meeting: dict[int, list[int]] = {}
    with transaction.atomic():
        # Held before their visits are looked for: none begins meanwhile (see `presence.held`).
        going = Admission.objects.filter(pk__in=ending).select_for_update().order_by("pk")
        for pk, meeting_id in going.values_list("pk", "meeting_id"):
            by_meeting.setdefault(meeting_id, []).append(pk)
        Admission.objects.filter(pk__in=ending).delete()
        for meeting_id, ids in by_meeting.items():
            close_pages(meeting_id, admissions=ids)


def leave(mark: str, meeting: Meeting) -> None:
    """“Not you?”: forget this person here and in every meeting linked with it, step by step."""
    if not mark:
        return
    forgotten: set[int] = set()
    seen: set[int] = set()
    waiting = [meeting]
    while waiting:
        here = waiting.pop()
        if here.pk in seen:
            continue
        seen.add(here.pk)
        admissions = Admission.objects.filter(meeting=here, browser=kept_form(mark, here))
        forgotten.update(admissions.values_list("pk", flat=True))
        waiting.extend(visited_by(mark, links.linked_meetings(here)))
    end(forgotten)


def visited_by(mark: str, meetings: QuerySet[Meeting]) -> list[Meeting]:
    """Those of the meetings in which the browser may have an admission."""
    by_name = Admission.objects.filter(meeting=OuterRef("pk"), browser=named(mark))
    return list(meetings.filter(Exists(by_name) | Q(anonymize_attendees=True)))
