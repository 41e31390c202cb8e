"""The page on which hosts see the links of a meeting, and whom they carry.

The links belong to `materials`; the numbers come from the rosters, so the page stands here.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendees.checklist import known_in
from attendees.models import Attendee
from hosts.models import Host
from hosts.requests import HostRequest, host_required
from materials import links
from materials.models import Material
from materials.verdicts import Verdict, is_waiting, verdict
from meetings.console import managed
from meetings.models import Meeting


@dataclass(frozen=True, kw_only=True)
class Link:
    material: Material
    is_outgoing: bool
    verdict: Verdict
    may_accept: bool
    may_decline: bool
    may_add_back: bool
    lacks_way_back: bool


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A meeting that is linked with this one."""

    meeting: Meeting
    links: list[Link]
    is_managed: bool
    known: int | None  # people of this meeting whom it knows; None: not to be told

    @property
    def waiting(self) -> int:
        """How many of its links a host of this meeting has not answered yet."""
        return sum(is_waiting(link.material) and not link.is_outgoing for link in self.links)


@host_required
@require_safe
def links_page(request: HostRequest, slug: str) -> HttpResponse:
    meeting = managed(request, slug)
    found = neighbours(meeting, request.user)
    context = {
        "meeting": meeting,
        "section": "links",
        "neighbours": found,
        "waiting": sum(neighbour.waiting for neighbour in found),
        "attendees": Attendee.objects.of(meeting).count(),
    }
    return render(request, "attendees/links.html", context)


def neighbours(meeting: Meeting, host: Host) -> list[Neighbour]:
    """By title; as many queries for one link as for a hundred."""
    per_meeting: dict[Meeting, list[Material]] = defaultdict(list)
    for material in links.touching(meeting):
        is_outgoing = material.meeting_id == meeting.pk
        other = material.target if is_outgoing else material.meeting
        assert other  # noqa: S101 - a link to a meeting has a target
        per_meeting[other].append(material)
    linked = Meeting.objects.filter(pk__in=[other.pk for other in per_meeting])
    theirs = set(linked.managed_by(host).values_list("pk", flat=True))
    known = known_in(meeting, theirs)
    return [
        Neighbour(
            meeting=other,
            links=sorted(
                (shown(material, meeting, theirs) for material in materials),
                key=lambda link: not link.is_outgoing,
            ),
            is_managed=other.pk in theirs,
            known=known.get(other.pk),
        )
        for other, materials in sorted(per_meeting.items(), key=lambda pair: pair[0].title)
    ]


def shown(material: Material, meeting: Meeting, managed_others: set[int]) -> Link:
    is_outgoing = material.meeting_id == meeting.pk
    manages_target = not is_outgoing or material.target_id in managed_others
    has_way_back: bool = material.has_way_back  # type: ignore[attr-defined]  # by `touching`
    lacks_way_back = material.is_published and not has_way_back
    return Link(
        material=material,
        is_outgoing=is_outgoing,
        verdict=verdict(material),
        may_accept=manages_target and (is_waiting(material) or material.is_declined),
        may_decline=manages_target and not is_outgoing and not material.is_declined,
        may_add_back=manages_target and lacks_way_back,
        lacks_way_back=lacks_way_back,
    )
