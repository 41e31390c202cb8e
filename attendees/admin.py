"""Rosters, participants and admissions on the admin site.

Anonymity holds for operators, too: whoever is not here by name is shown as everybody sees them, and
without times. Attendees are changed in the console, where admissions end with the code.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from attendees.anonymity import shown_name
from attendees.explaining import is_of_nameless, roughly
from attendees.models import (
    Admission,
    Arrival,
    ArrivalCount,
    Attendee,
    Participant,
    PreviewPage,
    Repair,
    RetiredSession,
    Roster,
    RosterImport,
    Visit,
)
from meetingportal.admin import LookOnlyAdmin

OF_MEETING = ["meeting__title", "meeting__slug"]
OF_ATTENDEE = ["attendee__firstname", "attendee__lastname", "attendee__email"]
# In an order that does not say who came when.
BY_PERSON = ("meeting", "participant__number", "participant__key", "pk")


@admin.register(Attendee)
class AttendeeAdmin(LookOnlyAdmin):
    """Without the codes: they open doors."""

    list_display = ["__str__", "email", "external_id", "meeting"]
    list_select_related = ["meeting"]
    search_fields = ["firstname", "lastname", "email", "external_id", *OF_MEETING]
    fields = [
        "meeting", "firstname", "lastname", "email", "external_id", "custom", "in_the_console"
    ]  # fmt: skip

    @admin.display(description="Change")
    def in_the_console(self, attendee: Attendee) -> str:
        address = reverse("roster:edit", args=[attendee.meeting.slug, attendee.pk])
        return format_html('<a href="{}">Open in the console</a>', address)


@admin.register(Roster)
class RosterAdmin(LookOnlyAdmin):
    list_display = ["meeting", "version"]
    list_select_related = ["meeting"]
    search_fields = OF_MEETING
    fields = ["meeting", "version"]


@admin.register(Participant)
class ParticipantAdmin(LookOnlyAdmin):
    list_display = ["who", "meeting"]
    list_select_related = ["meeting", "attendee"]
    search_fields = ["number", *OF_ATTENDEE, *OF_MEETING]
    ordering = ["meeting", "number", "key"]
    fields = ["who", "meeting"]

    @admin.display(description="Participant")
    def who(self, participant: Participant) -> str:
        return shown_name(participant)


class OfParticipantAdmin(LookOnlyAdmin):
    """Rows about what a participant did: of those without a name, only what all may know."""

    list_select_related = ["meeting", "participant__attendee"]
    search_fields = [f"participant__{field}" for field in ["number", *OF_ATTENDEE]] + OF_MEETING
    ordering = BY_PERSON
    shown_of_all = ["who", "meeting"]
    shown_of_named: list[str] = []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        is_named = obj is not None and obj.participant.is_named
        return self.shown_of_all + (self.shown_of_named if is_named else [])

    @admin.display(description="Participant")
    def who(self, row: Admission | Visit) -> str:
        return shown_name(row.participant)


@admin.register(Admission)
class AdmissionAdmin(OfParticipantAdmin):
    list_display = ["who", "meeting", "how"]
    list_filter = ["how"]
    shown_of_all = ["who", "meeting", "how"]
    shown_of_named = ["rule", "came_from", "created_at", "expires_at"]

    @admin.display(description="Came from")
    def came_from(self, admission: Admission) -> str:
        return str(admission.source.meeting) if admission.source else "–"


@admin.register(Visit)
class VisitAdmin(OfParticipantAdmin):
    list_display = ["who", "meeting"]
    shown_of_named = ["started_at", "present_until"]


@admin.register(Arrival)
class ArrivalAdmin(LookOnlyAdmin):
    """Of people who are shown by name; others have no rows."""

    list_display = ["who", "meeting", "how", "reason"]
    list_filter = ["how"]
    list_select_related = ["meeting", "participant__attendee", "shown"]
    search_fields = [f"participant__{field}" for field in OF_ATTENDEE] + OF_MEETING + ["reason"]
    fields = ["who", "meeting", "how", "whence", "rule", "reason", "difference", "at"]

    @admin.display(description="Who")
    def who(self, arrival: Arrival) -> str:
        if arrival.participant is not None:
            return shown_name(arrival.participant)
        return arrival.shown.name if arrival.shown else "Somebody"


@admin.register(ArrivalCount)
class ArrivalCountAdmin(LookOnlyAdmin):
    list_display = ["meeting", "how", "reason", "how_often"]
    list_select_related = ["meeting"]
    search_fields = OF_MEETING
    fields = ["meeting", "how", "reason", "whence", "how_often"]

    @admin.display(description="How often")
    def how_often(self, count: ArrivalCount) -> str:
        return roughly(count.times) if is_of_nameless(count, count.meeting) else str(count.times)


@admin.register(RetiredSession)
class RetiredSessionAdmin(LookOnlyAdmin):
    list_display = ["__str__", "until"]
    fields = ["until"]


@admin.register(RosterImport)
class RosterImportAdmin(LookOnlyAdmin):
    list_display = ["file_name", "meeting", "uploaded_by", "uploaded_at", "imported_at"]
    list_filter = [("imported_at", admin.EmptyFieldListFilter)]
    list_select_related = ["meeting", "uploaded_by"]
    search_fields = ["file_name", "uploaded_by__email", *OF_MEETING]
    fields = ["file_name", "size", "meeting", "uploaded_by", "uploaded_at", "imported_at", "counts"]


@admin.register(Repair)
class RepairAdmin(LookOnlyAdmin):
    """Without what was before: codes open doors."""

    list_display = ["sentence", "meeting", "made_by", "made_at", "undone_at"]
    list_select_related = ["meeting", "made_by"]
    search_fields = ["sentence", *OF_MEETING]
    fields = ["sentence", "act", "meeting", "other", "made_by", "made_at", "undone_at"]


@admin.register(PreviewPage)
class PreviewPageAdmin(LookOnlyAdmin):
    list_display = ["upload", "number"]
    list_select_related = ["upload"]
    search_fields = ["upload__file_name"]
    fields = ["upload", "number"]
