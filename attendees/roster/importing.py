"""The act of importing: take a file in, look at it, import it once, forget it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from attendees.models import RosterImport
from attendees.roster.apply import apply
from attendees.roster.codes import give_codes
from attendees.roster.lock import lock_rosters
from attendees.roster.plan import Choices, Mode, Plan, plan
from attendees.roster.read import How, Limits, Reading, read
from hosts.models import Host
from meetings.models import Meeting

FORGOTTEN_AFTER = timedelta(days=1)


def limits() -> Limits:
    return Limits(size=settings.MAX_ROSTER_SIZE, rows=settings.MAX_ROSTER_ROWS)


@dataclass(frozen=True)
class Chosen:
    """What the host has chosen about an upload."""

    encoding: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)  # by position, as JSON has it
    headers: Sequence[str] = ()  # of the file that the mapping is for
    mode: Mode = Mode.ADD_AND_UPDATE
    takes_new_codes: bool = False
    generates_codes: bool = False
    removes_missing: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Chosen":
        return cls(**{**kept, "mode": Mode(kept.get("mode", Mode.ADD_AND_UPDATE))})

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def how(self) -> How:
        return How(
            encoding=self.encoding,
            mapping={int(position): name for position, name in self.mapping.items()},
            generates_codes=self.generates_codes,
        )

    @property
    def choices(self) -> Choices:
        return Choices(
            mode=self.mode,
            takes_new_codes=self.takes_new_codes,
            generates_codes=self.generates_codes,
            removes_missing=self.removes_missing,
        )


@dataclass(frozen=True)
class Preview:
    """What a file would do to the rosters it is meant for."""

    reading: Reading
    plans: Sequence[Plan]

    @property
    def first(self) -> Plan:
        return self.plans[0]

    @property
    def is_fatal(self) -> bool:
        return self.reading.is_fatal

    @property
    def has_problems(self) -> bool:
        return any(plan.findings for plan in self.plans)

    @property
    def changes_nothing(self) -> bool:
        return all(plan.changes_nothing for plan in self.plans)

    @property
    def removed(self) -> int:
        return sum(len(plan.removed) for plan in self.plans)

    def digest(self) -> str:
        told = "\n".join(f"{plan.meeting.pk} {plan.digest()}" for plan in self.plans)
        return hashlib.sha256(told.encode()).hexdigest()


class NotAsPreviewed(Exception):
    """The roster or the choices have changed since the preview; nothing was imported."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__("The list has changed since you looked. Here is what would happen now.")


class HasProblems(Exception):
    """Some rows are wrong, and the host has not said to leave them out; nothing was imported."""


class NotCounted(Exception):
    """People would be removed, and the host has not typed how many; nothing was imported."""


class IsForgotten(Exception):
    """The file was too old and is erased; nothing was imported."""


def take_in(
    meeting: Meeting, content: bytes, file_name: str, *, by: Host, also_into: Sequence[Meeting] = ()
) -> RosterImport:
    upload = RosterImport.objects.create(
        meeting=meeting,
        uploaded_by=by,
        file_name=file_name[-200:],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
    )
    upload.also_into.set(also_into)
    return upload


def targets(upload: RosterImport) -> list[Meeting]:
    return [upload.meeting, *upload.also_into.order_by("title", "pk")]


def look_at(meetings: Sequence[Meeting], content: bytes, chosen: Chosen) -> Preview:
    """What importing would do; writes nothing."""
    return planned(meetings, read(content, limits(), chosen.how), chosen.choices)


def planned(meetings: Sequence[Meeting], reading: Reading, choices: Choices) -> Preview:
    return Preview(reading, [plan(meeting, reading, choices) for meeting in meetings])


def run(
    meetings: Sequence[Meeting],
    reading: Reading,
    choices: Choices,
    *,
    accept: Callable[[Preview], None],
) -> Preview:
    """Plan under the lock, and do it: all of it or nothing.

    `accept` looks at the plan last, and raises where it is not to be done.
    """
    with transaction.atomic():
        lock_rosters(meeting.pk for meeting in meetings)
        preview = planned(meetings, reading, choices)
        accept(preview)
        give_codes(preview.plans)
        for step in preview.plans:
            apply(step)
        return preview


def confirm(
    upload_id: UUID, *, seen: str, leaves_out: bool, typed_removals: str = ""
) -> RosterImport:
    """Import an upload as previewed; doing it twice has one effect.

    `seen` is the digest of the preview that the host has looked at. Raises NotAsPreviewed,
    HasProblems, NotCounted, IsForgotten or RosterIsBusy; then nothing was changed.
    """
    upload = RosterImport.objects.get(pk=upload_id)
    if upload.is_imported:
        return upload
    if upload.content is None:
        raise IsForgotten
    chosen = Chosen.of(upload.chosen)
    meetings = targets(upload)
    reading = read(bytes(upload.content), limits(), chosen.how)

    def accept(preview: Preview) -> None:
        if preview.is_fatal or (preview.has_problems and not leaves_out):
            raise HasProblems
        if preview.digest() != seen:
            raise NotAsPreviewed(preview)
        if preview.removed and typed_removals != str(preview.removed):
            raise NotCounted

    try:
        with transaction.atomic():
            # The lock on the row: whoever confirms second waits here, and finds it imported.
            upload = RosterImport.objects.select_for_update().get(pk=upload_id)
            if upload.is_imported:
                return upload
            preview = run(meetings, reading, chosen.choices, accept=accept)
            close(upload, preview, at=timezone.now())
    except IntegrityError:
        # Somebody was added without the lock, between planning and writing.
        raise NotAsPreviewed(planned(meetings, reading, chosen.choices)) from None
    return upload


def close(upload: RosterImport, preview: Preview, *, at: datetime) -> None:
    upload.imported_at = at
    upload.content = None
    upload.counts = {
        plan.meeting.slug: plan.counts | {"left_out": plan.wrong} for plan in preview.plans
    }
    upload.save(update_fields=["imported_at", "content", "counts"])


def remembered(meeting: Meeting, reading: Reading) -> Mapping[str, str]:
    """How this workspace has last mapped a file with the same headers."""
    last = RosterImport.objects.filter(
        meeting__workspace=meeting.workspace_id,
        imported_at__isnull=False,
        chosen__headers=reading.headers,
    ).first()
    return Chosen.of(last.chosen).mapping if last else {}


def choose(upload: RosterImport, chosen: Chosen) -> None:
    upload.chosen = chosen.kept()
    upload.save(update_fields=["chosen"])


def discard(upload: RosterImport) -> None:
    """Forget an upload that is not to be imported."""
    RosterImport.objects.waiting().filter(pk=upload.pk).delete()


def forget_old(*, at: datetime) -> int:
    """Erase uploads that nobody has imported for a day; returns how many."""
    old = RosterImport.objects.waiting().filter(uploaded_at__lt=at - FORGOTTEN_AFTER)
    return old.update(content=None)
