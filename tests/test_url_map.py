"""Every page of the portal × everybody who might ask for it.

Each address of the URL map has a row that says what each kind of person is answered. A page without
a row fails the suite, so that a new page cannot forget its door. Whoever is turned away changes
nothing in the database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.cache import cache as limits_of_sign_in
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from attendees.models import (
    Admission,
    ArrivalCount,
    Participant,
    PreviewPage,
    Repair,
    RetiredSession,
    Roster,
    RosterImport,
    Visit,
)
from hosts.access import make_key, make_token
from hosts.brand import set_logo
from hosts.models import ApiToken, Host, Invitation, Logo, Membership, Workspace, hashed
from meetingportal.models import RateCounter, SentForm
from meetings.models import CoHost, PastLiveTime
from tests.conftest import attendee_of, link_between, meeting_of

ROLES = (
    "stranger",  # not signed in, no code
    "elsewhere",  # an attendee of another meeting
    "attendee",  # of this meeting
    "foreigner",  # owner of another workspace
    "colleague",  # a host of the workspace who does not manage this meeting
    "host",  # a co-host of this meeting
    "owner",  # of the workspace
    "operator",
)

Statuses = tuple[int, ...]  # in the order of ROLES


def everybody(status: int) -> Statuses:
    return (status,) * len(ROLES)


def managers(status: int, *, others: int = 404) -> Statuses:
    """Pages of a meeting in the console."""
    return (302, 302, 302, others, others, status, status, status)


def hosts(status: int) -> Statuses:
    """Pages of the console for whoever is signed in."""
    return (302, 302, 302, *[status] * 5)


def owners(status: int) -> Statuses:
    """Pages about the workspace that only its owners may use."""
    return (302, 302, 302, 404, 404, 404, status, status)


def members(status: int) -> Statuses:
    return (302, 302, 302, 404, status, status, status, status)


def admitted(status: int, *, others: int = 302) -> Statuses:
    return (others, others, status, *[others] * 5)


def operators(status: int) -> Statuses:
    """Pages of the admin site: everybody else is sent to its sign-in, which refuses hosts."""
    return (*[302] * 7, status)


@dataclass(frozen=True)
class Row:
    """What GET and POST (of `data`) answer each role."""

    get: Statuses
    post: Statuses
    data: dict[str, str] = field(default_factory=dict)
    is_way_out: bool = False  # leads to the door, and yet changes something


NO_GET = everybody(405)
NO_POST = everybody(405)

API = ("meetings", "meeting", "start", "end", "roster", "links", "attendance")

ROWS: dict[str, Row] = {
    # The portal itself
    "alive": Row(everybody(200), NO_POST),
    "ready": Row(everybody(200), NO_POST),
    "landing": Row(everybody(200), everybody(302), {"slug": "meeting1"}),
    # The meeting, behind its door
    "attendees:meeting": Row(admitted(200), admitted(405)),
    "attendees:materials": Row(admitted(200), admitted(405)),
    "attendees:follow": Row(admitted(302), admitted(405)),
    "attendees:people": Row(admitted(200), admitted(405)),
    "attendees:live": Row(admitted(200, others=403), admitted(405, others=403)),
    "attendees:join": Row((200, 200, 302, *[200] * 5), everybody(200), {"code": "wrong"}),
    "attendees:enter": Row(everybody(405), everybody(302)),
    "attendees:signed": Row(everybody(200), everybody(302)),
    "attendees:leave": Row(NO_GET, everybody(302), is_way_out=True),
    "attendees:privacy": Row(everybody(200), NO_POST),
    # Workspaces
    "hosts:workspaces": Row(hosts(200), NO_POST),
    "hosts:new_workspace": Row(hosts(200), hosts(422)),
    "hosts:workspace": Row(members(200), NO_POST),
    "hosts:rename_workspace": Row(NO_GET, owners(422)),
    "hosts:look": Row(owners(200), NO_POST),
    "hosts:set_colour": Row(NO_GET, owners(422), {"colour": "teal"}),
    "hosts:set_logo": Row(NO_GET, owners(422)),
    "hosts:remove_logo": Row(NO_GET, owners(302)),
    "brand:stylesheet": Row(everybody(200), NO_POST),
    "brand:logo": Row(everybody(200), NO_POST),
    "hosts:leave_workspace": Row(
        (302, 302, 302, 404, 200, 200, 200, 404), (302, 302, 302, 404, 302, 302, 302, 404)
    ),
    "hosts:invite": Row(NO_GET, owners(422)),
    "hosts:withdraw_invitation": Row(NO_GET, owners(302)),
    "hosts:change_role": Row(NO_GET, owners(302)),
    "hosts:remove_member": Row(owners(200), owners(302)),
    "hosts:invitation": Row((200, 200, 200, *[403] * 5), (200, 200, 200, *[403] * 5)),
    "hosts:profile": Row(hosts(200), hosts(422)),
    # Meetings in the console
    "overview:meetings": Row(hosts(200), hosts(405)),
    "overview:meeting": Row(managers(200), managers(405, others=405)),
    "overview:people": Row(managers(200), managers(405, others=405)),
    "overview:qr": Row(managers(200), managers(405, others=405)),
    "overview:map": Row(members(200), hosts(405)),
    "overview:new_rooms": Row(managers(200), managers(422)),
    "overview:together": Row(managers(200), managers(405, others=405)),
    "overview:start_together": Row(hosts(405), managers(302), {"meeting": "meeting1"}),
    "overview:end_together": Row(hosts(405), managers(200), {"meeting": "meeting1"}),
    "overview:duplicate_together": Row(hosts(405), managers(302), {"meeting": "meeting1"}),
    "meetings:new": Row(hosts(200), hosts(422)),
    "meetings:settings": Row(managers(200), managers(422)),
    "meetings:start": Row(hosts(405), managers(302)),
    "meetings:end": Row(hosts(405), managers(302)),
    "meetings:reopen": Row(hosts(405), managers(302)),
    "meetings:archive": Row(hosts(405), managers(409)),
    "meetings:take_back": Row(hosts(405), managers(302)),
    "meetings:duplicate": Row(managers(200), managers(422)),
    "meetings:cohost_add": Row(hosts(405), managers(422)),
    "meetings:cohost_remove": Row(hosts(405), managers(302)),
    # Rosters
    "roster:attendees": Row(managers(200), managers(405, others=405)),
    "roster:new": Row(managers(200), managers(422), {"firstname": ""}),
    "roster:import": Row(managers(200), managers(422)),
    "roster:preview": Row(managers(200), managers(302)),
    "roster:problems": Row(managers(200), managers(405, others=405)),
    "roster:undo": Row(managers(302), managers(302)),
    "roster:history": Row(managers(200), managers(405, others=405)),
    "roster:from_another": Row(managers(200), managers(422)),
    "roster:cards": Row(managers(200), managers(405, others=405)),
    "roster:personal_links": Row(managers(200), managers(405, others=405)),
    "roster:export": Row(managers(200), managers(405, others=405)),
    "roster:edit": Row(managers(200), managers(422), {"firstname": ""}),
    "roster:remove": Row(managers(200), managers(302)),
    # Materials and links
    "materials:materials": Row(managers(200), managers(405, others=405)),
    "materials:new": Row(managers(200), managers(422)),
    "materials:edit": Row(managers(200), managers(422)),
    "materials:remove": Row(managers(200), managers(302)),
    "materials:publish": Row(hosts(405), managers(302)),
    "materials:withdraw": Row(hosts(405), managers(302)),
    "materials:move": Row(hosts(405), managers(422)),
    "materials:links": Row(managers(200), managers(405, others=405)),
    "materials:accept": Row(hosts(405), managers(302)),
    "materials:decline": Row(hosts(405), managers(302)),
    "materials:back": Row(hosts(405), managers(302)),
    "links:people": Row(owners(200), managers(405, others=405)),
    "links:people_csv": Row(owners(200), managers(405, others=405)),
    "links:repair": Row(owners(200), owners(409)),
    "links:repaired": Row(owners(200), owners(302)),
    # Access for other systems: without a token nobody, whoever they are, gets anything
    "api:openapi": Row(everybody(200), NO_POST),
    **{f"api:{name}": Row(everybody(401), everybody(401)) for name in API},
    "api:unknown": Row(everybody(404), everybody(404)),
    "hosts:access": Row(owners(200), NO_POST),
    "hosts:new_token": Row(NO_GET, owners(422)),
    "hosts:revoke_token": Row(NO_GET, owners(302)),
    "hosts:new_key": Row(NO_GET, owners(201)),
    "hosts:remove_key": Row(NO_GET, owners(302)),
    # Paths
    "paths:arrivals": Row(managers(200), managers(405, others=405)),
    "paths:walk": Row(managers(200), managers(405, others=405)),
    "paths:report": Row(managers(200), managers(405, others=405)),
    "paths:person": Row(managers(200), managers(405, others=405)),
    "paths:moves": Row(managers(200), managers(405, others=405)),
    "paths:attendance_csv": Row(managers(200), managers(405, others=405)),
    "paths:attendance_xlsx": Row(managers(200), managers(405, others=405)),
    "paths:moves_csv": Row(managers(200), managers(405, others=405)),
    # Signing in
    "account_login": Row((200, 200, 200, *[302] * 5), (422, 422, 422, *[302] * 5)),
    "account_logout": Row((302, 302, 302, *[200] * 5), everybody(302)),
    "account_inactive": Row(everybody(200), NO_POST),
    "account_signup": Row((200, 200, 200, *[302] * 5), (422, 422, 422, *[302] * 5)),
    "account_reauthenticate": Row(hosts(200), hosts(422)),
    "account_email": Row(hosts(200), hosts(302)),
    "account_email_verification_sent": Row(everybody(200), NO_POST),
    "account_change_password": Row(hosts(200), hosts(422)),
    "account_set_password": Row(hosts(302), hosts(302)),
    "account_reset_password": Row(everybody(200), everybody(422)),
    "account_confirm_login_code": Row(everybody(302), everybody(302)),
    "account_confirm_email": Row(everybody(200), everybody(404)),
    "account_reset_password_from_key": Row(everybody(200), everybody(422)),
    "account_reset_password_from_key_done": Row(everybody(200), NO_POST),
    "account_reset_password_done": Row(everybody(200), NO_POST),
    # The admin site
    "admin/logout/": Row((302, 302, 302, *[200] * 5), everybody(302)),
    "admin:index": Row(operators(200), operators(200)),
    "admin:login": Row((302, 302, 302, *[403] * 4, 302), (302, 302, 302, *[403] * 4, 200)),
    "admin:logout": Row((302, 302, 302, *[200] * 5), everybody(302)),
    "admin:password_change": Row(operators(200), operators(200)),
    "admin:password_change_done": Row(operators(200), operators(405)),
    "admin:autocomplete": Row(operators(403), operators(405)),
    "admin:jsi18n": Row(operators(200), operators(405)),
    "admin:view_on_site": Row(operators(404), operators(404)),
    "admin:app_list": Row(operators(200), operators(200)),
    "admin:auth_user_password_change": Row(operators(200), operators(200)),
}

# Rows of these are changed by their acts, in the console: operators only look at them.
LOOKED_AT = {
    "attendees_admission",
    "attendees_arrival",
    "attendees_arrivalcount",
    "attendees_attendee",
    "attendees_participant",
    "attendees_repair",
    "attendees_previewpage",
    "hosts_apitoken",
    "hosts_logo",
    "hosts_workspacekey",
    "meetingportal_sentform",
    "attendees_retiredsession",
    "attendees_roster",
    "attendees_rosterimport",
    "attendees_visit",
    "materials_material",
    "meetingportal_ratecounter",
    "meetings_cohost",
    "meetings_meeting",
    "meetings_pastlivetime",
}
LOOKING = {
    "changelist": Row(operators(200), operators(200)),
    "add": Row(operators(403), operators(403)),
    "history": Row(operators(200), operators(200)),
    "delete": Row(operators(403), operators(403)),
    "change": Row(operators(200), operators(403)),
}
EDITED = {"account_emailaddress", "auth_group", "hosts_host", "hosts_membership", "hosts_workspace"}
EDITING = {
    "changelist": Row(operators(200), operators(200)),
    "add": Row(operators(200), operators(200)),
    "history": Row(operators(200), operators(200)),
    "delete": Row(operators(200), operators(200)),
    "change": Row(operators(200), operators(200)),
}
# Made in the console; operators may take them away.
REMOVED = {"hosts_invitation"}
REMOVING = LOOKING | {"delete": EDITING["delete"]}
for name in REMOVED:
    ROWS |= {f"admin:{name}_{page}": row for page, row in REMOVING.items()}
for name in LOOKED_AT:
    ROWS |= {f"admin:{name}_{page}": row for page, row in LOOKING.items()}
for name in EDITED:
    ROWS |= {f"admin:{name}_{page}": row for page, row in EDITING.items()}


@dataclass(frozen=True)
class Page:
    """One address of the URL map."""

    name: str
    route: str


def pages(resolver: URLResolver, route: str = "", namespace: str = "") -> Iterator[Page]:
    for found in resolver.url_patterns:
        longer = route + str(found.pattern)
        if isinstance(found, URLResolver):
            inner = f"{namespace}{found.namespace}:" if found.namespace else namespace
            yield from pages(found, longer, inner)
        elif isinstance(found, URLPattern):
            yield Page(f"{namespace}{found.name}" if found.name else longer, longer)


# Django's own redirects from `…/5/` to `…/5/change/`, and from what it does not know to a 404.
NOT_PAGES = ("<path:object_id>/", "(?P<url>.*)$")
PAGES = [
    page
    for page in pages(get_resolver())
    if page.name != page.route or not page.route.endswith(NOT_PAGES)
]


def test_every_page_has_a_row_and_every_row_a_page():
    assert {page.name for page in PAGES} == set(ROWS)


# --- The world: one of everything ------------------------------------------------------------


@dataclass
class World:
    """Who there is, and where each placeholder of an address leads."""

    clients: dict[str, Client]
    places: dict[str, object]


@cache
def hashed_password() -> str:
    return make_password("correct horse battery")  # takes longer than all the rest


def signed_in(email: str, workspace: Workspace | None = None, role: str = "host") -> Client:
    name = email.split("@")[0].title()
    host = Host.objects.create(email=email, password=hashed_password(), name=name)
    EmailAddress.objects.create(user=host, email=email, primary=True, verified=True)
    if workspace:
        Membership.objects.create(workspace=workspace, host=host, role=role)
    client = Client()
    client.force_login(host)
    return client


def admitted_to(slug: str, code: str) -> Client:
    client = Client()
    assert client.post(f"/m/{slug}/join/", {"code": code}).status_code == 302
    return client


@pytest.fixture
def world(db: None) -> World:
    northwind, elsewhere = (Workspace.objects.create(name=n) for n in ("Northwind", "Elsewhere"))
    clients = {
        "stranger": Client(),
        "foreigner": signed_in("mallory@example.org", elsewhere, "owner"),
        "colleague": signed_in("carol@example.org", northwind),
        "host": signed_in("dave@example.org", northwind),
        "owner": signed_in("alice@example.org", northwind, "owner"),
        "operator": signed_in("olga@example.org"),
    }
    Host.objects.filter(name="Olga").update(is_staff=True, is_superuser=True)
    alice, dave = Host.objects.get(name="Alice"), Host.objects.get(name="Dave")

    meeting1 = meeting_of(alice, "meeting1")
    meeting2 = meeting_of(alice, "meeting2")
    meeting3 = meeting_of(Host.objects.get(name="Mallory"), "meeting3")
    cohost = CoHost.objects.create(meeting=meeting1, host=dave)
    bob = attendee_of(meeting1, "BOB-1", "bob@example.org", "Bob")
    attendee_of(meeting3, "EVE-1", "eve@example.org", "Eve")
    link = link_between(meeting1, meeting2, alice)
    offered = link_between(meeting2, meeting1, dave)
    clients["elsewhere"] = admitted_to("meeting3", "EVE-1")
    clients["attendee"] = admitted_to("meeting1", "BOB-1")

    upload = RosterImport.objects.create(
        meeting=meeting1, uploaded_by=dave, file_name="list.csv", sha256="0" * 64, size=40, rows=1,
        content=b"code,email,firstname\nANA-1,ana@example.org,Ana\n",
    )  # fmt: skip
    invitation = Invitation.objects.create(
        workspace=northwind, email="new@example.org", token_hash=hashed("token"), invited_by=alice,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    set_logo(northwind, b"\x89PNG\r\n\x1a\n")
    make_token(northwind, "Members", by=alice)
    api_token = ApiToken.objects.get()
    ArrivalCount.objects.create(meeting=meeting1, how="asked", reason="unknown", times=1)
    SentForm.objects.create(key="form", at=timezone.now())
    PreviewPage.objects.create(upload=upload, number=1, content=b"page")
    Roster.objects.create(meeting=meeting1)
    PastLiveTime.objects.create(
        meeting=meeting1, started_at=timezone.now() - timedelta(hours=1), ended_at=timezone.now()
    )
    RateCounter.objects.create(bucket="b" * 64, level=1, hits=1, at=0)
    RetiredSession.objects.create(key_hash="k" * 64, mark="m", until=timezone.now())
    Group.objects.create(name="Operators")
    repair = Repair.objects.create(
        meeting=meeting1, other=meeting2, changed=meeting2, act="way-back", sentence="Made."
    )
    admission = Admission.objects.get(meeting=meeting1)
    Visit.objects.create(
        meeting=meeting1, participant=admission.participant, admission=admission, tab=uuid4(),
        present_until=timezone.now() + timedelta(seconds=60),
    )  # fmt: skip
    assert Participant.objects.filter(meeting=meeting1).count() == 1
    return World(
        clients,
        {
            "slug": "meeting1",
            "material_id": link.pk,
            "attendee_id": bob.pk,
            "upload_id": upload.pk,
            "host_id": cohost.host_id,
            "pk": northwind.pk,
            "invitation": invitation.pk,
            "member": Membership.objects.get(host=dave).pk,
            "other": "meeting2",
            "outcome": "carried",
            "act": "way-back",
            "repair_id": repair.pk,
            "token": "token",
            "api_token": api_token.pk,
            "colour": "0f6b6b",
            "digest": Logo.objects.get().digest,
            "key_id": make_key(northwind, by=alice).pk,
            "rest": "nothing",
            "key": "key",
            "uidb36": "1",
            "app_label": "meetings",
            "content_type_id": 1,
            "id": dave.pk,
            "object_id": 1,
            "offered": offered.pk,
        },
    )


PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


def address_of(page: Page, world: World) -> str:
    if page.name == page.route:
        return f"/{page.route}"
    places = dict(world.places)
    if page.name.startswith("materials:") and "/links/" in page.route:
        places["material_id"] = places["offered"]
    if "object_id" in page.route and page.name != "admin:view_on_site":
        places["object_id"] = row_for_admin(page.name)
    return reverse(page.name, kwargs={k: places[k] for k in PLACEHOLDER.findall(page.route)})


def row_for_admin(name: str) -> Any:
    """The primary key of some row of the model that a page of the admin site is about."""
    app_label, _, rest = name.removeprefix("admin:").partition("_")
    model = rest.rpartition("_")[0]
    return apps.get_model(app_label, model)._base_manager.order_by("pk").first().pk


def everything_stored() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, but for sessions and for what limits have counted."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model not in (Session, RateCounter)
    }


READING = ("SELECT ", "SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


@contextmanager
def writing() -> Iterator[list[str]]:
    """The statements within that are not known to write nothing."""
    statements: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith(READING):
            statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield statements


def answers(page: Page, world: World, method: str, data: dict[str, str]) -> dict[str, int]:
    """The status for each role; nothing that one of them does is there for the next."""
    address = address_of(page, world)
    before = everything_stored()
    found: dict[str, int] = {}
    for role in ROLES:
        client = world.clients[role]
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            with writing() as statements:
                answer = getattr(client, method)(address, data)
            found[role] = answer.status_code
            may_write = method == "post" or address.startswith("/m/")
            if statements and (was_turned_away(answer, page) or not may_write):
                assert everything_stored() == before, f"{role}: {method} {address}"
            transaction.set_rollback(True)
        client.cookies = cookies
    return found


def was_turned_away(answer: Any, page: Page) -> bool:
    to = answer.headers.get("Location", "")
    to_a_door = to.startswith(("/accounts/login/", "/admin/login/")) or "/join/" in to
    return answer.status_code in (401, 403, 404, 405) or (
        to_a_door and not ROWS[page.name].is_way_out
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_everybody_is_answered(page: Page, world: World):
    limits_of_sign_in.clear()
    row = ROWS[page.name]
    expected = {
        "get": dict(zip(ROLES, row.get, strict=True)),
        "post": dict(zip(ROLES, row.post, strict=True)),
    }
    assert {
        "get": answers(page, world, "get", {}),
        "post": answers(page, world, "post", row.data),
    } == expected
