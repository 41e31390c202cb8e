"""Pages on which a list comes in: as a file, or from another meeting."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attendees.models import RosterImport
from attendees.roster import choosing, keeping, running, uploads
from attendees.roster.choosing import Chosen
from attendees.roster.console.previewing import preview_page
from attendees.roster.difference import difference_of
from attendees.roster.forms import OtherMeetingForm, UploadForm
from attendees.roster.preview import Preview, look_first
from attendees.roster.problems import Finding, Problem
from attendees.roster.rehearsal import told_links
from attendees.roster.rows import limits
from hosts.models import Host
from hosts.requests import HostRequest, host_required
from meetings.console import managed
from meetings.models import Meeting


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    uploads.forget_old(at=timezone.now())
    if request.method != "POST":
        return upload_page(request, meeting, UploadForm(meeting=meeting, host=request.user))
    form = UploadForm(request.POST, request.FILES, meeting=meeting, host=request.user)
    if not form.is_valid():
        return upload_page(request, meeting, form, what_is_wrong_with(request), status=422)
    # One byte more than is allowed is enough to refuse it.
    content = form.upload.read(limits().size + 1)
    chosen = Chosen(generates_codes=form.cleaned_data["generates_codes"])
    chosen, preview = look_first(meeting, content, chosen, by=request.user)
    findings = preview.reading.findings
    if preview.is_fatal and not preview.reading.is_helped_by_choosing:
        too_large = any(one.problem is Problem.TOO_LARGE for one in findings)
        return upload_page(request, meeting, form, findings, status=413 if too_large else 422)
    upload = uploads.take_in(
        meeting,
        content,
        form.upload.name or "",
        by=request.user,
        also_into=list(form.cleaned_data["also_into"]),
        rows=preview.people,
    )
    choosing.choose(upload, chosen)
    keep_looked_at(upload, preview, by=request.user)
    if preview.is_fatal:
        return preview_page(request, upload, preview, status=422)
    return redirect("roster:preview", slug, upload.pk)


def what_is_wrong_with(request: HostRequest) -> list[Finding]:
    """What the form itself does not say of the file that was sent."""
    file = request.FILES.get("file")
    is_empty = isinstance(file, UploadedFile) and not file.size
    return [Finding(Problem.EMPTY_FILE, "The file is empty.")] if is_empty else []


def keep_looked_at(upload: RosterImport, preview: Preview, *, by: Host) -> None:
    """Let the upload go where its rows say; what was seen of a large file is not read again."""
    if preview.is_divided:
        choosing.also_into_named(upload, preview.reading, by=by)
    elif running.is_large(upload) and not upload.also_into.exists():
        keeping.keep(upload.pk, preview, told_links(preview, by))


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
        "limits": limits(),
    }
    return render(request, "attendees/console/import.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def from_another(request: HostRequest, slug: str) -> HttpResponse:
    """Take the list of another meeting, or see how it differs."""
    meeting = managed(request, slug)
    data = request.POST if request.method == "POST" else request.GET or None
    form = OtherMeetingForm(data, meeting=meeting, host=request.user)
    context = {"meeting": meeting, "section": "attendees", "form": form}
    if form.is_bound and not form.is_valid():
        return render(request, "attendees/console/from_another.html", context, status=422)
    if request.method == "POST":
        upload = uploads.take_list_of(form.other, meeting, by=request.user)
        return redirect("roster:preview", slug, upload.pk)
    if form.is_bound:
        context["other"] = form.other
        context["difference"] = difference_of(meeting, form.other)
    return render(request, "attendees/console/from_another.html", context)
