from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_only_middleware

from meetingportal.middleware import GetResponse


@sync_only_middleware
def admission(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    return middleware
