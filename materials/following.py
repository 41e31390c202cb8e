"""What an attendee gets who follows a material."""

import logging
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from materials import files
from materials.models import Material
from materials.web_addresses import clean_web_address, meeting_in, redirect_address
from meetings.models import Meeting

logger = logging.getLogger("portal.materials")

READ_AT_ONCE = 64 * 1024
# A file may not run, load or embed anything, even if a browser took it for a page.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SANDBOX = f"sandbox; {NOTHING}; img-src 'self'; style-src 'unsafe-inline'"


def follow(request: HttpRequest, material: Material, meeting: Meeting) -> HttpResponseBase:
    """Send whoever may read the material to where it leads, or hand over the file."""
    if material.target is not None:
        source = urlencode({"from": meeting.slug})
        return HttpResponseRedirect(f"{material.target.address}?{source}")
    if material.is_link and leaves_workspace(material.url, meeting):
        return leaving(request, material, meeting)
    if material.is_link:
        return away(material.url)
    return file_of(material)


def leaves_workspace(address: str, meeting: Meeting) -> bool:
    """Whether it looks like a meeting of this portal, and is none of the same workspace."""
    slug = meeting_in(address)
    here = Meeting.objects.filter(workspace=meeting.workspace_id, slug=slug)
    return bool(slug) and not here.exists()


def leaving(request: HttpRequest, material: Material, meeting: Meeting) -> HttpResponse:
    """Say where the link leads before anybody goes there: nobody is known there by this meeting."""
    address = sent_to(material.url)
    context = {"meeting": meeting, "address": address, "host_name": urlsplit(address).hostname}
    response = render(request, "materials/leaving.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def away(address: str) -> HttpResponseBase:
    """To another site, which is not told from which meeting somebody comes."""
    return HttpResponseRedirect(sent_to(address), headers={"Referrer-Policy": "no-referrer"})


def sent_to(address: str) -> str:
    try:
        return redirect_address(clean_web_address(address))
    except ValidationError:  # a row that no form has made
        raise Http404("This is not a web address.") from None


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
