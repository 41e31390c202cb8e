"""What the preview of a large file shows, kept so that no page reads the whole file again.

Page 0 is all but the rows, the others are a hundred rows each. It is gone with the file.
"""

import json
import zlib
from typing import Any
from uuid import UUID

from django.db import transaction

from attendees.models import PreviewPage
from attendees.roster.preview import Preview
from attendees.roster.wording import told, told_pages

AT_ONCE = 100  # pages


def keep(upload_id: UUID, preview: Preview, links: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        forget(upload_id)
        content = packed(told(preview) | {"links": links})
        summary = PreviewPage(upload_id=upload_id, number=0, content=content)
        pages = (
            PreviewPage(upload_id=upload_id, number=number, content=packed(rows))
            for number, rows in enumerate(told_pages(preview), start=1)
        )
        PreviewPage.objects.bulk_create([summary])
        PreviewPage.objects.bulk_create(pages, batch_size=AT_ONCE)


def kept(upload_id: UUID, page: int) -> Any:
    """What was kept of this page, or None."""
    content = PreviewPage.objects.filter(upload=upload_id, number=page)
    found = content.values_list("content", flat=True).first()
    return json.loads(zlib.decompress(bytes(found))) if found else None


def forget(upload_id: UUID) -> None:
    PreviewPage.objects.filter(upload=upload_id).delete()


def packed(content: Any) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), level=1)
