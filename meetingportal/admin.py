"""How the admin site shows rows that are only looked at there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from meetingportal.models import RateCounter, SentForm


class LookOnlyAdmin(admin.ModelAdmin[Any]):
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
