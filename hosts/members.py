"""Acts: a workspace is founded, its members get other roles, leave or are removed."""

from uuid import UUID

from django.db import transaction

from hosts import departures
from hosts.models import Host, Membership, Workspace
from meetingportal.once import take


class LastOwner(Exception):
    """A workspace keeps at least one owner; the message is a sentence for the host."""


def found(name: str, *, by: Host, key: UUID | None = None) -> Workspace:
    """Make a workspace whose owner is the host. Raises AlreadyDone."""
    with transaction.atomic():
        take(key, by=by.pk)
        workspace = Workspace.objects.create(name=name)
        workspace.memberships.create(host=by, role=Membership.Role.OWNER)
    return workspace


def set_role(membership: Membership, role: str) -> Membership:
    """Make a member an owner, or an owner an ordinary host. Raises LastOwner."""
    with transaction.atomic():
        membership = locked(membership)
        if membership.role == role:
            return membership
        if membership.is_owner:
            keep_another_owner(membership)
            withdraw_invitations_by(membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove(membership: Membership) -> None:
    """End a membership, at once and with everything that hangs on it. Raises LastOwner."""
    with transaction.atomic():
        membership = locked(membership)
        if membership.is_owner:
            keep_another_owner(membership)
        end(membership)


def end(membership: Membership) -> None:
    """End a membership as `remove` does, the last owner's, too: that is for operators alone."""
    with transaction.atomic():
        membership = locked(membership)
        withdraw_invitations_by(membership)
        membership.workspace.invitations.filter(
            email=membership.host.email, accepted_at=None
        ).delete()
        membership.delete()
        departures.follow(membership.workspace, membership.host)


def locked(membership: Membership) -> Membership:
    """The membership as it is now; no other member's role changes until the transaction ends."""
    Workspace.objects.select_for_update().get(pk=membership.workspace_id)
    return Membership.objects.select_related("host", "workspace").get(pk=membership.pk)


def keep_another_owner(membership: Membership) -> None:
    others = membership.workspace.memberships.filter(role=Membership.Role.OWNER).exclude(
        pk=membership.pk
    )
    if not others.exists():
        raise LastOwner(
            f"{membership.host} is the last owner of this workspace. "
            "Make somebody else an owner first."
        )


def withdraw_invitations_by(membership: Membership) -> None:
    """Whoever may no longer invite leaves no door open behind them."""
    membership.workspace.invitations.filter(
        invited_by=membership.host_id, accepted_at=None
    ).delete()
