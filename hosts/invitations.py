"""Acts: a host is invited into a workspace by mail, and accepts."""

import secrets
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from hosts.models import INVITATION_LASTS, Host, Invitation, Membership, Workspace, hashed
from meetingportal.limits import Limit
from meetingportal.mailed_links import mailed_link

TOKEN_BYTES = 16  # 128 bits
INVITATIONS_A_DAY = 50
INVITATIONS = Limit(
    name="invitations", burst=INVITATIONS_A_DAY, per_minute=INVITATIONS_A_DAY / (24 * 60)
)


class NotForYou(Exception):
    """The invitation cannot be accepted by this host; the message is a sentence for them."""


class NotSent(Exception):
    """The mail could not be handed over; the invitation does not stand."""


def invite(workspace: Workspace, email: str, role: str, *, by: Host) -> Invitation:
    """Offer a membership by mail; an earlier offer to the same address is void. Raises NotSent."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
        workspace.invitations.filter(email=email, accepted_at=None).delete()
        invitation = workspace.invitations.create(
            email=email,
            role=role,
            token_hash=hashed(token),
            invited_by=by,
            expires_at=timezone.now() + INVITATION_LASTS,
        )
    try:
        mail_for(invitation, token).send()
    except (OSError, SMTPException) as error:
        invitation.delete()
        raise NotSent from error
    return invitation


def mail_for(invitation: Invitation, token: str) -> EmailMessage:
    context = {
        "invitation": invitation,
        "link": mailed_link("hosts:invitation", token),
        "site": settings.SITE_URL,
        "hours": INVITATION_LASTS.total_seconds() // 3600,
    }
    subject = render_to_string("hosts/mail/invitation_subject.txt", context).strip()
    text = render_to_string("hosts/mail/invitation.txt", context)
    return EmailMessage(subject, text, to=[invitation.email])


def open_invitation(token: str) -> Invitation | None:
    """The invitation that the token opens now."""
    return (
        Invitation.objects.open(at=timezone.now())
        .with_token(token)
        .select_related("workspace", "invited_by")
        .first()
    )


def accept(invitation: Invitation, host: Host) -> Membership:
    """Make the host a member and use the invitation up. Raises NotForYou."""
    if invitation.email != host.email:
        raise NotForYou(
            f"This invitation is for {invitation.email}, and you are signed in as {host.email}."
        )
    with transaction.atomic():
        used = (
            Invitation.objects.open(at=timezone.now())
            .filter(pk=invitation.pk)
            .update(accepted_at=timezone.now())
        )
        if not used:
            raise NotForYou("This invitation has been used or withdrawn.")
        membership, _ = Membership.objects.get_or_create(
            workspace=invitation.workspace, host=host, defaults={"role": invitation.role}
        )
    return membership
