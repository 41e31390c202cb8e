"""Every page, as the people see it who may: nothing bars anybody's way, and it fits a phone."""

from collections.abc import Callable, Iterable

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import URLResolver, get_resolver
from playwright.sync_api import expect

from attendees.guarding import WRONG_CODES_PER_ADDRESS, WRONG_CODES_PER_MEETING
from hosts.models import Host, Workspace
from meetingportal.addresses import bucket_for
from meetingportal.models import RateCounter
from tests.browser.house import House, furnish
from tests.browser.visitors import PHONE, TAKES_PICTURES, Visitor

pytestmark = pytest.mark.browser

Visitors = Callable[..., Visitor]
Pages = dict[str, list[str]]  # by the name in the URL map

PICTURES = settings.BASE_DIR / "docs" / "pictures"

OF_STRANGERS: Pages = {
    "landing": ["/", "/nothing-here/"],
    "attendees:join": ["/m/assembly/join/", "/m/hall/join/", "/m/past/join/"],
    "attendees:signed": ["/m/assembly/signed/"],
    "attendees:privacy": ["/m/assembly/privacy/"],
    "hosts:invitation": ["/host/invitations/{invitation}/", "/host/invitations/unknown/"],
    "account_login": ["/accounts/login/"],
    "account_signup": ["/accounts/signup/", "/accounts/signup/?invitation={invitation}"],
    "account_inactive": ["/accounts/inactive/"],
    "account_email_verification_sent": ["/accounts/confirm-email/"],
    "account_confirm_email": ["/accounts/confirm-email/{confirmation}/"],
    "account_reset_password": ["/accounts/password/reset/"],
    "account_reset_password_done": ["/accounts/password/reset/done/"],
    "account_reset_password_from_key": [
        "/accounts/password/reset/key/{reset}/",
        "/accounts/password/reset/key/1-unknown/",
    ],
    "account_reset_password_from_key_done": ["/accounts/password/reset/key/done/"],
}
OF_ATTENDEES: Pages = {
    "attendees:meeting": ["/m/assembly/", "/m/hall/", "/m/past/", "/m/plaza/"],
    "attendees:materials": ["/m/assembly/materials/"],
    "attendees:people": ["/m/assembly/people/", "/m/plaza/people/"],
}
OF_HOSTS: Pages = {
    "overview:meetings": ["/host/", "/host/?q=nothing+fits"],
    "overview:meeting": [f"/host/meetings/{slug}/" for slug in ("assembly", "hall", "past")],
    "overview:people": ["/host/meetings/assembly/people/"],
    "overview:map": ["/host/workspaces/{workspace}/map/"],
    "overview:new_rooms": ["/host/meetings/assembly/rooms/new/"],
    "overview:together": ["/host/meetings/assembly/together/"],
    "meetings:new": ["/host/meetings/new/"],
    "meetings:settings": ["/host/meetings/assembly/settings/"],
    "meetings:duplicate": ["/host/meetings/assembly/duplicate/"],
    "roster:attendees": [
        "/host/meetings/assembly/attendees/",
        "/host/meetings/assembly/attendees/?q=mira",
        "/host/meetings/empty/attendees/",
    ],
    "roster:new": ["/host/meetings/assembly/attendees/new/"],
    "roster:import": ["/host/meetings/assembly/attendees/import/"],
    "roster:preview": ["/host/meetings/assembly/attendees/import/{upload}/"],
    "roster:edit": ["/host/meetings/assembly/attendees/{mira}/"],
    "roster:history": ["/host/meetings/assembly/attendees/imports/"],
    "roster:cards": ["/host/meetings/assembly/attendees/cards/"],
    "roster:from_another": ["/host/meetings/assembly/attendees/from-another-meeting/"],
    "roster:remove": ["/host/meetings/assembly/attendees/{mira}/remove/"],
    "materials:materials": [
        "/host/meetings/assembly/materials/",
        "/host/meetings/empty/materials/",
    ],
    "materials:new": ["/host/meetings/assembly/materials/new/"],
    "materials:edit": ["/host/meetings/assembly/materials/{material}/edit/"],
    "materials:remove": ["/host/meetings/assembly/materials/{material}/remove/"],
    "materials:links": ["/host/meetings/assembly/links/", "/host/meetings/empty/links/"],
    "links:people": [
        "/host/meetings/assembly/links/room/people/carried/",
        "/host/meetings/assembly/links/room/people/not-listed/",
    ],
    "links:repair": ["/host/meetings/hall/links/room/repair/way-back/"],
    "links:repaired": ["/host/meetings/assembly/links/repairs/{repair}/"],
    "paths:report": ["/host/meetings/assembly/paths/", "/host/meetings/empty/paths/"],
    "paths:person": ["/host/meetings/assembly/paths/people/{mira}/"],
    "paths:moves": ["/host/meetings/assembly/paths/moves/", "/host/meetings/empty/paths/moves/"],
    "paths:arrivals": ["/host/meetings/assembly/arrivals/", "/host/meetings/empty/arrivals/"],
    "paths:walk": [
        "/host/meetings/assembly/walk/",
        "/host/meetings/assembly/walk/?person={mira}&go=code:{mira}",
        "/host/meetings/empty/walk/",
    ],
    "hosts:workspaces": ["/host/workspaces/"],
    "hosts:new_workspace": ["/host/workspaces/new/"],
    "hosts:workspace": ["/host/workspaces/{workspace}/"],
    "hosts:look": ["/host/workspaces/{workspace}/look/"],
    "hosts:access": ["/host/workspaces/{workspace}/access/"],
    "hosts:leave_workspace": ["/host/workspaces/{workspace}/leave/"],
    "hosts:remove_member": ["/host/workspaces/{workspace}/members/{member}/remove/"],
    "hosts:profile": ["/host/profile/"],
    "account_email": ["/accounts/email/"],
    "account_change_password": ["/accounts/password/change/"],
    "account_reauthenticate": ["/accounts/reauthenticate/"],
    "account_logout": ["/accounts/logout/"],
}
# These show no page of their own: acts, answers to scripts, pictures, and what only leads on.
NO_PAGES = {
    "alive", "ready", "attendees:follow", "attendees:live", "attendees:enter", "attendees:leave",
    "hosts:rename_workspace", "hosts:invite", "hosts:withdraw_invitation", "hosts:change_role",
    "meetings:start", "meetings:end", "meetings:reopen", "meetings:archive", "meetings:take_back",
    "meetings:cohost_add", "meetings:cohost_remove", "overview:qr", "roster:export",
    "hosts:set_colour", "hosts:set_logo", "hosts:remove_logo", "brand:stylesheet", "brand:logo",
    "hosts:new_token", "hosts:revoke_token", "hosts:new_key", "hosts:remove_key",
    "links:people_csv", "roster:personal_links", "roster:problems", "roster:undo",
    "paths:attendance_csv", "paths:attendance_xlsx", "paths:moves_csv",
    "overview:start_together", "overview:end_together", "overview:duplicate_together",
    "materials:publish", "materials:withdraw", "materials:move", "materials:accept",
    "materials:decline", "materials:back", "account_set_password", "account_confirm_login_code",
}  # fmt: skip


