"""Middleware that knows no subject. All of it is synchronous: see `meetingportal.handler`."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control
from django.utils.decorators import sync_only_middleware

from meetingportal.addresses import true_address

GetResponse = Callable[[HttpRequest], HttpResponseBase]


@sync_only_middleware
def client_address(get_response: GetResponse) -> GetResponse:
    """Put the client's true address into REMOTE_ADDR, before anything counts or logs it."""
    header = "HTTP_" + settings.CLIENT_ADDRESS_HEADER.upper().replace("-", "_")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = true_address(
            request.META.get("REMOTE_ADDR", ""), request.META.get(header, "")
        )
        return get_response(request)

    return middleware


@sync_only_middleware
def private_pages(get_response: GetResponse) -> GetResponse:
    """Pages are for the one who asked: nothing on the way, and no shared computer, keeps them."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


@sync_only_middleware
def refused_methods(get_response: GetResponse) -> GetResponse:
    """An address that was opened in a way for which it is not made says so, and leads back."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            context = {"way_back": page_above(request.path_info)}
            response.content = render_to_string("405.html", context)
        return response

    return middleware


def page_above(path: str) -> str:
    """The nearest address above this one at which there is a page."""
    above = path.rstrip("/")
    while "/" in above:
        above = above.rpartition("/")[0]
        try:
            resolve(f"{above}/")
        except Resolver404:
            continue
        return f"{above}/"
    return "/"
