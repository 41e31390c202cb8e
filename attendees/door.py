"""The pages at the door of a meeting: the code prompt, entering, leaving, who sees what."""

from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendees import arrivals, browsers, signed_links
from attendees.admission import (
    WRONG_CODES_PER_ADDRESS,
    WRONG_CODES_PER_MEETING,
    Arrival,
    admit_by_code,
    carry,
)
from attendees.carrying import SENTENCES
from attendees.ending import leave
from attendees.identity import MAX_CODE, MAX_EMAIL
from attendees.middleware import (
    arrival_of,
    came_by_another_site,
    came_from,
    is_part_of_another_site,
    open_door,
)
from attendees.requests import AdmittedRequest, DoorRequest
from attendees.standing import admission_of_session
from meetingportal.addresses import address_of, bucket_for
from meetingportal.repeatable import repeatable
from meetings.models import Meeting

WRONG_LINK = (
    "Your personal link does not open this meeting, or not any more. Type your code, or ask "
    "whoever sent the link for a new one."
)
# Without JavaScript the token stands in the address until another fragment takes its place.
OTHER_FRAGMENT = "#main"
WRONG_CODE_OR_EMAIL = (
    "That code and email do not open this meeting. Check both and try again."  # whichever is wrong
)
WRONG_CODE = "That code does not open this meeting. Check it and try again."


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Access code",
        max_length=MAX_CODE * 4,
        error_messages={
            "required": "Type your access code.",
            "max_length": WRONG_CODE,
            "null_characters_not_allowed": WRONG_CODE,
        },
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autocorrect": "off",
                "spellcheck": "false",
                "autofocus": True,
                "class": "form-control code-input",
            }
        ),
    )
    email = forms.CharField(
        label="Email",
        max_length=MAX_EMAIL * 4,
        error_messages={
            "required": "Type the email address at which you were invited.",
            "max_length": WRONG_CODE_OR_EMAIL,
            "null_characters_not_allowed": WRONG_CODE_OR_EMAIL,
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "class": "form-control"}),
    )

    def __init__(self, data: QueryDict | None = None, *, meeting: Meeting) -> None:
        super().__init__(data)
        self.wrong = WRONG_CODE_OR_EMAIL if meeting.ask_email else WRONG_CODE
        if not meeting.ask_email:
            del self.fields["email"]


@open_door
def join(request: DoorRequest, slug: str) -> HttpResponseBase:
    """The code prompt. Whoever needs no code is led past it."""
    if is_part_of_another_site(request):
        return HttpResponse("Not from another site.", status=403, content_type="text/plain")
    if request.method == "POST":
        return try_code(request)
    arrival = arrival_of(request)
    if arrival.admission or (arrival.carrying and not came_by_another_site(request)):
        return redirect(page_asked_for(request))
    if request.method == "GET":
        note_prompt(request, arrival)
    return prompt(request, CodeForm(meeting=request.meeting), arrival)


def note_prompt(request: DoorRequest, arrival: Arrival) -> None:
    """Write down why a code is asked; who it is only where the browser has shown one person."""
    people = {(c.meeting.pk, c.attendee_id) for c in arrival.considered}
    whence, shown = people.pop() if len(people) == 1 else (None, None)
    mark = browsers.mark_of(request.session)
    stranger = f"{bucket_for(address_of(request))}\n{request.META.get('HTTP_USER_AGENT', '')}"
    arrivals.asked(
        request.meeting,
        mark or stranger,
        arrival.reason,
        at=timezone.now(),
        whence=whence,
        shown=shown,
    )


def try_code(request: DoorRequest) -> HttpResponse:
    """Count, then look: neither a crash nor a lucky guess takes a counted guess back."""
    form = CodeForm(request.POST, meeting=request.meeting)
    if not form.is_valid():
        return prompt(request, form)
    wait = count_guess(request)
    if wait:
        return too_many(request, wait)
    if not enter_by_code(request, form):
        form.add_error("code", form.wrong)
        return prompt(request, form)
    return redirect(page_asked_for(request))


def count_guess(request: DoorRequest) -> int:
    """Count a guess for good; the seconds to wait where the address has no more of them."""
    with repeatable():  # whom a power cut gives a guess back has gained one guess
        taken = WRONG_CODES_PER_ADDRESS.hit(bucket_for(address_of(request)))
        if taken.allowed:
            WRONG_CODES_PER_MEETING.hit(str(request.meeting.pk))
    return 0 if taken.allowed else taken.retry_after


