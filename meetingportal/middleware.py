"""Middleware that knows no subject. All of it is synchronous: see `meetingportal.handler`."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
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