@pytest.fixture
def house(workspace: Workspace, alice: Host) -> House:
    return furnish(workspace, alice)


def addresses(pages: Pages, house: House) -> list[str]:
    return [path.format(**vars(house)) for paths in pages.values() for path in paths]


def look_at(somebody: Visitor, paths: Iterable[str], *, of: str) -> None:
    """Open each page and keep what is wrong with it, so that one run tells all."""
    wrong: dict[str, str] = {}
    for path in paths:
        somebody.page.set_viewport_size(PHONE)
        somebody.open(path)
        found = somebody.barriers() + somebody.sideways()
        if found:
            wrong[path] = found
        somebody.take_pictures(f"{of}{path}".replace("/", "-").strip("-"))
    if wrong:
        pytest.fail("\n".join(f"{path}\n{found}" for path, found in wrong.items()), pytrace=False)


def names_of(resolver: URLResolver, namespace: str = "") -> set[str]:
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            names |= names_of(pattern, inner)
        elif pattern.name:
            names.add(f"{namespace}{pattern.name}")
    return names


def test_no_page_is_forgotten():
    names = {n for n in names_of(get_resolver()) if not n.startswith(("admin:", "api:"))}
    assert names - NO_PAGES == {*OF_STRANGERS, *OF_ATTENDEES, *OF_HOSTS}


