"""Pages of the console on which a meeting's roster is seen, edited, imported and exported."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendees import explaining
from attendees.forms import (
    COLUMN_CHOICES,
    AttendeeForm,
    ChoicesForm,
    KeptColumnsForm,
    NewAttendeeForm,
    OtherMeetingForm,
    UploadForm,
)
from attendees.models import Attendee, RosterImport
from attendees.roster import (
    choosing,
    editing,
    importing,
    invitations,
    keeping,
    running,
    undoing,
    uploads,
)
from attendees.roster.choosing import Chosen
from attendees.roster.difference import difference_of
from attendees.roster.export import exported, exported_workbook, for_excel
from attendees.roster.history import counts_by_title, history_of
from attendees.roster.importing import Orders
from attendees.roster.listing import page_of
from attendees.roster.lock import RosterIsBusy
from attendees.roster.preview import Preview, look_at
from attendees.roster.problems import Finding, Problem
from attendees.roster.rehearsal import may_be_told, told_links
from attendees.roster.rows import limits
from attendees.roster.wording import counted, page_number, told_pages
from attendees.roster.wording import told as shown_of
from attendees.roster.wrong import wrong_rows
from hosts.requests import HostRequest, host_required
from materials.links import linked_meetings
from meetingportal.once import AlreadyDone, is_repeated
from meetings import arranging
from meetings.models import Meeting

SEARCH_LENGTH = 100
LINKS_SHOWN = 12  # directions, at a preview
KEPT_OTHERWISE = "You have chosen other columns. Here is what would happen now."
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


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_attendee(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    meeting = managed(request, slug)
    attendee = get_object_or_404(Attendee.objects.of(meeting), pk=attendee_id)
    attendee.meeting = meeting
    name = attendee.name
    arrivals = explaining.of_attendee(attendee, request.user)
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
        "arrivals": arrivals,
        "is_asked": any(one.was_asked for one in arrivals),
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
def export(request: HostRequest, slug: str) -> FileResponse | StreamingHttpResponse:
    meeting = managed(request, slug)
    if request.GET.get("format") == "xlsx":
        name = f"{slug}-attendees.xlsx"
        return FileResponse(exported_workbook(meeting), as_attachment=True, filename=name)
    lines = exported(meeting)
    # Without the mark where a script may read it.
    content = for_excel(lines) if "bom" in request.GET else (line.encode() for line in lines)
    return csv_file(content, f"{slug}-attendees.csv")


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


@host_required
@require_safe
def code_cards(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    page = page_of(
        meeting, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    cards = list(invitations.cards(meeting, page.attendees))
    context = {"meeting": meeting, "page": page, "cards": cards}
    return render(request, "attendees/console/cards.html", context)


@host_required
@require_safe
def personal_links(request: HostRequest, slug: str) -> StreamingHttpResponse:
    meeting = managed(request, slug)
    lines = invitations.links(meeting)
    return csv_file(for_excel(lines), f"{slug}-personal-links.csv")


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
def preview(request: HostRequest, slug: str, upload_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    upload = get_object_or_404(RosterImport, meeting=meeting, pk=upload_id)
    upload.meeting = meeting
    if is_polling(request) and not running.is_running(upload, at=timezone.now()):
        return HttpResponse(headers={"HX-Refresh": "true"})
    if upload.is_imported:
        if request.method == "POST":  # confirmed from another tab, or a second time
            return redirect("roster:preview", slug, upload.pk)
        undoing.forget_what_was(at=timezone.now())
        upload.refresh_from_db(fields=["before"])
        context = {
            "meeting": meeting,
            "section": "attendees",
            "upload": upload,
            "changed": counts_by_title(upload),
            "is_linked": linked_meetings(meeting).exists(),
        }
        return render(request, "attendees/console/imported.html", context)
    if upload.content is None:
        messages.warning(request, "This upload was too old and is erased. Upload the file again.")
        return redirect("roster:import", slug)
    if running.is_running(upload, at=timezone.now()):
        if request.method == "POST":  # from another tab: whoever runs it goes on
            return redirect("roster:preview", slug, upload.pk)
        return running_page(request, upload)
    keep_managed(request, upload)
    match request.method, request.POST.get("act"):
        case "POST", "import":
            return confirmed(request, upload)
        case "POST", "ask_email":
            ask_email(upload, request.POST.get("meeting", ""))
            messages.success(request, "Whoever types a code there types their email as well.")
            return redirect("roster:preview", slug, upload.pk)
        case "POST", "new_codes":
            choosing.make_new_codes(upload)
            return redirect("roster:preview", slug, upload.pk)
        case "POST", "keep":
            keeps_otherwise(request, upload)
            return redirect("roster:preview", slug, upload.pk)
        case "POST", "discard":
            uploads.discard(upload)
            messages.success(request, "The upload is discarded. Nothing was changed.")
            return redirect("roster:attendees", slug)
        case "POST", _:
            form = ChoicesForm(request.POST)
            if form.is_valid():
                choosing.choose_otherwise(upload, form.chosen(), by=request.user)
            return redirect("roster:preview", slug, upload.pk)
    return preview_page(request, upload)


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


@host_required
@require_safe
def wrong_rows_of(request: HostRequest, slug: str, upload_id: UUID) -> StreamingHttpResponse:
    meeting = managed(request, slug)
    uploads = RosterImport.objects.waiting().filter(meeting=meeting)
    upload = get_object_or_404(uploads, pk=upload_id)
    keep_managed(request, upload)
    lines = wrong_rows(looked_at(upload))
    return csv_file(for_excel(lines), f"{slug}-problems.csv")


@host_required
@require_safe
def history(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    entries = history_of(meeting, request.user)
    context = {"meeting": meeting, "section": "attendees", "entries": entries}
    return render(request, "attendees/console/history.html", context)


def ask_email(upload: RosterImport, slug: str) -> None:
    """The host takes the offer that the preview of weak codes makes."""
    for meeting in uploads.targets(upload):
        if meeting.slug == slug:
            meeting.ask_email = True
            arranging.change(meeting)
    keeping.forget(upload.pk)


def is_polling(request: HostRequest) -> bool:
    """Whether the page of a running import asks how far it is."""
    return request.headers.get("HX-Request") == "true"


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


def keeps_otherwise(request: HostRequest, upload: RosterImport) -> bool:
    """Whether the host has ticked other columns than are kept by now; then those are kept."""
    form = KeptColumnsForm(request.POST)
    if not form.is_valid() or not form.is_changed(Chosen.of(upload.chosen).mapping):
        return False
    columns = form.cleaned_data
    headers = request.POST.getlist("header")
    choosing.keep_columns(
        upload, columns["further"], columns["keep"], columns["external_id"], headers
    )
    return True


def confirmed(request: HostRequest, upload: RosterImport) -> HttpResponse:
    keeps_others = keeps_otherwise(request, upload)
    if keeps_others and request.POST.get("external_id"):
        # Who people are elsewhere is looked at before it is written, also of those who are new.
        return preview_page(request, upload, told=KEPT_OTHERWISE, status=409)
    orders = Orders(
        seen=request.POST.get("seen", ""),
        leaves_out="leave_out" in request.POST,
        typed_removals=request.POST.get("removals", "").strip(),
        asks_email="asks_email" in request.POST,
        by=request.user.pk,
    )
    if running.is_large(upload):
        running.start(upload, orders, at=timezone.now())
        return redirect("roster:preview", upload.meeting.slug, upload.pk)
    try:
        importing.confirm(upload.pk, orders)
    except importing.NotAsPreviewed as changed:
        told = KEPT_OTHERWISE if keeps_others else str(changed)
        return preview_page(request, upload, changed.preview, told=told, status=409)
    except (importing.HasProblems, importing.NotCounted) as refused:
        told = importing.REFUSALS[type(refused)]
        return preview_page(request, upload, told=told, status=422)
    except RosterIsBusy as busy:
        return preview_page(request, upload, told=str(busy), status=409)
    except (importing.IsForgotten, RosterImport.DoesNotExist):
        messages.warning(request, "This upload is erased. Upload the file again.")
        return redirect("roster:import", upload.meeting.slug)
    return redirect("roster:preview", upload.meeting.slug, upload.pk)


def running_page(request: HostRequest, upload: RosterImport) -> HttpResponse:
    """The bar; it asks again by itself, with JavaScript or without."""
    context = {
        "meeting": upload.meeting,
        "section": "attendees",
        "upload": upload,
        "people": counted(upload.rows),
        "written": running.progress_of(upload),
    }
    return render(request, "attendees/console/running.html", context)


def looked_at(upload: RosterImport) -> Preview:
    content = bytes(upload.content or b"")
    return look_at(uploads.targets(upload), content, Chosen.of(upload.chosen))


def seen_of(
    request: HostRequest, upload: RosterImport, preview: Preview | None, page: str
) -> tuple[dict[str, Any], int, list[dict[str, Any]]]:
    """What the page shows, the number of its page of rows, and these; from what was kept."""
    seen = None if preview else keeping.kept(upload.pk, 0)
    if seen is None:
        preview = preview or looked_at(upload)
        links = told_links(preview, request.user)
        seen = shown_of(preview) | {"links": links}
        if preview.people >= running.FROM:
            keeping.keep(upload.pk, preview, links)
    number = page_number(page, seen["last"])
    if preview:
        return seen, number, next(islice(told_pages(preview), number - 1, None), [])
    return seen, number, keeping.kept(upload.pk, number) or []


def preview_page(
    request: HostRequest,
    upload: RosterImport,
    preview: Preview | None = None,
    *,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    seen, number, rows = seen_of(request, upload, preview, request.GET.get("page", ""))
    links = may_be_told(seen["links"], request.user)
    context = {
        "meeting": upload.meeting,
        "section": "attendees",
        "upload": upload,
        "preview": seen,
        "links": links[:LINKS_SHOWN],
        "more_links": len(links[LINKS_SHOWN:]),
        "more_asking": sum(bool(link["asked"]) for link in links[LINKS_SHOWN:]),
        "seen": seen["digest"],
        "rows": rows,
        "page_number": number,
        "form": ChoicesForm(initial=Chosen.of(upload.chosen).kept()),
        "column_choices": COLUMN_CHOICES,
        "told": told or running.outcome(upload, at=timezone.now()),
    }
    return render(request, "attendees/console/preview.html", context, status=status)
