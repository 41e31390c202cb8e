"""Who takes part: attendees on a roster, participants in a meeting, their admissions and visits."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from attendees import identity
from materials.models import Material
from meetings.models import Meeting

ADMISSION_LASTS = timedelta(days=7)


def expiry_of_admission(at: datetime) -> datetime:
    """Until when an admission of now lasts: to the end of a day, since the instant would tell when
    somebody came, and so who a pseudonym is.
    """
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ADMISSION_LASTS + timedelta(days=1)


class AttendeeQuerySet(models.QuerySet["Attendee"]):
    def of(self, meeting: Meeting) -> Self:
        return self.filter(meeting=meeting)


class Attendee(models.Model):
    """A person on a meeting's roster."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendees")
    code = models.CharField(max_length=identity.MAX_CODE)
    email = models.CharField(max_length=identity.MAX_EMAIL)
    firstname = models.CharField(max_length=identity.MAX_NAME)
    lastname = models.CharField(max_length=identity.MAX_NAME, blank=True)
    external_id = models.CharField(max_length=identity.MAX_EXTERNAL_ID, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    # Derived from the above by `derive`, and by the import for many rows at once.
    compared_code = models.CharField(max_length=identity.MAX_CODE, editable=False)
    identity_key = models.CharField(
        max_length=identity.MAX_IDENTITY_KEY, blank=True, editable=False
    )
    # The key without what eyes skip: for the link check's hints, never for matching.
    look_alike = models.TextField(blank=True, default="", db_default="", editable=False)
    # Counts up when the code or the identity changes: admissions of an older one have ended.
    credential_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = AttendeeQuerySet.as_manager()

    class Meta:
        ordering = ["lastname", "firstname", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "compared_code"], name="one_person_per_code_in_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["meeting", "identity_key"],
                condition=~models.Q(identity_key=""),
                name="one_row_per_person_in_a_meeting",
            ),
            models.CheckConstraint(
                condition=~models.Q(compared_code=""), name="an_attendee_has_a_code"
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "lastname", "firstname", "id"], name="roster_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()

    def derive(self) -> bool:
        """Set what follows from the other fields; True where code or identity is another now."""
        before = (self.compared_code, self.identity_key)
        self.compared_code = identity.compared_code(self.code)
        self.identity_key = identity.identity_key(self.code, self.email, self.external_id)
        self.look_alike = identity.look_alike(self.identity_key)
        return before != (self.compared_code, self.identity_key)


class Roster(models.Model):
    """A meeting's attendees as a whole: another version after each change.

    Whoever changes attendees renews it (`roster.versions`). Where there is none, nobody knows
    whether anything has changed.
    """

    meeting = models.OneToOneField(Meeting, models.CASCADE, primary_key=True, related_name="+")
    # Random: no number comes again after a rollback or in a restored database.
    version = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return f"{self.meeting}: {self.version}"


class Participant(models.Model):
    """Somebody who is, or was, in a meeting: by name, under a pseudonym, or simply anonymous."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="participants")
    # Named: from the attendee. Pseudonym: an HMAC of the identity. Anonymous: random.
    key = models.CharField(max_length=80)
    attendee = models.ForeignKey(
        Attendee, models.SET_NULL, null=True, blank=True, related_name="participants"
    )
    # The 34 of "Anonymous 34": drawn at random, not in order of arrival.
    number = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "key"], name="one_participant_per_key_in_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["meeting", "number"], name="one_participant_per_number_in_a_meeting"
            ),
            models.CheckConstraint(
                condition=models.Q(attendee=None) | models.Q(number=None),
                name="a_pseudonym_is_nobody_on_the_roster",
            ),
        ]

    def __str__(self) -> str:
        if self.attendee:
            return self.attendee.name
        return f"Anonymous {self.number}" if self.number else "Anonymous"

    @property
    def is_named(self) -> bool:
        return self.attendee_id is not None


class AdmissionQuerySet(models.QuerySet["Admission"]):
    def current(self, *, at: datetime) -> Self:
        """Those whose proof still holds: not expired, and of the attendee's present credentials."""
        return self.filter(
            models.Q(attendee=None)
            | models.Q(credential_version=models.F("attendee__credential_version")),
            expires_at__gt=at,
        )


