"""The pages for when something went wrong need nothing that may itself be broken."""

import json
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path, reverse

from hosts.models import Host
from meetingportal.handler import OneHopHandler
from meetingportal.middleware import page_above
from meetingportal.urls import handler400, handler404, handler429, handler500
from meetingportal.urls import urlpatterns as portal_pages
from meetings.models import Meeting

FAILURES: dict[str, Exception] = {
    "400": SuspiciousOperation(),
    "403": PermissionDenied(),
    "404": Http404(),
    "413": RequestDataTooBig(),
    "500": RuntimeError("secret details"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name]


# The portal as it is, with a place where things go wrong, as page and as call.
urlpatterns = [path("fails/<name>/", fail), path("api/v1/fails/<name>/", fail), *portal_pages]
__all__ = ["handler400", "handler404", "handler429", "handler500", "urlpatterns"]


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "413", "429", "500"])
def test_page_renders_without_request_and_database(name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert page.count("<h1>") == 1
    assert "</html>" in page


def test_unknown_address_is_a_calm_404(db: None) -> None:
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", FAILURES)
def test_whatever_goes_wrong_has_a_page_with_a_way_back(db: None, name: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/fails/{name}/")
    assert answer.status_code == int(name)
    assert answer.text == render_to_string(f"{name}.html")
    assert 'class="door-card"' in answer.text
    assert 'href="/"' in answer.text
    assert "secret details" not in answer.text


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ["400", "404", "413", "500"])
def test_programs_are_told_of_failures_in_json(db: None, name: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/api/v1/fails/{name}/")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.text)["status"] == answer.status_code == int(name)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1", "/api/v1/", "/api/v1/no/such/", "/api/v2/x/"]
)
def test_programs_are_told_of_unknown_addresses_in_json(
    db: None, method: str, address: str
) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.text) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address. Addresses of the API end with a slash.",
    }


def test_what_only_a_button_does_says_so_and_leads_back(
    client_of, alice: Host, meeting1: Meeting
) -> None:
    answer = client_of(alice).get(reverse("meetings:start", args=["meeting1"]))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "does nothing when it is opened in this way" in answer.text
    assert 'href="/host/meetings/meeting1/"' in answer.text
    assert int(answer["Content-Length"]) == len(answer.content)
    the_other_way_round = client_of(alice).post("/host/")
    assert (the_other_way_round.status_code, the_other_way_round["Allow"]) == (405, "GET, HEAD")
    assert 'class="door-card"' in the_other_way_round.text


def test_programs_are_told_of_a_wrong_method_in_json(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/openapi.json")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("/host/meetings/m1/start/", "/host/meetings/m1/"),
        ("/m/m1/leave/", "/m/m1/"),
        ("/accounts/no/such/thing/", "/"),
        ("//evil.example/x/", "/"),
        ("/", "/"),
    ],
)
def test_the_way_back_is_the_nearest_page_above(address: str, above: str) -> None:
    assert page_above(address) == above


def test_what_cannot_be_read_has_a_page_too() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"\xff", "headers": []}
    request, refusal = OneHopHandler().create_request(scope, BytesIO())
    assert request is None
    assert (refusal.status_code, refusal.content.decode()) == (400, render_to_string("400.html"))


def test_whoever_asks_for_another_host_is_refused_without_a_word_in_the_log(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Client(raise_request_exception=False).get("/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, caplog.records) == (400, [])
