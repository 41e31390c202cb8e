from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def mails_are_sent() -> bool:
    """Whether there is a mail server; else mails are files that the operator passes on."""
    return bool(settings.EMAIL_URL)
