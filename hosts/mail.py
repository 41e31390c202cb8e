"""Mails about accounts leave after the answer.

How long a mail server takes would otherwise tell whether an address has an account.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

logger = logging.getLogger("portal.mail")
post_room = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def hand_over(message: EmailMessage) -> None:
    """Send without waiting where there is a mail server, else write the file now."""
    if settings.EMAIL_URL:
        post_room.submit(send, message)
    else:
        send(message)


def send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, SMTPException):
        logger.exception("A mail could not be sent: %s", message.subject)
