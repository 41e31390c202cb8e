"""Another system signs a link for Bob. It opens one meeting, for him, for a while, on his click."""

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.messages import get_messages
from django.utils import timezone

from attendees import signed_links
from attendees.door import WRONG_LINK
from attendees.guarding import WRONG_CODES_PER_ADDRESS, WRONG_CODES_PER_MEETING
from attendees.models import Admission, Attendee
from attendees.roster.editing import remove
from attendees.signed_links import Claims, encoded, signature, signed
from hosts.access import make_key, remove_key
from hosts.models import Host, Workspace, WorkspaceKey
from meetings.models import Meeting
from tests.conftest import attendee_of, meeting_of
from tests.people import Browser

DOCUMENT = (settings.BASE_DIR / "docs" / "access.md").read_text()
ADDRESS = "/m/meeting1/signed/"


@pytest.fixture
def key(alice: Host, workspace: Workspace) -> WorkspaceKey:
    return make_key(workspace, by=alice)


@pytest.fixture
def ana(meeting1: Meeting) -> Attendee:
    return attendee_of(meeting1, "ANA-1", "ana@example.org", "Ana", external_id="M-7")


@pytest.fixture
def claims(key: WorkspaceKey, ana: Attendee) -> Claims:
    """What a right link for Ana says."""
    now = int(timezone.now().timestamp())
    return Claims(aud="meeting1", exp=now + 3600, iat=now, kid=key.kid, sub="M-7")


def click(browser: Browser, token: str, address: str = ADDRESS) -> str:
    """Post the token; where the answer leads."""
    answer = browser.post(address, {"token": token})
    assert answer.status_code == 302, answer.status_code
    return answer["Location"]


def is_refused(token: str, address: str = ADDRESS) -> bool:
    """Whether the token opens nothing, with the one sentence; nobody is admitted then."""
    browser = Browser()
    before = Admission.objects.count()
    answer = browser.post(address, {"token": token})
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    is_sent_away = answer["Location"] == address.replace("signed", "join") + "#main"
    assert is_sent_away == (said == [WRONG_LINK]) == (Admission.objects.count() == before)
    return is_sent_away


def test_a_click_opens_the_meeting_under_the_persons_name(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting
) -> None:
    browser = Browser()
    assert browser.get(ADDRESS).status_code == 200
    assert click(browser, signed(claims, key.secret)) == "/m/meeting1/#main"
    assert browser.name_in(meeting1) == "Ana"
    admission = Admission.objects.get()
    assert (admission.how, admission.rule) == ("signed", f"key {key.kid}")
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_looking_at_the_page_changes_nothing(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting
) -> None:
    token = signed(claims, key.secret)
    browser = Browser()
    for query in ("", f"?token={token}"):
        assert browser.get(ADDRESS + query).status_code == 200
        assert browser.head(ADDRESS + query).status_code == 200
    assert browser.name_in(meeting1) is None
    assert not Admission.objects.exists()
    key.refresh_from_db()
    assert key.last_used_at is None


def test_another_site_cannot_click(claims: Claims, key: WorkspaceKey) -> None:
    token = signed(claims, key.secret)
    answer = Browser().post(ADDRESS, {"token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert Browser(enforce_csrf_checks=True).post(ADDRESS, {"token": token}).status_code == 403
    assert not Admission.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "meeting2"},
        {"aud": "meeting1 "},
        {"exp": lambda now: now - 1},
        {"exp": lambda now: now},
        {"exp": lambda now: now + 91 * 86400},
        {"iat": lambda now: now + 600},
        {"exp": 10**400},
        {"iat": -(10**400)},
        {"exp": 4e9},
        {"exp": "4000000000"},
        {"iat": True},
        {"kid": "unknown"},
        {"kid": "\x00"},
        {"kid": "\ud800"},
        {"kid": ""},
        {"sub": "M-8"},
        {"sub": "m-7"},
        {"sub": ""},
        {"sub": "0"},
        {"sub": 7},
        {"sub": None},
        {"sub": "\ud800"},
        {"sub": "M-7\x00"},
        {"sub": "9" * 1500},
    ],
    ids=repr,
)
def test_what_is_well_signed_and_yet_wrong_opens_nothing(
    changes: dict[str, Any], claims: Claims, key: WorkspaceKey, meeting2: Meeting
) -> None:
    assert not is_refused(signed(claims, key.secret))
    now = claims.iat
    changes = {name: value(now) if callable(value) else value for name, value in changes.items()}
    assert is_refused(signed(replace(claims, **changes), key.secret))


