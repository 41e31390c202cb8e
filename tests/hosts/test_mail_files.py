from pathlib import Path

from django.test import Client
from pytest_django import Settings

from hosts.models import Host
from tests.hosts.conftest import PASSWORD


def test_without_a_mail_server_the_operator_finds_a_link_that_works(
    alice: Host, client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "meetingportal.mail_files.MailFiles",
            "OPTIONS": {"file_path": str(tmp_path)},
        }
    }
    client.post("/accounts/password/reset/", {"email": alice.email})

    (file,) = tmp_path.iterdir()
    lines = file.read_text().splitlines()
    assert lines[:2] == ["To: alice@example.org", "Subject: Choose a new password"]
    (link,) = (line for line in lines if "/password/reset/key/" in line)
    page = client.get(link.removeprefix("http://127.0.0.1:8000"), follow=True)
    assert "Choose a new password" in page.content.decode()


def test_pages_that_speak_of_a_mail_say_where_it_is(
    alice: Host, client: Client, settings: Settings
) -> None:
    pages = [
        (client, "/accounts/password/reset/done/"),
        (signed_in_a_moment_ago(), "/accounts/email/"),
    ]
    told = "its operator finds the mail"
    for browser, address in pages:
        assert told in browser.get(address).content.decode()

    settings.EMAIL_URL = "smtp://mail.example.org"
    for browser, address in pages:
        assert told not in browser.get(address).content.decode()


def signed_in_a_moment_ago() -> Client:
    """allauth asks for the password again before an address changes."""
    browser = Client()
    browser.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    return browser
