"""The page with the map of a workspace's linked meetings."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendees.room_map.drawing import drawing_of
from attendees.room_map.gathering import room_map
from hosts.models import Workspace
from hosts.requests import HostRequest, host_required

LISTED_LINKS = 500


@host_required
@require_safe
def workspace_map(request: HostRequest, pk: int) -> HttpResponse:
    """The open page asks again every ten seconds, and is answered 204 where nothing has changed."""
    workspace = get_object_or_404(Workspace.objects.of(request.user), pk=pk)
    is_asked_again = bool(request.htmx)
    shown = room_map(workspace, request.user, at=timezone.now(), is_fresh=not is_asked_again)
    if is_asked_again and request.GET.get("seen") == shown.print:
        return HttpResponse(status=204)
    links = sorted(shown.links, key=lambda link: not link.is_broken)
    context = {
        "workspace": workspace,
        "map": shown,
        "drawing": drawing_of(shown),
        "links": links[:LISTED_LINKS],
        "unlisted": len(links[LISTED_LINKS:]),
        "is_asked_again": is_asked_again,
    }
    template = "attendees/room_map/map.html"
    return render(request, f"{template}#parts" if is_asked_again else template, context)
