"""The meeting page and its tabs, for those who were admitted."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from attendees import presence
from attendees.anonymity import shown_name
from attendees.door import linked_meeting_behind
from attendees.middleware import came_from
from attendees.panels import shared
from attendees.requests import AdmittedRequest
from materials.following import follow
from materials.models import Material


@require_safe
def meeting(request: AdmittedRequest, slug: str) -> HttpResponse:
    return meeting_page(request, "attendees/meeting.html", "materials")


@require_safe
def materials(request: AdmittedRequest, slug: str) -> HttpResponse:
    return meeting_page(request, "attendees/materials.html", "materials")


@require_safe
def people(request: AdmittedRequest, slug: str) -> HttpResponse:
    return meeting_page(request, "attendees/people.html", "people")


def meeting_page(request: AdmittedRequest, template: str, tab: str) -> HttpResponse:
    if "plain" in request.GET:  # a page without scripts, which reloads by itself
        presence.touch(request.admission, tab=None)
    page = page_asked_for(request)
    context = {
        "meeting": request.meeting,
        "name": shown_name(request.participant),
        "back": linked_meeting_behind(request),
        "came_from": came_from(request),
        "has_just_arrived": request.has_just_arrived,
        "tab": tab,
        "panel_status": shared(request.meeting, "status"),
        f"panel_{tab}": shared(request.meeting, tab, page),
        "page": page,
        "sequence": request.meeting.sequence,
    }
    return render(request, template, context)


def page_asked_for(request: AdmittedRequest) -> int:
    """The page of the People tab; what is not a number is the first one."""
    said = request.GET.get("page", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 1


@require_safe
def follow_material(request: AdmittedRequest, slug: str, material_id: str) -> HttpResponseBase:
    readable = Material.objects.readable(request.meeting)
    return follow(request, get_object_or_404(readable, pk=material_id), request.meeting)
