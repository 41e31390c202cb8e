"""The landing page: from a meeting ID to the meeting."""

import re
import unicodedata
from urllib.parse import unquote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from meetings.models import Meeting

LONGEST_ADDRESS = 2000  # characters of what somebody may paste


class WhichMeeting(forms.Form):
    slug = forms.CharField(
        label="Meeting ID",
        max_length=LONGEST_ADDRESS,
        help_text="It is in the invitation. The whole address of the meeting works too.",
        error_messages={"required": "Type the ID of the meeting."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "class": "id-input",
            }
        ),
    )

    def clean_slug(self) -> Meeting:
        slug = slug_in(self.cleaned_data["slug"])
        meeting = Meeting.objects.current().filter(slug=slug).first()
        if meeting is None:
            raise forms.ValidationError(
                "There is no meeting with this ID. Check it and try again.", code="unknown"
            )
        return meeting


def slug_in(typed: str) -> str:
    """The slug in what somebody typed or pasted: an ID, however spelled, or a whole address."""
    visible = "".join(c for c in typed if unicodedata.category(c) != "Cf")
    text = unicodedata.normalize("NFKC", unquote(visible)).strip()
    address = re.search(r"/m/([^/?#\s]+)", text)
    if address:
        text = address[1]
    return re.sub(r"[\s‐‑–—_-]+", "-", text.lower()).strip("-/")


@csrf_exempt  # it changes nothing, it only shows the way
def landing(request: HttpRequest) -> HttpResponse:
    typed = request.POST or request.GET
    form = WhichMeeting(typed if "slug" in typed else None)
    if form.is_valid():
        return redirect(form.cleaned_data["slug"].address)
    return render(request, "meetings/landing.html", {"form": form}, status=status_of(form))


def status_of(form: WhichMeeting) -> int:
    if form.has_error("slug", "unknown"):
        return 404
    return 422 if form.is_bound else 200
