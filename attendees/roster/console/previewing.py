"""The page on which an import is looked at, chosen otherwise, confirmed, and watched."""

from collections.abc import Callable
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendees.amounts import people
from attendees.models import RosterImport
from attendees.roster import choosing, importing, keeping, running, undoing, uploads
from attendees.roster.choosing import Chosen
from attendees.roster.csv_files import csv_file, for_excel
from attendees.roster.forms import COLUMN_CHOICES, ChoicesForm, KeptColumnsForm
from attendees.roster.history import counts_by_title
from attendees.roster.importing import Orders
from attendees.roster.lock import RosterIsBusy
from attendees.roster.preview import Preview, look_at
from attendees.roster.rehearsal import may_be_told, told_links
from attendees.roster.wording import page_number, told_pages
from attendees.roster.wording import told as shown_of
from attendees.roster.wrong import wrong_rows
from hosts.requests import HostRequest, host_required
from materials.links import linked_meetings
from meetings.console import managed
from meetings.models import Meeting

LINKS_SHOWN = 12  # directions, at a preview
KEPT_OTHERWISE = "You have chosen other columns. Here is what would happen now."


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HostRequest, slug: str, upload_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    upload = get_object_or_404(RosterImport, meeting=meeting, pk=upload_id)
    upload.meeting = meeting
    is_running = running.is_running(upload, at=timezone.now())
    if is_polling(request) and not is_running:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if request.method == "POST" and (upload.is_imported or is_running):
        # From another tab, or a second time: what is done is done, and whoever runs it goes on.
        return redirect("roster:preview", slug, upload.pk)
    if upload.is_imported:
        return imported_page(request, upload)
    if upload.content is None:
        messages.warning(request, "This upload was too old and is erased. Upload the file again.")
        return redirect("roster:import", slug)
    if is_running:
        return running_page(request, upload)
    keep_managed(request, upload)
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""), choose_otherwise)
        return act(request, upload) or redirect("roster:preview", slug, upload.pk)
    return preview_page(request, upload)


# --- What a host may do there. Without an answer of its own, the preview is shown again. ---------


def confirm(request: HostRequest, upload: RosterImport) -> HttpResponse | None:
    keeps_others = keeps_otherwise(request, upload)
    if keeps_others and request.POST.get("external_id"):
        # Who people are elsewhere is looked at before it is written, also of those who are new.
        return preview_page(request, upload, told=KEPT_OTHERWISE, status=409)
    orders = orders_in(request)
    if running.is_large(upload):
        running.start(upload, orders, at=timezone.now())
        return None
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
    return None


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


def orders_in(request: HostRequest) -> Orders:
    return Orders(
        seen=request.POST.get("seen", ""),
        leaves_out="leave_out" in request.POST,
        typed_removals=request.POST.get("removals", "").strip(),
        asks_email="asks_email" in request.POST,
        by=request.user.pk,
    )


def make_new_codes(request: HostRequest, upload: RosterImport) -> None:
    choosing.make_new_codes(upload)


def keep_columns(request: HostRequest, upload: RosterImport) -> None:
    keeps_otherwise(request, upload)


def discard(request: HostRequest, upload: RosterImport) -> HttpResponse:
    uploads.discard(upload)
    messages.success(request, "The upload is discarded. Nothing was changed.")
    return redirect("roster:attendees", upload.meeting.slug)


def choose_otherwise(request: HostRequest, upload: RosterImport) -> None:
    form = ChoicesForm(request.POST)
    if form.is_valid():
        choosing.choose_otherwise(upload, form.chosen(), by=request.user)


ACTS: dict[str, Callable[[HostRequest, RosterImport], HttpResponse | None]] = {
    "import": confirm,
    "new_codes": make_new_codes,
    "keep": keep_columns,
    "discard": discard,
}


# --- What it shows -----------------------------------------------------------------------------


def is_polling(request: HostRequest) -> bool:
    """Whether the page of a running import asks how far it is."""
    return request.headers.get("HX-Request") == "true"


def keep_managed(request: HostRequest, upload: RosterImport) -> None:
    """Whoever lost a meeting since the upload does not import into it."""
    still = Meeting.objects.managed_by(request.user).filter(workspace=upload.meeting.workspace)
    lost = upload.also_into.exclude(pk__in=still)
    if lost.exists():
        upload.also_into.remove(*lost)


def imported_page(request: HostRequest, upload: RosterImport) -> HttpResponse:
    undoing.forget_what_was(at=timezone.now())
    upload.refresh_from_db(fields=["before"])
    context = {
        "meeting": upload.meeting,
        "section": "attendees",
        "upload": upload,
        "changed": counts_by_title(upload),
        "is_linked": linked_meetings(upload.meeting).exists(),
    }
    return render(request, "attendees/console/imported.html", context)


def running_page(request: HostRequest, upload: RosterImport) -> HttpResponse:
    """The bar; it asks again by itself, with JavaScript or without."""
    context = {
        "meeting": upload.meeting,
        "section": "attendees",
        "upload": upload,
        "people": people(upload.rows),
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
        uploads.count_rows(upload, preview.people)
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


@host_required
@require_safe
def wrong_rows_of(request: HostRequest, slug: str, upload_id: UUID) -> StreamingHttpResponse:
    meeting = managed(request, slug)
    uploads = RosterImport.objects.waiting().filter(meeting=meeting)
    upload = get_object_or_404(uploads, pk=upload_id)
    keep_managed(request, upload)
    lines = wrong_rows(looked_at(upload))
    return csv_file(for_excel(lines), f"{slug}-problems.csv")