def test_it_opens_until_the_second_in_which_it_expires(claims: Claims, key: WorkspaceKey) -> None:
    token = signed(claims, key.secret)
    for second, refused in ((claims.exp - 1, False), (claims.exp, True)):
        with time_machine.travel(datetime.fromtimestamp(second, tz=UTC), tick=False):
            assert is_refused(token) == refused


def test_a_forged_token_opens_nothing(claims: Claims, key: WorkspaceKey) -> None:
    right = signed(claims, key.secret)
    payload, mac = right.split(".")
    assert not is_refused(right)
    forged = {
        "nothing": "",
        "another key": signed(claims, "guess"),
        "the key's ID as the key": signed(claims, key.kid),
        "no signature": f"{payload}.",
        "no payload": f".{mac}",
        "no dot": payload + mac,
        "a third part": f"{right}.{mac}",
        "shortened": right[:-4],
        "padded": f"{right}=",
        "another alphabet": right.replace("-", "+").replace("_", "/") + "/",
        "not base64": "é.é",
        "not JSON": f"{encoded(b'{')}.{encoded(signature(b'{', key.secret))}",
        "too deep": "W" * 1900 + f".{mac}",
        "too long": right + "A" * 3000,
    }
    assert [name for name, token in forged.items() if not is_refused(token)] == []


def test_no_character_moves_from_one_member_to_another(claims: Claims, key: WorkspaceKey) -> None:
    """The form that concatenates fields cannot tell these apart; this one can."""
    payload, mac = signed(claims, key.secret).split(".")
    moved = replace(claims, sub=claims.sub[1:], kid=claims.kid + claims.sub[0])
    assert is_refused(f"{encoded(moved.canonical())}.{mac}")
    for position in range(0, len(payload), 7):
        other = "A" if payload[position] != "A" else "B"
        assert is_refused(f"{payload[:position]}{other}{payload[position + 1 :]}.{mac}")


@pytest.mark.parametrize(
    "written",
    [
        lambda said: json.dumps(said, separators=(",", ":")),  # another order
        lambda said: json.dumps(said, sort_keys=True),  # blanks
        lambda said: json.dumps(said | {"admin": 1}, sort_keys=True, separators=(",", ":")),
        lambda said: json.dumps(said, sort_keys=True, separators=(",", ":"))[:-1] + ',"sub":"M-7"}',
        lambda said: json.dumps([said]),
        lambda said: "null",
    ],
    ids=["order", "blanks", "a further member", "one member twice", "a list", "null"],
)
def test_only_the_canonical_form_counts(written: Any, claims: Claims, key: WorkspaceKey) -> None:
    said = {"sub": "M-7", **{n: getattr(claims, n) for n in ("aud", "exp", "iat", "kid")}}
    payload = written(said).encode()
    assert is_refused(f"{encoded(payload)}.{encoded(signature(payload, key.secret))}")


def test_a_key_of_another_workspace_opens_nothing(
    claims: Claims, key: WorkspaceKey, mallory: Host, other_workspace: Workspace
) -> None:
    theirs = make_key(other_workspace, by=mallory)
    meeting = meeting_of(mallory, "theirs")
    attendee_of(meeting, "EVE-1", "eve@example.org", "Eve", external_id="M-7")
    assert is_refused(signed(replace(claims, kid=theirs.kid), theirs.secret))
    assert is_refused(signed(claims, theirs.secret))
    assert not is_refused(
        signed(replace(claims, kid=theirs.kid, aud="theirs"), theirs.secret), "/m/theirs/signed/"
    )


def test_keys_are_changed_without_a_gap(
    claims: Claims, key: WorkspaceKey, alice: Host, meeting1: Meeting
) -> None:
    new = make_key(key.workspace, by=alice)
    by_old, by_new = Browser(), Browser()
    click(by_old, signed(claims, key.secret))
    click(by_new, signed(replace(claims, kid=new.kid), new.secret))
    assert by_old.name_in(meeting1) == by_new.name_in(meeting1) == "Ana"
    remove_key(key)
    assert (by_old.name_in(meeting1), by_new.name_in(meeting1)) == (None, "Ana")
    assert is_refused(signed(claims, key.secret))
    assert is_refused(signed(replace(claims, kid=new.kid), key.secret))
    assert not is_refused(signed(replace(claims, kid=new.kid), new.secret))


