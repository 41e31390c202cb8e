"""How the admin site shows rows that are only looked at there."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from meetingportal.models import RateCounter, SentForm


class AskedInText(admin.ModelAdmin[Any]):
    """Lists whose filters compare text: PostgreSQL has no text with a NUL in it."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if any("\0" in value for _, values in request.GET.lists() for value in values):
            raise BadRequest("No value has a NUL in it.")
        return super().changelist_view(request, extra_context)


class LookOnlyAdmin(AskedInText):
    """Rows that have consequences are changed by their acts, in the console, not here."""

    show_full_result_count = False  # counting a hundred thousand rows twice takes time

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RateCounter)
class RateCounterAdmin(LookOnlyAdmin):
    list_display = ["bucket", "level", "hits"]
    search_fields = ["bucket"]


@admin.register(SentForm)
class SentFormAdmin(LookOnlyAdmin):
    list_display = ["key", "at"]
    search_fields = ["key"]
