"""Materials for operators: found and looked at here, changed in the console."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from materials import publishing
from materials.models import Material

SHOWN = (
    "label",
    "kind",
    "meeting",
    "in_the_console",
    "description",
    "target",
    "url",
    "file_name",
    "file_size",
    "file_type",
    "is_published",
    "is_readable_after",
    "made_by",
    "accepted_by",
    "is_declined",
    "created_at",
)


@admin.register(Material)
class MaterialAdmin(admin.ModelAdmin[Material]):
    list_display = ["label", "kind", "meeting", "target", "is_published", "made_by"]
    list_filter = ["kind", "is_published", "is_declined"]
    list_select_related = ["meeting", "target", "made_by"]
    search_fields = [
        "title",
        "url",
        "file_name",
        "meeting__title",
        "meeting__slug",
        "target__title",
        "target__slug",
    ]
    fields = SHOWN
    readonly_fields = SHOWN

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Material | None = None) -> bool:
        return False

    @admin.display(description="Change it")
    def in_the_console(self, material: Material) -> SafeString:
        address = reverse("materials:edit", args=[material.meeting.slug, material.pk])
        return format_html('<a href="{}">in the console of the meeting</a>', address)

    def delete_model(self, request: HttpRequest, obj: Material) -> None:
        publishing.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Material]) -> None:
        for material in queryset:
            publishing.remove(material)
