"""Pages on which a list comes in: as a file, or from another meeting."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attendees.roster import choosing, keeping, running, uploads
from attendees.roster.choosing import Chosen
from attendees.roster.console.previewing import preview_page
from attendees.roster.difference import difference_of
from attendees.roster.forms import OtherMeetingForm, UploadForm
from attendees.roster.preview import look_at
from attendees.roster.problems import Finding, Problem
from attendees.roster.rehearsal import told_links
from attendees.roster.rows import limits
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
        findings = []
        if "file" in request.FILES and not request.FILES["file"].size:  # type: ignore[union-attr]
            findings = [Finding(Problem.EMPTY_FILE, "The file is empty.")]
        return upload_page(request, meeting, form, findings, status=422)
    chosen = Chosen(generates_codes=form.cleaned_data["generates_codes"])
    # One byte more than is allowed is enough to refuse it.
    content = form.upload.read(limits().size + 1)
    also_into = list(form.cleaned_data["also_into"])
    preview = look_at([meeting], content, chosen)
    if mapping := choosing.mapping_for(meeting, preview.reading, by=request.user):
        chosen = replace(chosen, mapping=mapping, headers=preview.reading.headers)
        preview = look_at([meeting], content, chosen)
    if preview.is_fatal and not preview.reading.is_helped_by_choosing:
        too_large = any(one.problem is Problem.TOO_LARGE for one in preview.reading.findings)
        status = 413 if too_large else 422
        return upload_page(request, meeting, form, preview.reading.findings, status=status)
    upload = uploads.take_in(
        meeting,
        content,
        form.upload.name or "",
        by=request.user,
        also_into=also_into,
        rows=preview.people,
    )
    choosing.choose(upload, chosen)
    if preview.is_divided:
        choosing.also_into_named(upload, preview.reading, by=request.user)
    elif running.is_large(upload) and not also_into:
        keeping.keep(upload.pk, preview, told_links(preview, request.user))
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
