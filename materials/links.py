"""Which meetings are linked, and which links carry: the one place that knows.

Two meetings of one workspace are linked when one has a published material that points to the
other. A link *carries* identity only on somebody's rights: whoever made it may manage both
meetings, or a host of the meeting that it points to has accepted it. What is accepted is that
people come in there; back into the meeting that it stands in it carries only on the rights of one
host to both, since nobody else has answered for that. Rights that are lost make it plain again, so
rights are asked for at every arrival and never stored. A link that a host of the target has
declined stays plain, whoever made it.
"""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from hosts.models import Host, Membership
from materials.models import Material
from meetings.models import CoHost, Meeting


def between(one: Meeting, other_ids: list[int]) -> QuerySet[Material]:
    """The published links, in either direction, between a meeting and any of the others.

    Only meetings of one workspace are linked, whatever a row says.
    """
    return Material.objects.published().filter(
        Q(meeting=one, target__in=other_ids) | Q(meeting__in=other_ids, target=one),
        kind=Material.Kind.MEETING,
        meeting__workspace=F("target__workspace"),
    )


def manages(host: str, *meetings: str) -> Q:
    """True where the host in one column may manage the meetings in others, by present rights.

    Says for a row what `Meeting.objects.managed_by` says for a host; tested against it. It is kept
    short, because every arrival asks it several times over, in one statement that must be read.
    """
    everywhere = Q(is_superuser=True)
    by_membership = Q(*(Exists(membership_managing(meeting)) for meeting in meetings))
    return Q(
        Exists(Host.objects.filter(everywhere | by_membership, pk=OuterRef(host), is_active=True))
    )


def membership_managing(meeting: str) -> QuerySet[Membership]:
    """The membership by which the host manages the meeting in a column outside of the host's."""
    cohost = CoHost.objects.filter(
        host=OuterRef("host"), meeting=OuterRef(OuterRef(OuterRef(meeting)))
    )
    return Membership.objects.filter(
        Q(role=Membership.Role.OWNER) | Exists(cohost),
        host=OuterRef("pk"),
        workspace=OuterRef(OuterRef(f"{meeting}__workspace")),
    )


def carrying(links: QuerySet[Material]) -> QuerySet[Material]:
    """Those of the links that carry identity to where they point."""
    return links.filter(carries())


def carrying_into(
    links: QuerySet[Material], meeting: Meeting | int | OuterRef
) -> QuerySet[Material]:
    """Those of the links that carry identity into this meeting, to which or in which they are."""
    return links.filter((Q(target=meeting) & carries()) | (Q(meeting=meeting) & carries_back()))


def carries() -> Q:
    return Q(is_declined=False) & (manages("accepted_by", "target") | manages_both("made_by"))


def carries_back() -> Q:
    return Q(is_declined=False) & (manages_both("accepted_by") | manages_both("made_by"))


def manages_both(host: str) -> Q:
    return manages(host, "meeting", "target")


def with_carrying(links: QuerySet[Material]) -> QuerySet[Material]:
    """The links, each with what carries said.

    `.carries` it does itself, `.carries_back` into the meeting it stands in; where it does not
    carry, `.carries_anyway` is true if another link between the two meetings does.
    """
    others = Material.objects.published().filter(
        Q(meeting=OuterRef("meeting"), target=OuterRef("target"))
        | Q(meeting=OuterRef("target"), target=OuterRef("meeting")),
        kind=Material.Kind.MEETING,
    )
    anyway = Exists(carrying_into(others, OuterRef("target")))
    return links.annotate(
        carries=said(carries()),
        carries_back=said(carries_back()),
        carries_anyway=said(~carries() & Q(anyway)),
    )


def said(condition: Q) -> models.Case:
    return models.Case(
        models.When(condition, then=True), default=False, output_field=models.BooleanField()
    )


def linked_meetings(meeting: Meeting) -> QuerySet[Meeting]:
    """All meetings that are linked with this one, in either direction."""
    links = Material.objects.published().filter(
        kind=Material.Kind.MEETING, meeting__workspace=F("target__workspace")
    )
    return Meeting.objects.filter(
        Exists(links.filter(meeting=meeting, target=OuterRef("pk")))
        | Exists(links.filter(target=meeting, meeting=OuterRef("pk")))
    )


def pairs_of(meetings: Collection[int]) -> list[tuple[int, int]]:
    """The linked meetings of which one is among these, each pair once, by primary key."""
    links = Material.objects.published().filter(
        Q(meeting__in=meetings) | Q(target__in=meetings),
        kind=Material.Kind.MEETING,
        meeting__workspace=F("target__workspace"),
    )
    found = links.order_by().values_list("meeting", "target").distinct()
    return sorted({(min(pair), max(pair)) for pair in found if pair[1] is not None})


def waiting() -> QuerySet[Material]:
    """Published links that carry nobody until a host of their target answers."""
    links = Material.objects.published().filter(
        kind=Material.Kind.MEETING,
        meeting__workspace=F("target__workspace"),
        meeting__archived_at=None,
        target__archived_at=None,
        is_declined=False,
    )
    return links.exclude(carries())


def waiting_for(host: Host) -> QuerySet[Material]:
    """Those of them that this host may answer."""
    theirs = Meeting.objects.current().managed_by(host)
    links = waiting().filter(target__in=theirs)
    return links.select_related("meeting", "target", "made_by").order_by("created_at")


def touching(meeting: Meeting) -> QuerySet[Material]:
    """The links of a meeting that its hosts are shown: its own, and published ones to it.

    Each with `.carries`, and `.has_way_back` where its target has a published link back.
    """
    back = Material.objects.published().filter(
        kind=Material.Kind.MEETING, meeting=OuterRef("target"), target=OuterRef("meeting")
    )
    links = Material.objects.filter(
        Q(meeting=meeting) | Q(target=meeting, is_published=True),
        kind=Material.Kind.MEETING,
        meeting__workspace=F("target__workspace"),
    )
    return (
        with_carrying(links)
        .annotate(has_way_back=Exists(back))
        .select_related("meeting", "target", "made_by", "accepted_by")
        .order_by("position", "id")
    )


def accept(link: Material, *, by: Host) -> bool:
    """Let the link carry, on the rights of `by`; False where it points elsewhere meanwhile."""
    return answer(link, accepted_by=by, is_declined=False)


def decline(link: Material) -> bool:
    """Let the link carry nobody, whoever made it; False where it points elsewhere meanwhile."""
    return answer(link, accepted_by=None, is_declined=True)


def answer(link: Material, *, accepted_by: Host | None, is_declined: bool) -> bool:
    # One statement that looks at the target once more: what was answered is what was seen. Open
    # pages show the same before and after, so there is nothing to announce.
    same = Material.objects.filter(pk=link.pk, target=link.target_id)
    return same.update(accepted_by=accepted_by, is_declined=is_declined) == 1
