"""Pages about the portal itself: is it well, and what went wrong."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database and the channel layer answer, else 503; says which does not."""
    state = {"database": database_answers(), "channel_layer": channel_layer_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def channel_layer_answers() -> bool:
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)("readyz", {"type": "ready"})
    except Exception:  # noqa: BLE001 - whatever the layer's broker raises, it did not answer
        return False
    return True


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
