"""Forms of the console about workspaces and about the host."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from hosts.brand import MAX_LOGO_KB, type_of_logo
from hosts.models import ApiToken, Host, Membership, Workspace, WorkspaceKey
from hosts.time_zones import choices_with
from meetingportal.once import KeyField


class WorkspaceForm(forms.ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ["name"]
        labels = {"name": "Name of your organisation"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}


class ColourField(forms.CharField):
    def to_python(self, value: Any) -> str:
        """People write #ABC as well as #aabbcc."""
        text = str(super().to_python(value) or "").lower()
        return "#" + "".join(2 * c for c in text[1:]) if len(text) == 4 else text


class ColourForm(forms.ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ["colour"]
        field_classes = {"colour": ColourField}
        help_texts = {
            "colour": "As # and six signs, like #0f6b6b. Empty, the portal's own colour is shown."
        }
        widgets = {
            "colour": forms.TextInput(
                attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "#0f6b6b"}
            )
        }


class LogoForm(forms.Form):
    logo = forms.FileField(
        label="Picture",
        help_text=f"PNG, JPEG, GIF or WebP, {MAX_LOGO_KB} KB at most. It is shown 40 pixels high.",
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}
        ),
    )

    def clean_logo(self) -> bytes:
        logo = self.cleaned_data["logo"]
        if logo.size > MAX_LOGO_KB * 1024:
            raise forms.ValidationError(
                f"This picture has {logo.size // 1024} KB. {MAX_LOGO_KB} KB is the most."
            )
        content: bytes = logo.read()
        if type_of_logo(content) is None:
            raise forms.ValidationError("This is not a PNG, JPEG, GIF or WebP picture.")
        return content


class NewWorkspaceForm(WorkspaceForm):
    key = KeyField()


class ProfileForm(forms.ModelForm[Host]):
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Times in the console are read and shown in it."
    )

    class Meta:
        model = Host
        fields = ["name", "time_zone"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)  # noqa: S101 - declared above
        zones.choices = choices_with(self.instance.time_zone)


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label="Role", choices=Membership.Role.choices, initial=Membership.Role.HOST
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if self.workspace.members.filter(email=email).exists():
            raise forms.ValidationError(f"{email} is a member of this workspace already.")
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)


class ApiTokenForm(forms.ModelForm[ApiToken]):
    days = forms.TypedChoiceField(
        label="Expires",
        coerce=int,
        empty_value=None,
        required=False,
        initial=365,
        choices=[(30, "in 30 days"), (90, "in 90 days"), (365, "in a year"), ("", "never")],
    )
    key = KeyField()

    class Meta:
        model = ApiToken
        fields = ["name"]
        help_texts = {"name": "Which system uses it, so that you know later what to revoke."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class KeyForm(forms.Form):
    form = forms.ChoiceField(choices=WorkspaceKey.Form.choices, required=False)
    key = KeyField()

    @property
    def form_of_links(self) -> WorkspaceKey.Form:
        return WorkspaceKey.Form(self.cleaned_data["form"] or WorkspaceKey.Form.OWN)
