from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
