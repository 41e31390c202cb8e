"""What an attendee gets who follows a material."""

import logging
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.http.response import HttpResponseBase

from materials import files
from materials.models import Material
from materials.web_addresses import clean_web_address, redirect_address
from meetings.models import Meeting

logger = logging.getLogger("portal.materials")

READ_AT_ONCE = 64 * 1024
# A file may not run, load or embed anything, even if a browser took it for a page.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SANDBOX = f"sandbox; {NOTHING}; img-src 'self'; style-src 'unsafe-inline'"


def follow(material: Material, meeting: Meeting) -> HttpResponseBase:
    """Send whoever may read the material to where it leads, or hand over the file."""
    if material.target is not None:
        source = urlencode({"from": meeting.slug})
        return HttpResponseRedirect(f"{material.target.address}?{source}")
    if material.is_link:
        return away(material.url)
    return file_of(material)


def away(address: str) -> HttpResponseBase:
    """To another site, which is not told from which meeting somebody comes."""
    try:
        address = redirect_address(clean_web_address(address))
    except ValidationError:  # a row that no form has made
        raise Http404("This is not a web address.") from None
    return HttpResponseRedirect(address, headers={"Referrer-Policy": "no-referrer"})


def file_of(material: Material) -> HttpResponseBase:
    try:
        content = material.file.open("rb")
    except FileNotFoundError:
        logger.error("The file of material %s is not in the storage.", material.pk)
        raise Http404("The file is gone.") from None
    is_inline = material.file_type in files.SHOWN_INLINE
    return StoredFile(
        content,
        as_attachment=not is_inline,
        filename=files.kept_name(material.file_name),
        content_type=material.file_type or files.UNKNOWN,
        headers={
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


class StoredFile(FileResponse):
    """A file that an ASGI server sends piece by piece.

    Django would read all of a synchronous file into memory first; here each piece is read in a
    thread while the event loop serves others.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.file_to_stream is None:
            return
        read = sync_to_async(self.file_to_stream.read, thread_sensitive=False)
        while piece := await read(READ_AT_ONCE):
            yield piece
