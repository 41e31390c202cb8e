"""How a call of the API is asked and answered: the token, the body, the problems."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from hosts.access import holder_of, note_use
from hosts.models import ApiToken
from meetingportal.limits import Limit
from meetings.models import Meeting, MeetingQuerySet, is_slug

MAX_ROWS = 10_000  # of a roster in one call; the body's size is limited as well
CALLS_OF_A_TOKEN = Limit(name="API calls of a token", burst=120, per_minute=120)
TITLES = {
    400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 413: "Content Too Large", 415: "Unsupported Media Type",
    422: "Unprocessable Content", 429: "Too Many Requests",
}  # fmt: skip
NAMES = {str: "text", bool: "true or false", list: "a list"}


class Refused(Exception):
    """The call is not done; answered as application/problem+json (RFC 9457)."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more or {}
        self.headers = headers or {}


@dataclass(frozen=True)
class Answer:
    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call with a token that holds."""

    request: HttpRequest
    token: ApiToken

    def meetings(self) -> MeetingQuerySet:
        return Meeting.objects.filter(workspace=self.token.workspace_id)

    def meeting(self, slug: str) -> Meeting:
        """A meeting of the token's workspace; any other does not exist."""
        meetings = self.meetings().select_related("workspace")
        found = meetings.filter(slug=slug).first() if is_slug(slug) else None
        if found is None:
            raise Refused(404, f"There is no meeting “{slug}” in this workspace.")
        return found

    def body(self, fields: Mapping[str, type]) -> dict[str, Any]:
        """The JSON object that was sent, which has no other fields than these."""
        said = parsed(self.request)
        for name, value in said.items():
            if name not in fields:
                raise Refused(422, f"There is no field “{name}”. There are: {', '.join(fields)}.")
            if type(value) is not fields[name]:
                raise Refused(422, f"“{name}” must be {NAMES[fields[name]]}.")
        return said

    def page_of[M: Model](self, rows: QuerySet[M], size: int) -> Page[M]:
        number = self.request.GET.get("page", "1")
        try:
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise EmptyPage
            return Paginator(rows, size).page(int(number))
        except EmptyPage:
            raise Refused(404, "There is no such page. The first one is page=1.") from None

    def address_of_next(self, page: Page[Any]) -> str | None:
        if not page.has_next():
            return None
        return f"{settings.SITE_URL}{self.request.path}?page={page.next_page_number()}"


View = Callable[..., Answer]


def resource(**views: View) -> Callable[..., HttpResponse]:
    """One address of the API, with a view for each of its methods."""
    by_method = {name.upper(): view for name, view in views.items()}

    # A cookie opens nothing here, so no other site can make a browser act.
    @csrf_exempt
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            call = Call(request, token_shown(request))
            view = by_method.get("GET" if request.method == "HEAD" else str(request.method))
            if view is None:
                raise method_refused(*by_method)
            return told(view(call, **kwargs))
        except Refused as refusal:
            return problem(refusal)

    answer.methods = tuple(by_method)  # type: ignore[attr-defined]  # compared with the description
    return answer


def method_refused(*methods: str) -> Refused:
    allowed = ", ".join(methods)
    return Refused(405, f"This address takes {allowed} only.", headers={"Allow": allowed})


def token_shown(request: HttpRequest) -> ApiToken:
    """The token of the call, counted. Raises Refused."""
    now = timezone.now()
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    token = holder_of(shown.strip(), at=now) if scheme.lower() == "bearer" else None
    if token is None:
        raise Refused(
            401,
            "Send a valid token as “Authorization: Bearer …”. An owner of the workspace makes "
            "tokens in the console, on the workspace's page “Other systems”.",
            headers={"WWW-Authenticate": 'Bearer realm="meeting portal"'},
        )
    taken = CALLS_OF_A_TOKEN.hit(str(token.pk))
    if not taken.allowed:
        raise Refused(
            429,
            f"Too many calls with this token. Try again in {taken.retry_after} s.",
            headers={"Retry-After": str(taken.retry_after)},
        )
    note_use(token, at=now)
    return token


def parsed(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Refused(415, "Send JSON, with the header “Content-Type: application/json”.")
    try:
        said = json.loads(request.body)
        json.dumps(said, ensure_ascii=False).encode()  # half of a pair is no character
    except RequestDataTooBig:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // settings.MEGABYTE
        raise Refused(413, f"The body has more than {most} MB. Send it in parts.") from None
    except (ValueError, RecursionError, UnreadablePostError):
        raise Refused(400, "The body is not JSON in UTF-8.") from None
    if not isinstance(said, dict):
        raise Refused(422, "The body must be a JSON object.")
    return said


def told(answer: Answer) -> HttpResponse:
    return written(answer.data, answer.status, "application/json", answer.headers)


def problem(refusal: Refused) -> HttpResponse:
    said = {
        "type": "about:blank",
        "title": TITLES[refusal.status],
        "status": refusal.status,
        "detail": refusal.detail,
        **refusal.more,
    }
    return written(said, refusal.status, "application/problem+json", refusal.headers)


def written(data: Any, status: int, kind: str, headers: Mapping[str, str]) -> HttpResponse:
    content = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    return HttpResponse(content, status=status, content_type=kind, headers=dict(headers))
