"""The panels of a meeting page that all viewers see alike, rendered once for everybody."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape

from attendees.people import present
from attendees.presence import here
from materials.panel import materials_panel
from meetingportal.briefly import Briefly
from meetings.consequences import Event
from meetings.live import announce
from meetings.models import Meeting


def panels(meeting: Meeting, *names: str, page: int = 1) -> dict[str, str]:
    """These panels as HTML, by name; `page` is that of the people panel."""
    return {name: PANELS[name](meeting, page) for name in names}


# A thousand people who arrive, or pages that saw the same gap, ask for the same panels. A change
# takes the meeting's next number, so that nobody is shown what was before it.
_shared: Briefly[str] = Briefly(seconds=1)


def shared(meeting: Meeting, name: str, page: int = 1) -> str:
    """The panel as HTML, rendered at most once a second in each process."""
    key = (meeting.pk, meeting.sequence, name, page)
    return _shared.get(key, lambda: panels(meeting, name, page=page)[name])


def title(meeting: Meeting, page: int) -> str:
    return escape(meeting.title)


def status(meeting: Meeting, page: int) -> str:
    # Whoever reads it is here, even where their visit has not begun yet.
    return rendered("attendees/panels/status.html", meeting, here=max(1, here(meeting)))


def people(meeting: Meeting, page: int) -> str:
    return rendered("attendees/panels/people.html", meeting, present=present(meeting, page=page))


def materials(meeting: Meeting, page: int) -> str:
    return materials_panel(meeting)


PANELS: dict[str, Callable[[Meeting, int], str]] = {
    "title": title,
    "status": status,
    "people": people,
    "materials": materials,
}


def rendered(template: str, meeting: Meeting, **context: object) -> str:
    # Whoever causes the rendering may have a time zone of their own; the viewers do not share it.
    with timezone.override(None):
        return render_to_string(template, {"meeting": meeting, **context})


def tell_state(meeting: Meeting, event: Event) -> None:
    """The consequence of every event for open pages: they show the meeting as it now is."""

    def as_it_now_is() -> dict[str, str]:
        return panels(Meeting.objects.get(pk=meeting.pk), "title", "status", "materials")

    announce(meeting, "state", as_it_now_is)
