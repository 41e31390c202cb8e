"""Combinations of settings that are not safe are refused before the first request."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security)
def settings_are_safe(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    problems: list[checks.CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(
            checks.Error(
                "PORTAL_EXTRA_HOSTS must not contain “*”.",
                hint="Name each host: with “*”, any website may open sockets in a visitor's name.",
                id="portal.E001",
            )
        )
    if settings.DEBUG and settings.SITE_IS_SECURE:
        problems.append(
            checks.Error(
                "PORTAL_DEBUG is on for a public address (PORTAL_SITE_URL).",
                hint="Debug pages show code and settings to everybody. Unset PORTAL_DEBUG.",
                id="portal.E002",
            )
        )
    if len(settings.SECRET_KEY) < 32:
        problems.append(
            checks.Error(
                "PORTAL_SECRET_KEY is shorter than 32 characters.",
                hint="Leave it unset and the portal makes and keeps a strong one.",
                id="portal.E003",
            )
        )
    if not settings.SITE_URL.startswith(("http://", "https://")):
        problems.append(
            checks.Error(
                "PORTAL_SITE_URL must be a whole address such as https://meet.example.org.",
                id="portal.E004",
            )
        )
    problems += [
        checks.Error(
            f"PORTAL_TRUSTED_PROXIES has “{proxy}”, which is no address, network or “unix”.",
            hint="For example 127.0.0.1 or 10.0.0.0/8, several with commas between them.",
            id="portal.E005",
        )
        for proxy in settings.TRUSTED_PROXIES
        if proxy != "unix" and not is_network(proxy)
    ]
    if settings.REDIS_URL and not settings.REDIS_URL.startswith(
        ("redis://", "rediss://", "unix://")
    ):
        problems.append(
            checks.Error(
                "PORTAL_REDIS_URL must be an address such as redis://127.0.0.1:6379/0.",
                id="portal.E006",
            )
        )
    return problems


def is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


@checks.register(checks.Tags.security, deploy=True)
def public_site_is_behind_known_proxy(
    app_configs: Any, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    if settings.SITE_IS_SECURE and not settings.TRUSTED_PROXIES:
        return [
            checks.Warning(
                "PORTAL_SITE_URL is https but PORTAL_TRUSTED_PROXIES is empty.",
                hint="All clients then look like the proxy, and share one limit for wrong codes.",
                id="portal.W001",
            )
        ]
    return []
