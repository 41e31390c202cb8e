"""What a host chooses about an upload: how it is read, what it may do, what its columns are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from attendees.models import RosterImport
from attendees.roster.dividing import Names, mapping_of, meetings_named, names_of
from attendees.roster.headers import MEETINGS
from attendees.roster.plan import Choices, Mode
from attendees.roster.read import read
from attendees.roster.rows import How, Reading, limits
from hosts.models import Host
from meetings.models import Meeting


@dataclass(frozen=True)
class Chosen:
    """What the host has chosen about an upload."""

    encoding: str = ""
    sheet: str = ""  # of a workbook with several
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
            sheet=self.sheet,
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


def choose(upload: RosterImport, chosen: Chosen) -> None:
    upload.chosen = chosen.kept()
    upload.told = ""
    upload.save(update_fields=["chosen", "told"])
    upload.pages.all().delete()


def choose_otherwise(upload: RosterImport, chosen: Chosen, *, by: Host) -> None:
    """What a host has chosen on the preview; the columns of meetings may be others now."""
    before = Chosen.of(upload.chosen)
    if chosen.sheet != before.sheet:
        chosen = with_columns_of_sheet(upload, chosen, before, by=by)
    choose(upload, replace(chosen, named=before.named))
    if before.named or MEETINGS in chosen.mapping.values():
        reading = read(bytes(upload.content or b""), limits(), chosen.how)
        also_into_named(upload, reading, by=by)


def with_columns_of_sheet(
    upload: RosterImport, chosen: Chosen, before: Chosen, *, by: Host
) -> Chosen:
    """With its columns as a file is taken that comes with this sheet, not as the last one was."""
    fresh = replace(chosen, mapping={}, headers=())
    reading = read(bytes(upload.content or b""), limits(), fresh.how)
    if chosen.sheet not in reading.sheets:
        return replace(chosen, sheet=before.sheet)
    mapping = mapping_for(upload.meeting, reading, by=by)
    return replace(fresh, mapping=mapping, headers=reading.headers if mapping else ())


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
