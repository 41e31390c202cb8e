"""Requests below `/m/<slug>/`, as the admission middleware leaves them."""

from django.http import HttpRequest

from attendees.models import Admission, Participant
from meetings.models import Meeting


class DoorRequest(HttpRequest):
    """Somebody stands before a meeting, admitted or not."""

    meeting: Meeting
    participant: Participant | None
    admission: Admission | None
    has_just_arrived: bool  # carried by this very request


class AdmittedRequest(DoorRequest):
    """A participant of the meeting asks."""

    participant: Participant
    admission: Admission
