"""The console's page about how a workspace looks to attendees, and what their pages load of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hosts import brand
from hosts.forms import ColourForm, LogoForm
from hosts.models import Logo, Workspace
from hosts.requests import HostRequest, host_required

# The address has another name once the content is another.
FOR_EVER = "public, max-age=31536000, immutable"
DEFAULT_COLOUR = "#0f6b6b"


def owned(request: HostRequest, pk: int) -> Workspace:
    return get_object_or_404(Workspace.objects.owned_by(request.user), pk=pk)


@require_safe
@host_required
def look(request: HostRequest, pk: int) -> HttpResponse:
    return look_page(request, owned(request, pk))


def look_page(
    request: HostRequest,
    workspace: Workspace,
    *,
    colour_form: ColourForm | None = None,
    logo_form: LogoForm | None = None,
) -> HttpResponse:
    """The page; with a form that was not accepted it answers 422."""
    context = {
        "workspace": workspace,
        "colour_form": colour_form or ColourForm(instance=workspace),
        "logo_form": logo_form or LogoForm(),
        "samples": samples(workspace.colour or DEFAULT_COLOUR),
    }
    status = 422 if colour_form or logo_form else 200
    return render(request, "hosts/look.html", context, status=status)


def samples(colour: str) -> list[dict[str, str]]:
    """What a button and a link look like on the light and on the dark page."""
    shades = brand.palette(colour)
    grounds = {"Light": brand.LIGHT_GROUNDS[0], "Dark": brand.DARK_GROUNDS[0]}
    return [
        {
            "name": name,
            "ground": ground,
            "fill": shades["fill"][index],
            "ink": shades["on-fill"][index],
            "link": shades["brand"][index],
        }
        for index, (name, ground) in enumerate(grounds.items())
    ]


@require_POST
@host_required
def set_colour(request: HostRequest, pk: int) -> HttpResponse:
    workspace = owned(request, pk)
    form = ColourForm(request.POST, instance=workspace)
    if not form.is_valid():
        workspace.refresh_from_db()
        return look_page(request, workspace, colour_form=form)
    brand.paint(workspace, form.cleaned_data["colour"])
    messages.success(request, "Attendees see the new colour from now on.")
    return redirect("hosts:look", pk)


@require_POST
@host_required
def set_logo(request: HostRequest, pk: int) -> HttpResponse:
    workspace = owned(request, pk)
    form = LogoForm(request.POST, request.FILES)
    if not form.is_valid():
        return look_page(request, workspace, logo_form=form)
    brand.set_logo(workspace, form.cleaned_data["logo"])
    messages.success(request, "Attendees see the new logo from now on.")
    return redirect("hosts:look", pk)


@require_POST
@host_required
def remove_logo(request: HostRequest, pk: int) -> HttpResponse:
    brand.set_logo(owned(request, pk), None)
    messages.success(request, "The logo is removed.")
    return redirect("hosts:look", pk)


# --- What the pages of attendees load: for everybody, since it tells nothing but the look


@require_safe
def stylesheet(request: HttpRequest, colour: str) -> HttpResponse:
    css = brand.stylesheet(f"#{colour}")
    headers = {"Cache-Control": FOR_EVER}
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers=headers)


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    picture = get_object_or_404(Logo, digest=digest)
    headers = {"Cache-Control": FOR_EVER, "Content-Disposition": "inline"}
    content = bytes(picture.content)
    return HttpResponse(content, content_type=picture.content_type, headers=headers)
