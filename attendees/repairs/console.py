"""Pages behind the numbers of the link check: the people, and the repairs."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import batched, chain
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from attendees.links import check as linkcheck
from attendees.links.check import Found
from attendees.links.mends import Mend, mends_of, query, repair_page
from attendees.links.outcomes import EXPLANATIONS, LABELS, Outcome
from attendees.models import Attendee, Repair
from attendees.repairs import acts, repairing
from attendees.repairs.acts import Act, Proposal, TooMany, TooManyToUndo
from attendees.repairs.losses import losses
from attendees.repairs.repairing import NotAsPreviewed, digest, propose
from attendees.roster.csv_files import csv_file, for_excel, lines_of
from attendees.roster.listing import PAGE
from attendees.roster.lock import RosterIsBusy
from hosts.models import Host
from hosts.requests import HostRequest, host_required
from materials.publishing import NotPossible
from meetings.console import managed
from meetings.models import Meeting

SHOWN = 200  # steps of a preview
FETCHED_AT_ONCE = 500
Person = tuple[Attendee, Attendee | None]


def both(request: HostRequest, slug: str, other: str) -> tuple[Meeting, Meeting]:
    """Two meetings of one workspace that this host may manage; else they do not exist."""
    source, target = managed(request, slug), managed(request, other)
    if source == target or source.workspace_id != target.workspace_id:
        raise Http404("No two meetings of one workspace.")
    return source, target


def shown_in(request: HostRequest, source: Meeting, target: Meeting) -> Meeting:
    """In whose console the page stands: where the host has come from."""
    return target if request.GET.get("from") == target.slug else source


def outcome_named(name: str) -> Outcome:
    if name not in Outcome:
        raise Http404("The link check knows no such reason.")
    return Outcome(name)


@host_required
@require_safe
def people(request: HostRequest, slug: str, other: str, outcome: str) -> HttpResponse:
    source, target = both(request, slug, other)
    reason = outcome_named(outcome)
    tally = linkcheck.check([(source.pk, target.pk)])[source.pk, target.pk]
    page = Paginator(range(tally.of(reason)), PAGE).get_page(request.GET.get("page"))
    start, end = page.start_index() - 1, page.end_index()
    found = linkcheck.people(source.pk, target.pk, [reason], start=max(start, 0), end=end)
    meeting = shown_in(request, source, target)
    context = {
        "meeting": meeting,
        "section": "links",
        "source": source,
        "target": target,
        "reason": reason,
        "label": LABELS[reason],
        "explanation": EXPLANATIONS[reason],
        "page": page,
        "people": list(looked_up(found)),
        "mends": mends_of(source, target, reason, meeting),
    }
    return render(request, "attendees/links/people.html", context)


@host_required
@require_safe
def people_csv(request: HostRequest, slug: str, other: str, outcome: str) -> StreamingHttpResponse:
    source, target = both(request, slug, other)
    reason = outcome_named(outcome)
    found = linkcheck.people(source.pk, target.pk, [reason])
    rows = (cells(person, there) for person, there in looked_up(found))
    header = [
        *(f"{name} in {source.slug}" for name in COLUMNS),
        *(f"{name} in {target.slug}" for name in COLUMNS),
    ]
    name = f"{source.slug}-to-{target.slug}-{reason}.csv"
    return csv_file(for_excel(lines_of(chain([header], rows))), name)


COLUMNS = ("code", "email", "firstname", "lastname", "external_id")


def cells(person: Attendee, there: Attendee | None) -> list[str]:
    mine = [getattr(person, name) for name in COLUMNS]
    return mine + [getattr(there, name) if there else "" for name in COLUMNS]


def looked_up(found: list[Found]) -> Iterator[Person]:
    """The people themselves, in the same order; whoever has been removed meanwhile is left out."""
    for batch in batched(found, FETCHED_AT_ONCE):
        ids = [pk for pair in batch for pk in pair if pk]
        rows = Attendee.objects.in_bulk(ids)
        for one, other in batch:
            if one in rows:
                yield rows[one], rows.get(other) if other else None


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def repair(request: HostRequest, slug: str, other: str, act: str) -> HttpResponse:
    """What a repair would do, and the button that does it.

    Where there are no IDs to copy, but on the other list there are, that direction is shown.
    Nobody's codes are changed where the host has not asked for it.
    """
    source, target = both(request, slug, other)
    if act not in Act:
        raise Http404("There is no such repair.")
    asked_for = request.POST if request.method == "POST" else request.GET
    reason = asked_for.get("reason", "")
    only = [outcome_named(reason)] if reason else []
    told = ""
    if request.method == "POST":
        try:
            made = repairing.repair(
                Act(act), source, target, only,
                seen=request.POST.get("seen", ""), by=request.user, key=key_of(request),
            )  # fmt: skip
        except NotAsPreviewed:
            told = "Something has changed since you looked. Here is what would happen now."
        except (NotPossible, RosterIsBusy) as refusal:
            told = str(refusal)
        else:
            return redirect(repaired_page(made, shown_in(request, source, target)))
    return repair_preview(request, Act(act), source, target, only, told)


def repair_preview(
    request: HostRequest,
    act: Act,
    source: Meeting,
    target: Meeting,
    only: list[Outcome],
    told: str,
) -> HttpResponse:
    """What it would do; `told` is why it was not done as it was asked for."""
    meeting = shown_in(request, source, target)
    context: dict[str, object] = {
        "meeting": meeting,
        "section": "links",
        "source": source,
        "label": acts.LABELS[act],
        "reason": only[0] if only else "",
        "key": uuid4(),
        "target": target,
    }
    try:
        context |= previewed(act, source, target, only, request.user, meeting)
    except TooMany as refusal:
        changed = source if act is Act.TAKE_CODES else target
        context |= {"too_many": str(refusal), "changed": changed}
    else:
        if request.method != "POST" and act == Act.COPY_IDS and context["other_way"]:
            return redirect(str(context["other_way"]))
        context["told"] = told
    return render(request, "attendees/links/repair.html", context, status=409 if told else 200)


def key_of(request: HostRequest) -> UUID:
    """What the form was drawn with, so that a second click does nothing; a script may have none."""
    with suppress(ValueError):
        return UUID(request.POST.get("key", ""))
    return uuid4()


def repaired_page(made: Repair, meeting: Meeting) -> str:
    page = reverse("links:repaired", args=[made.meeting.slug, made.pk])
    return page + query({}, made.meeting, meeting)


def instead(
    act: Act, source: Meeting, target: Meeting, only: list[Outcome], seen_from: Meeting
) -> list[Mend]:
    """Other repairs that do something about the same reason."""
    return [
        mend
        for reason in only
        for other, mend in zip(
            acts.acts_for(reason), mends_of(source, target, reason, seen_from), strict=True
        )
        if other != act and does_something(other, source, target, only)
    ]


def does_something(act: Act, source: Meeting, target: Meeting, only: list[Outcome]) -> bool:
    try:
        return bool(propose(act, source, target, only).steps)
    except TooMany:
        return True  # its page says so


def previewed(
    act: Act, source: Meeting, target: Meeting, only: list[Outcome], host: Host, seen_from: Meeting
) -> dict[str, object]:
    """What the page says of the repair. Raises TooMany."""
    proposal = propose(act, source, target, only)
    return {
        **shown(proposal),
        "losses": losses(proposal.plan, host) if proposal.plan else [],
        "other_way": "" if proposal.steps else other_way(act, source, target, only, seen_from),
        "instead": [] if proposal.steps else instead(act, source, target, only, seen_from),
    }


def other_way(
    act: Act, source: Meeting, target: Meeting, only: list[Outcome], seen_from: Meeting
) -> str:
    """Where the same repair would do something in the other direction, from list to list."""
    if act not in acts.OUTCOMES or not does_something(act, target, source, only):
        return ""
    return repair_page(act, target, source, *only, seen_from=seen_from)


def shown(proposal: Proposal) -> dict[str, object]:
    return {
        "proposal": proposal,
        "seen": digest(proposal),
        "steps": proposal.steps[:SHOWN],
        "more_steps": len(proposal.steps[SHOWN:]),
        "left_out": proposal.left_out[:SHOWN],
        "more_left_out": len(proposal.left_out[SHOWN:]),
    }


@host_required
@require_http_methods(["GET", "HEAD", "POST"])
def repaired(request: HostRequest, slug: str, repair_id: UUID) -> HttpResponse:
    """What a repair has done; a POST takes it back."""
    source = managed(request, slug)
    theirs = Meeting.objects.managed_by(request.user)
    rows = Repair.objects.filter(meeting=source, other__in=theirs)
    made = get_object_or_404(rows.select_related("meeting", "other", "changed"), pk=repair_id)
    meeting = shown_in(request, made.meeting, made.other)
    if request.method == "POST":
        try:
            repairing.undo(made)
        except (TooManyToUndo, RosterIsBusy) as refusal:
            messages.error(request, str(refusal))
        return redirect(repaired_page(made, meeting))
    context = {
        "meeting": meeting,
        "section": "links",
        "repair": made,
        "label": acts.LABELS[Act(made.act)],
        "can_be_undone": repairing.can_be_undone(made),
        "done": len(made.steps),
        "restored": len(made.steps) - len(made.left),
        "left": made.left[:SHOWN],
        "more_left": len(made.left[SHOWN:]),
    }
    return render(request, "attendees/links/repaired.html", context)
