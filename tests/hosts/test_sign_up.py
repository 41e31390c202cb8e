import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from hosts.models import Host, Membership, Workspace
from tests.hosts.conftest import PASSWORD, links_in, path_of

FORM = {
    "name": "Carol Diaz",
    "email": "Carol@Example.org",
    "password1": PASSWORD,
    "workspace": "Southwind",
    "time_zone": "Europe/Berlin",
}


def test_a_new_host_gets_the_workspace_they_named(db: None, client: Client) -> None:
    answer = client.post("/accounts/signup/", FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/host/")
    host = Host.objects.get()
    assert (host.email, host.name, host.time_zone) == (
        "carol@example.org",
        "Carol Diaz",
        "Europe/Berlin",
    )
    membership = Membership.objects.get()
    assert (membership.host, membership.workspace.name, membership.role) == (
        host,
        "Southwind",
        "owner",
    )
    assert client.get("/host/profile/").context["user"] == host


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("name", "x" * 151, "at most 150 characters"),
        ("name", "Carol\nBcc: all@example.org", "on one line only"),
        ("workspace", "", "This field is required."),
        ("workspace", "x" * 121, "at most 120 characters"),
        ("workspace", "South\u202ewind", "on one line only"),
        ("workspace", "South\x00wind", "Null characters are not allowed."),
        ("email", "carol", "Enter a valid email address."),
        ("password1", "short", "too short"),
        ("password1", "carol@example.org", "too similar"),
    ],
)
def test_a_form_that_does_not_say_enough_changes_nothing(
    db: None, client: Client, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/accounts/signup/", FORM | {field: value})

    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not Host.objects.exists()
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000])
def test_an_unknown_time_zone_stops_nobody(db: None, client: Client, zone: str) -> None:
    client.post("/accounts/signup/", FORM | {"time_zone": zone})

    assert Host.objects.get().time_zone == "UTC"


def test_when_sign_up_is_closed_the_page_says_so(
    db: None, client: Client, settings: Settings
) -> None:
    assert "account/signup.html" in [t.name for t in client.get("/accounts/signup/").templates]
    assert "Sign up</a>" in client.get("/accounts/login/").content.decode()

    settings.SIGNUP_OPEN = False

    for answer in (client.get("/accounts/signup/"), client.post("/accounts/signup/", FORM)):
        assert "Sign-up is closed" in answer.content.decode()
    assert "Sign up</a>" not in client.get("/accounts/login/").content.decode()
    assert not Host.objects.exists()


def test_the_same_form_sent_twice_makes_one_host(db: None, client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    again = Client().post("/accounts/signup/", FORM)

    assert "There is an account with this email." in again.content.decode()
    assert Host.objects.count() == Workspace.objects.count() == 1


# --- With a mail server


def test_an_address_is_confirmed_before_the_first_sign_in(
    db: None, client: Client, confirmed_mail: None, mailoutbox: list[EmailMessage]
) -> None:
    answer = client.post("/accounts/signup/", FORM)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert client.get("/host/profile/").status_code == 302

    (message,) = mailoutbox
    assert (message.to, message.subject) == (["carol@example.org"], "Confirm your email")
    (link,) = (link for link in links_in(message) if "confirm-email" in link)
    page = client.get(path_of(link))
    assert "account/email_confirm.html" in [t.name for t in page.templates]
    assert client.get("/host/profile/").status_code == 302, "looking does not confirm"

    client.post(path_of(link))
    assert client.get("/host/profile/").status_code == 200
    assert "no longer" not in client.get(path_of(link)).content.decode()


def test_signing_up_does_not_tell_who_has_an_account(
    client: Client, alice: Host, confirmed_mail: None, mailoutbox: list[EmailMessage]
) -> None:
    known = Client()
    unknown = Client()
    answers = [
        known.post("/accounts/signup/", FORM | {"email": "alice@example.org"}),
        unknown.post("/accounts/signup/", FORM | {"email": "zoë1@example.org"}),
        unknown.post("/accounts/signup/", FORM | {"email": "carol@example.org"}),
    ]
    assert [answers[0].status_code, answers[2].status_code] == [302, 302]
    assert answers[0]["Location"] == answers[2]["Location"]
    pages = [browser.get(answers[0]["Location"]).content.decode() for browser in (known, unknown)]
    assert pages[0].replace("alice@", "carol@") == pages[1]
    assert Workspace.objects.count() == 2, "Alice's and Carol's"
    assert [(message.to, message.subject) for message in mailoutbox] == [
        (["alice@example.org"], "You have an account already"),
        (["carol@example.org"], "Confirm your email"),
    ]


def test_somebody_elses_wish_for_an_address_does_not_take_it(
    client: Client, mallory: Host, confirmed_mail: None
) -> None:
    mallory.emailaddress_set.create(email="carol@example.org", verified=False)

    client.post("/accounts/signup/", FORM)

    assert Host.objects.filter(email="carol@example.org").exists()
    assert not mallory.emailaddress_set.filter(email="carol@example.org").exists()
    assert len(mail.outbox) == 1
