"""A form that makes something is acted on once, however often it is sent.

The form carries a key that was drawn when it was shown; the act takes the key in its own
transaction. So a second click, a reload, or going back and sending again changes nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone

from meetingportal.models import SentForm

REMEMBERED = timedelta(days=7)


class AlreadyDone(Exception):
    """The same form was acted on before."""


def take(key: UUID | None, *, by: int) -> None:
    """Take the key of a form sent by this host; call it first in the act's transaction.

    Whoever comes at the same moment waits for the other's commit. An act that no form asked for has
    no key, and is done. Raises AlreadyDone.
    """
    if key is None:
        return
    try:
        with transaction.atomic():
            SentForm.objects.create(key=kept(key, by), at=timezone.now())
    except IntegrityError as error:
        raise AlreadyDone from error


def kept(key: UUID, by: int) -> str:
    return f"{by}:{key}"


def is_repeated(form: forms.BaseForm, *, by: int) -> bool:
    """Whether this host's form was acted on before: then what it collides with is what it made."""
    key: UUID | None = getattr(form, "cleaned_data", {}).get("key")
    return key is not None and SentForm.objects.filter(key=kept(key, by)).exists()


class KeyField(forms.UUIDField):
    """The hidden key. Who leaves it out (a script) has one drawn, so that each request acts."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid4)

    def clean(self, value: object) -> UUID:
        return super().clean(value) or uuid4()


def forget_old(*, at: datetime) -> int:
    """Delete keys that nobody sends again; returns how many."""
    return SentForm.objects.filter(at__lte=at - REMEMBERED).delete()[0]
