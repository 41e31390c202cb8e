from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_only_middleware

from hosts.models import Host
from meetingportal.middleware import GetResponse


@sync_only_middleware
def host_time_zone(get_response: GetResponse) -> GetResponse:
    """In the console, times are read and written in the host's own time zone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/host/") or not isinstance(request.user, Host):
            return get_response(request)
        try:
            zone = ZoneInfo(request.user.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware


@sync_only_middleware
def refused_account_forms(get_response: GetResponse) -> GetResponse:
    """A form of allauth's that was not accepted answers 422, as those of the console do."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.path.startswith("/accounts/") and response.status_code == 200:
            form = (getattr(response, "context_data", None) or {}).get("form")
            if isinstance(form, BaseForm) and form.errors:
                response.status_code = 422
        return response

    return middleware
