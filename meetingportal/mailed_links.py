"""Addresses that go into mails: of this site as configured, never as a request claims it to be."""

from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix


def mailed_link(view: str, *args: object) -> str:
    """The whole address of a page.

    The prefix that a server may have taken from a request header is left out.
    """
    prefix = get_script_prefix()
    set_script_prefix("/")
    try:
        return f"{settings.SITE_URL}{reverse(view, args=args)}"
    finally:
        set_script_prefix(prefix)
