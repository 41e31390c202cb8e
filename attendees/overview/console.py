"""The console's list of meetings, and what a host sees of one meeting at a glance."""

from io import BytesIO
from itertools import chain, islice
from typing import Any

import segno
from django.core.paginator import Paginator
from django.db.models import Case, F, Value, When
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from attendees.guarding import guard_of
from attendees.overview.checklist import Weight, checklist
from attendees.overview.inflow import inflow
from attendees.overview.numbers import numbers_of
from attendees.people import present
from hosts.models import Workspace
from hosts.requests import HostRequest, host_required
from materials.links import waiting_for
from meetings.console import managed
from meetings.models import Meeting, MeetingQuerySet

MEETINGS_ON_A_PAGE = 25
SEARCH_LENGTH = 200  # of a title; SQLite fails on patterns of 50,000
PEOPLE_AT_A_GLANCE = 12
WAITING_SHOWN = 50
ARCHIVED = "archived"  # asked for like a state

# What is live, then what is to come, then what was.
NEAREST_FIRST = (
    Case(When(state="live", then=Value(0)), When(state="scheduled", then=Value(1)), default=2),
    F("ended_at").desc(nulls_last=True),
    F("starts_at").asc(nulls_last=True),
    "-pk",
)


@host_required
@require_safe
def meetings(request: HostRequest) -> HttpResponse:
    workspaces = list(Workspace.objects.of(request.user))
    if not workspaces:
        return redirect("hosts:new_workspace")
    mine = Meeting.objects.managed_by(request.user)
    page = Paginator(narrowed(request, mine), MEETINGS_ON_A_PAGE).get_page(request.GET.get("page"))
    numbers = numbers_of(page.object_list, at=timezone.now())
    context = {
        "page": page,
        "rows": [(meeting, numbers[meeting.pk]) for meeting in page],
        "has_meetings": bool(page.paginator.count) or mine.exists(),
        "workspaces": workspaces,
        "waiting": list(waiting_for(request.user)[:WAITING_SHOWN]),
        "states": [*Meeting.State.choices, (ARCHIVED, "Archived")],
        "q": request.GET.get("q", ""),
        "state": request.GET.get("state", ""),
        "chosen_workspace": request.GET.get("workspace", ""),
    }
    template = "attendees/overview/meetings.html"
    return render(request, f"{template}#list" if request.htmx else template, context)


def narrowed(request: HostRequest, mine: MeetingQuerySet) -> MeetingQuerySet:
    """The meetings that the host asks for by title, state and workspace."""
    state = request.GET.get("state", "")
    found = mine.exclude(archived_at=None) if state == ARCHIVED else mine.current()
    if state in Meeting.State.values:
        found = found.filter(state=state)
    if words := request.GET.get("q", "").replace("\0", "").strip()[:SEARCH_LENGTH]:
        found = found.filter(title__icontains=words)
    if (workspace := request.GET.get("workspace", "")).isdecimal():
        found = found.filter(workspace=int(workspace[:9]))
    return found.select_related("workspace").order_by(*NEAREST_FIRST)


@host_required
@require_safe
def meeting(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    template = "attendees/overview/meeting.html"
    if request.htmx:
        if request.GET.get("state") != meeting.state:  # another host has started or ended it
            return HttpResponseClientRefresh()
        return render(request, f"{template}#now", glance(meeting))
    seen = glance(meeting)
    items = checklist(meeting, request.user, guard=seen["guard"])
    context = {
        **seen,
        "section": "overview",
        "checklist": items,
        "is_all_well": all(item.weight is Weight.DONE for item in items),
    }
    return render(request, template, context)


def glance(meeting: Meeting) -> dict[str, Any]:
    """What may change from one moment to the next."""
    at = timezone.now()
    people = present(meeting, at=at)
    names = chain.from_iterable(letter.people for letter in people.letters)
    return {
        "meeting": meeting,
        "numbers": numbers_of([meeting], at=at)[meeting.pk],
        "people": people,
        "names": list(islice(names, PEOPLE_AT_A_GLANCE)),
        "inflow": inflow(meeting, at=at),
        "guard": guard_of(meeting),
    }


@host_required
@require_safe
def people(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    asked_for = request.GET.get("page", "")
    page = int(asked_for[:6]) if asked_for.isdecimal() else 1
    context = {
        "meeting": meeting,
        "section": "overview",
        "people": present(meeting, page=page),
    }
    template = "attendees/overview/people.html"
    return render(request, f"{template}#list" if request.htmx else template, context)


@host_required
@require_safe
def qr_code(request: HostRequest, slug: str) -> HttpResponse:
    """The join address as a picture that a telephone reads."""
    meeting = managed(request, slug)
    picture = BytesIO()
    segno.make(meeting.full_address, error="m").save(
        picture, kind="svg", scale=8, border=4, dark="#000", light="#fff"
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")
