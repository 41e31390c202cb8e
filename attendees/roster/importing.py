"""The act of importing: take a file in, look at it, import it once, forget it."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from attendees.models import Attendee, PreviewPage, RosterImport
from attendees.roster.apply import apply
from attendees.roster.codes import give_codes
from attendees.roster.dividing import Names, divided, mapping_of, meetings_named, names_of
from attendees.roster.export import exported
from attendees.roster.headers import MEETINGS
from attendees.roster.lock import lock_rosters
from attendees.roster.plan import Choices, Mode, plan
from attendees.roster.progress import Progress
from attendees.roster.read import read
from attendees.roster.rows import How, Limits, Reading, Row
from attendees.roster.steps import Plan, State
from attendees.roster.undoing import what_was
from attendees.roster.weighing import may_ask_email
from hosts.models import Host
from meetings import arranging
from meetings.models import Meeting

FORGOTTEN_AFTER = timedelta(days=1)

NOT_FINISHED = "The import did not finish. Nothing was changed; you can start it again."
TOO_MUCH = "The import needs more memory than it may take. Nothing was changed; split the file."


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
    # Meetings (primary keys) that only those rows are for that name them.
    named: Sequence[int] = ()

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
    def is_divided(self) -> bool:
        """Whether each row names the meetings it is for."""
        return bool(self.reading.named)

    @property
    def people(self) -> int:
        """How many rows the file has, right or wrong."""
        return len(self.reading.rows) + len(self.reading.wrong_lines)

    @property
    def imported(self) -> int:
        """How many rows of the file are on a roster afterwards."""
        if not self.is_divided:
            return self.first.imported
        return len({row.line for plan in self.plans for _, row in plan.rows()})

    @property
    def removed(self) -> int:
        return sum(len(plan.removed) for plan in self.plans)

    def rows(self) -> Iterator[tuple[Meeting, State, Row]]:
        """What is shown row by row: the first meeting stands for all where all get the same."""
        plans = self.plans if self.is_divided else self.plans[:1]
        return merge(*map(rows_of, plans), key=lambda found: found[2].line)

    def shown(self) -> int:
        """How many rows that are."""
        return sum(plan.imported for plan in (self.plans if self.is_divided else self.plans[:1]))

    def digest(self) -> str:
        told = "\n".join(f"{plan.meeting.pk} {plan.digest()}" for plan in self.plans)
        return hashlib.sha256(told.encode()).hexdigest()


def rows_of(plan: Plan) -> Iterator[tuple[Meeting, State, Row]]:
    return ((plan.meeting, state, row) for state, row in plan.rows())


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


class NotApplied(Exception):
    """Raised within the transaction, which writes nothing then."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__("Nothing was imported.")


class IsTakenOver(Exception):
    """Another run does this import by now; nothing was imported."""


# What the host is told.
REFUSALS: Mapping[type[Exception], str] = {
    HasProblems: "Nothing was imported. Mend the rows, or tick that they are left out.",
    NotCounted: "Nothing was imported. Type how many people are removed.",
    IsForgotten: "This upload is erased. Upload the file again.",
}


def take_in(
    meeting: Meeting,
    content: bytes,
    file_name: str,
    *,
    by: Host,
    also_into: Sequence[Meeting] = (),
    rows: int = 0,
) -> RosterImport:
    upload = RosterImport.objects.create(
        meeting=meeting,
        uploaded_by=by,
        file_name=file_name[-200:],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        rows=rows,
    )
    upload.also_into.set(also_into)
    return upload


def take_list_of(other: Meeting, meeting: Meeting, *, by: Host) -> RosterImport:
    """The list of another meeting as an upload into this one: previewed as any file is."""
    content = "".join(exported(other)).encode()
    rows = Attendee.objects.of(other).count()
    upload = take_in(meeting, content, f"List of {other.title}", by=by, rows=rows)
    choose(upload, Chosen())
    return upload


def targets(upload: RosterImport) -> list[Meeting]:
    return [upload.meeting, *upload.also_into.order_by("title", "pk")]


def look_at(meetings: Sequence[Meeting], content: bytes, chosen: Chosen) -> Preview:
    """What importing would do; writes nothing."""
    reading = read(content, limits(), chosen.how)
    return planned(meetings, reading, chosen.choices, named=chosen.named)


def planned(
    meetings: Sequence[Meeting], reading: Reading, choices: Choices, *, named: Sequence[int] = ()
) -> Preview:
    if not reading.named:
        return Preview(reading, [plan(meeting, reading, choices) for meeting in meetings])
    reading, parts = divided(reading, meetings, by_name_only=named)
    # A meeting that no row is for is not emptied by it.
    keeping = replace(choices, removes_missing=False)
    pairs = zip(meetings, parts, strict=True)
    plans = [plan(one, part, choices if part.rows else keeping) for one, part in pairs]
    return Preview(reading, plans)


