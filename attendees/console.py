"""Pages of the console on which a meeting's roster is seen, edited, imported and exported."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendees.forms import COLUMN_CHOICES, AttendeeForm, ChoicesForm, UploadForm
from attendees.models import Attendee, RosterImport
from attendees.roster import editing, importing
from attendees.roster.export import exported
from attendees.roster.importing import Chosen, Preview
from attendees.roster.listing import page_of
from attendees.roster.lock import RosterIsBusy
from attendees.roster.preview import button, rows_page, shown
from attendees.roster.problems import Finding, Problem
from attendees.roster.wrong import wrong_rows
from hosts.requests import HostRequest, host_required
from meetings.models import Meeting

SEARCH_LENGTH = 100
HISTORY = 100  # imports
TAKEN = "Somebody else was given this code or external ID a moment ago. Choose another."


def managed(request: HostRequest, slug: str) -> Meeting:
    """The meeting, if this host may manage it; else it does not exist."""
    meetings = Meeting.objects.managed_by(request.user).select_related("workspace")
    return get_object_or_404(meetings, slug=slug)


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
    }
    return render(request, "attendees/console/attendees.html", context)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_attendee(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    form = AttendeeForm(request.POST or None, instance=Attendee(meeting=meeting))
    if form.is_valid():
        try:
            attendee = editing.add(form.instance)
        except IntegrityError:
            form.add_error(None, TAKEN)
        else:
            messages.success(request, f"{attendee} is on the list, with the code {attendee.code}.")
            return redirect("roster:attendees", slug)
    context = {"meeting": meeting, "section": "attendees", "form": form}
    status = 422 if form.errors else 200
    return render(request, "attendees/console/new.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_attendee(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    attendee = get_object_or_404(Attendee.objects.of(meeting), pk=attendee_id)
    attendee.meeting = meeting
    name = attendee.name
    form = AttendeeForm(request.POST or None, instance=attendee)
    if form.is_valid():
        try:
            ended = editing.change(form.instance)
        except IntegrityError:
            form.add_error(None, TAKEN)
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
    }
    status = 422 if form.errors else 200
    return render(request, "attendees/console/edit.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_attendee(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    attendee = get_object_or_404(Attendee.objects.of(meeting), pk=attendee_id)
    attendee.meeting = meeting
    if request.method == "POST":
        editing.remove(attendee)
        messages.success(request, f"{attendee} is no longer on the list.")
        return redirect("roster:attendees", slug)
    context = {"meeting": meeting, "section": "attendees", "attendee": attendee}
    return render(request, "attendees/console/remove.html", context)


@host_required
@require_safe
def export(request: HostRequest, slug: str) -> StreamingHttpResponse:
    meeting = managed(request, slug)
    return csv_file((line.encode() for line in exported(meeting)), f"{slug}-attendees.csv")


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    importing.forget_old(at=timezone.now())
    if request.method != "POST":
        return upload_page(request, meeting, UploadForm(meeting=meeting, host=request.user))
    form = UploadForm(request.POST, request.FILES, meeting=meeting, host=request.user)
    if not form.is_valid():
        findings = []
        if "file" in request.FILES and not request.FILES["file"].size:  # type: ignore[union-attr]
            findings = [Finding(Problem.EMPTY_FILE, "The file is empty.")]
        return upload_page(request, meeting, form, findings, status=422)
    chosen = Chosen(generates_codes=form.cleaned_data["generates_codes"])
    # One byte more than is allowed is enough to refuse it.
    content = form.upload.read(importing.limits().size + 1)
    also_into = list(form.cleaned_data["also_into"])
    preview = importing.look_at([meeting], content, chosen)
    if mapping := importing.remembered(meeting, preview.reading):
        chosen = replace(chosen, mapping=mapping, headers=preview.reading.headers)
        preview = importing.look_at([meeting], content, chosen)
    if preview.is_fatal and not preview.reading.is_helped_by_choosing:
        too_large = any(one.problem is Problem.TOO_LARGE for one in preview.reading.findings)
        status = 413 if too_large else 422
        return upload_page(request, meeting, form, preview.reading.findings, status=status)
    upload = importing.take_in(
        meeting, content, form.upload.name or "", by=request.user, also_into=also_into
    )
    importing.choose(upload, chosen)
    if preview.is_fatal:
        return preview_page(request, upload, preview, status=422)
    return redirect("roster:preview", slug, upload.pk)


def upload_page(
    request: HostRequest,
    meeting: Meeting,
    form: UploadForm,
    findings: list[Finding] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "meeting": meeting,
        "section": "attendees",
        "form": form,
        "findings": findings or [],
        "limits": importing.limits(),
    }
    return render(request, "attendees/console/import.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HostRequest, slug: str, upload_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    upload = get_object_or_404(RosterImport, meeting=meeting, pk=upload_id)
    upload.meeting = meeting
    if upload.is_imported:
        if request.method == "POST":  # confirmed from another tab, or a second time
            return redirect("roster:preview", slug, upload.pk)
        context = {"meeting": meeting, "section": "attendees", "upload": upload}
        return render(request, "attendees/console/imported.html", context)
    if upload.content is None:
        messages.warning(request, "This upload was too old and is erased. Upload the file again.")
        return redirect("roster:import", slug)
    keep_managed(request, upload)
    match request.method, request.POST.get("act"):
        case "POST", "import":
            return confirmed(request, upload)
        case "POST", "discard":
            importing.discard(upload)
            messages.success(request, "The upload is discarded. Nothing was changed.")
            return redirect("roster:attendees", slug)
        case "POST", _:
            form = ChoicesForm(request.POST)
            if form.is_valid():
                importing.choose(upload, form.chosen())
            return redirect("roster:preview", slug, upload.pk)
    return preview_page(request, upload)


@host_required
@require_safe
def wrong_rows_of(request: HostRequest, slug: str, upload_id: UUID) -> StreamingHttpResponse:
    meeting = managed(request, slug)
    uploads = RosterImport.objects.waiting().filter(meeting=meeting)
    upload = get_object_or_404(uploads, pk=upload_id)
    keep_managed(request, upload)
    lines = wrong_rows(looked_at(upload))
    return csv_file((line.encode() for line in lines), f"{slug}-problems.csv")


@host_required
@require_safe
def history(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    uploads = RosterImport.objects.filter(meeting=meeting).select_related("uploaded_by")
    context = {
        "meeting": meeting,
        "section": "attendees",
        "uploads": uploads.defer("content")[:HISTORY],
    }
    return render(request, "attendees/console/history.html", context)


def csv_file(lines: Iterable[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def keep_managed(request: HostRequest, upload: RosterImport) -> None:
    """Whoever lost a meeting since the upload does not import into it."""
    still = Meeting.objects.managed_by(request.user).filter(workspace=upload.meeting.workspace)
    lost = upload.also_into.exclude(pk__in=still)
    if lost.exists():
        upload.also_into.remove(*lost)


def confirmed(request: HostRequest, upload: RosterImport) -> HttpResponse:
    try:
        importing.confirm(
            upload.pk,
            seen=request.POST.get("seen", ""),
            leaves_out="leave_out" in request.POST,
            typed_removals=request.POST.get("removals", "").strip(),
        )
    except importing.NotAsPreviewed as changed:
        return preview_page(request, upload, changed.preview, told=str(changed), status=409)
    except importing.HasProblems:
        told = "Nothing was imported. Mend the rows, or tick that they are left out."
        return preview_page(request, upload, told=told, status=422)
    except importing.NotCounted:
        told = "Nothing was imported. Type how many people are removed."
        return preview_page(request, upload, told=told, status=422)
    except RosterIsBusy as busy:
        return preview_page(request, upload, told=str(busy), status=409)
    except (importing.IsForgotten, RosterImport.DoesNotExist):
        messages.warning(request, "This upload is erased. Upload the file again.")
        return redirect("roster:import", upload.meeting.slug)
    return redirect("roster:preview", upload.meeting.slug, upload.pk)


def looked_at(upload: RosterImport) -> Preview:
    content = bytes(upload.content or b"")
    return importing.look_at(importing.targets(upload), content, Chosen.of(upload.chosen))


def preview_page(
    request: HostRequest,
    upload: RosterImport,
    preview: Preview | None = None,
    *,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    chosen = Chosen.of(upload.chosen)
    preview = preview or looked_at(upload)
    context = {
        "meeting": upload.meeting,
        "section": "attendees",
        "upload": upload,
        "preview": preview,
        "reading": preview.reading,
        "parts": shown(preview),
        "button": button(preview),
        "rows": rows_page(preview.first, request.GET.get("page", "")),
        "form": ChoicesForm(initial=chosen.kept()),
        "column_choices": COLUMN_CHOICES,
        "told": told,
    }
    return render(request, "attendees/console/preview.html", context, status=status)
