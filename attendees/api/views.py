"""The calls of the API. Each does what a page of the console does, through the same code."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from attendees import presence
from attendees.api.calls import MAX_ROWS, Answer, Call, Refused, method_refused, problem, written
from attendees.api.description import description
from attendees.explaining import rounded_down
from attendees.links.check import check
from attendees.links.outcomes import Tally
from attendees.models import Participant, Visit
from attendees.roster.importing import NotApplied, run_at_once
from attendees.roster.lock import RosterIsBusy
from attendees.roster.plan import Choices, Mode
from attendees.roster.read import read_objects
from attendees.roster.rows import How, Limits
from attendees.roster.told import told
from materials import links
from materials.forms import MaterialForm
from materials.models import Material
from materials.publishing import NotPossible, add_link_once
from materials.verdicts import verdict
from meetingportal.views import not_found
from meetings import arranging, lifecycle
from meetings.forms import NewMeetingForm
from meetings.live_times import LiveTime, LiveTimes, live_times_of, while_live
from meetings.models import Meeting

MEETINGS_ON_A_PAGE = 100
PEOPLE_ON_A_PAGE = 500


@csrf_exempt  # no cookie opens anything here, and a program is to be told of the method
def openapi(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return problem(method_refused("GET"))
    return written(description(), 200, "application/json", {})


@csrf_exempt
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Also an address without its slash: to be led on by a redirect, a call would lose its body."""
    return not_found(request)


# --- Meetings ------------------------------------------------------------------------------


def list_meetings(call: Call) -> Answer:
    page = call.page_of(call.meetings(), MEETINGS_ON_A_PAGE)
    return Answer(
        {"meetings": [meeting_data(one) for one in page], "next": call.address_of_next(page)}
    )


def get_meeting(call: Call, slug: str) -> Answer:
    return Answer(meeting_data(call.meeting(slug)))


def create_meeting(call: Call) -> Answer:
    said = call.body(
        {
            "title": str, "slug": str, "description": str, "starts_at": str,
            "require_access_codes": bool, "ask_email": bool, "anonymize_attendees": bool,
            "always_ask": bool,
        }
    )  # fmt: skip
    if "starts_at" in said:
        said["starts_at"] = moment(said["starts_at"])
    data = {"require_access_codes": True, "workspace": call.token.workspace_id} | said
    form = NewMeetingForm(data, host=call.token.made_by)
    try:
        refuse_errors(form)
        form.instance.workspace = call.token.workspace
        meeting = arranging.create(form.instance, by=call.token.made_by)
    except ValidationError as refusal:
        raise Refused(422, " ".join(refusal.messages)) from None
    address = f"/api/v1/meetings/{meeting.slug}/"
    return Answer(meeting_data(meeting), 201, {"Location": address})


def start_meeting(call: Call, slug: str) -> Answer:
    try:
        return Answer(meeting_data(lifecycle.start(call.meeting(slug))))
    except lifecycle.NotNow as refusal:
        raise Refused(409, str(refusal)) from None


def end_meeting(call: Call, slug: str) -> Answer:
    try:
        return Answer(meeting_data(lifecycle.end(call.meeting(slug))))
    except lifecycle.NotNow as refusal:
        raise Refused(409, str(refusal)) from None


def meeting_data(meeting: Meeting) -> dict[str, Any]:
    return {
        "slug": meeting.slug,
        "title": meeting.title,
        "description": meeting.description,
        "address": meeting.full_address,
        "state": meeting.state,
        "is_archived": meeting.is_archived,
        "starts_at": written_moment(meeting.starts_at),
        "started_at": written_moment(meeting.started_at),
        "ended_at": written_moment(meeting.ended_at),
        "require_access_codes": meeting.require_access_codes,
        "ask_email": meeting.ask_email,
        "anonymize_attendees": meeting.anonymize_attendees,
        "always_ask": meeting.always_ask,
    }


def moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(
            422, "“starts_at” must be a time with its offset, such as 2027-03-01T09:00:00+01:00."
        )
    return found


def written_moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def refuse_errors(form: forms.Form | forms.ModelForm[Any]) -> None:
    """Raise Refused with what the console would say beside the fields."""
    if form.is_valid():
        return
    errors = [
        {"field": "" if name == "__all__" else name, "message": str(message)}
        for name, messages in form.errors.items()
        for message in messages
    ]
    sentences = (
        f"“{error['field']}”: {error['message']}" if error["field"] else error["message"]
        for error in errors
    )
    raise Refused(422, " ".join(sentences), more={"errors": errors})


# --- Rosters -------------------------------------------------------------------------------


def upsert_roster(call: Call, slug: str) -> Answer:
    meeting = call.meeting(slug)
    said = call.body(
        {
            "rows": list, "dry_run": bool, "mode": str, "generate_codes": bool,
            "new_codes": bool, "leave_out_errors": bool,
        }
    )  # fmt: skip
    if "rows" not in said:
        raise Refused(422, "Send the people as “rows”.")
    if len(said["rows"]) > MAX_ROWS:
        raise Refused(413, f"There are more than {MAX_ROWS:,} rows. Send them in parts.")
    choices = choices_of(said)
    reading = read_objects(
        said["rows"], Limits(size=0, rows=MAX_ROWS), How(generates_codes=choices.generates_codes)
    )
    try:
        plan = run_at_once(
            meeting,
            reading,
            choices,
            is_trial=said.get("dry_run", False),
            leaves_out=said.get("leave_out_errors", False),
        )
    except NotApplied as stopped:
        if said.get("dry_run"):
            return Answer(told(stopped.plan))
        raise Refused(
            422,
            "Nothing was imported, because some rows are wrong. Mend them, or send "
            "“leave_out_errors”: true.",
            more=told(stopped.plan),
        ) from None
    except RosterIsBusy as refusal:
        raise Refused(409, str(refusal), headers={"Retry-After": "5"}) from None
    return Answer(told(plan))


