"""Materials on the admin site: found there, changed in the console, where their acts are."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from materials.models import Material
from meetingportal.admin import LookOnlyAdmin

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
class MaterialAdmin(LookOnlyAdmin):
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

    @admin.display(description="Change it")
    def in_the_console(self, material: Material) -> SafeString:
        address = reverse("materials:edit", args=[material.meeting.slug, material.pk])
        return format_html('<a href="{}">in the console of the meeting</a>', address)
