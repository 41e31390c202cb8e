from pathlib import Path

from django.test import Client
from pytest_django import Settings

from hosts.models import Host


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