def choices_of(said: Mapping[str, Any]) -> Choices:
    modes = [mode.value for mode in Mode]
    if said.get("mode", modes[0]) not in modes:
        raise Refused(422, f"“mode” must be one of {', '.join(modes)}.")
    return Choices(
        mode=Mode(said.get("mode", modes[0])),
        takes_new_codes=said.get("new_codes", False),
        generates_codes=said.get("generate_codes", False),
    )


# --- Links ---------------------------------------------------------------------------------


def list_links(call: Call, slug: str) -> Answer:
    meeting = call.meeting(slug)
    return Answer({"links": links_data(list(links.touching(meeting)))})


def create_link(call: Call, slug: str) -> Answer:
    meeting = call.meeting(slug)
    said = call.body({"target": str, "title": str, "is_published": bool, "link_back": bool})
    data = {"is_published": True} | said | {"kind": Material.Kind.MEETING.value}
    form = MaterialForm(data, meeting=meeting, host=call.token.made_by)
    refuse_errors(form)
    try:
        link, is_new = add_link_once(
            meeting,
            form.contents(),
            by=call.token.made_by,
            link_back=form.cleaned_data.get("link_back", False),
        )
    except NotPossible as refusal:
        raise Refused(409, str(refusal)) from None
    [data] = links_data(list(links.touching(meeting).filter(pk=link.pk)))
    return Answer(data, 201 if is_new else 200)


def links_data(found: list[Material]) -> list[dict[str, Any]]:
    """As many queries for one link as for a hundred."""
    # An owner manages every meeting of the workspace, so all numbers may be told.
    ends = {link.pk: (link.meeting_id, link.target_id or 0) for link in found}
    tallies = check(ends.values())
    return [link_data(link, tally) for link in found for tally in (tallies[ends[link.pk]],)]


def link_data(link: Material, tally: Tally) -> dict[str, Any]:
    assert link.target  # noqa: S101 - a link to a meeting has one
    said = verdict(link)
    return {
        "id": str(link.pk),
        "from": link.meeting.slug,
        "to": link.target.slug,
        "title": link.label,
        "is_published": link.is_published,
        "carries": link.carries,  # type: ignore[attr-defined]  # by `touching`
        "has_way_back": link.has_way_back,  # type: ignore[attr-defined]  # the same
        "verdict": said.word,
        "explanation": said.sentence,
        "people": tally.people + tally.not_meant,
        "known_there": tally.carried,
        "not_meant": tally.not_meant,
    }


# --- Attendance ----------------------------------------------------------------------------


def get_attendance(call: Call, slug: str) -> Answer:
    """Who was in the meeting while it was live; where attendees are anonymous, a count only.

    That count is in steps, as in the report of paths: a program that asks every second and lays it
    beside the visits of a linked meeting would see who of them came in here.
    """
    meeting = call.meeting(slug)
    now = timezone.now()
    here = presence.here(meeting, at=now) if meeting.is_live else 0
    data: dict[str, Any] = {
        "meeting": meeting.slug,
        "at": now.isoformat(),
        "present": rounded_down(here) if meeting.anonymize_attendees else here,
        "is_anonymous": meeting.anonymize_attendees,
        "participants": None,
        "next": None,
    }
    if meeting.anonymize_attendees:
        return Answer(data)
    named = Participant.objects.filter(meeting=meeting, attendee__isnull=False)
    page = call.page_of(named.select_related("attendee").order_by("pk"), PEOPLE_ON_A_PAGE)
    live = live_times_of([meeting]).get(meeting.pk, ())
    times: dict[int, list[LiveTime]] = defaultdict(list)
    visits = Visit.objects.filter(participant__in=list(page), started_at__isnull=False)
    for visit in visits.order_by("started_at", "pk"):
        times[visit.participant_id] += attended(visit, live, now)
    data["participants"] = [participant_data(one, times[one.pk]) for one in page]
    data["next"] = call.address_of_next(page)
    return Answer(data)


def attended(visit: Visit, live: LiveTimes, now: datetime) -> Iterator[LiveTime]:
    """What of the visit counts, as in the reports."""
    assert visit.started_at  # noqa: S101 - by the filter of who asks
    goes_on = visit.present_until > now and visit.admission_id is not None
    until = None if goes_on else min(visit.present_until, now)
    return while_live(visit.started_at, until, live)


def participant_data(one: Participant, times: list[LiveTime]) -> dict[str, Any]:
    assert one.attendee  # noqa: S101 - by the filter of who asks
    return {
        "external_id": one.attendee.external_id,
        "email": one.attendee.email,
        "firstname": one.attendee.firstname,
        "lastname": one.attendee.lastname,
        "is_present": any(time.until is None for time in times),
        "visits": [
            {"started_at": written_moment(time.since), "ended_at": written_moment(time.until)}
            for time in times
        ],
    }
