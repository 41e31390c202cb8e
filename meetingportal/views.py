"""Pages about the portal itself: is it well, and what went wrong."""

from http import HTTPStatus

from asgiref.sync import async_to_sync
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from meetingportal.fanout import hand_over


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
    try:
        async_to_sync(hand_over)("readyz", {"type": "ready"})
    except Exception:  # noqa: BLE001 - whatever the layer's broker raises, it did not answer
        return False
    return True


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return refused(request, 413, "The body is too large.")
    return refused(request, 400, "The request is broken.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = "There is nothing at this address. Addresses of the API end with a slash."
    return refused(request, 404, detail)


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "Something went wrong here. Look whether it has happened before you try again."
    return refused(request, 500, detail)


def refused(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """A page that needs neither the database nor the request; to programs, JSON (RFC 9457)."""
    if request.path_info.startswith("/api/"):
        title = HTTPStatus(status).phrase
        said = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JsonResponse(said, status=status, content_type="application/problem+json")
    return HttpResponse(render_to_string(f"{status}.html"), status=status)
