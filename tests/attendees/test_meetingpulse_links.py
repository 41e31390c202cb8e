"""The weaker form of personal links: off by default, and never more than the list says."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from attendees import meetingpulse
from attendees.meetingpulse import Malformed, Said, read
from attendees.models import Admission, Attendee
from hosts.access import make_key, remove_key
from hosts.models import Host, Workspace, WorkspaceKey
from meetings.models import Meeting
from tests.attendees.test_signed_links import click, is_refused
from tests.conftest import attendee_of, meeting_of
from tests.people import Browser

DOCUMENT = (settings.BASE_DIR / "docs" / "access.md").read_text()
VECTOR = "907cf4666f4690888f48d7b04844138d170aad80df57a63f59572294fc5f6820"


@pytest.fixture
def key(alice: Host, workspace: Workspace) -> WorkspaceKey:
    return make_key(workspace, by=alice, form=WorkspaceKey.Form.MEETINGPULSE)


@pytest.fixture
def john(meeting1: Meeting) -> Attendee:
    return attendee_of(
        meeting1, "JOHN-1", "doe@example.com", "John", lastname="Doe", external_id="100500"
    )


@pytest.fixture
def said(key: WorkspaceKey, john: Attendee) -> Said:
    """What a right link for John says."""
    return signed(
        Said(client=key.kid, id="100500", name="John Doe", email="doe@example.com", signature=""),
        key.secret,
    )


def signed(said: Said, secret: str) -> Said:
    text = secret + said.id + said.name + said.email
    return replace(said, signature=hashlib.sha256(text.encode()).hexdigest())


def token_of(said: Said | object, *, indent: int | None = None) -> str:
    """As MeetingPulse's own example is made, which ends with a new line."""
    content = json.dumps(vars(said) if isinstance(said, Said) else said, indent=indent) + "\n"
    return base64.b64encode(content.encode()).decode()


def where_a_link_leads(token: str, slug: str = "meeting1") -> str:
    answer = Browser().get(f"/m/{slug}/?i={quote(token, safe='')}")
    assert answer.status_code == 302
    return answer["Location"]


def test_the_vector_of_the_document_is_right() -> None:
    said = Said(client="c", id="100500", name="John Doe", email="doe@example.com", signature="")
    assert said.right_signature("mysecret") == VECTOR
    assert VECTOR in DOCUMENT


def test_a_click_opens_the_meeting_under_the_name_on_the_list(
    said: Said, key: WorkspaceKey, meeting1: Meeting
) -> None:
    address, _, token = where_a_link_leads(token_of(said, indent=4)).partition("#")
    assert address == "/m/meeting1/signed/"
    browser = Browser()
    assert click(browser, token) == "/m/meeting1/#main"
    assert browser.name_in(meeting1) == "John Doe"
    admission = Admission.objects.get()
    assert (admission.how, admission.rule) == ("signed", f"key {key.kid}")
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_opening_the_link_admits_nobody(said: Said, key: WorkspaceKey, meeting1: Meeting) -> None:
    browser = Browser()
    for ask in (browser.get, browser.head):
        answer = ask(f"/m/meeting1/?i={quote(token_of(said))}", follow=True)
        assert answer.status_code == 200
        assert "John" not in answer.content.decode()
    assert browser.name_in(meeting1) is None
    assert not Admission.objects.exists()
    key.refresh_from_db()
    assert key.last_used_at is None


def test_it_is_off_until_an_owner_makes_a_key_for_it(
    meeting1: Meeting, alice: Host, workspace: Workspace, john: Attendee
) -> None:
    own = make_key(workspace, by=alice)
    said = signed(
        Said(client=own.kid, id="100500", name="John Doe", email=john.email, signature=""),
        own.secret,
    )
    assert where_a_link_leads(token_of(said)) == "/m/meeting1/join/"
    assert is_refused(token_of(said))
    make_key(workspace, by=alice, form=WorkspaceKey.Form.MEETINGPULSE)
    assert where_a_link_leads(token_of(said)).startswith("/m/meeting1/signed/#")
    assert is_refused(token_of(said)), "a key of the other form signs nothing here"


def test_the_option_of_one_workspace_is_not_that_of_another(
    said: Said, key: WorkspaceKey, mallory: Host, other_workspace: Workspace
) -> None:
    meeting = meeting_of(mallory, "theirs")
    attendee_of(meeting, "J", "doe@example.com", "John", lastname="Doe", external_id="100500")
    assert where_a_link_leads(token_of(said), "theirs") == "/m/theirs/join/"
    assert is_refused(token_of(said), "/m/theirs/signed/")
    theirs = make_key(other_workspace, by=mallory, form=WorkspaceKey.Form.MEETINGPULSE)
    assert is_refused(token_of(signed(replace(said, client=theirs.kid), theirs.secret)))


def test_the_code_prompt_and_the_open_meeting_know_nothing_of_it(
    said: Said, meeting1: Meeting
) -> None:
    answer = Browser().get(f"/m/meeting1/join/?i={token_of(said)}")
    assert answer.status_code == 200
    meeting1.require_access_codes = False
    meeting1.save()
    assert Browser().get(f"/m/meeting1/?i={token_of(said)}").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "100501"},
        {"id": ""},
        {"id": "0"},
        {"id": "\x00"},
        {"name": "Jane Doe"},
        {"name": ""},
        {"email": "other@example.com"},
        {"email": ""},
        {"email": "no address"},
        {"client": "unknown"},
        {"client": "\x00"},
        {"client": ""},
    ],
    ids=repr,
)
def test_what_is_well_signed_and_yet_not_on_the_list_opens_nothing(
    changes: dict[str, str], said: Said, key: WorkspaceKey
) -> None:
    assert not is_refused(token_of(said))
    assert is_refused(token_of(signed(replace(said, **changes), key.secret)))


