"""The console's pages about workspaces, their members, and the host's own profile."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.forms import InvitationForm, NewWorkspaceForm, ProfileForm, RoleForm, WorkspaceForm
from hosts.invitations import INVITATIONS, NotForYou, NotSent, accept, invite, open_invitation
from hosts.members import LastOwner, found, remove, set_role
from hosts.models import Host, Membership, Workspace
from hosts.requests import HostRequest, host_required
from meetingportal.limits import Limit, Taken
from meetingportal.once import AlreadyDone

WORKSPACES = Limit(name="workspaces", burst=20, per_minute=20 / (24 * 60))
TOO_MANY_WORKSPACES = "You have made many workspaces today. Make the next one tomorrow."
TOO_MANY_INVITATIONS = "Many people have been invited today. Invite the next one tomorrow."

page = require_http_methods(["GET", "HEAD", "POST"])


# --- Workspaces


@require_safe
@host_required
def workspaces(request: HostRequest) -> HttpResponse:
    memberships = request.user.memberships.select_related("workspace").order_by(
        "workspace__name", "pk"
    )
    if not memberships and not request.user.is_superuser:
        return redirect("hosts:new_workspace")
    return render(request, "hosts/workspaces.html", {"memberships": memberships})


@page
@host_required
def new_workspace(request: HostRequest) -> HttpResponse:
    form = NewWorkspaceForm(request.POST or None)
    context = {"form": form, "is_first": not request.user.memberships.exists()}
    if request.method != "POST":
        return render(request, "hosts/new_workspace.html", context)
    if not form.is_valid():
        return render(request, "hosts/new_workspace.html", context, status=422)
    taken = WORKSPACES.hit(str(request.user.pk))
    if not taken.allowed:
        form.add_error(None, TOO_MANY_WORKSPACES)
        return too_many(render(request, "hosts/new_workspace.html", context), taken)
    try:
        workspace = found(form.cleaned_data["name"], by=request.user, key=form.cleaned_data["key"])
    except AlreadyDone:
        messages.info(request, "This workspace had been made already; nothing was made twice.")
    else:
        messages.success(request, f"{workspace} is ready.")
    return redirect("overview:meetings")


@require_safe
@host_required
def workspace(request: HostRequest, pk: int) -> HttpResponse:
    found_one = get_object_or_404(Workspace.objects.of(request.user), pk=pk)
    return workspace_page(request, found_one)


def workspace_page(
    request: HostRequest,
    workspace: Workspace,
    *,
    name_form: WorkspaceForm | None = None,
    invitation_form: InvitationForm | None = None,
) -> HttpResponse:
    """The page of a workspace; with a form that was not accepted it answers 422."""
    refused = name_form or invitation_form
    context = {
        "workspace": workspace,
        "is_owner": Workspace.objects.owned_by(request.user).filter(pk=workspace.pk).exists(),
        "memberships": workspace.memberships.select_related("host").order_by(
            "host__name", "host__email"
        ),
        "invitations": workspace.invitations.open(at=timezone.now()).order_by("email"),
        "name_form": name_form or WorkspaceForm(instance=workspace),
        "invitation_form": invitation_form or InvitationForm(workspace=workspace),
    }
    return render(request, "hosts/workspace.html", context, status=422 if refused else 200)


@require_POST
@host_required
def rename_workspace(request: HostRequest, pk: int) -> HttpResponse:
    workspace = get_object_or_404(Workspace.objects.owned_by(request.user), pk=pk)
    form = WorkspaceForm(request.POST, instance=workspace)
    if not form.is_valid():
        workspace.refresh_from_db()
        return workspace_page(request, workspace, name_form=form)
    form.save()
    messages.success(request, f"The workspace is now called {workspace}.")
    return redirect("hosts:workspace", pk)


# --- Members


def owned_membership(host: Host, workspace: int, pk: int) -> Membership:
    """A membership that the host may change, as an owner of its workspace."""
    owned = get_object_or_404(Workspace.objects.owned_by(host), pk=workspace)
    return get_object_or_404(owned.memberships.select_related("host", "workspace"), pk=pk)


@require_POST
@host_required
def change_role(request: HostRequest, pk: int, member: int) -> HttpResponse:
    membership = owned_membership(request.user, pk, member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the roles.")
        return redirect("hosts:workspace", pk)
    try:
        membership = set_role(membership, form.cleaned_data["role"])
    except LastOwner as refusal:
        messages.error(request, str(refusal))
    else:
        role = "an owner" if membership.is_owner else "a host"
        messages.success(request, f"{membership.host} is now {role}.")
    return redirect("hosts:workspace", pk)


@page
@host_required
def remove_member(request: HostRequest, pk: int, member: int) -> HttpResponse:
    membership = owned_membership(request.user, pk, member)
    if request.method != "POST":
        return render(request, "hosts/remove_member.html", {"membership": membership})
    return departed(request, membership, f"{membership.host} is no longer a member.")


@page
@host_required
def leave_workspace(request: HostRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(
        request.user.memberships.select_related("host", "workspace"), workspace__pk=pk
    )
    if request.method != "POST":
        return render(request, "hosts/leave_workspace.html", {"membership": membership})
    return departed(request, membership, f"You have left {membership.workspace}.")


def departed(request: HostRequest, membership: Membership, sentence: str) -> HttpResponse:
    try:
        remove(membership)
    except LastOwner as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)
    if Workspace.objects.of(request.user).filter(pk=membership.workspace_id).exists():
        return redirect("hosts:workspace", membership.workspace_id)
    return redirect("hosts:workspaces")


# --- Invitations


@require_POST
@host_required
def invite_member(request: HostRequest, pk: int) -> HttpResponse:
    workspace = get_object_or_404(Workspace.objects.owned_by(request.user), pk=pk)
    form = InvitationForm(request.POST, workspace=workspace)
    if not form.is_valid():
        return workspace_page(request, workspace, invitation_form=form)
    taken = invitation_taken(workspace, request.user)
    if not taken.allowed:
        form.add_error(None, TOO_MANY_INVITATIONS)
        return too_many(workspace_page(request, workspace, invitation_form=form), taken)
    email = form.cleaned_data["email"]
    try:
        invite(workspace, email, form.cleaned_data["role"], by=request.user)
    except NotSent:
        form.add_error(None, f"The mail to {email} could not be sent. Try again in a while.")
        return workspace_page(request, workspace, invitation_form=form)
    messages.success(request, invited_sentence(email))
    return redirect("hosts:workspace", pk)


def invitation_taken(workspace: Workspace, host: Host) -> Taken:
    """Count one mail for the workspace, and for the host, who may have many workspaces."""
    taken = INVITATIONS.hit(f"workspace:{workspace.pk}")
    return INVITATIONS.hit(f"host:{host.pk}") if taken.allowed else taken


def invited_sentence(email: str) -> str:
    if settings.EMAIL_URL:
        return f"{email} has been sent an invitation."
    return (
        f"The invitation for {email} is written. This portal has no mail server: its operator "
        "finds the mail among its files and can pass it on."
    )


def too_many(response: HttpResponse, taken: Taken) -> HttpResponse:
    response.status_code = 429
    response["Retry-After"] = str(taken.retry_after)
    return response


@require_POST
@host_required
def withdraw_invitation(request: HostRequest, pk: int, invitation: int) -> HttpResponse:
    workspace = get_object_or_404(Workspace.objects.owned_by(request.user), pk=pk)
    offer = get_object_or_404(workspace.invitations.filter(accepted_at=None), pk=invitation)
    offer.delete()
    messages.success(request, f"The invitation of {offer.email} is withdrawn.")
    return redirect("hosts:workspace", pk)


@page
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever opens the mail's link sees what is offered; only a button accepts it."""
    offer = open_invitation(token)
    if offer is None:
        return render(request, "hosts/invitation_gone.html", status=404)
    host = request.user
    context = {
        "invitation": offer,
        "token": token,
        "has_account": Host.objects.filter(email=offer.email).exists(),
    }
    if not isinstance(host, Host):
        return render(request, "hosts/invitation.html", context)
    if host.email != offer.email:
        return render(request, "hosts/invitation_of_another.html", context, status=403)
    if request.method != "POST":
        return render(request, "hosts/invitation.html", context)
    try:
        accept(offer, host)
    except NotForYou:
        return render(request, "hosts/invitation_gone.html", status=404)
    messages.success(request, f"You are now a member of {offer.workspace}.")
    return redirect("overview:meetings")


# --- The host


@page
@host_required
def profile(request: HostRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method != "POST":
        return render(request, "hosts/profile.html", {"form": form})
    if not form.is_valid():
        return render(request, "hosts/profile.html", {"form": form}, status=422)
    form.save()
    messages.success(request, "Saved.")
    return redirect("hosts:profile")
