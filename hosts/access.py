"""What other systems hold to get in: tokens of the API, and keys that sign personal links."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from hosts.models import ApiToken, Host, Workspace, WorkspaceKey, hashed
from meetingportal.once import take

MAX_TOKENS = 50  # of a workspace
MAX_KEYS = 5
PREFIX = "portal_"  # by which scanners of source code find a token that got there
NOTED_EVERY = timedelta(minutes=1)

# What the apps above do when a key is removed; they register once, when they are ready.
KeyRemoval = Callable[[WorkspaceKey], None]
_removals: list[KeyRemoval] = []


class TooMany(Exception):
    """The workspace has as many as it may have; the message is a sentence for the host."""


def make_token(
    workspace: Workspace,
    name: str,
    *,
    by: Host,
    expires_at: datetime | None = None,
    key: UUID | None = None,
) -> str:
    """Make a token and give it; it is kept as a hash only. Raises TooMany, AlreadyDone."""
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        take(key, by=by.pk)
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        if workspace.api_tokens.count() >= MAX_TOKENS:
            raise TooMany(f"A workspace has at most {MAX_TOKENS} tokens. Revoke one first.")
        ApiToken.objects.create(
            workspace=workspace,
            name=name,
            token_hash=hashed(token),
            made_by=by,
            expires_at=expires_at,
        )
    return token


def holder_of(token: str, *, at: datetime) -> ApiToken | None:
    """The token that was shown, where it opens something."""
    found = ApiToken.objects.with_token(token).holding(at=at)
    return found.select_related("workspace", "made_by").first()


def note_use(used: ApiToken | WorkspaceKey, *, at: datetime) -> None:
    """Remember when it was last used, to the minute: a busy system does not write all the time."""
    if used.last_used_at is None or used.last_used_at <= at - NOTED_EVERY:
        type(used).objects.filter(pk=used.pk).update(last_used_at=at)


def make_key(
    workspace: Workspace,
    *,
    by: Host,
    form: WorkspaceKey.Form = WorkspaceKey.Form.OWN,
    once: UUID | None = None,
) -> WorkspaceKey:
    """Make a further key; older ones stay valid until they are removed.

    `once` is the key of the form that asked for it. Raises TooMany, AlreadyDone.
    """
    with transaction.atomic():
        take(once, by=by.pk)
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        if workspace.keys.count() >= MAX_KEYS:
            raise TooMany(f"A workspace has at most {MAX_KEYS} keys. Remove an old one first.")
        return WorkspaceKey.objects.create(workspace=workspace, made_by=by, form=form)


def remove_key(key: WorkspaceKey) -> None:
    """Remove a key; what rests on it ends."""
    with transaction.atomic():
        for removal in _removals:
            removal(key)
        key.delete()


def register(removal: KeyRemoval) -> None:
    if removal not in _removals:
        _removals.append(removal)
