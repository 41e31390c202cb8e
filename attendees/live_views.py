"""What an open page asks over HTTP: after a gap, on reconnecting, and where sockets do not work."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from attendees import presence
from attendees.middleware import asks_as_data
from attendees.panels import shared
from attendees.requests import AdmittedRequest
from meetingportal.briefly import Briefly

POLL_EVERY = 10  # seconds
MOST_POLL_EVERY = 60
POLLS_A_SECOND = 200  # that one meeting may cause; beyond, its pages poll more rarely
LARGEST_NUMBER = 2**62

_here: Briefly[int] = Briefly(seconds=1)


class UnreadableAddress(ValueError):
    """The message is a sentence that says what is wrong with the query."""


@asks_as_data
@require_safe
def live(request: AdmittedRequest, slug: str) -> JsonResponse:
    """Where the meeting stands, and the panels if the page is behind (`seq`).

    `people` is the page of the People tab that is open; with it the panel always comes.
    """
    meeting, head = request.meeting, request.meeting.sequence
    try:
        known, people = number_in(request, "seq"), number_in(request, "people")
        tab = tab_in(request)
    except UnreadableAddress as problem:
        return JsonResponse({"error": str(problem)}, status=400)
    # Who asks is here, even where their visit begins only now.
    here = max(1, _here.get(meeting.pk, lambda: presence.here(meeting)))
    every = poll_every(here)
    presence.touch(request.admission, tab, lasts=presence.lease_of_polling(every))
    names = ["title", "status", "materials"] if known is None or head > known else []
    shown = {name: shared(meeting, name) for name in names}
    if people is not None:
        shown["people"] = shared(meeting, "people", page=people)
    return JsonResponse({"seq": head, "here": here, "poll_every": every, "panels": shown})


def poll_every(here: int) -> int:
    return min(max(POLL_EVERY, here // POLLS_A_SECOND), MOST_POLL_EVERY)


def number_in(request: HttpRequest, name: str) -> int | None:
    said = request.GET.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and int(said[:30]) <= LARGEST_NUMBER):
        raise UnreadableAddress(f"“{name}” must be a number.")
    return int(said)


def tab_in(request: HttpRequest) -> UUID | None:
    said = request.GET.get("tab")
    if said is None:
        return None
    try:
        return UUID(said)
    except ValueError:
        raise UnreadableAddress("“tab” must be a UUID.") from None
