"""Requests of signed-in hosts."""

from collections.abc import Callable
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from hosts.models import Host


class HostRequest(HttpRequest):
    user: Host  # narrower than AnonymousUser | Host: see host_required
    htmx: HtmxDetails


def host_required[**P, R: HttpResponseBase](
    view: Callable[Concatenate[HostRequest, P], R],
) -> Callable[..., Any]:
    """A page of the console: whoever is not signed in is sent to sign in first."""
    return login_required(view)
