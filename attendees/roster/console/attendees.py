"""Pages on which the roster is seen, and single attendees are added, changed and removed."""

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from attendees import explaining
from attendees.models import Attendee
from attendees.roster import editing
from attendees.roster.forms import AttendeeForm, NewAttendeeForm
from attendees.roster.listing import page_of
from attendees.roster.lock import RosterIsBusy
from hosts.requests import HostRequest, host_required
from meetingportal.once import AlreadyDone, is_repeated
from meetings.console import managed
from meetings.models import Meeting

SEARCH_LENGTH = 100
TAKEN = "Somebody else was given this code or external ID a moment ago. Choose another."


@host_required
@require_safe
def attendees(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    search = request.GET.get("q", "")[:SEARCH_LENGTH].strip()
    page = page_of(
        meeting,
        search=search,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "meeting": meeting,
        "section": "attendees",
        "page": page,
        "search": search,
        "is_empty": not search and not page.found,
        "carried": explaining.carried_of(meeting, page.attendees),
    }
    return render(request, "attendees/console/attendees.html", context)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_attendee(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    form = NewAttendeeForm(request.POST or None, instance=Attendee(meeting=meeting))
    if form.is_valid():
        try:
            attendee = editing.add(form.instance, by=request.user, key=form.cleaned_data["key"])
        except IntegrityError:
            form.add_error(None, TAKEN)
        except RosterIsBusy as busy:
            form.add_error(None, str(busy))
        except AlreadyDone:
            return listed_already(request, slug)
        else:
            messages.success(request, f"{attendee} is on the list, with the code {attendee.code}.")
            return redirect("roster:attendees", slug)
    if is_repeated(form, by=request.user.pk):
        return listed_already(request, slug)
    context = {"meeting": meeting, "section": "attendees", "form": form}
    status = 422 if form.errors else 200
    return render(request, "attendees/console/new.html", context, status=status)


def listed_already(request: HostRequest, slug: str) -> HttpResponse:
    messages.info(request, "This form had been sent already; nobody is on the list twice.")
    return redirect("roster:attendees", slug)


def on_the_list(meeting: Meeting, attendee_id: int) -> Attendee:
    attendee = get_object_or_404(Attendee.objects.of(meeting), pk=attendee_id)
    attendee.meeting = meeting
    return attendee


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_attendee(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    attendee = on_the_list(meeting, attendee_id)
    name = attendee.name
    arrivals = explaining.of_attendee(attendee, request.user)
    form = AttendeeForm(request.POST or None, instance=attendee)
    if form.is_valid():
        try:
            ended = editing.change(form.instance)
        except IntegrityError:
            form.add_error(None, TAKEN)
        except RosterIsBusy as busy:
            form.add_error(None, str(busy))
        except editing.NotListed:
            messages.warning(request, f"{name} was taken off the list a moment ago.")
            return redirect("roster:attendees", slug)
        else:
            told = " Whoever was inside by the old code is asked again." if ended else ""
            messages.success(request, f"{attendee} is saved.{told}")
            return redirect("roster:attendees", slug)
    context = {
        "meeting": meeting,
        "section": "attendees",
        "form": form,
        "attendee": attendee,
        "name": name,
        "arrivals": arrivals,
        "is_asked": any(one.was_asked for one in arrivals),
    }
    status = 422 if form.errors else 200
    return render(request, "attendees/console/edit.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_attendee(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    attendee = on_the_list(meeting, attendee_id)
    if request.method == "POST":
        try:
            editing.remove(attendee)
        except RosterIsBusy as busy:
            messages.error(request, str(busy))
        else:
            messages.success(request, f"{attendee} is no longer on the list.")
        return redirect("roster:attendees", slug)
    context = {"meeting": meeting, "section": "attendees", "attendee": attendee}
    return render(request, "attendees/console/remove.html", context)