class Admission(models.Model):
    """This browser may be this participant of this meeting."""

    class How(models.TextChoices):
        CODE = "code", "typed the code"
        CARRIED = "carried", "carried from a linked meeting"
        OPEN = "open", "no code required"
        SIGNED = "signed", "came by a personal signed link"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="admissions")
    # An HMAC of the browser's session mark; in an anonymizing meeting, one under its own secret,
    # so that no two rows of one browser can be laid side by side.
    browser = models.CharField(max_length=64)
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="admissions")
    attendee = models.ForeignKey(
        Attendee, models.CASCADE, null=True, blank=True, related_name="admissions"
    )
    credential_version = models.PositiveIntegerField(default=0)
    how = models.CharField(max_length=8, choices=How)
    # Whence: the admission of the linked meeting that was shown, and the link that carried.
    source = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    material = models.ForeignKey(Material, models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=32, blank=True)
    # Null in an anonymizing meeting.
    created_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = AdmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "browser"], name="one_admission_per_browser_and_meeting"
            ),
        ]
        indexes = [
            models.Index(fields=["browser"], name="admissions_of_a_browser"),
            models.Index(fields=["expires_at"], name="admissions_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.participant} in {self.meeting} ({self.get_how_display()})"


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def asked(self) -> Self:
        return self.filter(how=Arrival.ASKED)

    def let_in(self) -> Self:
        return self.exclude(how=Arrival.ASKED)


class Arrival(models.Model):
    """Somebody known came to the door: how they were let in, or why they were asked for a code.

    Only people who are shown by name have rows. Whatever happens at the door of an anonymizing or
    an open meeting, and whatever strangers do, is only counted (see `ArrivalCount`).
    """

    ASKED = "asked"  # beside the values of `Admission.How`

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="arrivals")
    how = models.CharField(max_length=8)
    at = models.DateTimeField()
    # Who came in; nobody where a code was asked.
    participant = models.ForeignKey(
        Participant, models.CASCADE, null=True, blank=True, related_name="arrivals"
    )
    # Whom the browser showed, on the roster of the meeting whence they came.
    shown = models.ForeignKey(
        Attendee, models.SET_NULL, null=True, blank=True, related_name="shown_at"
    )
    whence = models.ForeignKey(Meeting, models.SET_NULL, null=True, blank=True, related_name="+")
    material = models.ForeignKey(Material, models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=32, blank=True)
    # Why a code was asked: a class (see `attendees.carrying.Reason` and `attendees.differing`).
    reason = models.CharField(max_length=40, blank=True)
    difference = models.CharField(max_length=40, blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(how="asked", participant=None)
                | ~models.Q(how="asked") & models.Q(participant__isnull=False),
                name="an_arrival_is_somebodys_unless_asked",
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "-at", "-id"], name="arrivals_at_a_meeting"),
        ]

    def __str__(self) -> str:
        return f"{self.how} at {self.meeting}"


class ArrivalCount(models.Model):
    """How often the same thing happened at a door, where it is nobody's business whom it befell."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="arrival_counts")
    how = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, blank=True)
    whence = models.ForeignKey(Meeting, models.CASCADE, null=True, blank=True, related_name="+")
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "how", "reason", "whence"], name="one_count_per_kind_of_arrival"
            ),
            models.UniqueConstraint(
                fields=["meeting", "how", "reason"],
                condition=models.Q(whence=None),
                name="one_count_per_kind_of_direct_arrival",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how} at {self.meeting}: {self.times}"


class RetiredSession(models.Model):
    """The key that a browser had until a moment ago, so that a join in another tab still counts.

    It opens nothing. A join by code that arrives with it, within seconds and from the same browser
    and address, is added to the same browser's admissions (see `attendees.browsers`).
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    mark = models.CharField(max_length=64)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key_hash[:8]