@pytest.mark.parametrize(
    ("name", "email"),
    [("Dr. John Doe", "DOE@example.com"), ("doe john", " doe@example.com")],
)
def test_names_and_emails_are_compared_forgivingly(
    name: str, email: str, said: Said, key: WorkspaceKey
) -> None:
    assert not is_refused(token_of(signed(replace(said, name=name, email=email), key.secret)))


def test_a_character_that_moves_makes_nobody_else(
    said: Said, key: WorkspaceKey, meeting1: Meeting
) -> None:
    """The signature stays right: only the list tells."""
    for external_id, firstname in (("10050", "Eve"), ("1005", "John"), ("100500J", "ohn")):
        attendee_of(meeting1, firstname, f"{external_id}@x.org", firstname, external_id=external_id)
    attendee_of(meeting1, "SPOUSE", "doe@example.com", "Jane", lastname="Doe", external_id="10")
    moved = [
        replace(said, id="10050", name="0John Doe"),
        replace(said, id="1005", name="00John Doe"),
        replace(said, id="100500J", name="ohn Doe"),
        replace(said, id="10", name="0500John Doe"),
        replace(said, name="John", email=" Doedoe@example.com"),
    ]
    assert [one for one in moved if not one.is_signed_with(key.secret)] == []
    assert [one for one in moved if not is_refused(token_of(one))] == []
    assert not is_refused(token_of(said))


def test_a_forged_link_opens_nothing(said: Said, key: WorkspaceKey) -> None:
    right = vars(said)
    forged: dict[str, object] = {
        "another key": signed(said, "mysecret"),
        "no signature": replace(said, signature=""),
        "upper case": replace(said, signature=said.signature.upper()),
        "not ASCII": replace(said, signature="é" * 64),
        "half of a pair": right | {"name": "\ud800"},
        "a number": right | {"id": 100500},
        "nothing": right | {"email": None},
        "a further member": right | {"admin": "1"},
        "a member less": {name: value for name, value in right.items() if name != "email"},
        "a list": [right],
    }
    assert [name for name, content in forged.items() if not is_refused(token_of(content))] == []
    token = token_of(said)
    for other in (token[:-6], f"{token}.", "W" * 1900, "A" * 4000, "é", "%"):
        assert is_refused(other), other


def test_either_alphabet_counts_and_so_does_a_plus_that_became_a_blank(said: Said) -> None:
    right = vars(said) | {"name": "John Doe ??>>~~"}
    token = base64.b64encode(json.dumps(right).encode()).decode()
    assert "+" in token or "/" in token
    safe = token.replace("+", "-").replace("/", "_").rstrip("=")
    for form in (token, safe, token.replace("+", " ")):
        assert vars(read(form)) == right
    with pytest.raises(Malformed):
        read("")


def test_nothing_but_a_token_gets_into_the_address(key: WorkspaceKey, meeting1: Meeting) -> None:
    for text in ("", "<script>", "//evil.example", "a\r\nb", "é", "A" * 3000):
        assert where_a_link_leads(text) == "/m/meeting1/signed/#" + meetingpulse.token_in(text)
    assert meetingpulse.token_in("<script>") == meetingpulse.token_in("a\r\nb") == ""


def test_removing_the_key_switches_it_off_and_ends_what_it_opened(
    said: Said, key: WorkspaceKey, alice: Host, meeting1: Meeting
) -> None:
    new = make_key(key.workspace, by=alice, form=WorkspaceKey.Form.MEETINGPULSE)
    by_old, by_new = Browser(), Browser()
    click(by_old, token_of(said))
    click(by_new, token_of(signed(replace(said, client=new.kid), new.secret)))
    remove_key(key)
    assert (by_old.name_in(meeting1), by_new.name_in(meeting1)) == (None, "John Doe")
    assert is_refused(token_of(said))
    remove_key(new)
    assert by_new.name_in(meeting1) is None
    assert where_a_link_leads(token_of(said)) == "/m/meeting1/join/"


def test_an_owner_switches_it_on_and_off_in_the_console(
    alice: Host, workspace: Workspace, client_of: Callable[[Host], Client]
) -> None:
    browser, page = client_of(alice), f"/host/workspaces/{workspace.pk}/access/"
    assert "<strong>Off:</strong>" in browser.get(page).content.decode()
    answer = browser.post(f"{page}keys/", {"form": "meetingpulse"})
    made = WorkspaceKey.objects.get()
    assert (answer.status_code, made.form) == (201, "meetingpulse")
    assert made.secret in answer.content.decode()
    shown = browser.get(page).content.decode()
    assert "<strong>On:</strong>" in shown
    assert made.kid in shown
    assert made.secret not in shown
    browser.post(f"{page}keys/{made.pk}/remove/")
    assert "<strong>Off:</strong>" in browser.get(page).content.decode()
    assert browser.post(f"{page}keys/", {"form": "other"}).status_code == 422
    assert not WorkspaceKey.objects.exists()
