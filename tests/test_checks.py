"""Settings that are not safe, or cannot work, are refused with a sentence that names them."""

import pytest
from django.core import checks
from django.test import override_settings

from meetingportal.checks import settings_are_safe


def refused(**settings: object) -> list[str]:
    with override_settings(**settings):
        return [str(problem.id) for problem in settings_are_safe(None)]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, "portal.E001"),
        ({"DEBUG": True, "SITE_IS_SECURE": True}, "portal.E002"),
        ({"SECRET_KEY": "short"}, "portal.E003"),
        ({"SITE_URL": "meet.example.org"}, "portal.E004"),
        ({"TRUSTED_PROXIES": ["the proxy"]}, "portal.E005"),
        ({"REDIS_URL": "nope"}, "portal.E006"),
    ],
)
def test_it_is_refused(wrong: dict[str, object], problem: str) -> None:
    assert refused(**wrong) == [problem]


def test_what_the_readme_says_is_fine() -> None:
    assert refused(TRUSTED_PROXIES=["127.0.0.1", "10.0.0.0/8", "unix", "::1"]) == []
    assert refused(REDIS_URL="redis://127.0.0.1:6379/0") == []


def test_they_are_registered() -> None:
    assert settings_are_safe in checks.registry.registry.registered_checks
