"""Hosts and workspaces in the admin site, for operators."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest

from hosts.members import end
from hosts.models import ApiToken, Host, Invitation, Logo, Membership, Workspace, WorkspaceKey
from meetingportal.admin import MAX_DIGITS, CarefulAdmin, LookOnlyAdmin

POWERS = ("is_staff", "is_superuser")


class HostCreationForm(AdminUserCreationForm[Host]):
    class Meta:
        model = Host
        fields = ["email", "name"]

    def clean_email(self) -> str:
        return lowered(self.cleaned_data["email"])


class HostChangeForm(UserChangeForm[Host]):
    class Meta:
        model = Host
        fields = "__all__"

    def clean_email(self) -> str:
        return lowered(self.cleaned_data["email"])


def lowered(email: str) -> str:
    return email.strip().lower()


class KeySelect(AutocompleteSelect):
    """Django's own fails on what is no primary key, instead of saying that it is no choice."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        keys = [key for key in value if str(key).isdecimal() and len(str(key)) <= MAX_DIGITS]
        return super().optgroups(name, keys, attr)


class SelectsByKey(BaseModelAdmin[Any]):
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KeySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MembershipInline(SelectsByKey, admin.StackedInline[Membership, Workspace]):
    model = Membership
    autocomplete_fields = ["host", "workspace"]
    readonly_fields = ["joined_at"]
    extra = 0


class HasMemberships(CarefulAdmin):
    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Whoever is removed here leaves as one does in the console."""
        changed = formset.save(commit=False)
        for membership in formset.deleted_objects:
            end(membership)
        for membership in changed:
            membership.save()


@admin.register(Host)
class HostAdmin(HasMemberships, UserAdmin[Host]):
    form = HostChangeForm
    add_form = HostCreationForm
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = (
        (None, {"fields": ["email", "password"]}),
        ("Profile", {"fields": ["name", "time_zone"]}),
        ("May", {"fields": ["is_active", *POWERS]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["email", "name", "usable_password", "password1", "password2"],
            },
        ),
    )
    inlines = [MembershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Host | None = None) -> Any:
        """Only who may do everything may give that away."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *POWERS]

    def save_model(
        self, request: HttpRequest, obj: Host, form: forms.ModelForm[Host], change: bool
    ) -> None:
        """An operator who gives an address vouches for it."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            obj.vouch_for_email()


@admin.register(Workspace)
class WorkspaceAdmin(HasMemberships):
    list_display = ["name", "created_at"]
    search_fields = ["name", "members__email", "members__name"]
    readonly_fields = ["created_at"]
    inlines = [MembershipInline]


@admin.register(Logo)
class LogoAdmin(LookOnlyAdmin):
    list_display = ["workspace", "content_type"]
    list_select_related = ["workspace"]
    search_fields = ["workspace__name"]
    fields = ["workspace", "content_type", "digest"]


@admin.register(Membership)
class MembershipAdmin(SelectsByKey, CarefulAdmin):
    list_display = ["host", "workspace", "role", "joined_at"]
    list_filter = ["role"]
    list_select_related = ["host", "workspace"]
    search_fields = ["host__email", "host__name", "workspace__name"]
    autocomplete_fields = ["host", "workspace"]
    readonly_fields = ["joined_at"]

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        end(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            end(membership)


@admin.register(Invitation)
class InvitationAdmin(CarefulAdmin):
    """To look at and to withdraw; an invitation is made in the console, which sends the mail."""

    list_display = ["email", "workspace", "role", "invited_by", "expires_at", "accepted_at"]
    list_select_related = ["workspace", "invited_by"]
    search_fields = ["email", "workspace__name", "invited_by__email"]
    fields = ["email", "workspace", "role", "invited_by", "expires_at", "accepted_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(LookOnlyAdmin):
    """Tokens are made and revoked in the console; what stands here opens nothing."""

    list_display = ["name", "workspace", "made_by", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["workspace", "made_by"]
    search_fields = ["name", "workspace__name", "made_by__email"]
    fields = ["name", "workspace", "made_by", "created_at", "expires_at", "last_used_at"]


@admin.register(WorkspaceKey)
class WorkspaceKeyAdmin(LookOnlyAdmin):
    """Without the secret, which is for the workspace's own systems only."""

    list_display = ["kid", "form", "workspace", "made_by", "created_at", "last_used_at"]
    list_filter = ["form"]
    list_select_related = ["workspace", "made_by"]
    search_fields = ["kid", "workspace__name", "made_by__email"]
    fields = ["kid", "form", "workspace", "made_by", "created_at", "last_used_at"]
