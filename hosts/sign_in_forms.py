"""The forms of sign-up, sign-in and passwords: allauth's, in the portal's words."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from hosts.invitations import NotForYou, accept
from hosts.members import found
from hosts.models import Host, Workspace, validate_line, validate_time_zone
from hosts.sign_in import invitation_of

LABELS = {"oldpassword": "Current password", "password1": "New password"}
PASSWORD_HELP = "At least 8 characters, no common password, not only digits."  # noqa: S105


class Plain(forms.Form):
    """Labels instead of placeholders, and a new password is typed once."""

    focus = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            if name == self.focus:
                field.widget.attrs["autofocus"] = True
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_HELP


class LoginForm(Plain, allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    focus = "login"


class ResetPasswordForm(Plain, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    focus = "email"

    def clean_email(self) -> str:
        """Only the address of an account resets its password, not one merely asked for."""
        email = str(self.cleaned_data["email"]).lower()
        self.users = list(Host.objects.filter(email=email, is_active=True))
        return email


class ResetPasswordKeyForm(Plain, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    focus = "password1"


class ChangePasswordForm(Plain, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    focus = "oldpassword"


class SetPasswordForm(Plain, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    focus = "password1"


class AddEmailForm(Plain, allauth_forms.AddEmailForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New email"

    @property
    def pending(self) -> EmailAddress | None:
        """The address that waits to be confirmed."""
        waiting = EmailAddress.objects.filter(user=self.user, verified=False)
        return waiting.exclude(email=self.user.email).last()


class ReauthenticateForm(Plain, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    focus = "password"


class SignUpForm(Plain, allauth_forms.SignupForm):  # type: ignore[misc]
    """Signing up makes a workspace, or accepts the invitation with which one came."""

    name = forms.CharField(
        label="Your name",
        max_length=Host._meta.get_field("name").max_length,
        validators=[validate_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    workspace = forms.CharField(
        label="Name of your organisation",
        max_length=Workspace._meta.get_field("name").max_length,
        validators=[validate_line],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = forms.CharField(
        required=False,
        widget=forms.HiddenInput(attrs={"data-guess-time-zone": ""}),
    )
    invitation = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["name", "email", "password1", "workspace", "time_zone", "invitation"]
    focus = "name"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"
        self.invited = invitation_of(context.request)
        if self.invited is None:
            del self.fields["invitation"]
            return
        del self.fields["workspace"]
        self.fields["invitation"].initial = context.request.GET.get("invitation")
        self.fields["email"].initial = self.invited.email
        self.fields["email"].widget.attrs["readonly"] = True

    def clean_time_zone(self) -> str:
        """What the browser says; a zone that we do not know is no reason to stop anybody."""
        name = str(self.cleaned_data["time_zone"])
        try:
            validate_time_zone(name)
        except forms.ValidationError:
            return str(settings.TIME_ZONE)
        return name

    def clean_email(self) -> str:
        email = str(super().clean_email())
        if self.invited and email != self.invited.email:
            raise forms.ValidationError(f"This invitation is for {self.invited.email}.")
        return email

    def validate_unique_email(self, value: str) -> str:
        """Accounts stand in the way, other people's unproven wishes for an address do not."""
        taken = Host.objects.filter(email=value).exists()
        if taken and (self.invited or settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory"):
            raise get_adapter().validation_error("email_taken")
        self.account_already_exists = taken
        return value

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            Host().set_password(self.cleaned_data["password1"])  # takes as long as a new account
        return super().try_save(request)

    def save(self, request: HttpRequest) -> Host:
        try:
            with transaction.atomic():
                EmailAddress.objects.filter(
                    email=self.cleaned_data["email"], verified=False
                ).delete()
                return super().save(request)  # type: ignore[no-any-return]
        except (IntegrityError, NotForYou):  # the same form, sent twice at once
            raise ImmediateHttpResponse(redirect("account_login")) from None

    def custom_signup(self, request: HttpRequest, user: Host) -> None:
        user.name = self.cleaned_data["name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["name", "time_zone"])
        if self.is_proven():
            get_adapter().stash_verified_email(request, user.email)
        if self.invited is None:
            found(self.cleaned_data["workspace"], by=user)
            return
        accept(self.invited, user)

    def is_proven(self) -> bool:
        """By the mail of the invitation, or where no mail could prove anything."""
        return bool(self.invited) or settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory"