def test_strangers_meet_no_barrier(visitor: Visitors, house: House):
    look_at(visitor(), addresses(OF_STRANGERS, house), of="stranger")


def test_attendees_meet_no_barrier(visitor: Visitors, house: House):
    mira = visitor()
    for slug in ("assembly", "hall", "past"):
        mira.open(f"/m/{slug}/")
        mira.type_code("MIRA-1")
    look_at(mira, addresses(OF_ATTENDEES, house), of="attendee")


def test_hosts_meet_no_barrier(visitor: Visitors, house: House, alice: Host):
    look_at(visitor(alice), addresses(OF_HOSTS, house), of="host")


def test_a_host_with_nothing_yet_meets_no_barrier(visitor: Visitors, mallory: Host):
    look_at(visitor(mallory), ["/host/", "/host/workspaces/"], of="new-host")


def test_operators_meet_no_barrier(visitor: Visitors, house: House):
    operator = Host.objects.create_superuser("ops@example.org", "correct horse battery")
    paths = ["/admin/", f"/admin/hosts/host/{operator.pk}/history/", "/admin/hosts/host/add/"]
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._base_manager.order_by("pk").first()
        paths += [path, f"{path}{quote(row.pk)}/change/"] if row else [path]
    look_at(visitor(operator), paths, of="operator")


def test_errors_beside_the_fields_are_no_barrier(visitor: Visitors, house: House, alice: Host):
    mira, host = visitor(), visitor(alice)
    mira.open("/m/assembly/join/")
    mira.type_code("WRONG")
    mira.sees("That code does not open this meeting.")
    host.open("/host/meetings/new/")
    host.fill("Title", " ")
    host.fill("Meeting ID", "assembly")
    host.press("Create meeting")
    host.sees("This meeting ID is taken.")
    assert mira.barriers() + host.barriers() == ""


def test_the_first_error_of_a_long_form_is_on_the_screen(
    visitor: Visitors, house: House, alice: Host
):
    host = visitor(alice)
    host.page.set_viewport_size({"width": 360, "height": 640})
    host.open("/host/meetings/assembly/settings/")
    host.page.check("[name=anonymize_attendees]")
    host.press("Save settings")
    host.sees("Type “anonymize” here")
    word = host.page.locator("[name=confirmation]")
    expect(word).to_be_focused()
    expect(word).to_be_in_viewport()


def test_the_page_for_who_guesses_too_often_is_no_barrier(visitor: Visitors, house: House):
    WRONG_CODES_PER_ADDRESS.hit(bucket_for("127.0.0.1"))
    RateCounter.objects.update(level=1000)
    somebody = visitor()
    somebody.open("/m/assembly/join/")
    somebody.type_code("MIRA-1")
    somebody.sees("Too many tries")
    assert somebody.barriers() + somebody.sideways() == ""
    somebody.take_pictures("burned-door")


def test_a_door_turns_guarded_while_somebody_types(visitor: Visitors, house: House, alice: Host):
    mira, host = visitor(), visitor(alice)
    mira.open("/m/assembly/join/")
    for _ in range(51):
        WRONG_CODES_PER_MEETING.hit(str(house.meeting))
    mira.type_code("MIRA-1")
    mira.sees("Many wrong codes have been typed")
    mira.sees("Type the email address")
    assert mira.barriers() + mira.sideways() == ""
    mira.take_pictures("guarded-door")
    mira.fill("Email", "mira@example.org")
    mira.press("Join")
    mira.is_in("assembly")
    host.open("/host/meetings/assembly/")
    host.sees("The door asks for the email, too.")
    assert host.barriers() + host.sideways() == ""
    host.take_pictures("guarded-overview")


def test_the_pages_of_the_readme_are_pictures_worth(visitor: Visitors, house: House, alice: Host):
    """What the README shows is so; with PORTAL_PICTURES=1 its pictures are taken anew."""
    mira, kenta, host = visitor(), visitor(), visitor(alice)
    kenta.come_in("assembly", "KEN-4")
    mira.come_in("assembly", "MIRA-1")
    mira.sees("2 here")
    mira.sees("Room B · Finance")
    host.open("/host/meetings/assembly/")
    host.sees("Mira Okafor")
    if TAKES_PICTURES:
        mira.take_picture(PICTURES / "meeting.png")
        host.take_picture(PICTURES / "console.png")
