"""Meetings on the admin site: found there, changed in the console, where their acts are."""

from django.contrib import admin

from meetingportal.admin import LookOnlyAdmin
from meetings.models import CoHost, Meeting, PastLiveTime


@admin.register(Meeting)
class MeetingAdmin(LookOnlyAdmin):
    """Leads to the import and the other pages of the console; see its change_form.html."""

    list_display = [
        "title",
        "slug",
        "workspace",
        "state",
        "starts_at",
        "require_access_codes",
        "anonymize_attendees",
    ]
    list_filter = [
        "state",
        "require_access_codes",
        "anonymize_attendees",
        ("archived_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["workspace"]
    search_fields = ["title", "slug", "workspace__name"]
    date_hierarchy = "starts_at"
    # Named one by one, so that no secret comes along.
    fields = [
        "title",
        "slug",
        "workspace",
        "state",
        "description",
        "starts_at",
        "started_at",
        "ended_at",
        "archived_at",
        "require_access_codes",
        "ask_email",
        "anonymize_attendees",
        "always_ask",
        "created_by",
        "created_at",
    ]


@admin.register(CoHost)
class CoHostAdmin(LookOnlyAdmin):
    list_display = ["host", "meeting"]
    list_select_related = ["host", "meeting"]
    search_fields = ["host__email", "host__name", "meeting__title", "meeting__slug"]


@admin.register(PastLiveTime)
class PastLiveTimeAdmin(LookOnlyAdmin):
    list_display = ["meeting", "started_at", "ended_at"]
    list_select_related = ["meeting"]
    search_fields = ["meeting__title", "meeting__slug"]
    fields = ["meeting", "started_at", "ended_at"]
