"""Pages on which linked meetings are started, ended and duplicated together."""

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from attendees.amounts import counted
from attendees.overview.numbers import numbers_of
from attendees.rooms.forms import ChosenMeetings, CopiesForm
from attendees.rooms.together import Outcome, duplicate_all, end_all, linked_set, start_all
from hosts.requests import HostRequest, host_required
from materials.publishing import NotPossible
from meetingportal.once import AlreadyDone
from meetings.console import managed
from meetings.models import Meeting, MeetingQuerySet
from meetings.titles import natural

ActOnAll = Callable[[Iterable[Meeting]], Outcome]


@host_required
@require_safe
def together(request: HostRequest, slug: str) -> HttpResponse:
    return together_page(request, managed(request, slug))


def together_page(request: HostRequest, meeting: Meeting, *, problem: str = "") -> HttpResponse:
    linked = sorted(linked_set(meeting), key=lambda m: (m != meeting, natural(m.title)))
    mine = set(managed_among(request, meeting).values_list("pk", flat=True))
    numbers = numbers_of([m for m in linked if m.pk in mine], at=timezone.now())
    chosen = set(request.POST.getlist("meeting"))
    context = {
        "meeting": meeting,
        "section": "links",
        "rows": [
            (m, numbers[m.pk], not chosen or m.slug in chosen) for m in linked if m.pk in mine
        ],
        "others": [m for m in linked if m.pk not in mine],
        "problem": problem,
    }
    status = 422 if problem else 200
    return render(request, "attendees/rooms/together.html", context, status=status)


def managed_among(request: HostRequest, meeting: Meeting) -> MeetingQuerySet:
    return linked_set(meeting).managed_by(request.user)


@host_required
@require_POST
def start_together(request: HostRequest, slug: str) -> HttpResponse:
    return act_together(request, slug, start_all, "is live", "are live")


@host_required
@require_POST
def end_together(request: HostRequest, slug: str) -> HttpResponse:
    """First says what ends and what is lost for good, then does it (`do=end`)."""
    if request.POST.get("do") == "end":
        return act_together(request, slug, end_all, "has ended", "have ended")
    meeting = managed(request, slug)
    form = ChosenMeetings(request.POST, meetings=managed_among(request, meeting))
    if not form.is_valid():
        return together_page(request, meeting, problem=problem_of(form))
    chosen = sorted(form.cleaned_data["meeting"], key=lambda m: natural(m.title))
    ending = [one for one in chosen if one.is_live]
    numbers = numbers_of(ending, at=timezone.now())
    context = {
        "meeting": meeting,
        "section": "links",
        "ending": [(one, numbers[one.pk].here) for one in ending],
        "here": sum(numbers[one.pk].here for one in ending),
        "sealed": [one for one in ending if one.anonymize_attendees],
        "left": [one for one in chosen if not one.is_live],
    }
    return render(request, "attendees/rooms/end.html", context)


def act_together(
    request: HostRequest, slug: str, act: ActOnAll, one: str, several: str
) -> HttpResponse:
    """`one` is what is said of one meeting afterwards."""
    meeting = managed(request, slug)
    form = ChosenMeetings(request.POST, meetings=managed_among(request, meeting))
    if not form.is_valid():
        return together_page(request, meeting, problem=problem_of(form))
    try:
        outcome = act(form.cleaned_data["meeting"])
    except NotPossible as refusal:
        return together_page(request, meeting, problem=str(refusal))
    say(request, outcome, one, several)
    return redirect("overview:together", meeting.slug)


def problem_of(form: ChosenMeetings) -> str:
    return " ".join(map(str, form.errors["meeting"]))


def say(request: HostRequest, outcome: Outcome, one: str, several: str) -> None:
    if done := len(outcome.done):
        said = one if done == 1 else several
        messages.success(request, f"{counted(done, 'meeting')} {said}.")
    for meeting, refusal in outcome.refused:
        messages.warning(request, f"“{meeting}” is left as it was. {refusal}")


@host_required
@require_POST
def duplicate_together(request: HostRequest, slug: str) -> HttpResponse:
    """First asks how (`do=ask`), then does it."""
    meeting = managed(request, slug)
    among = managed_among(request, meeting)
    chosen = ChosenMeetings(request.POST, meetings=among)
    if not chosen.is_valid():
        return together_page(request, meeting, problem=problem_of(chosen))
    asks = request.POST.get("do") == "ask"
    form = CopiesForm(None if asks else request.POST, meetings=among)
    if form.is_valid():
        try:
            copy = duplicate_among(request, form, meeting)
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
        except AlreadyDone:
            messages.info(request, "These copies had been made already; nothing was made twice.")
            return redirect("overview:together", meeting.slug)
        else:
            return redirect("overview:together", copy.slug)
    context = {
        "meeting": meeting,
        "section": "links",
        "form": form,
        "chosen": sorted(chosen.cleaned_data["meeting"], key=lambda m: natural(m.title)),
    }
    status = 422 if form.errors else 200
    return render(request, "attendees/rooms/duplicate.html", context, status=status)


def duplicate_among(request: HostRequest, form: CopiesForm, meeting: Meeting) -> Meeting:
    """Make the copies; that of the meeting, or the first. Raises NotPossible or AlreadyDone."""
    originals: MeetingQuerySet = form.cleaned_data["meeting"]
    key = form.cleaned_data["key"]
    copies = duplicate_all(originals, form.wishes, by=request.user, key=key)
    verb = "copy is" if len(copies) == 1 else "copies are"
    messages.success(request, f"{len(copies)} {verb} created.")
    # In the order of the originals, which is that of their keys.
    of = dict(zip(sorted(one.pk for one in originals), copies, strict=True))
    return of.get(meeting.pk, copies[0])
