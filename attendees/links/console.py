"""The page on which hosts see the links of a meeting, and whom they carry.

The links belong to `materials`; the numbers come from the rosters, so the page stands here.
"""

from collections.abc import Collection

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendees.links.neighbours import neighbours, states_said_once
from attendees.models import Repair
from hosts.models import Host
from hosts.requests import HostRequest, host_required
from meetings.console import managed
from meetings.models import Meeting

SHOWN_REPAIRS = 5
SHOWN_WHOLE = 6  # meetings; more are folded, but for the first
OPEN_AT_FIRST = 3
ON_A_PAGE = 100


@host_required
@require_safe
def links_page(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found, unstarted = states_said_once(neighbours(meeting, request.user))
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "meeting": meeting,
        "section": "links",
        "page": page,
        "neighbours": page.object_list,
        "folds": len(found) > SHOWN_WHOLE,
        "opened": min(OPEN_AT_FIRST, sum(bool(one.to_look_at) for one in page)),
        "waiting": sum(neighbour.waiting for neighbour in found),
        "unstarted": in_words(unstarted, meeting),
        "repairs": repairs_of(meeting, request.user),
    }
    return render(request, "attendees/links.html", context)


def repairs_of(meeting: Meeting, host: Host) -> QuerySet[Repair]:
    """The newest repairs of its links that this host may take back."""
    theirs = Meeting.objects.managed_by(host)
    made = Repair.objects.filter(Q(meeting=meeting) | Q(other=meeting), undone_at=None)
    standing = made.filter(meeting__in=theirs, other__in=theirs)
    # What each has done may be megabytes, and is told on its own page only.
    rows = standing.select_related("meeting", "made_by").defer("steps", "left")
    return rows.order_by("-made_at")[:SHOWN_REPAIRS]


def in_words(unstarted: Collection[Meeting], meeting: Meeting) -> str:
    """“This meeting and 7 linked meetings have not been started.”; empty where that is not so."""
    if not unstarted:
        return ""
    others = len([one for one in unstarted if one != meeting])
    linked = f"{others:,} linked meeting{'' if others == 1 else 's'}" if others else ""
    named = ["this meeting"] * (meeting in unstarted) + [linked] * bool(others)
    has_or_have = "has" if len(unstarted) == 1 else "have"
    said = f"{' and '.join(named)} {has_or_have} not been started."
    return said[:1].upper() + said[1:]