def test_a_link_does_not_outlive_the_person_on_the_list(
    claims: Claims, key: WorkspaceKey, ana: Attendee, meeting1: Meeting
) -> None:
    token = signed(claims, key.secret)
    browser = Browser()
    click(browser, token)
    remove(ana)
    assert browser.name_in(meeting1) is None
    assert is_refused(token)


def test_whoever_came_by_a_link_is_carried_on(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting, meeting2: Meeting
) -> None:
    attendee_of(meeting2, "ANA-1", "ana@example.org", "Ana", external_id="M-7")
    browser = Browser()
    click(browser, signed(claims, key.secret))
    assert browser.follow(meeting1, meeting2) == "Ana"
    remove_key(key)
    assert browser.name_in(meeting2) is None


def test_the_host_is_told_that_a_link_has_opened_the_door(
    claims: Claims, key: WorkspaceKey, ana: Attendee, alice: Host, client_of
) -> None:
    click(Browser(), signed(claims, key.secret))
    host = client_of(alice)
    for page in ("arrivals/", "arrivals/?how=signed", f"attendees/{ana.pk}/"):
        said = host.get(f"/host/meetings/meeting1/{page}").content.decode()
        assert "Came by a personal signed link" in said
        assert f"Another system has signed it, with the key {key.kid}." in said


def test_a_meeting_that_always_asks_takes_a_link_for_a_code(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting
) -> None:
    Meeting.objects.update(always_ask=True)
    browser = Browser()
    click(browser, signed(claims, key.secret))
    assert browser.name_in(meeting1) == "Ana"


def test_an_anonymizing_meeting_keeps_neither_name_nor_key(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting
) -> None:
    meeting1.anonymize_attendees = True
    meeting1.settle_secret()
    meeting1.save()
    browser = Browser()
    click(browser, signed(claims, key.secret))
    name = browser.name_in(meeting1)
    assert name is not None
    assert name.startswith("Anonymous")
    admission = Admission.objects.get()
    assert (admission.attendee, admission.rule, admission.created_at) == (None, "", None)
    remove_key(key)
    assert browser.name_in(meeting1) is None


def test_the_session_gets_a_new_key(claims: Claims, key: WorkspaceKey, meeting1: Meeting) -> None:
    browser = Browser()
    planted = browser.session
    planted["x"] = 1
    planted.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    click(browser, signed(claims, key.secret))
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key


def test_wrong_links_count_as_wrong_codes(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        browser = Browser()
        for _ in range(3):
            click(browser, signed(claims, key.secret))
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == 0
        for _ in range(int(WRONG_CODES_PER_ADDRESS.burst)):
            click(browser, "wrong")
        assert browser.post(ADDRESS, {"token": "wrong"}).status_code == 429
        assert browser.type_code(meeting1, "ANA-1") == 429
        assert WRONG_CODES_PER_MEETING.hits(str(meeting1.pk)) == WRONG_CODES_PER_ADDRESS.burst
        other = Browser()  # of a neighbour, at the same address
        click(other, signed(claims, key.secret))
        assert other.name_in(meeting1) is not None


def test_a_guarded_meeting_asks_who_comes_by_a_link_for_nothing_more(
    claims: Claims, key: WorkspaceKey, meeting1: Meeting, ana: Attendee
) -> None:
    for _ in range(51):
        WRONG_CODES_PER_MEETING.hit(str(meeting1.pk))
    WRONG_CODES_PER_MEETING.note_over(str(meeting1.pk))
    browser = Browser()
    assert browser.type_code(meeting1, "ANA-1") == 200
    click(browser, signed(claims, key.secret))
    assert browser.name_in(meeting1) is not None


# --- The document


def example() -> Any:
    found = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names["personal_link"]


def test_the_example_makes_links_that_open(key: WorkspaceKey, ana: Attendee) -> None:
    link = example()("https://meet.example.org", "meeting1", "M-7", key.kid, key.secret)
    address, _, token = link.partition("#")
    assert address == f"https://meet.example.org{ADDRESS}"
    assert not is_refused(token)


def test_the_vectors_are_right() -> None:
    vectors = re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \| `([\w.-]+)` \|$", DOCUMENT, re.MULTILINE)
    assert len(vectors) == 2
    secret = "a-key-that-no-workspace-has"
    assert f"`{secret}`" in DOCUMENT
    for aud, sub, token in vectors:
        claims = Claims(
            aud=aud, exp=1893456000 + 86400, iat=1893456000, kid="0123456789ab", sub=sub
        )
        assert signed(claims, secret) == token
        payload = base64.urlsafe_b64decode(token.split(".")[0] + "==")
        assert signed_links.claims_in(payload) == claims
