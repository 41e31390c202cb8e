"""The API in OpenAPI 3.1. A test compares it with what is answered: paths, methods, statuses."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from attendees.api.calls import MAX_ROWS
from attendees.explaining import SMALLEST_GROUP
from attendees.roster.plan import Mode
from attendees.roster.problems import Problem
from attendees.roster.steps import State
from meetings.models import Meeting

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
UNSET: Schema = FLAG | {"default": False}
NUMBER: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
NEXT: Schema = {"type": ["string", "null"], "description": "Address of the next page."}

PROBLEMS = {
    400: "The body is not JSON.",
    401: "There is no token, or it opens nothing (any more).",
    404: "There is no such meeting in the token's workspace, or no such page.",
    409: "This cannot be done now; the detail says why.",
    413: "The body is too large, or has too many rows.",
    415: "The body is not sent as application/json.",
    422: "Something in the body is wrong; the detail says what.",
    429: "Too many calls with this token; Retry-After says when to go on.",
}
DONE = {200: "Done."}
CREATED = {201: "Done."}
EVERY = (401, 429)
WITH_BODY = (400, 413, 415, 422)


def closed(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def maybe(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def one_of(values: list[str]) -> Schema:
    return {"type": "string", "enum": values}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


SETTINGS = {
    "require_access_codes": FLAG
    | {"description": "Only people of the list come in, by their code or from a linked meeting."},
    "ask_email": FLAG | {"description": "The code prompt asks for the email, too."},
    "anonymize_attendees": FLAG
    | {"description": "No name is shown to anybody, and nothing is kept of who did what."},
    "always_ask": FLAG | {"description": "Everybody types the code here: no link carries in."},
}
FINDING = closed(
    {
        "line": {"type": ["integer", "null"], "description": "Number of the row, from 1."},
        "column": maybe(TEXT),
        "problem": one_of([problem.value for problem in Problem]),
        "message": TEXT,
    }
)
REPORT: dict[str, Schema] = {
    "rows": listed(
        closed(
            {
                "line": NUMBER,
                "state": one_of([state.value for state in State]),
                "code": TEXT,
                "email": TEXT,
                "firstname": TEXT,
                "lastname": TEXT,
                "external_id": TEXT,
            }
        )
    ),
    "errors": listed(FINDING),
    "warnings": listed(FINDING),
    "summary": closed({state.value: NUMBER for state in State} | {"errors": NUMBER}),
}
SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. A form's errors, or a roster's report, come as further members.",
        "properties": {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT},
        "required": ["type", "title", "status", "detail"],
    },
    "Meeting": closed(
        {
            "slug": TEXT,
            "title": TEXT,
            "description": TEXT,
            "address": TEXT | {"description": "What attendees open."},
            "state": one_of([state.value for state in Meeting.State]),
            "is_archived": FLAG,
            "starts_at": maybe(MOMENT),
            "started_at": maybe(MOMENT),
            "ended_at": maybe(MOMENT),
            **SETTINGS,
        }
    ),
    "Meetings": closed({"meetings": listed(ref("Meeting")), "next": NEXT}),
    "NewMeeting": closed(
        {
            "title": TEXT | {"minLength": 1, "maxLength": 200, "pattern": r"\S"},
            "slug": TEXT
            | {
                "maxLength": 64,
                "pattern": "^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)?$",
                "description": "Left out or empty: a random one that nobody can guess. Give one of "
                "your own, and a call that is sent twice makes one meeting.",
            },
            "description": TEXT | {"maxLength": 2000},
            "starts_at": MOMENT | {"description": "With its offset; in the years 2000 to 2100."},
            **{
                name: said | {"default": name == "require_access_codes"}
                for name, said in SETTINGS.items()
            },
        },
        optional=("slug", "description", "starts_at", *SETTINGS),
    ),
    "Roster": closed(
        {
            # Whatever else stands in a row is a problem of that row, which the report names.
            "rows": listed(
                {
                    "description": "An object; each value is text, or null for nothing.",
                    "examples": [
                        {
                            "code": "00123",
                            "email": "ana@example.org",
                            "firstname": "Ana",
                            "lastname": "Ng",
                            "external_id": "M-1007",
                        }
                    ],
                }
            )
            | {
                "description": "People with code, email, firstname, and if wanted lastname, "
                "external_id and fields of your own; the same fields in every row.",
                "minItems": 1,
                "maxItems": MAX_ROWS,
            },
            "dry_run": UNSET | {"description": "Only say what would be done."},
            "mode": one_of([mode.value for mode in Mode])
            | {
                "description": "Whoever is on the list and not in the rows stays on it.",
                "default": Mode.ADD_AND_UPDATE.value,
            },
            "generate_codes": UNSET | {"description": "New people may come without a code."},
            "new_codes": UNSET | {"description": "People found otherwise take the code sent."},
            "leave_out_errors": UNSET | {"description": "Import the rows that are right."},
        },
        optional=("dry_run", "mode", "generate_codes", "new_codes", "leave_out_errors"),
    ),
    "RosterReport": closed(REPORT),
    "Link": closed(
        {
            "id": TEXT,
            "from": TEXT,
            "to": TEXT,
            "title": TEXT,
            "is_published": FLAG,
            "carries": FLAG,
            "has_way_back": FLAG,
            "verdict": TEXT,
            "explanation": TEXT,
            "people": NUMBER | {"description": "On the list of the meeting that it leads from."},
            "known_there": NUMBER | {"description": "Of them, whom the other list knows."},
            "not_meant": NUMBER
            | {"description": "Of them, who is elsewhere on purpose: the room is for others."},
        }
    ),
    "Links": closed({"links": listed(ref("Link"))}),
    "NewLink": closed(
        {
            "target": TEXT | {"description": "Slug of a meeting of the workspace.", "minLength": 1},
            "title": TEXT
            | {"maxLength": 200, "description": "Left out or empty: the title of the target."},
            "is_published": FLAG
            | {"default": True, "description": "If not, it is a draft, which nobody follows."},
            "link_back": UNSET | {"description": "Put a link back into the other meeting, too."},
        },
        optional=("title", "is_published", "link_back"),
    ),
    "Attendance": closed(
        {
            "meeting": TEXT,
            "at": MOMENT,
            "present": NUMBER
            | {
                "description": "People in the meeting now, named or not; 0 while it is not live. "
                "Who waits in the lobby does not count. Where attendees are anonymous, rounded "
                f"down to a multiple of {SMALLEST_GROUP}, so 0 for small groups."
            },
            "is_anonymous": FLAG,
            "participants": {
                "type": ["array", "null"],
                "description": "Those known by name; null where attendees are anonymous.",
                "items": closed(
                    {
                        "external_id": TEXT,
                        "email": TEXT,
                        "firstname": TEXT,
                        "lastname": TEXT,
                        "is_present": FLAG,
                        "visits": listed(
                            closed({"started_at": maybe(MOMENT), "ended_at": maybe(MOMENT)})
                        )
                        | {
                            "description": "Only times in which the meeting was live: waiting in "
                            "the lobby and reading after the end do not count."
                        },
                    }
                ),
            },
            "next": NEXT,
        }
    ),
}
SLUG = {"name": "slug", "in": "path", "required": True, "schema": TEXT}
PAGE = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}


def json_of(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def operation(
    summary: str,
    answer: str,
    *refused: int,
    takes: str = "",
    done: Mapping[int, str] = DONE,
    is_paged: bool = False,
) -> Schema:
    refused = (*EVERY, *refused, *(WITH_BODY if takes else ()))
    said: Schema = {
        "summary": summary,
        "responses": {
            **{
                str(number): {"description": description, "content": json_of(ref(answer))}
                for number, description in done.items()
            },
            **{
                str(number): {
                    "description": PROBLEMS[number],
                    "content": {"application/problem+json": {"schema": ref("Problem")}},
                }
                for number in sorted(refused)
            },
        },
    }
    if takes:
        said["requestBody"] = {"required": True, "content": json_of(ref(takes))}
    if is_paged:
        said["parameters"] = [PAGE]
    return said


def of_meeting(**operations: Schema) -> Schema:
    return {"parameters": [SLUG], **operations}


def paths() -> Schema:
    return {
        "/openapi.json": {
            "get": {
                "summary": "This description",
                "security": [],
                "responses": {
                    "200": {"description": "OpenAPI", "content": json_of({"type": "object"})}
                },
            }
        },
        "/meetings/": {
            "get": operation("The meetings, newest first", "Meetings", 404, is_paged=True),
            "post": operation("Create a meeting", "Meeting", takes="NewMeeting", done=CREATED),
        },
        "/meetings/{slug}/": of_meeting(get=operation("One meeting", "Meeting", 404)),
        "/meetings/{slug}/start/": of_meeting(
            post=operation("Start the meeting", "Meeting", 404, 409)
        ),
        "/meetings/{slug}/end/": of_meeting(
            post=operation("End the meeting", "Meeting", 404, 409)
        ),
        "/meetings/{slug}/roster/": of_meeting(
            post=operation(
                "Add and update attendees, as the import does",
                "RosterReport", 404, 409, takes="Roster",
            )
        ),
        "/meetings/{slug}/links/": of_meeting(
            get=operation("Links from and to the meeting", "Links", 404),
            post=operation(
                "Put a link to another meeting on the Materials tab",
                "Link", 404, 409, takes="NewLink", done=CREATED | {200: "It was there."},
            ),
        ),
        "/meetings/{slug}/attendance/": of_meeting(
            get=operation("Who is present and was when", "Attendance", 404, is_paged=True)
        ),
    }  # fmt: skip


def description() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meeting portal",
            "version": "1",
            "description": "Meetings, rosters, links and attendance of one workspace. "
            "A token has the rights of the owner who made it, for as long as they are an owner.",
        },
        "servers": [{"url": f"{settings.SITE_URL}/api/v1"}],
        "security": [{"token": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": SCHEMAS,
        },
    }
