"""Requests of signed-in hosts."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.middleware import HtmxDetails

from hosts.models import Host


class HostRequest(HttpRequest):
    user: Host  # narrower than AnonymousUser | Host: see host_required
    htmx: HtmxDetails


def host_required[**P, R: HttpResponseBase](
    view: Callable[Concatenate[HostRequest, P], R],
) -> Callable[..., Any]:
    """A page of the console: whoever is not signed in is sent to sign in first.

    Who has sent a form comes back to the page that it stood on: an act has no page of its own.
    """
    shown: Callable[..., HttpResponseBase] = login_required(view)

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            messages.warning(
                request, "You were signed out, and nothing was changed. Sign in and do it again."
            )
            return redirect_to_login(page_of_the_form(request))
        return shown(request, *args, **kwargs)

    return page


def page_of_the_form(request: HttpRequest) -> str:
    """The page of the console from which a form was sent, as far as the browser tells."""
    site, said = request.build_absolute_uri("/"), request.headers.get("Referer", "")
    is_of_console = said.startswith(f"{site}host/")
    return said[len(site) - 1 :] if is_of_console else resolve_url(settings.LOGIN_REDIRECT_URL)
