"""The act of importing: plan it under the lock, see that it may be done, and do all of it once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from attendees.models import RosterImport
from attendees.roster.apply import apply
from attendees.roster.choosing import Chosen
from attendees.roster.codes import give_codes
from attendees.roster.dividing import divided
from attendees.roster.lock import lock_rosters
from attendees.roster.plan import Choices
from attendees.roster.preview import Preview, planned
from attendees.roster.progress import Progress
from attendees.roster.read import read
from attendees.roster.rows import Reading, Row, limits
from attendees.roster.steps import Plan
from attendees.roster.undoing import what_was
from attendees.roster.uploads import targets
from attendees.roster.weighing import may_ask_email
from hosts.models import Host
from meetings import arranging
from meetings.models import Meeting

NOT_FINISHED = "The import did not finish. Nothing was changed; you can start it again."
TOO_MUCH = "The import needs more memory than it may take. Nothing was changed; split the file."


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


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a host says in confirming a preview; kept for the process that does it, as JSON."""

    seen: str  # the digest of the preview that the host has looked at
    leaves_out: bool = False
    typed_removals: str = ""
    asks_email: bool = False
    by: int | None = None  # the host's primary key, else it is whoever uploaded the file

    def check(self, preview: Preview) -> None:
        """Raises where this is not what was ordered."""
        if preview.is_fatal or (preview.has_problems and not self.leaves_out):
            raise HasProblems
        if preview.digest() != self.seen:
            raise NotAsPreviewed(preview)
        if preview.removed and self.typed_removals != str(preview.removed):
            raise NotCounted


def confirm(
    upload_id: UUID,
    orders: Orders,
    *,
    run: UUID | None = None,
    tell: Callable[[RosterImport.Stage], None] = lambda stage: None,
    tell_rows: Callable[[Progress], None] = lambda progress: None,
) -> RosterImport:
    """Import an upload as previewed; doing it twice has one effect.

    `run` is the mark of the process that does it, which `tell`s in which stage it is, and how many
    rows are written. Raises NotAsPreviewed, HasProblems, NotCounted, IsForgotten, IsTakenOver or
    RosterIsBusy; then nothing was changed.
    """
    upload = RosterImport.objects.get(pk=upload_id)
    if upload.is_imported:
        return upload
    if upload.content is None:
        raise IsForgotten
    chosen, meetings = Chosen.of(upload.chosen), targets(upload)
    reading = read(bytes(upload.content), limits(), chosen.how)
    managed = managed_by(orders.by or upload.uploaded_by_id)
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
                meetings, reading, chosen.choices,
                managed=managed, named=chosen.named, accept=orders.check, tell=tell_rows,
            )  # fmt: skip
            if orders.asks_email:
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
