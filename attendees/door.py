"""The pages at the door of a meeting: the code prompt, entering, leaving, who sees what."""

from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendees import arrivals, browsers, devices, guarding, signed_links
from attendees.admission import Arrival, admit_by_code, carry
from attendees.carrying import SENTENCES
from attendees.ending import leave
from attendees.guarding import Guess, Verdict
from attendees.identity import MAX_CODE, MAX_EMAIL
from attendees.middleware import (
    arrival_of,
    came_by_another_site,
    came_from,
    is_part_of_another_site,
    open_door,
)
from attendees.models import Admission
from attendees.requests import AdmittedRequest, DoorRequest
from attendees.standing import admission_of_session
from meetingportal.addresses import address_of, bucket_for
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
MANY_WRONG_CODES = (
    "Many wrong codes have been typed, so this door asks for your email, too, for a while."
)
TOO_MANY_TRIES = "Too many tries from your network. Type your email, too, or wait {} and try again."


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

    def __init__(self, data: QueryDict | None = None, *, asks_email: bool) -> None:
        super().__init__(data)
        self.asks_email = asks_email
        if not asks_email:
            del self.fields["email"]
        elif data and data.get("code") and not data.get("email"):
            self.fields["code"].widget.attrs["autofocus"] = False
            self.fields["email"].widget.attrs["autofocus"] = True


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
    form = CodeForm(asks_email=guarding.watch_over(request).asks_email)
    return prompt(request, form, arrival)


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
    watch = guarding.watch_over(request)
    form = CodeForm(request.POST, asks_email=watch.requires_email)
    if not form.is_valid():
        return prompt(request, form)
    guess = guarding.counted(watch, request.POST.get("email", "").strip())
    if guess.verdict is Verdict.WAIT:
        return too_many(request, guess.retry_after)
    if guess.verdict is Verdict.ASK:
        return ask_for_email(request, guess)
    try:
        admission = enter_by_code(request, form.cleaned_data["code"], guess)
    except IntegrityError:  # an import has removed them since their code was looked at
        admission = None
        request.session.cycle_key()  # the key that it had been given went with all else
    if admission is None:
        return opens_nothing(request, guess)
    response = redirect(page_asked_for(request))
    devices.remember(response, request, admission)
    return response


def ask_for_email(request: DoorRequest, guess: Guess) -> HttpResponse:
    """The same for right and wrong codes, so that guessing on teaches nothing."""
    guess.was_wrong()
    form = CodeForm(request.POST, asks_email=True)
    if not guess.retry_after:
        return prompt(request, form)
    response = prompt(request, form, told=TOO_MANY_TRIES.format(seconds(guess.retry_after)))
    response.status_code = 429
    response["Retry-After"] = str(guess.retry_after)
    return response


def seconds(number: int) -> str:
    return "1 second" if number == 1 else f"{number} seconds"


def opens_nothing(request: DoorRequest, guess: Guess) -> HttpResponse:
    guess.was_wrong()
    form = CodeForm(request.POST, asks_email=guess.asks_email)
    are_both = guess.asks_email and guess.email
    form.add_error("code", WRONG_CODE_OR_EMAIL if are_both else WRONG_CODE)
    return prompt(request, form)


@transaction.atomic
def enter_by_code(request: DoorRequest, code: str, guess: Guess) -> Admission | None:
    """Admit whom the code names and take back the guess; None where it opens nothing.

    One transaction, so that a thousand people who join at once cost a thousand commits, not eight
    thousand; what many of them share, the counters, comes last.
    """
    admission = admit_by_code(
        browsers.made_mark(request),
        request.meeting,
        code,
        is_enough_for=guess.is_enough_for,
        came_from=came_from(request),
    )
    if admission:
        has_come_in(request, guess)
    return admission


def has_come_in(request: DoorRequest, guess: Guess) -> None:
    """It was no guess, and the browser has gained an identity."""
    browsers.rotate_key(request)
    guess.was_right()


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
    guess = guarding.counted_link(request)
    try:
        enter_by_link(request, request.POST.get("token", "").strip(" #"), guess)
    except signed_links.NotValid:
        if guess.verdict is Verdict.WAIT:
            return too_many(request, guess.retry_after)
        guess.was_wrong()
        messages.error(request, WRONG_LINK)
        return redirect(reverse("attendees:join", args=[slug]) + OTHER_FRAGMENT)
    return redirect(request.meeting.address + OTHER_FRAGMENT)


@transaction.atomic
def enter_by_link(request: DoorRequest, token: str, guess: Guess) -> None:
    """Admit whom the token names and take back the guess. Raises NotValid."""
    signed_links.enter(browsers.made_mark(request), request.meeting, token)
    has_come_in(request, guess)


def prompt(
    request: DoorRequest, form: CodeForm, arrival: Arrival | None = None, *, told: str = ""
) -> HttpResponse:
    if form.asks_email and not request.meeting.ask_email:
        told = told or MANY_WRONG_CODES
    context = {
        "meeting": request.meeting,
        "form": form,
        "told": told,
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
    devices.forget(response, request)
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
