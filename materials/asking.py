"""Hosts of a meeting are asked by mail to let a link to it carry people."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from hosts.mail import hand_over
from hosts.models import Host
from materials import links
from materials.models import Material
from meetingportal.limits import Limit
from meetingportal.mailed_links import mailed_link

# Mails to one address; more wait in the console.
ASKED_A_DAY = 20
ASKING = Limit(name="links to accept", burst=ASKED_A_DAY, per_minute=ASKED_A_DAY / (24 * 60))


def ask_hosts(link: Material, *, by: Host | None) -> None:
    """Ask those who manage the target, once, if the link waits for them.

    Call it in the transaction of the act; the mails leave after the commit.
    """
    waiting = links.waiting().filter(pk=link.pk, asked_at=None)
    if not waiting.exists():
        return
    Material.objects.filter(pk=link.pk).update(asked_at=timezone.now())
    link = Material.objects.select_related("meeting", "target__workspace").get(pk=link.pk)
    transaction.on_commit(lambda: send_to_hosts(link, by), robust=True)


def send_to_hosts(link: Material, by: Host | None) -> None:
    assert link.target  # noqa: S101 - a link to a meeting has one
    for host in link.target.managing_hosts():
        if ASKING.hit(host.email).allowed:
            hand_over(mail_for(link, host, by))


def mail_for(link: Material, host: Host, by: Host | None) -> EmailMessage:
    assert link.target  # noqa: S101 - a link to a meeting has one
    context = {
        "link": link,
        "by": by or "A host",
        "page": mailed_link("materials:links", link.target.slug),
        "site": settings.SITE_URL,
    }
    subject = render_to_string("materials/mail/waiting_subject.txt", context)
    text = render_to_string("materials/mail/waiting.txt", context)
    return EmailMessage(" ".join(subject.split()), text, to=[host.email])
