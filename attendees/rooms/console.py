"""Pages on which rooms are made from a meeting."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from attendees.amounts import counted
from attendees.rooms.create import HasChanged, create_rooms
from attendees.rooms.forms import RoomsForm
from attendees.rooms.plan import Wishes, plan, template_materials
from attendees.roster.lock import RosterIsBusy
from hosts.requests import HostRequest, host_required
from materials.models import Material
from materials.publishing import NotPossible
from meetingportal.once import AlreadyDone
from meetings.console import managed, sent
from meetings.models import Meeting
from meetings.titles import natural

SHOWN_VALUES = 50


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_rooms(request: HostRequest, slug: str) -> HttpResponse:
    """First filled in, then looked at (`do=preview`), then made (`do=create`)."""
    meeting = managed(request, slug)
    form = RoomsForm(sent(request), meeting=meeting, host=request.user)
    if not form.is_valid() or request.POST.get("do") == "change":
        return rooms_form_page(request, meeting, form)
    try:
        if request.POST.get("do") == "create":
            return create(request, meeting, form)
        return preview_page(request, meeting, form)
    except (NotPossible, RosterIsBusy) as refusal:
        form.add_error(None, str(refusal))
        return rooms_form_page(request, meeting, form)


def create(request: HostRequest, meeting: Meeting, form: RoomsForm) -> HttpResponse:
    key, seen = form.cleaned_data["key"], form.cleaned_data["seen"]
    try:
        rooms = create_rooms(meeting, form.wishes, by=request.user, key=key, seen=seen)
    except AlreadyDone:
        messages.info(request, "These rooms had been created already; nothing was made twice.")
    except HasChanged:
        messages.warning(request, "The list has changed meanwhile. Look at the rooms once more.")
        return preview_page(request, meeting, form, status=409)
    else:
        done = f"{counted(len(rooms), 'room')} created, and linked with “{meeting}”."
        messages.success(request, done)
    return redirect("overview:together", meeting.slug)


def rooms_form_page(request: HostRequest, meeting: Meeting, form: RoomsForm) -> HttpResponse:
    context = {"meeting": meeting, "section": "links", "form": form}
    status = 422 if form.errors else 200
    return render(request, "attendees/rooms/new.html", context, status=status)


def preview_page(
    request: HostRequest, meeting: Meeting, form: RoomsForm, *, status: int = 200
) -> HttpResponse:
    planned = plan(meeting, form.wishes)
    context = {
        "meeting": meeting,
        "section": "links",
        "plan": planned,
        "template": form.wishes.template,
        "led_to": led_to(meeting, form.wishes),
        "column": form.wishes.column,
        "sent": said_again(form, {"seen": planned.print, "key": str(form.cleaned_data["key"])}),
        "unmatched": planned.unmatched[:SHOWN_VALUES],
        "more_unmatched": len(planned.unmatched[SHOWN_VALUES:]),
    }
    return render(request, "attendees/rooms/preview.html", context, status=status)


def led_to(meeting: Meeting, wishes: Wishes) -> list[Meeting]:
    """The other meetings to which links among the template's materials lead."""
    copied = template_materials(meeting, wishes).published().filter(kind=Material.Kind.MEETING)
    found = Meeting.objects.filter(pk__in=copied.order_by().values("target"))
    return sorted(found, key=lambda one: natural(one.title))


def said_again(form: RoomsForm, instead: dict[str, str]) -> list[tuple[str, str]]:
    """What was filled in, for hidden fields of the next form."""
    said = [(name, form.data[name]) for name in form.fields if name in form.data]
    return [*((name, value) for name, value in said if name not in instead), *instead.items()]
