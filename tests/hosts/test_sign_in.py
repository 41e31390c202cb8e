import threading
import time
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from hosts.models import Host
from tests.hosts.conftest import PASSWORD, links_in, path_of

ClientOf = Callable[[Host], Client]


def sign_in(client: Client, email: str, password: str = PASSWORD, query: str = "") -> int:
    answer = client.post(f"/accounts/login/{query}", {"login": email, "password": password})
    return answer.status_code


def test_a_host_signs_in_with_email_and_password(client: Client, alice: Host) -> None:
    assert client.get("/host/profile/")["Location"] == "/accounts/login/?next=/host/profile/"
    answer = client.post(
        "/accounts/login/?next=/host/profile/", {"login": "Alice@Example.org", "password": PASSWORD}
    )
    assert answer["Location"] == "/host/profile/"
    assert client.get("/host/profile/").context["user"] == alice


@pytest.mark.parametrize(
    ("form_stood_on", "comes_back_to"),
    [
        ("http://testserver/host/meetings/meeting1/", "/host/meetings/meeting1/"),
        ("http://testserver/host/?q=plenary", "/host/?q=plenary"),
        ("http://testserver/m/meeting1/", "/host/"),
        ("http://elsewhere.example/host/meetings/meeting1/", "/host/"),
        ("http://testserver//elsewhere.example/host/", "/host/"),
        ("http://[", "/host/"),
        ("", "/host/"),
    ],
)
def test_who_was_signed_out_comes_back_to_the_form_not_to_the_act(
    client: Client, alice: Host, form_stood_on: str, comes_back_to: str
) -> None:
    act = "/host/meetings/meeting1/end/"
    page = client.post(act, headers={"referer": form_stood_on}, follow=True)
    assert "You were signed out, and nothing was changed." in page.content.decode()
    ((where, _),) = page.redirect_chain
    answer = client.post(where, {"login": "alice@example.org", "password": PASSWORD})
    assert answer["Location"] == comes_back_to


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: Client, alice: Host
) -> None:
    pages = set()
    for email in ("alice@example.org", "nobody@example.org"):
        answer = client.post("/accounts/login/", {"login": email, "password": "wrong wrong"})
        body = answer.content.decode().replace(email, "EMAIL")
        token = str(answer.context["csrf_token"])
        pages.add((answer.status_code, body.replace(token, "TOKEN")))
    ((status, body),) = pages
    assert status == 422
    assert "do not belong together" in body


def test_a_closed_account_does_not_open(client: Client, alice: Host) -> None:
    Host.objects.update(is_active=False)
    answer = client.post(
        "/accounts/login/", {"login": alice.email, "password": PASSWORD}, follow=True
    )
    assert "This account is closed" in answer.content.decode()
    assert client.get("/host/profile/").status_code == 302


def test_guessing_a_password_is_counted_per_account_whatever_the_host_header_says(
    client: Client, alice: Host
) -> None:
    for port in range(5):
        client.post(
            "/accounts/login/",
            {"login": alice.email, "password": "wrong wrong"},
            headers={"host": f"localhost:{port}"},
        )
    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "There were too many attempts" in answer.content.decode()
    assert client.get("/host/profile/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test",
        "https:evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "///evil.test",
        "javascript:alert(1)",
        "\x08//evil.test",
        "http://testserver@evil.test/",
        "http://localhost/elsewhere",
        "data:text/html,x",
    ],
)
def test_signing_in_leads_nowhere_else(client: Client, alice: Host, target: str) -> None:
    answer = client.post(
        "/accounts/login/", {"login": alice.email, "password": PASSWORD, "next": target}
    )
    assert answer["Location"] == "/host/"


def test_who_is_in_no_workspace_is_asked_to_make_one(client: Client, db: None) -> None:
    Host.objects.create_user("new@example.org", PASSWORD)
    answer = client.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    assert answer["Location"] == "/host/workspaces/new/"


def test_an_operator_signs_in_the_same_way_without_confirming(
    client: Client, db: None, confirmed_mail: None
) -> None:
    Host.objects.create_superuser("root@example.org", PASSWORD)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith("/accounts/login/?")
    sign_in(client, "root@example.org")
    assert client.get("/admin/").status_code == 200


# --- Signing in and out beside an attendee's identity


def test_signing_in_changes_the_session_key_and_keeps_who_the_browser_is(
    client: Client, alice: Host
) -> None:
    session = client.session
    session["browser"] = "mark"
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client, alice.email)
    assert client.session.session_key != session.session_key
    assert client.session["browser"] == "mark"


@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_signing_out_ends_the_host_and_nothing_else(
    client: Client, alice: Host, address: str
) -> None:
    client.force_login(alice)
    session = client.session
    session["browser"] = "mark"
    session["of the host"] = "something"
    session.save()

    answer = client.post(address)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != session.session_key
    assert dict(client.session) == {"browser": "mark"}
    assert not session.exists(session.session_key)
    assert client.get("/host/profile/").status_code == 302


# --- A forgotten password


