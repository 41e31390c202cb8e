"""Stored files that no material has: what a crash, or a meeting deleted with its rows, left."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from materials.models import FOLDER, Material

# An upload is stored a moment before its row is committed.
LEFT_ALONE = timedelta(days=1)


def forget_strays(*, at: datetime) -> int:
    """Delete them; returns how many."""
    kept = set(Material.objects.exclude(file="").values_list("file", flat=True))
    strays = [
        name
        for name in stored_names()
        if name not in kept and default_storage.get_modified_time(name) < at - LEFT_ALONE
    ]
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def stored_names() -> Iterator[str]:
    if not default_storage.exists(FOLDER):
        return
    for folder in default_storage.listdir(FOLDER)[0]:
        for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]:
            yield f"{FOLDER}/{folder}/{name}"
