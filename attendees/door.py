"""The pages at the door of a meeting: the code prompt, entering, leaving, who sees what."""

from urllib.parse import urlsplit

from django import forms
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from attendees import browsers
from attendees.admission import (
    SENTENCES,
    WRONG_CODES_PER_ADDRESS,
    WRONG_CODES_PER_MEETING,
    Arrival,
    admit_by_code,
    carry,
    leave,
)
from attendees.identity import MAX_CODE
from attendees.middleware import (
    arrival_of,
    came_by_another_site,
    came_from,
    is_part_of_another_site,
    open_door,
)
from attendees.requests import AdmittedRequest, DoorRequest
from meetingportal.addresses import address_of, bucket_for
from meetings.models import Meeting

WRONG_CODE = "That code does not open this meeting. Check it and try again."


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Access code",
        max_length=MAX_CODE * 4,
        error_messages={"required": "Type your access code.", "max_length": WRONG_CODE},
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
    return prompt(request, CodeForm(), arrival)


def try_code(request: DoorRequest) -> HttpResponse:
    """Count, then look: neither a crash nor a lucky guess takes a counted guess back."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return prompt(request, form)
    wait = count_guess(request)
    if wait:
        return too_many(request, wait)
    if not enter_by_code(request, form.cleaned_data["code"]):
        form.add_error("code", WRONG_CODE)
        return prompt(request, form)
    return redirect(page_asked_for(request))


def count_guess(request: DoorRequest) -> int:
    """Count a guess for good; the seconds to wait where the address has no more of them."""
    with transaction.atomic():
        taken = WRONG_CODES_PER_ADDRESS.hit(bucket_for(address_of(request)))
        if taken.allowed:
            WRONG_CODES_PER_MEETING.hit(str(request.meeting.pk))
    return 0 if taken.allowed else taken.retry_after


@transaction.atomic
def enter_by_code(request: DoorRequest, code: str) -> bool:
    """Admit whom the code names and take back the guess; False where the code opens nothing.

    One transaction, so that a thousand people who join at once cost a thousand commits, not eight
    thousand; what many of them share, the counters, comes last.
    """
    mark = browsers.made_mark(request)
    if not admit_by_code(mark, request.meeting, code, came_from=came_from(request)):
        return False
    browsers.rotate_key(request)
    WRONG_CODES_PER_MEETING.give_back(str(request.meeting.pk))
    WRONG_CODES_PER_ADDRESS.give_back(bucket_for(address_of(request)))
    return True


def prompt(request: DoorRequest, form: CodeForm, arrival: Arrival | None = None) -> HttpResponse:
    context = {
        "meeting": request.meeting,
        "form": form,
        "reason": SENTENCES[arrival.reason] if arrival else "",
        "came_from": came_from(request),
    }
    return render(request, "attendees/join.html", context)


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