def test_a_forgotten_password_is_replaced_by_mail(
    client: Client, alice: Host, client_of: ClientOf, mailoutbox: list[EmailMessage]
) -> None:
    elsewhere = client_of(alice)
    assert elsewhere.get("/host/profile/").status_code == 200
    alice.emailaddress_set.create(email="later@example.org", verified=False)

    done = client.post("/accounts/password/reset/", {"email": alice.email}, follow=True)
    assert "account/password_reset_done.html" in [t.name for t in done.templates]
    (message,) = mailoutbox
    assert (message.to, message.subject) == ([alice.email], "Choose a new password")
    (link,) = (link for link in links_in(message) if "/key/" in link)

    form = client.get(path_of(link), follow=True)
    assert "account/password_reset_from_key.html" in [t.name for t in form.templates]
    page = client.post(
        form.redirect_chain[-1][0], {"password1": "another horse battery"}, follow=True
    )
    assert "Your password is changed" in page.content.decode()

    assert elsewhere.get("/host/profile/").status_code == 302, "signed out everywhere"
    assert not alice.emailaddress_set.filter(email="later@example.org").exists()
    assert sign_in(Client(), alice.email) == 422
    assert sign_in(Client(), alice.email, "another horse battery") == 302
    used = Client().get(path_of(link), follow=True)
    assert "This link no longer works" in used.content.decode()


def test_a_reset_link_dies_after_an_hour(
    client: Client,
    alice: Host,
    mailoutbox: list[EmailMessage],
    time_machine: object,
) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    (link,) = (link for link in links_in(mailoutbox[0]) if "/key/" in link)
    time_machine.move_to(time.time() + 3601)  # type: ignore[attr-defined]
    assert "This link no longer works" in client.get(path_of(link), follow=True).content.decode()


def test_asking_for_a_password_does_not_tell_who_has_an_account(
    alice: Host, mallory: Host, mailoutbox: list[EmailMessage]
) -> None:
    Host.objects.filter(pk=mallory.pk).update(is_active=False)
    answers = set()
    for email in ("alice@example.org", "nobody@example.org", "mallory@example.org"):
        answer = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        answers.add((tuple(answer.redirect_chain), answer.status_code, answer.content))
    assert len(answers) == 1
    assert [message.to for message in mailoutbox] == [["alice@example.org"]]


def test_an_address_merely_asked_for_resets_nothing(
    client: Client, mallory: Host, mailoutbox: list[EmailMessage]
) -> None:
    mallory.emailaddress_set.create(email="victim@example.org", verified=False)
    client.post("/accounts/password/reset/", {"email": "victim@example.org"})
    assert mailoutbox == []


def test_a_slow_mail_server_keeps_nobody_waiting(
    alice: Host, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    is_answered, is_sent = threading.Event(), threading.Event()
    sent: list[EmailMessage] = []

    def slowly(self: EmailMessage) -> int:
        if is_answered.wait(20):
            sent.append(self)
        is_sent.set()
        return 1

    monkeypatch.setattr(EmailMessage, "send", slowly)
    Client().post("/accounts/password/reset/", {"email": alice.email})
    is_answered.set()
    assert is_sent.wait(20)
    assert [message.to for message in sent] == [[alice.email]]


def test_a_mail_server_that_is_down_is_written_down_and_breaks_nothing(
    client: Client,
    alice: Host,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(self: EmailMessage) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    answer = client.post("/accounts/password/reset/", {"email": alice.email})
    assert answer.status_code == 302
    assert "A mail could not be sent: Choose a new password" in caplog.text


# --- Password and email of one's own


def test_a_changed_password_keeps_this_browser_and_ends_the_others(
    alice: Host, client_of: ClientOf, mailoutbox: list[EmailMessage]
) -> None:
    here, elsewhere = client_of(alice), client_of(alice)
    form = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    wrong = here.post("/accounts/password/change/", form | {"oldpassword": "wrong wrong"})
    assert "That is not your password." in wrong.content.decode()

    here.post("/accounts/password/change/", form)

    assert here.get("/host/profile/").status_code == 200
    assert elsewhere.get("/host/profile/").status_code == 302
    assert [message.subject for message in mailoutbox] == ["Your password was changed"]


def test_an_email_changes_when_the_new_one_is_confirmed(
    client: Client, alice: Host, mailoutbox: list[EmailMessage]
) -> None:
    sign_in(client, alice.email)
    asked = client.post(
        "/accounts/email/", {"action_add": "", "email": "Alice@New.example"}, follow=True
    )
    assert "account/reauthenticate.html" in [t.name for t in asked.templates]
    client.post(asked.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    page = client.get("/accounts/email/").content.decode()
    assert "We have sent a link to" in page
    assert "alice@new.example" in page
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"

    (link,) = (link for link in links_in(mailoutbox[0]) if "confirm-email" in link)
    answer = client.post(path_of(link))

    assert answer["Location"] == "/host/profile/"
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"
    assert mailoutbox[-1].to == ["alice@example.org"], "the old address is told"


def test_an_email_that_became_another_hosts_meanwhile_is_not_taken(
    client: Client, alice: Host, mallory: Host, mailoutbox: list[EmailMessage]
) -> None:
    wish = mallory.emailaddress_set.create(email=alice.email, verified=False)
    client.force_login(mallory)
    wish.send_confirmation(None)
    (link,) = (link for link in links_in(mailoutbox[0]) if "confirm-email" in link)

    client.post(path_of(link))

    mallory.refresh_from_db()
    assert mallory.email == "mallory@example.org"
    wish.refresh_from_db()
    assert not wish.verified