@transaction.atomic
def enter_by_code(request: DoorRequest, form: CodeForm) -> bool:
    """Admit whom the code names and take back the guess; False where the code opens nothing.

    One transaction, so that a thousand people who join at once cost a thousand commits, not eight
    thousand; what many of them share, the counters, comes last.
    """
    mark = browsers.made_mark(request)
    code, email = form.cleaned_data["code"], form.cleaned_data.get("email", "")
    if not admit_by_code(mark, request.meeting, code, email=email, came_from=came_from(request)):
        return False
    has_come_in(request)
    return True


def has_come_in(request: DoorRequest) -> None:
    """It was no guess, and the browser has gained an identity."""
    browsers.rotate_key(request)
    WRONG_CODES_PER_MEETING.give_back(str(request.meeting.pk))
    WRONG_CODES_PER_ADDRESS.give_back(bucket_for(address_of(request)))


@sensitive_post_parameters("token")
@open_door
@require_http_methods(["GET", "HEAD", "POST"])
def signed(request: DoorRequest, slug: str) -> HttpResponseBase:
    """Where a personal signed link leads. The token is in the fragment, so a click must post it.

    Mail scanners open links: looking at the page admits nobody.
    """
    if is_part_of_another_site(request):
        return HttpResponse("Not from another site.", status=403, content_type="text/plain")
    if request.method != "POST":
        return render(request, "attendees/signed.html", {"meeting": request.meeting})
    wait = count_guess(request)
    if wait:
        return too_many(request, wait)
    try:
        enter_by_link(request, request.POST.get("token", "").strip(" #"))
    except signed_links.NotValid:
        messages.error(request, WRONG_LINK)
        return redirect(reverse("attendees:join", args=[slug]) + OTHER_FRAGMENT)
    return redirect(request.meeting.address + OTHER_FRAGMENT)


@transaction.atomic
def enter_by_link(request: DoorRequest, token: str) -> None:
    """Admit whom the token names and take back the guess. Raises NotValid."""
    signed_links.enter(browsers.made_mark(request), request.meeting, token)
    has_come_in(request)


def prompt(request: DoorRequest, form: CodeForm, arrival: Arrival | None = None) -> HttpResponse:
    context = {
        "meeting": request.meeting,
        "form": form,
        "reason": SENTENCES[arrival.reason] if arrival else "",
        "back": meeting_left_behind(request),
    }
    return render(request, "attendees/join.html", context)


def meeting_left_behind(request: DoorRequest) -> Meeting | None:
    """Where this browser still is somebody, so that who is asked for a code can go back there.

    Of a meeting in which it is nobody nothing is told, whatever the address says.
    """
    slug = came_from(request)
    admission = admission_of_session(request.session, slug) if slug else None
    if admission is None or admission.meeting.workspace_id != request.meeting.workspace_id:
        return None
    return admission.meeting if admission.meeting != request.meeting else None


def too_many(request: DoorRequest, retry_after: int) -> HttpResponse:
    """The same for right and wrong codes, so that guessing on teaches nothing."""
    context = {"meeting": request.meeting, "retry_after": retry_after}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(retry_after)
    return response


def page_asked_for(request: DoorRequest) -> str:
    """Where to go once admitted: the page of this meeting that was asked for, and no other."""
    wanted = request.GET.get("next", "")
    query = f"?{urlencode({'from': came_from(request)})}" if came_from(request) else ""
    inside = wanted.startswith(request.meeting.address) and urlsplit(wanted).path == wanted
    is_door = wanted.startswith(f"{request.meeting.address}join")
    return (wanted if inside and not is_door else request.meeting.address) + query


@open_door
@require_POST
def enter(request: DoorRequest, slug: str) -> HttpResponseBase:
    """The click of somebody whom another site's link has led here."""
    if is_part_of_another_site(request):
        return HttpResponse("Not from another site.", status=403, content_type="text/plain")
    arrival = arrival_of(request)
    if arrival.carrying:
        carry(browsers.mark_of(request.session), request.meeting, arrival.carrying)
    return redirect(page_asked_for(request))


@open_door
@require_POST
def leave_meeting(request: DoorRequest, slug: str) -> HttpResponseBase:
    """“Not you?”: forget this person here and in linked meetings."""
    leave(browsers.mark_of(request.session), request.meeting)
    browsers.rotate_key(request)
    response = redirect("attendees:join", slug)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@open_door
@require_safe
def privacy(request: DoorRequest, slug: str) -> HttpResponseBase:
    """Who will see my name?"""
    return render(request, "attendees/privacy.html", {"meeting": request.meeting})


def linked_meeting_behind(request: AdmittedRequest) -> Meeting | None:
    """The meeting to which “Back to …” leads: the one that the participant came from."""
    source = request.admission.source
    if source and came_from(request) in ("", source.meeting.slug):
        return source.meeting
    if not came_from(request):
        return None
    from_there = Meeting.objects.current().filter(slug=came_from(request))
    return from_there.filter(workspace=request.meeting.workspace_id).first()
