"""Pages of the console on which a meeting's materials and links are arranged."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.models import Host
from hosts.requests import HostRequest, host_required
from materials import links, publishing
from materials.forms import MaterialForm, MoveForm
from materials.models import Material
from materials.publishing import NotPossible
from materials.verdicts import carries, carries_anyway
from meetingportal.once import AlreadyDone
from meetings.console import managed, sent
from meetings.models import Meeting


def material_of(meeting: Meeting, material_id: UUID) -> Material:
    found = Material.objects.of(meeting).select_related("meeting", "target")
    return get_object_or_404(found, pk=material_id)


@host_required
@require_safe
def materials(request: HostRequest, slug: str) -> HttpResponse:
    return materials_page(request, managed(request, slug))


def materials_page(
    request: HttpRequest, meeting: Meeting, *, problem: str = "", status: int = 200
) -> HttpResponse:
    tab = links.with_carrying(Material.objects.of(meeting).select_related("target").in_order())
    context = {"meeting": meeting, "section": "materials", "materials": tab, "problem": problem}
    return render(request, "materials/materials.html", context, status=status)


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_material(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    files = request.FILES if request.method == "POST" else None
    initial = {"kind": request.GET.get("kind") or Material.Kind.MEETING}
    form = MaterialForm(sent(request), files, meeting=meeting, host=request.user, initial=initial)
    if form.is_valid():
        link_back, key = form.cleaned_data.get("link_back", False), form.cleaned_data["key"]
        try:
            material = publishing.add(
                meeting, form.contents(), by=request.user, link_back=link_back, key=key
            )
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
        except AlreadyDone:
            messages.info(request, "This material had been added already; nothing was made twice.")
            return redirect("materials:materials", meeting.slug)
        else:
            messages.success(request, what_was_added(material))
            return redirect("materials:materials", meeting.slug)
    context = {"meeting": meeting, "section": "materials", "form": form}
    return render(request, "materials/new.html", context, status=status_of(form))


def what_was_added(material: Material) -> str:
    said = f"“{material}” is {'published' if material.is_published else 'kept as a draft'}."
    if not material.is_meeting or not is_plain(material):
        return said
    return (
        f"{said} You do not manage “{material.target}”, so attendees are asked for their code "
        "there until one of its hosts accepts the link."
    )


def is_plain(link: Material) -> bool:
    """Whoever follows the link is asked for a code, as no link between the meetings carries."""
    said = links.with_carrying(Material.objects.filter(pk=link.pk)).first()
    return said is not None and not carries(said) and not carries_anyway(said)


def status_of(form: MaterialForm) -> int:
    if form.is_bound and form.is_too_large:
        return 413
    return 422 if form.errors else 200


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_material(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    material = material_of(meeting, material_id)
    files = request.FILES if request.method == "POST" else None
    form = MaterialForm(sent(request), files, meeting=meeting, host=request.user, material=material)
    if form.is_valid():
        try:
            changed = publishing.change(material, form.contents(), by=request.user)
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
        except Material.DoesNotExist:
            raise Http404("The material has been removed meanwhile.") from None
        else:
            messages.success(request, f"“{changed}” is saved.")
            return back_to(changed)
    context = {"meeting": meeting, "section": "materials", "form": form, "material": material}
    return render(request, "materials/edit.html", context, status=status_of(form))


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_material(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    material = material_of(meeting, material_id)
    if request.method == "POST":
        publishing.remove(material)
        messages.success(request, f"“{material}” is removed.")
        return redirect("materials:materials", meeting.slug)
    context = {"meeting": meeting, "section": "materials", "material": material}
    return render(request, "materials/remove.html", context)


@host_required
@require_POST
def publish_material(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    return acted(request, slug, material_id, publishing.publish, "“%s” is published.")


@host_required
@require_POST
def withdraw_material(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    return acted(request, slug, material_id, publishing.withdraw, "“%s” is a draft again.")


def acted(
    request: HostRequest, slug: str, material_id: UUID, act: Callable[[Material], None], said: str
) -> HttpResponse:
    material = material_of(managed(request, slug), material_id)
    try:
        act(material)
    except NotPossible as refusal:
        raise Http404(str(refusal)) from None
    messages.success(request, said % material)
    return back_to(material)


@host_required
@require_POST
def move_material(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    """Answers a script that has moved the row already with 204, a form with the list."""
    meeting = managed(request, slug)
    material = material_of(meeting, material_id)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return materials_page(request, meeting, problem="That is not a place.", status=422)
    try:
        move_as_said(material, form)
    except NotPossible as refusal:
        return materials_page(request, meeting, problem=str(refusal), status=409)
    if request.headers.get("X-Requested-With") == "reorder":
        return HttpResponse(status=204)
    return back_to(material)


def move_as_said(material: Material, form: MoveForm) -> None:
    said = form.cleaned_data
    if said["direction"] == "up":
        publishing.move_up(material)
    elif said["direction"] == "down":
        publishing.move_down(material)
    elif said["before"]:
        publishing.move(material, before=Material(pk=said["before"]))
    else:
        publishing.move(material, after=Material(pk=said["after"]))


def back_to(material: Material) -> HttpResponse:
    """The list, at the row of the material, so that the place is not lost without scripts."""
    page = reverse("materials:materials", args=[material.meeting.slug])
    return redirect(f"{page}#material-{material.pk}")


def answerable(host: Host, meeting: Meeting, material_id: UUID) -> Material:
    """A published link from or to the meeting, which a host of its target may answer."""
    theirs = Meeting.objects.managed_by(host)
    found = links.touching(meeting).filter(target__in=theirs, is_published=True)
    return get_object_or_404(found, pk=material_id)


@host_required
@require_POST
def accept_link(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    link = answerable(request.user, meeting, material_id)
    if not links.accept(link, by=request.user):
        raise Http404("The link points elsewhere meanwhile.")
    messages.success(
        request, f"Accepted: “{link}” carries people from “{link.meeting}” to “{link.target}”."
    )
    return redirect("materials:links", meeting.slug)


@host_required
@require_POST
def decline_link(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    meeting = managed(request, slug)
    link = answerable(request.user, meeting, material_id)
    if not links.decline(link):
        raise Http404("The link points elsewhere meanwhile.")
    messages.success(request, what_was_declined(link))
    return redirect("materials:links", meeting.slug)


def what_was_declined(link: Material) -> str:
    if is_plain(link):
        return f"Declined: who follows “{link}” is asked for the code of “{link.target}”."
    return (
        f"Declined: “{link}” carries nobody. Another link between “{link.meeting}” and "
        f"“{link.target}” still carries people."
    )


@host_required
@require_POST
def add_link_back(request: HostRequest, slug: str, material_id: UUID) -> HttpResponse:
    """The way back of a link, in the meeting that it leads to."""
    meeting = managed(request, slug)
    link = answerable(request.user, meeting, material_id)
    try:
        back = publishing.add_back(link, by=request.user)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{back.meeting}” has a link back to “{link.meeting}” now.")
    return redirect("materials:links", meeting.slug)
