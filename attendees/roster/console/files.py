"""What the roster gives away: as a file, as cards to print, as personal links."""

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendees.roster import invitations
from attendees.roster.csv_files import csv_file, for_excel
from attendees.roster.export import exported, exported_workbook
from attendees.roster.listing import page_of
from hosts.requests import HostRequest, host_required
from meetings.console import managed


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
