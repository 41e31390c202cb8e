"""How hosts sign up, in and out: what the portal does differently from django-allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from hosts.invitations import open_invitation
from hosts.mail import hand_over
from hosts.models import Host, Invitation
from meetingportal.mailed_links import mailed_link

WAIT = 60  # seconds; allauth counts by the minute


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The open invitation with which somebody signs up, if any."""
    token = sign_up_token(request)
    return open_invitation(token) if token else None


def sign_up_token(request: HttpRequest) -> str:
    return str(request.POST.get("invitation") or request.GET.get("invitation") or "")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """What allauth answers where an address or account has had too many tries."""
    page = render_to_string("429.html", {"retry_after": WAIT}, request)
    return HttpResponse(page, status=429, headers={"Retry-After": str(WAIT)})


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is closed. Ask the operator of this portal.",
        "duplicate_email": "This is your address already.",
        "email_password_mismatch": (
            "That email and password do not belong together. Check both and try again."
        ),
        "email_taken": "There is an account with this email. Sign in instead.",
        "enter_current_password": "That is not your password. Check it and try again.",
        "incorrect_password": "That is not your password. Check it and try again.",
        "too_many_login_attempts": (
            "There were too many attempts with this email. Wait five minutes and try again."
        ),
    }

    # --- Signing up

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        token = sign_up_token(request)
        if token and open_invitation(token) is None:
            raise ImmediateHttpResponse(render(request, "hosts/invitation_gone.html", status=404))
        return bool(settings.SIGNUP_OPEN or token)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        host = request.user
        assert isinstance(host, Host)  # noqa: S101 - allauth asks after the sign-in
        if not host.is_superuser and not host.memberships.exists():
            return reverse("hosts:new_workspace")
        return str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    # --- Email addresses

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        if self.request.user.is_authenticated:
            return reverse("hosts:profile")
        return reverse("account_login")

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Only one that waits to be confirmed: nobody is left without an address."""
        return bool(email_address.email != email_address.user.email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Refuse an address that has become another host's sign-in meanwhile."""
        others = Host.objects.exclude(pk=email_address.user_id)
        if others.filter(email=email_address.email).exists():
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False
        return bool(super().confirm_email(request, email_address))

    def set_password(self, user: Host, password: str) -> None:
        """A new password also ends a change of address that whoever had the old one asked for."""
        EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).delete()
        super().set_password(user, password)

    # --- Signing out

    def logout(self, request: HttpRequest) -> None:
        """End the host's session under a new key; who the browser is in meetings stays."""
        kept = {
            key: request.session[key]
            for key in settings.SESSION_KEYS_KEPT_AT_SIGN_OUT
            if key in request.session
        }
        super().logout(request)
        request.session.update(kept)

    # --- What a request says about this site is not believed

    def is_safe_url(self, url: str | None) -> bool:
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's holds the Host header, whose port is the client's choice: a bucket per port.
        return str(credentials.get("email", "")).lower()

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return mailed_link("account_reset_password_from_key", uid, token)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return mailed_link("account_confirm_email", emailconfirmation.key)

    def send_account_already_exists_mail(self, email: str) -> None:
        self.send_mail("account/email/account_already_exists", email, {})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        context = {
            "email": email,
            "site": settings.SITE_URL,
            "login_url": mailed_link("account_login"),
            "password_reset_url": mailed_link("account_reset_password"),
        } | context
        hand_over(self.render_mail(template_prefix, email, context))
