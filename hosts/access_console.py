"""The console's page on which owners give other systems access, and take it away."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from hosts import access
from hosts.access import TooMany, make_key, make_token
from hosts.forms import ApiTokenForm, KeyForm
from hosts.models import Workspace, WorkspaceKey
from hosts.requests import HostRequest, host_required
from meetingportal.once import AlreadyDone


def owned(request: HostRequest, pk: int) -> Workspace:
    return get_object_or_404(Workspace.objects.owned_by(request.user), pk=pk)


@require_safe
@host_required
def access_of_others(request: HostRequest, pk: int) -> HttpResponse:
    return access_page(request, owned(request, pk))


def access_page(
    request: HostRequest,
    workspace: Workspace,
    *,
    form: ApiTokenForm | None = None,
    new_token: str = "",
    new_key: WorkspaceKey | None = None,
    status: int = 200,
) -> HttpResponse:
    """What was made is shown here, in the answer to the making, and never again."""
    tokens = workspace.api_tokens.with_maker_being_owner()
    context = {
        "workspace": workspace,
        "tokens": tokens.select_related("made_by"),
        "keys": workspace.keys.filter(form=WorkspaceKey.Form.OWN).select_related("made_by"),
        "meetingpulse_keys": workspace.keys.filter(
            form=WorkspaceKey.Form.MEETINGPULSE
        ).select_related("made_by"),
        "form": form or ApiTokenForm(),
        # Each has a key of its own; two stand on the page, so their fields have no ids.
        "key_form": KeyForm(auto_id=False),
        "meetingpulse_key_form": KeyForm(auto_id=False),
        "new_token": new_token,
        "new_key": new_key,
        "site": settings.SITE_URL,
        "now": timezone.now(),
    }
    return render(request, "hosts/access.html", context, status=status)


@require_POST
@host_required
def new_token(request: HostRequest, pk: int) -> HttpResponse:
    workspace = owned(request, pk)
    form = ApiTokenForm(request.POST)
    if not form.is_valid():
        return access_page(request, workspace, form=form, status=422)
    try:
        token = make_token(
            workspace,
            form.cleaned_data["name"],
            by=request.user,
            expires_at=form.expires_at,
            key=form.cleaned_data["key"],
        )
    except AlreadyDone:
        return made_already(request, workspace, "token", "revoke")
    except TooMany as refusal:
        form.add_error(None, str(refusal))
        return access_page(request, workspace, form=form, status=422)
    return access_page(request, workspace, new_token=token, status=201)


def made_already(
    request: HostRequest, workspace: Workspace, what: str, undone: str
) -> HttpResponse:
    """The form was sent a second time; what it made was shown in the answer to the first."""
    messages.info(
        request,
        f"This {what} had been made already; nothing was made twice. It is not shown again: if "
        f"you have not copied it, {undone} it and make another one.",
    )
    return redirect("hosts:access", workspace.pk)


@require_POST
@host_required
def revoke_token(request: HostRequest, pk: int, api_token: int) -> HttpResponse:
    workspace = owned(request, pk)
    revoked = get_object_or_404(workspace.api_tokens, pk=api_token)
    revoked.delete()
    messages.success(request, f"The token “{revoked}” is revoked. It opens nothing any more.")
    return redirect("hosts:access", pk)


@require_POST
@host_required
def new_key(request: HostRequest, pk: int) -> HttpResponse:
    workspace = owned(request, pk)
    chosen = KeyForm(request.POST)
    if not chosen.is_valid():
        return access_page(request, workspace, status=422)
    try:
        key = make_key(
            workspace,
            by=request.user,
            form=chosen.form_of_links,
            once=chosen.cleaned_data["key"],
        )
    except AlreadyDone:
        return made_already(request, workspace, "key", "remove")
    except TooMany as refusal:
        messages.error(request, str(refusal))
        return access_page(request, workspace, status=422)
    return access_page(request, workspace, new_key=key, status=201)


@require_POST
@host_required
def remove_key(request: HostRequest, pk: int, key_id: int) -> HttpResponse:
    workspace = owned(request, pk)
    key = get_object_or_404(workspace.keys, pk=key_id)
    access.remove_key(key)
    messages.success(request, f"The key {key} is removed. Who came in by it is out.")
    return redirect("hosts:access", pk)
