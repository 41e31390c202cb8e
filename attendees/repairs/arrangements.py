"""Repairs of meetings and their links: require codes, show names, stop asking, publish, start."""

from copy import copy
from typing import Any
from uuid import UUID

from attendees.repairs.acts import Act, LeftOut, Proposal, Step
from hosts.models import Host
from materials import publishing
from materials.models import Material
from materials.publishing import NotPossible
from meetings import arranging, lifecycle
from meetings.models import Meeting

SETTINGS = {
    Act.REQUIRE_CODES: ("require_access_codes", True),
    Act.SHOW_NAMES: ("anonymize_attendees", False),
    Act.STOP_ASKING: ("always_ask", False),
}
# What it does, what is said once it is done, and what else comes of it.
SENTENCES = {
    Act.REQUIRE_CODES: (
        "Require access codes in “{target}”, so that people arrive there under their name.",
        "“{target}” requires access codes.",
        "Whoever is inside as “Anonymous” is asked for a code.",
    ),
    Act.SHOW_NAMES: (
        "Show the attendees of “{target}” by name, so that people keep theirs there.",
        "The attendees of “{target}” are shown by name.",
        "From then on people there are shown by name. Whoever is inside as a pseudonym comes in "
        "anew; nobody learns who they were until then.",
    ),
    Act.STOP_ASKING: (
        "Let in at “{target}” whoever is known in a linked meeting, instead of asking everybody "
        "for the code.",
        "“{target}” lets in whoever is known in a linked meeting.",
        "",
    ),
    Act.PUBLISH: (
        "Publish the link to “{target}” on the Materials tab of “{source}”. People find it then.",
        "The link to “{target}” was published on the Materials tab of “{source}”.",
        "",
    ),
    Act.WAY_BACK: (
        "Put a link back to “{source}” on the Materials tab of “{target}”.",
        "A link back to “{source}” was put on the Materials tab of “{target}”.",
        "",
    ),
    Act.START: ("Start {started}: the doors open.", "{started} {were} started.", ""),
}
LABELS = {
    "require_access_codes": "Require custom access codes",
    "anonymize_attendees": "Anonymize attendees",
    "always_ask": "Always ask for the code here",
}
ON_OFF = {True: "On", False: "Off"}


def proposal(act: Act, source: Meeting, target: Meeting) -> Proposal:
    """What the repair would do; without steps where nothing is left to do."""
    steps = steps_of(act, source, target)
    started = " and ".join(f"“{step.name}”" for step in steps)
    names = {"source": source, "target": target, "started": started}
    sentence, told, warning = SENTENCES[act]
    return Proposal(
        changed=source if act is Act.PUBLISH else target,
        sentence=sentence.format(**names),
        told=told.format(**names, were="was" if len(steps) == 1 else "were"),
        warning=warning,
        steps=steps,
    )


def steps_of(act: Act, source: Meeting, target: Meeting) -> list[Step]:
    if act is Act.START:
        return [
            Step(str(meeting.pk), meeting.title, "State", "Scheduled", "Live")
            for meeting in (source, target)
            if meeting.is_scheduled and not meeting.is_archived
        ]
    if act is Act.PUBLISH:
        drafts = [] if ways(source, target).published().exists() else first_of(source, target)
        return [
            Step(str(draft.pk), str(source), f"Link to “{target}”", "Draft", "Published")
            for draft in drafts
        ]
    if act is Act.WAY_BACK:
        if ways(target, source).published().exists():
            return []
        before = "Draft" if first_of(target, source) else "None"
        what = f"Link to “{source}”"
        return [Step(str(target.pk), str(target), what, before, "Published")]
    name, wanted = SETTINGS[act]
    if getattr(target, name) == wanted:
        return []
    return [Step(str(target.pk), str(target), LABELS[name], ON_OFF[not wanted], ON_OFF[wanted])]


def ways(source: Meeting, target: Meeting) -> Any:
    return Material.objects.of(source).filter(kind=Material.Kind.MEETING, target=target)


def first_of(source: Meeting, target: Meeting) -> list[Material]:
    """The link that stands first, in a list, or none."""
    return list(ways(source, target).in_order()[:1])


def do(act: Act, source: Meeting, target: Meeting, *, by: Host) -> list[dict[str, Any]]:
    """Do it; what is needed to take it back. Raises NotPossible. Both meetings are held."""
    if act is Act.START:
        return started(source, target)
    if act is Act.PUBLISH:
        return [published(draft) for draft in first_of(source, target)]
    if act is Act.WAY_BACK:
        return way_made(source, target, by=by)
    name, wanted = SETTINGS[act]
    changed = copy(target)
    setattr(changed, name, wanted)
    arranging.change(changed)
    return [{"id": target.pk, "name": str(target), "setting": name, "after": wanted}]


def started(source: Meeting, target: Meeting) -> list[dict[str, Any]]:
    done = []
    for meeting in sorted((source, target), key=lambda each: each.pk):
        if meeting.is_scheduled and not meeting.is_archived:
            live = lifecycle.start(meeting)
            assert live.started_at  # noqa: S101 - it has just started
            moment = live.started_at.isoformat()
            done.append({"id": live.pk, "name": str(live), "started_at": moment})
    return done


def published(draft: Material) -> dict[str, Any]:
    publishing.publish(draft)
    draft.refresh_from_db()
    return {"id": str(draft.pk), "name": str(draft), "was": "draft", "print": print_of(draft)}


def way_made(source: Meeting, target: Meeting, *, by: Host) -> list[dict[str, Any]]:
    link = ways(source, target).published().in_order().first()
    if link is None:
        raise NotPossible(f"“{source}” has no published link to “{target}” any more.")
    before = set(ways(target, source).values_list("pk", flat=True))
    back = publishing.add_back(link, by=by)
    was = "draft" if back.pk in before else "none"
    return [{"id": str(back.pk), "name": str(back), "was": was, "print": print_of(back)}]


def undo(step: dict[str, Any], meetings: dict[int, Meeting]) -> LeftOut | None:
    """Take one step back, unless somebody has changed it since."""
    if "print" in step:
        return undo_link(step)
    meeting = meetings[step["id"]]
    if "started_at" in step:
        moment = meeting.started_at.isoformat() if meeting.started_at else ""
        if not meeting.is_live or moment != step["started_at"]:
            return LeftOut(step["name"], "it has been ended or started again since.")
        lifecycle.call_off(meeting)
        return None
    name, after = step["setting"], step["after"]
    if getattr(meeting, name) != after:
        return LeftOut(step["name"], "the setting has been changed since.")
    changed = copy(meeting)
    setattr(changed, name, not after)
    arranging.change(changed)
    return None


def undo_link(step: dict[str, Any]) -> LeftOut | None:
    link = Material.objects.filter(pk=UUID(step["id"])).select_related("meeting", "target").first()
    if link is None or print_of(link) != step["print"]:
        return LeftOut(step["name"], "the link has been changed since.")
    if step["was"] == "draft":
        publishing.withdraw(link)
    else:
        publishing.remove(link)
    return None


def print_of(link: Material) -> str:
    return repr(
        [link.target_id, link.title, link.description, link.is_published, link.is_readable_after]
    )
