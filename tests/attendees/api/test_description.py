"""Every path, method and status of the description is answered so, and no other."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from attendees.api import calls, urls
from attendees.api.description import SCHEMAS, description
from attendees.models import Attendee
from attendees.roster.lock import RosterIsBusy
from hosts.models import Host
from materials import publishing
from meetingportal.limits import Limit
from meetings.models import Meeting
from tests.attendees.api.conftest import System
from tests.conftest import meeting_of

SLUG_PATHS = {
    "/meetings/{slug}/": ("get",),
    "/meetings/{slug}/start/": ("post",),
    "/meetings/{slug}/end/": ("post",),
    "/meetings/{slug}/roster/": ("post",),
    "/meetings/{slug}/links/": ("get", "post"),
    "/meetings/{slug}/attendance/": ("get",),
}
BODIES: dict[str, Any] = {
    "/meetings/": {"title": "New"},
    "/meetings/{slug}/roster/": {
        "rows": [{"code": "ANA-1", "email": "ana@example.org", "firstname": "Ana"}]
    },
    "/meetings/{slug}/links/": {"target": "meeting2"},
}


def test_paths_and_methods_are_those_of_the_address_map():
    mapped = {
        "/" + str(route.pattern).replace("<str:slug>", "{slug}"): set(
            getattr(route.callback, "methods", ["GET"])
        )
        for route in urls.urlpatterns
        if route.name != "unknown"
    }
    described = {
        path: {name.upper() for name in said if name != "parameters"}
        for path, said in description()["paths"].items()
    }
    assert described == mapped


def test_every_described_status_is_answered(
    system: System,
    alice: Host,
    meeting2: Meeting,
    bob: Attendee,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting_of(alice, "soon", state="scheduled", started_at=None)
    meeting_of(alice, "over", state="ended")
    operations = [
        (path, method)
        for path, said in description()["paths"].items()
        for method in said
        if method != "parameters" and path != "/openapi.json"
    ]

    # What is refused changes nothing, so the order does not matter but for the last.
    for path, method in operations:
        here = path.format(slug="meeting1")
        if "{slug}" in path:
            assert system.call(method, path.format(slug="nowhere")).status_code == 404
        elif method == "get":
            assert system.call(method, f"{here}?page=99").status_code == 404
        if method == "post" and path in BODIES:
            assert system.call(method, here, raw=b"{").status_code == 400
            assert system.call(method, here, content_type="text/csv").status_code == 415
            assert system.call(method, here, {"nothing": 1}).status_code == 422
            large = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            assert system.call(method, here, raw=large).status_code == 413
    assert system.call("post", "/meetings/over/start/").status_code == 409
    assert system.call("post", "/meetings/soon/end/").status_code == 409
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "MAX_MATERIALS", 0)
        assert (
            system.call("post", "/meetings/meeting1/links/", {"target": "meeting2"}).status_code
            == 409
        )

    def is_busy(*args: object) -> None:
        raise RosterIsBusy

    with monkeypatch.context() as patched:
        patched.setattr("attendees.roster.importing.lock_rosters", is_busy)
        busy = system.call("post", "/meetings/meeting1/roster/", BODIES["/meetings/{slug}/roster/"])
        assert busy.status_code == 409
    for path, method in operations:
        answer = system.call(method, path.format(slug="meeting1"), BODIES.get(path))
        assert answer.status_code in (200, 201)

    links = "/meetings/{slug}/links/"
    again = system.call("post", links.format(slug="meeting1"), BODIES[links])
    assert again.status_code == 200

    stranger = System("portal_nobody", system.seen)
    for path, method in operations:
        assert stranger.call(method, path.format(slug="meeting1")).status_code == 401
    monkeypatch.setattr(calls, "CALLS_OF_A_TOKEN", Limit(name="one", burst=1, per_minute=0.01))
    assert system.call("get", "/meetings/").status_code == 200
    for path, method in operations:
        assert system.call(method, path.format(slug="meeting1")).status_code == 429

    described = {
        (path, method, int(status))
        for path, method in operations
        for status in description()["paths"][path][method]["responses"]
    }
    assert system.seen == described


def test_anybody_may_read_the_description() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.json() == json.loads(json.dumps(description()))
    assert answer.json()["openapi"] == "3.1.0"


def defaults(schema: str) -> dict[str, Any]:
    fields = SCHEMAS[schema]["properties"].items()
    return {name: said["default"] for name, said in fields if "default" in said}


def test_what_is_left_out_is_as_described(
    system: System, meeting1: Meeting, meeting2: Meeting
) -> None:
    meeting = system.post("/meetings/", {"title": "New"}, 201)
    assert {name: meeting[name] for name in defaults("NewMeeting")} == defaults("NewMeeting")
    links, link = "/meetings/meeting1/links/", {"target": "meeting2"}
    made = system.post(links, link, 201)
    assert system.post(links, link | defaults("NewLink"), 200) == made
    rows = BODIES["/meetings/{slug}/roster/"]
    imported = system.post("/meetings/meeting1/roster/", rows)
    assert system.post("/meetings/meeting2/roster/", rows | defaults("Roster")) == imported
    assert imported["summary"]["new"] == 1


def test_all_references_lead_somewhere() -> None:
    text = json.dumps(description())
    schemas = description()["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)


def test_another_method_is_refused(system: System, meeting1: Meeting) -> None:
    answer = system.call("delete", "/meetings/meeting1/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert Meeting.objects.filter(slug="meeting1").exists()


def test_an_unknown_address_says_so(system: System) -> None:
    answer = system.call("get", "/meetings")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_limits_are_told_apart(system: System, meeting1: Meeting) -> None:
    rows = [{"code": str(n)} for n in range(calls.MAX_ROWS + 1)]
    said = system.post("/meetings/meeting1/roster/", {"rows": rows}, 413)
    assert said["detail"] == "There are more than 10,000 rows. Send them in parts."


@pytest.mark.parametrize(
    "raw",
    [b" ", b"\xff", b"[" * 100_000, b'{"title": "\\ud800"}', b"nul", b'{"title": 1e999999}'],
    ids=["nothing", "not UTF-8", "too deep", "half a pair", "broken", "too large a number"],
)
def test_what_is_not_sound_json_is_refused(raw: bytes, system: System) -> None:
    assert system.call("post", "/meetings/", raw=raw).status_code in (400, 422)
    assert not Meeting.objects.exists()


def test_a_number_where_text_belongs_is_refused(system: System) -> None:
    said = system.post("/meetings/", {"title": 5}, 422)
    assert said["detail"] == "“title” must be text."
