"""The materials panel of the meeting page, as all viewers see it alike."""

from django.template.loader import render_to_string
from django.utils import timezone

from materials.models import Material
from meetings.live import announce
from meetings.models import Meeting


def materials_panel(meeting: Meeting) -> str:
    """The panel as HTML: one query, whatever the number of materials."""
    context = {"meeting": meeting, "materials": Material.objects.readable(meeting)}
    # Whoever causes the rendering may have a time zone of their own; the viewers do not share it.
    with timezone.override(None):
        return render_to_string("materials/panel.html", context)


def tell_materials(meeting: Meeting) -> None:
    """Announce the panel to the open pages; call it inside the act's transaction."""
    announce(meeting, "materials", render=lambda: {"materials": materials_panel(meeting)})
