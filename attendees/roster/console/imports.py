"""Pages of imports that were made: which there were, and their undoing."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendees.models import RosterImport
from attendees.roster import undoing, uploads
from attendees.roster.console.previewing import keep_managed
from attendees.roster.history import history_of
from attendees.roster.lock import RosterIsBusy
from hosts.requests import HostRequest, host_required
from meetings.console import managed


@host_required
@require_safe
def history(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    entries = history_of(meeting, request.user)
    context = {"meeting": meeting, "section": "attendees", "entries": entries}
    return render(request, "attendees/console/history.html", context)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo_import(request: HostRequest, slug: str, upload_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    undoing.forget_what_was(at=timezone.now())
    upload = get_object_or_404(RosterImport, meeting=meeting, pk=upload_id)
    keep_managed(request, upload)
    meetings = uploads.targets(upload)
    try:
        if request.method == "POST":
            undoing.undo(upload.pk, meetings, at=timezone.now())
            messages.success(request, "The import is undone.")
            return redirect("roster:preview", slug, upload.pk)
        parts = undoing.undoings(upload, meetings)
    except undoing.CannotBeUndone:
        return redirect("roster:preview", slug, upload.pk)
    except RosterIsBusy as busy:
        messages.warning(request, str(busy))
        return redirect("roster:undo", slug, upload.pk)
    context = {"meeting": meeting, "section": "attendees", "upload": upload, "parts": parts}
    return render(request, "attendees/console/undo.html", context)
