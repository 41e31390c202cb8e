"""How the admin site shows rows that are only looked at there."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from meetingportal.models import RateCounter, SentForm

MAX_DIGITS = 18  # of a whole number; more may not fit into 64 bits


class CarefulAdmin(admin.ModelAdmin[Any]):
    """Refuses to look for what no row can have, where Django asks the database and fails.

    PostgreSQL has no text with a NUL in it, SQLite no number of more than 64 bits.
    """

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        asked = [(name, value) for name, values in request.GET.lists() for value in values]
        if any("\0" in value or (name != "q" and is_too_large(value)) for name, value in asked):
            raise BadRequest("No row has such a value.")
        return super().changelist_view(request, extra_context)


def is_too_large(value: str) -> bool:
    return value.removeprefix("-").isdecimal() and len(value) > MAX_DIGITS


class LookOnlyAdmin(CarefulAdmin):
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