class Written:
    """Counts the rows that are written, of all meetings together."""

    def __init__(self, total: int, tell: Callable[[Progress], None]) -> None:
        self.progress = Progress(0, total)
        self.tell = tell

    def more(self, rows: int) -> None:
        self.progress = self.progress._replace(done=self.progress.done + rows)
        self.tell(self.progress)


def carry_out(
    meetings: Sequence[Meeting],
    reading: Reading,
    choices: Choices,
    *,
    managed: QuerySet[Meeting],
    named: Sequence[int] = (),
    accept: Callable[[Preview], None],
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Preview:
    """Plan under the lock, and do it: all of it or nothing.

    `accept` looks at the plan last, and raises where it is not to be done. Whoever is given a code
    takes the one that they have in a linked meeting, of those that are `managed`. While it writes,
    it `tell`s how far it is.
    """
    with transaction.atomic():
        lock_rosters(meeting.pk for meeting in meetings)
        preview = planned(meetings, reading, choices, named=named)
        accept(preview)
        give_codes(preview.plans, managed)
        written = Written(sum(len(step.changed) + len(step.new) for step in preview.plans), tell)
        for step in preview.plans:
            apply(step, written.more)
        return preview


def run_at_once(
    meeting: Meeting, reading: Reading, choices: Choices, *, is_trial: bool, leaves_out: bool
) -> Plan:
    """Import without a preview. Raises NotApplied: for a trial, and where rows are wrong.

    Rows that name other meetings only are skipped.
    """
    others: list[Row] = []
    if reading.named:
        meetings = [
            meeting,
            *Meeting.objects.filter(workspace=meeting.workspace_id).exclude(pk=meeting.pk),
        ]
        whole, (reading, *_) = divided(
            reading, meetings, by_name_only=[one.pk for one in meetings[1:]]
        )
        here = {row.line for row in reading.rows}
        others = [row for row in whole.rows if row.line not in here]
        reading = replace(reading, named={})

    def accept(preview: Preview) -> None:
        preview.first.skipped.extend(others)
        if is_trial or preview.is_fatal or (preview.has_problems and not leaves_out):
            raise NotApplied(preview.first)

    managed = Meeting.objects.filter(workspace=meeting.workspace_id)
    return carry_out([meeting], reading, choices, managed=managed, accept=accept).first


def confirm(
    upload_id: UUID,
    *,
    seen: str,
    leaves_out: bool,
    typed_removals: str = "",
    asks_email: bool = False,
    by: int | None = None,
    run: UUID | None = None,
    tell: Callable[[RosterImport.Stage], None] = lambda stage: None,
    tell_rows: Callable[[Progress], None] = lambda progress: None,
) -> RosterImport:
    """Import an upload as previewed; doing it twice has one effect.

    `seen` is the digest of the preview that the host has looked at, `by` that host's primary key
    (else whoever uploaded it), `run` the mark of the process that does it, which `tell`s in which
    stage it is, and how many rows are written. Raises NotAsPreviewed, HasProblems, NotCounted,
    IsForgotten, IsTakenOver or RosterIsBusy; then nothing was changed.
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

    tell(RosterImport.Stage.WRITING)
    try:
        with transaction.atomic():
            # The lock on the row: whoever confirms second waits here, and finds it imported.
            upload = RosterImport.objects.select_for_update().get(pk=upload_id)
            if upload.is_imported:
                return upload
            if upload.run != run and run is not None:
                raise IsTakenOver
            preview = carry_out(
                meetings,
                reading,
                chosen.choices,
                managed=managed_by(by or upload.uploaded_by_id),
                named=chosen.named,
                accept=accept,
                tell=tell_rows,
            )
            if asks_email:
                ask_email(preview)
            close(upload, preview, at=timezone.now())
    except IntegrityError:
        # Somebody was added without the lock, between planning and writing.
        preview = planned(meetings, reading, chosen.choices, named=chosen.named)
        raise NotAsPreviewed(preview) from None
    return upload


def ask_email(preview: Preview) -> None:
    """Whoever types a weak code types the email as well, from now on."""
    for step in preview.plans:
        if may_ask_email(step):
            step.meeting.ask_email = True
            arranging.change(step.meeting)


def managed_by(host_id: int | None) -> QuerySet[Meeting]:
    host = Host.objects.filter(pk=host_id).first() if host_id else None
    return Meeting.objects.managed_by(host) if host else Meeting.objects.none()


def close(upload: RosterImport, preview: Preview, *, at: datetime) -> None:
    upload.imported_at = at
    upload.content = None
    upload.counts = {
        plan.meeting.slug: plan.counts | {"left_out": plan.wrong} for plan in preview.plans
    }
    upload.before = None if preview.changes_nothing else what_was(preview.plans)
    upload.run = upload.runs_until = None
    upload.told = ""
    upload.save(
        update_fields=[
            "imported_at", "content", "counts", "before", "run", "runs_until", "told",
        ]
    )  # fmt: skip
    upload.pages.all().delete()


def mapping_for(meeting: Meeting, reading: Reading, *, by: Host) -> Mapping[str, str]:
    """How the columns of a file are best taken where its host has said nothing yet."""
    return remembered(meeting, reading) or mapping_of(reading, known_to(by, meeting))


def remembered(meeting: Meeting, reading: Reading) -> Mapping[str, str]:
    """How this workspace has last mapped a file with the same headers."""
    last = RosterImport.objects.filter(
        meeting__workspace=meeting.workspace_id,
        imported_at__isnull=False,
        chosen__headers=reading.headers,
    ).first()
    return Chosen.of(last.chosen).mapping if last else {}


def known_to(host: Host, meeting: Meeting) -> Names:
    """The meetings that a cell of a list for this meeting may name."""
    meetings = Meeting.objects.managed_by(host).filter(workspace=meeting.workspace_id)
    return names_of(meetings.current() | meetings.filter(pk=meeting.pk))


def also_into_named(upload: RosterImport, reading: Reading, *, by: Host) -> None:
    """Let the upload go into the meetings that its rows name, beside those that were ticked."""
    chosen = Chosen.of(upload.chosen)
    ticked = set(upload.also_into.exclude(pk__in=chosen.named).values_list("pk", flat=True))
    found = {one.pk for one in meetings_named(reading, known_to(by, upload.meeting))}
    named = found - ticked - {upload.meeting_id}
    if named or chosen.named:
        upload.also_into.set(ticked | named)
        choose(upload, replace(chosen, named=sorted(named)))


def choose_otherwise(upload: RosterImport, chosen: Chosen, *, by: Host) -> None:
    """What a host has chosen on the preview; the columns of meetings may be others now."""
    before = Chosen.of(upload.chosen).named
    choose(upload, replace(chosen, named=before))
    if before or MEETINGS in chosen.mapping.values():
        reading = read(bytes(upload.content or b""), limits(), chosen.how)
        also_into_named(upload, reading, by=by)


def keep_columns(
    upload: RosterImport,
    further: Iterable[str],
    ticked: Collection[str],
    external_ids: Iterable[str],
    headers: Sequence[str],
) -> None:
    """Keep those of the further columns (positions) as custom fields that are ticked.

    Those that are said to be the external ID are taken for it; of more than one the reading tells.
    """
    before = Chosen.of(upload.chosen)
    kept = {position: "custom" if position in ticked else "ignore" for position in further}
    kept |= dict.fromkeys(external_ids, "external_id")
    # As they were named when the file came: so they are compared with those of the next.
    headers = before.headers if before.mapping else headers
    choose(upload, replace(before, mapping={**before.mapping, **kept}, headers=headers))


def make_new_codes(upload: RosterImport) -> None:
    """Leave out the codes of the file; whoever is new is given one."""
    chosen = Chosen.of(upload.chosen)
    columns = read(bytes(upload.content or b""), limits(), chosen.how).columns
    codes = {str(at): "ignore" for at, column in enumerate(columns) if column.field == "code"}
    # Without headers, because the next such file may well have better codes.
    choose(
        upload,
        replace(chosen, mapping={**chosen.mapping, **codes}, headers=(), generates_codes=True),
    )


def choose(upload: RosterImport, chosen: Chosen) -> None:
    upload.chosen = chosen.kept()
    upload.told = ""
    upload.save(update_fields=["chosen", "told"])
    upload.pages.all().delete()


def discard(upload: RosterImport) -> None:
    """Forget an upload that is not to be imported."""
    RosterImport.objects.waiting().filter(pk=upload.pk).delete()


def forget_old(*, at: datetime) -> int:
    """Erase uploads that nobody has imported for a day; returns how many."""
    old = RosterImport.objects.waiting().filter(uploaded_at__lt=at - FORGOTTEN_AFTER)
    with transaction.atomic():
        PreviewPage.objects.filter(upload__in=old).delete()
        return old.update(content=None)
