"""Every address below `/m/<slug>/` is behind the door, unless it says that it is the door."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from attendees import browsers, meetingpulse
from attendees.admission import Arrival, admit_openly, arrive, carry
from attendees.carrying import Carrying
from attendees.models import Admission
from attendees.requests import DoorRequest
from attendees.signed_links import takes_the_form_of_meetingpulse
from meetingportal.middleware import GetResponse
from meetings.models import Meeting, is_slug

View = Callable[..., HttpResponseBase]


def open_door(view: View) -> View:
    """Mark a page below `/m/<slug>/` that is shown to those who are not admitted."""
    view.is_open_door = True  # type: ignore[attr-defined]  # read by the middleware
    return view


def asks_as_data(view: View) -> View:
    """Mark an address that scripts ask: who is not admitted gets a 403, not the code prompt."""
    view.asks_as_data = True  # type: ignore[attr-defined]  # read by the middleware
    return view


class AdmissionMiddleware:
    """Sets `request.meeting`, and `request.participant` of whoever is admitted."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not request.path_info.startswith("/m/"):
            return None
        return stand_before(as_door_request(request, kwargs["slug"]), view)


def as_door_request(request: HttpRequest, slug: str) -> DoorRequest:
    """The request with its meeting. Raises Http404."""
    meeting = Meeting.objects.current().select_related("workspace").filter(slug=slug).first()
    if meeting is None:
        raise Http404("No such meeting.")
    door: Any = request
    door.meeting, door.participant, door.admission = meeting, None, None
    door.has_just_arrived = False
    return door  # type: ignore[no-any-return]  # it has just become one


def stand_before(request: DoorRequest, view: View) -> HttpResponseBase | None:
    if getattr(view, "is_open_door", False):
        return None
    if is_part_of_another_site(request):
        return HttpResponse("Not from another site.", status=403, content_type="text/plain")
    if leads_to_personal_link(request):
        return to_personal_link(request)
    arrival = arrival_of(request)
    if arrival.admission:
        let_in(request, arrival.admission)
        return None
    if arrival.carrying and came_by_another_site(request):
        return confirm_first(request, arrival.carrying)
    if arrival.carrying:
        mark = browsers.mark_of(request.session)
        try:
            let_in(request, carry(mark, request.meeting, arrival.carrying))
        except IntegrityError:  # since the look at the lists one has been changed
            return to_the_door(request)
        request.has_just_arrived = True
        return None
    if getattr(view, "asks_as_data", False):
        return JsonResponse({"error": "not admitted"}, status=403)
    return to_the_door(request)


def arrival_of(request: DoorRequest) -> Arrival:
    """Ask the door about this request; where no codes are required, everybody is admitted."""
    meeting = request.meeting
    mark = browsers.mark_of(request.session)
    arrival = arrive(mark, meeting, came_from=came_from(request))
    if arrival.admission or meeting.require_access_codes:
        return arrival
    return Arrival(admit_openly(browsers.made_mark(request), meeting))


def let_in(request: DoorRequest, admission: Admission) -> None:
    request.admission = admission
    request.participant = admission.participant


def came_from(request: HttpRequest) -> str:
    """The slug of the meeting whose link was followed, as the address says; "" if it is none."""
    slug = request.GET.get("from", "")
    return slug if is_slug(slug) else ""


def to_the_door(request: DoorRequest) -> HttpResponse:
    """Send to the code prompt, which leads back to the page that was asked for."""
    query = query_for_door(request)
    address = reverse("attendees:join", args=[request.meeting.slug])
    return redirect(f"{address}?{urlencode(query)}" if query else address)


def leads_to_personal_link(request: DoorRequest) -> bool:
    """A link in the form of MeetingPulse, to a meeting whose workspace takes that form."""
    return (
        "i" in request.GET
        and request.path == request.meeting.address
        and request.method in ("GET", "HEAD")
        and request.meeting.require_access_codes
        and takes_the_form_of_meetingpulse(request.meeting)
    )


def to_personal_link(request: DoorRequest) -> HttpResponse:
    """Opening the link admits nobody. It goes on in the fragment, and a click must send it."""
    token = meetingpulse.token_in(request.GET["i"])
    return redirect(reverse("attendees:signed", args=[request.meeting.slug]) + f"#{token}")


def query_for_door(request: DoorRequest) -> dict[str, str]:
    """What the door must know: whence somebody came, and which page was asked for."""
    query = {"from": came_from(request)} if came_from(request) else {}
    if request.method == "GET" and request.path != request.meeting.address:
        query["next"] = request.path
    return query


def came_by_another_site(request: HttpRequest) -> bool:
    """Whether the browser says that a page of another site made this request."""
    return request.headers.get("Sec-Fetch-Site") == "cross-site"


def is_part_of_another_site(request: HttpRequest) -> bool:
    """An image, a frame or a form of another site: nothing that a person chose to open."""
    if not came_by_another_site(request):
        return False
    destination = request.headers.get("Sec-Fetch-Dest", "document")
    return destination != "document" or request.method not in ("GET", "HEAD")


def confirm_first(request: DoorRequest, carrying: Carrying) -> HttpResponse:
    """Another site's link leads in, but nobody is carried by it without their own click."""
    return render(
        request,
        "attendees/enter.html",
        {
            "meeting": request.meeting,
            "name": carrying.candidate.name,
            "query": urlencode(query_for_door(request)),
        },
    )
