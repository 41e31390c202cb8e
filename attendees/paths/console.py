"""Pages of the console that say how people came, where they went, and where they would get."""

from collections.abc import Iterable, Sequence

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from attendees import explaining, walking
from attendees.models import Attendee
from attendees.paths.flow import flow_of
from attendees.paths.report import (
    Report,
    as_workbook,
    attendance,
    moves_table,
    report_of,
)
from attendees.paths.stays import (
    SHORT_GAP,
    Move,
    Person,
    linked_with,
    moves_of,
    names_shown_in,
    person_of,
)
from attendees.roster.csv_files import Cell, for_excel, lines_of
from attendees.roster.listing import numbered, page_of
from attendees.tidying import VISITS_KEPT
from hosts.models import Host
from hosts.requests import HostRequest, host_required
from meetings.console import managed
from meetings.models import Meeting

ON_A_PAGE = 50
LINKS_AT_ONCE = 12  # the others are folded away
SEARCH_LENGTH = 100


@host_required
@require_safe
def arrivals(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    how = request.GET.get("how", "")
    rows = explaining.at_meeting(meeting, how=how)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "meeting": meeting,
        "section": "paths",
        "page": page,
        "told": explaining.told(page.object_list, request.user),
        "counted": explaining.counted(meeting),
        "smallest_group": explaining.SMALLEST_GROUP,
        "how": how,
        "hows": explaining.HOW.items(),
    }
    return render(request, "attendees/paths/arrivals.html", context)


@host_required
@require_safe
def walk(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    person = request.GET.get("person", "")
    if not person:
        return who_walks(request, meeting)
    attendee = get_object_or_404(Attendee.objects.of(meeting), pk=numbered(person))
    attendee.meeting = meeting
    steps = request.GET.getlist("go")
    going = walked(attendee, steps, request.user)
    find = request.GET.get("find", "")[:SEARCH_LENGTH].strip()
    goes_on = len(steps) < walking.LONGEST_WALK
    links = going.links() if goes_on else []
    codes = walking.offered(going.door, attendee, find) if goes_on and going.door else []
    context = {
        "meeting": meeting,
        "section": "paths",
        "person": attendee,
        "steps": steps,
        "walk": going,
        "find": find,
        "links": [(link, query_of(attendee, [*steps, f"link:{link.pk}"])) for link in links],
        "codes": [(row, query_of(attendee, [*steps, f"code:{row.pk}"])) for row in codes],
        "back": query_of(attendee, steps[:-1]),
    }
    return render(request, "attendees/paths/walk.html", context)


def who_walks(request: HostRequest, meeting: Meeting) -> HttpResponse:
    search = request.GET.get("q", "")[:SEARCH_LENGTH].strip()
    found = page_of(
        meeting,
        search=search,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"meeting": meeting, "section": "paths", "search": search, "found": found}
    return render(request, "attendees/paths/walk_who.html", context)


def walked(attendee: Attendee, steps: Sequence[str], host: Host) -> walking.Walk:
    theirs = Meeting.objects.filter(workspace=attendee.meeting.workspace_id).managed_by(host)
    managed = set(theirs.values_list("pk", flat=True))
    try:
        return walking.walk(attendee, steps, managed=managed, at=timezone.now())
    except walking.NoSuchStep as wrong:
        raise Http404(str(wrong)) from wrong


def query_of(person: Attendee, steps: Sequence[str]) -> str:
    return urlencode([("person", str(person.pk)), *(("go", step) for step in steps)])


@host_required
@require_safe
def report(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found = report_of(meeting, request.user, at=timezone.now())
    page = Paginator(found.people, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "meeting": meeting,
        "section": "paths",
        "report": found,
        "page": page,
        "rows": [(person, in_rooms(found, person)) for person in page],
        "flow": flow_of(found),
        "busiest": found.links[:LINKS_AT_ONCE],
        "quieter": found.links[LINKS_AT_ONCE:],
        "smallest_group": explaining.SMALLEST_GROUP,
        "kept_days": VISITS_KEPT.days,
        "short_gap": SHORT_GAP.seconds // 60,
    }
    return render(request, "attendees/paths/report.html", context)


def in_rooms(found: Report, person: Person) -> list[tuple[Meeting, int]]:
    minutes = person.minutes_in
    return [(meeting, minutes[meeting.pk]) for meeting in found.told if meeting.pk in minutes]


@host_required
@require_safe
def person(request: HostRequest, slug: str, attendee_id: int) -> HttpResponse:
    """The way of one person through the linked meetings."""
    meeting = managed(request, slug)
    linked = {one.pk: one for one in linked_with(meeting, request.user)}
    somebody = person_of(attendee_id, linked.values(), at=timezone.now())
    if somebody is None:
        raise Http404("Nobody of this number was in these meetings.")
    moves = {(move.stay.meeting, move.at): move for move in moves_of(somebody)}
    stays = [
        (linked[stay.meeting], stay, linked[move.source] if move else None)
        for stay in somebody.stays
        for move in [moves.get((stay.meeting, stay.since))]
    ]
    told_of = [one.pk for one in names_shown_in(linked.values())]
    rows = explaining.of_people(somebody.attendees, told_of)
    context = {
        "meeting": meeting,
        "section": "paths",
        "person": somebody,
        "stays": stays,
        "told": explaining.told(rows, request.user),
    }
    return render(request, "attendees/paths/person.html", context)


@host_required
@require_safe
def moves(request: HostRequest, slug: str) -> HttpResponse:
    """Who went from one meeting to another, when, and for how long."""
    meeting = managed(request, slug)
    found = report_of(meeting, request.user, at=timezone.now())
    chosen = chosen_moves(request, found)
    page = Paginator(chosen, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "meeting": meeting,
        "section": "paths",
        "page": page,
        "rows": [(move, found.by_pk[move.source], found.by_pk[move.target]) for move in page],
        "source": of_slug(found, request.GET.get("from", "")),
        "target": of_slug(found, request.GET.get("to", "")),
    }
    return render(request, "attendees/paths/moves.html", context)


def of_slug(found: Report, slug: str) -> Meeting | None:
    return next((meeting for meeting in found.meetings if meeting.slug == slug), None)


def chosen_moves(request: HostRequest, found: Report) -> list[Move]:
    """The moves, or those between the two meetings that the address names."""
    source, target = (of_slug(found, request.GET.get(name, "")) for name in ("from", "to"))
    return [
        move
        for move in found.moves
        if (source is None or move.source == source.pk)
        and (target is None or move.target == target.pk)
    ]


@host_required
@require_safe
def attendance_csv(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found = report_of(meeting, request.user, at=timezone.now())
    return csv_file(attendance(found), f"{meeting.slug}-attendance.csv")


@host_required
@require_safe
def attendance_xlsx(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found = report_of(meeting, request.user, at=timezone.now())
    return handed_over(
        as_workbook(attendance(found), "Attendance"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        f"{meeting.slug}-attendance.xlsx",
    )


@host_required
@require_safe
def moves_csv(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found = report_of(meeting, request.user, at=timezone.now())
    return csv_file(moves_table(found, chosen_moves(request, found)), f"{meeting.slug}-moves.csv")


def csv_file(rows: Iterable[Sequence[Cell]], name: str) -> HttpResponse:
    return handed_over(b"".join(for_excel(lines_of(rows))), "text/csv; charset=utf-8", name)


def handed_over(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
