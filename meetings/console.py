"""Pages of the console on which a meeting is created, arranged, started and ended."""

from collections.abc import Callable
from copy import copy

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hosts.models import Host
from hosts.requests import HostRequest, host_required
from meetingportal.once import AlreadyDone, is_repeated
from meetings import arranging, duplicating, lifecycle
from meetings.forms import CoHostForm, DuplicateForm, NewMeetingForm, SettingsForm
from meetings.lifecycle import NotNow
from meetings.models import Meeting

Act = Callable[[Meeting], Meeting]


def managed(request: HostRequest, slug: str) -> Meeting:
    """The meeting, if this host may manage it; else it does not exist."""
    meetings = Meeting.objects.managed_by(request.user).select_related("workspace")
    return get_object_or_404(meetings, slug=slug)


def sent(request: HostRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_meeting(request: HostRequest) -> HttpResponse:
    form = NewMeetingForm(sent(request), host=request.user)
    if not form.workspaces:
        messages.info(request, "Meetings belong to a workspace. Make one first.")
        return redirect("hosts:new_workspace")
    if form.is_valid():
        try:
            meeting = arranging.create(form.instance, by=request.user, key=form.cleaned_data["key"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        except AlreadyDone:
            return made_already(request)
        else:
            messages.success(request, f"“{meeting}” is created. Next: who may come in?")
            return redirect("overview:meeting", meeting.slug)
    if is_repeated(form, by=request.user.pk):
        return made_already(request)
    status = 422 if form.errors else 200
    return render(request, "meetings/new.html", {"form": form}, status=status)


def made_already(request: HostRequest) -> HttpResponse:
    """The form was sent a second time: by a second click, a reload, or going back."""
    messages.info(request, "This meeting had been created already; nothing was made twice.")
    return redirect("overview:meetings")


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    form = SettingsForm(sent(request), instance=copy(meeting))
    if form.is_valid():
        try:
            changed = arranging.change(form.instance, seen=form.cleaned_data["seen"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("meetings:settings", changed.slug)
    return settings_page(request, meeting, form=form)


def settings_page(
    request: HostRequest,
    meeting: Meeting,
    *,
    form: SettingsForm | None = None,
    cohost_form: CoHostForm | None = None,
) -> HttpResponse:
    form = form or SettingsForm(instance=meeting)
    cohost_form = cohost_form or CoHostForm(meeting=meeting)
    context = {
        "meeting": meeting,
        "section": "settings",
        "form": form,
        "cohost_form": cohost_form,
        "cohosts": meeting.current_cohosts(),
    }
    status = 422 if form.errors or cohost_form.errors else 200
    return render(request, "meetings/settings.html", context, status=status)


def act(request: HostRequest, slug: str, do: Act, done: str) -> HttpResponse:
    """Do it and return to the overview, or say why not."""
    meeting = managed(request, slug)
    try:
        meeting = do(meeting)
    except NotNow as refusal:
        context = {"meeting": meeting, "section": "overview", "refusal": str(refusal)}
        return render(request, "meetings/not_now.html", context, status=409)
    messages.success(request, done.format(meeting=meeting))
    return redirect("overview:meeting", meeting.slug)


@host_required
@require_POST
def start(request: HostRequest, slug: str) -> HttpResponse:
    return act(request, slug, lifecycle.start, "“{meeting}” is live.")


@host_required
@require_POST
def end(request: HostRequest, slug: str) -> HttpResponse:
    """What cannot be undone is asked about first, where no dialog has asked (`do=ask`)."""
    if request.POST.get("do") == "ask":
        context = {"meeting": managed(request, slug), "section": "overview"}
        return render(request, "meetings/end.html", context)
    return act(request, slug, lifecycle.end, "“{meeting}” has ended.")


@host_required
@require_POST
def reopen(request: HostRequest, slug: str) -> HttpResponse:
    return act(request, slug, lifecycle.reopen, "“{meeting}” is live again.")


@host_required
@require_POST
def archive(request: HostRequest, slug: str) -> HttpResponse:
    done = "“{meeting}” is in the archive: it is kept, and out of the list."
    return act(request, slug, lifecycle.archive, done)


@host_required
@require_POST
def take_back(request: HostRequest, slug: str) -> HttpResponse:
    return act(request, slug, lifecycle.take_back, "“{meeting}” is back in the list.")


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    form = DuplicateForm(sent(request), original=meeting)
    if form.is_valid():
        parts, key = form.cleaned_data["parts"], form.cleaned_data["key"]
        try:
            twin = duplicating.duplicate(
                meeting, form.instance, by=request.user, parts=parts, key=key
            )
        except AlreadyDone:
            return made_already(request)
        messages.success(request, f"“{twin}” is created from “{meeting}”.")
        return redirect("overview:meeting", twin.slug)
    context = {"meeting": meeting, "section": "settings", "form": form}
    status = 422 if form.errors else 200
    return render(request, "meetings/duplicate.html", context, status=status)


@host_required
@require_POST
def add_cohost(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    form = CoHostForm(request.POST, meeting=meeting)
    if not form.is_valid():
        return settings_page(request, meeting, cohost_form=form)
    host = form.cleaned_data["host"]
    arranging.add_cohost(meeting, host)
    messages.success(request, f"{host} may manage this meeting now.")
    return redirect("meetings:settings", slug)


@host_required
@require_POST
def remove_cohost(request: HostRequest, slug: str, host_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    host = get_object_or_404(meeting.current_cohosts(), pk=host_id)
    arranging.remove_cohost(meeting, host)
    messages.success(request, f"{host} no longer manages this meeting.")
    return after_removal(request, slug, host)


def after_removal(request: HostRequest, slug: str, host: Host) -> HttpResponse:
    if host == request.user:
        return redirect("overview:meetings")
    return redirect("meetings:settings", slug)