class VisitQuerySet(models.QuerySet["Visit"]):
    def present(self, *, at: datetime) -> Self:
        """Those whose lease lasts; one whose admission has ended is over at once."""
        return self.filter(present_until__gt=at, admission__isnull=False)


class Visit(models.Model):
    """One stay of one browser tab in a meeting: a lease, so that a crash leaves no ghosts."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="visits")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="visits")
    admission = models.ForeignKey(Admission, models.SET_NULL, null=True, related_name="visits")
    # Null: a stay that is over, whose tab has come back meanwhile and has a visit of its own.
    tab = models.UUIDField(default=uuid.uuid4, null=True)
    # Null in an anonymizing meeting: nobody's time of joining is kept.
    started_at = models.DateTimeField(null=True, default=timezone.now)
    present_until = models.DateTimeField()

    objects = VisitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "tab"], name="one_visit_per_tab_of_a_participant"
            ),
        ]
        indexes = [
            models.Index(fields=["meeting", "present_until"], name="who_is_present"),
            models.Index(
                fields=["meeting", "participant", "started_at", "present_until"],
                name="stays_of_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} until {self.present_until:%H:%M:%S}"


class RosterImportQuerySet(models.QuerySet["RosterImport"]):
    def waiting(self) -> Self:
        """Uploads that nobody has imported yet."""
        return self.filter(imported_at=None, content__isnull=False)


class RosterImport(models.Model):
    """An uploaded attendee list: first looked at, then imported, and its content forgotten."""

    class Stage(models.TextChoices):
        READING = "reading", "Reading the file"
        WRITING = "writing", "Comparing it with the list, and writing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="roster_imports")
    also_into = models.ManyToManyField(Meeting, related_name="+", blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    # Erased once it is imported, or after a day.
    content = models.BinaryField(null=True)
    # What the host has chosen on the preview (see `attendees.roster.choosing.Chosen`).
    chosen = models.JSONField(default=dict)
    imported_at = models.DateTimeField(null=True)
    # By slug: how many were new, changed, unchanged, left out.
    counts = models.JSONField(default=dict)
    # What the import has replaced, for a day (see `attendees.roster.undoing`).
    before = models.BinaryField(null=True)
    undone_at = models.DateTimeField(null=True)
    # Who stayed as they are when it was undone, and why.
    kept = models.JSONField(default=list)

    # Large files are imported by a process of their own (see `attendees.roster.running`): its mark,
    # where it is ("host:pid"), until when it may take, how far it is, what it was told to do.
    rows = models.PositiveIntegerField(default=0)
    run = models.UUIDField(null=True)
    runs_on = models.CharField(max_length=300, blank=True)
    runs_until = models.DateTimeField(null=True)
    stage = models.CharField(max_length=8, choices=Stage, blank=True)
    orders = models.JSONField(default=dict)
    # Why the last run has imported nothing.
    told = models.CharField(max_length=300, blank=True)

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        indexes = [
            models.Index(fields=["meeting", "-uploaded_at"], name="imports_of_a_meeting"),
            models.Index(fields=["uploaded_at"], name="uploads_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} into {self.meeting}"

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    @property
    def can_be_undone(self) -> bool:
        return self.before is not None

    @property
    def is_forgotten(self) -> bool:
        return self.content is None and not self.is_imported


class Repair(models.Model):
    """Something that a host has had mended about a link, and how to take it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # From where, and to where, people were asked again; `changed` is the one that was mended.
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="repairs")
    other = models.ForeignKey(Meeting, models.CASCADE, related_name="+")
    changed = models.ForeignKey(Meeting, models.CASCADE, related_name="+")
    act = models.CharField(max_length=16)
    sentence = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    # See `attendees.repairs`: what was before, and how to know that nobody has changed it since.
    steps = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    # Whom the undo has left as they are, and why.
    left = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.sentence


class PreviewPage(models.Model):
    """A page of the preview of a large file (see `attendees.roster.keeping`)."""

    upload = models.ForeignKey(RosterImport, models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_row_per_preview_page"),
        ]

    def __str__(self) -> str:
        return f"Page {self.number} of {self.upload_id}"
