"""What hosts fill in about a meeting. The labels are promises: others script against them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.forms.models import ModelChoiceIterator, ModelChoiceIteratorValue
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from hosts.models import Host, Workspace
from meetingportal.once import KeyField
from meetings.arranging import print_of
from meetings.duplicating import registered_parts
from meetings.models import Meeting, random_slug
from meetings.titles import natural

EARLIEST, LATEST = 2000, 2100  # years; beyond these it is a slip of the hand
CLOCKS_CHANGE = (
    "The clocks change in that hour: the time does not exist, or comes twice. Choose another."
)
CONFIRMATION = "anonymize"  # typed by the host


class InNaturalOrder(ModelChoiceIterator[Meeting]):
    """Offers meetings as people sort titles: “Room 2” before “Room 10”."""

    def __iter__(self) -> Iterator[tuple[str | ModelChoiceIteratorValue, str]]:
        if self.field.empty_label is not None:
            yield "", str(self.field.empty_label)
        for meeting in sorted(self.queryset, key=lambda each: natural(each.title)):
            yield self.choice(meeting)


def lines(*sentences: str) -> SafeString:
    """A help text in lines of its own."""
    return format_html_join(mark_safe("<br>"), "{}", ((sentence,) for sentence in sentences))


REQUIRE_CODES_HELP = lines(
    "On: only people on the attendee list come in, with their code or carried from a linked "
    "meeting.",
    "Off: anybody with the address comes in without a code and is shown as “Anonymous”, even "
    "people who are known elsewhere.",
    "Switching it takes effect at once.",
)
ASK_EMAIL_HELP = (
    "On: whoever types a code types their email of the attendee list as well. For codes that are "
    "easily guessed."
)
ANONYMIZE_HELP = format_html(
    '{}<details class="more"><summary>What it promises, and what not</summary>{}</details>',
    lines(
        "Off: people are shown by name.",
        "On: a code still opens the door, but no name is shown to anybody, hosts included, and no "
        "row in the database ties what somebody does here to who they are.",
        "Switching it off later never reveals who was anonymous.",
    ),
    lines(
        "Each person is one pseudonym, such as “Anonymous 34”, and another one in every other "
        "meeting. Pseudonyms are derived under a secret that is erased when the meeting ends.",
        "Until then, and in backups made until then, whoever runs the server could still work out "
        "who is who. What people tell about themselves cannot be hidden, nor who is who in a very "
        "small meeting.",
    ),
)
ALWAYS_ASK_HELP = "On: people who come from a linked meeting type their code here again."
FOR_EVERYBODY_HELP = (
    "Off: the room is for those with “{cell}” under “{column}” on the list, and links to it count "
    "only them. On: links to it count everybody."
)
SLUG_HELP = (
    "The end of the address that attendees open, {site}/m/…/. Small letters, digits, hyphens."
)
SLUG_NEW_HELP = "Leave it empty for a random one that nobody can guess."
SLUG_CHANGE_HELP = (
    "When you change it, the old address stops working at once: invitations, QR codes and "
    "bookmarks that use it lead nowhere."
)
SEVER_HELP = (
    "This meeting has been live. Switching “Anonymize attendees” on cuts every tie between people "
    "and what they did here. That cannot be undone, and names that somebody has already seen stay "
    "known to them. Type “{word}” to confirm."
)


class StartsAtField(forms.DateTimeField):
    """A point in time in the host's own zone, whose name stands beside it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self) -> None:
        super().__init__(label="Starts at", required=False)

    def clean(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().clean(value)
        except forms.ValidationError as refusal:
            if refusal.code != "ambiguous_timezone":
                raise
            raise forms.ValidationError(CLOCKS_CHANGE, code="invalid") from refusal
        if moment and not EARLIEST <= moment.year <= LATEST:
            raise forms.ValidationError(
                f"Choose a year between {EARLIEST} and {LATEST}.", code="invalid"
            )
        return moment.astimezone(UTC) if moment else None

    @staticmethod
    def zone_help() -> str:
        zone = timezone.get_current_timezone_name()
        return (
            f"In your time zone, {zone}. It is shown to attendees; you start the meeting yourself."
        )


class SlugField(forms.CharField):
    """A meeting ID; capitals and blanks around it are forgiven."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).lower()


class MeetingForm(forms.ModelForm[Meeting]):
    starts_at = StartsAtField()

    class Meta:
        model = Meeting
        fields = [
            "title",
            "slug",
            "starts_at",
            "description",
            "require_access_codes",
            "ask_email",
            "anonymize_attendees",
            "always_ask",
        ]
        field_classes = {"slug": SlugField}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "description": "Shown at the door and on the meeting page.",
            "require_access_codes": REQUIRE_CODES_HELP,
            "ask_email": ASK_EMAIL_HELP,
            "anonymize_attendees": ANONYMIZE_HELP,
            "always_ask": ALWAYS_ASK_HELP,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].help_text = StartsAtField.zone_help()
        self.fields["slug"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.explain_slug(SLUG_CHANGE_HELP)

    def explain_slug(self, more: str) -> None:
        self.fields["slug"].help_text = f"{SLUG_HELP.format(site=settings.SITE_URL)} {more}"


class NewMeetingForm(MeetingForm):
    """`workspace` is asked for only where the host has several."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)
    key = KeyField()

    field_order = ["workspace"]

    def __init__(self, *args: Any, host: Host, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspaces = Workspace.objects.of(host)
        choice = self.fields["workspace"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        choice.queryset = self.workspaces
        if len(self.workspaces) < 2:
            del self.fields["workspace"]
        self.fields["slug"].required = False
        self.initial["slug"] = ""
        self.explain_slug(SLUG_NEW_HELP)

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or random_slug()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        only = None if "workspace" in self.fields else self.workspaces.first()
        if chosen := self.cleaned_data.get("workspace", only):
            self.instance.workspace = chosen
        return cleaned


class SettingsForm(MeetingForm):
    """The settings of a meeting that exists.

    What cannot be undone asks for a word. `seen` is what the host was looking at, so that two hosts
    do not overwrite each other; scripts may leave it out.
    """

    confirmation = forms.CharField(
        required=False,
        max_length=20,
        label="To switch “Anonymize attendees” on",
        help_text=SEVER_HELP.format(word=CONFIRMATION),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    is_for_everybody = forms.BooleanField(
        required=False,
        label="Everybody is meant to be here",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = [*MeetingForm.Meta.fields[:-1], "confirmation", "always_ask"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_anonymizing = self.instance.anonymize_attendees
        self.initial["seen"] = print_of(self.instance)
        if self.was_anonymizing or self.instance.is_scheduled:
            del self.fields["confirmation"]
        self.explain_part()

    def explain_part(self) -> None:
        """Only of a room that was made for a part of the people is it asked who is meant."""
        if not self.instance.part_column:
            del self.fields["is_for_everybody"]
            return
        self.fields["is_for_everybody"].help_text = FOR_EVERYBODY_HELP.format(
            column=self.instance.part_column, cell=self.instance.part_cell
        )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        severs = "confirmation" in self.fields and self.cleaned_data.get("anonymize_attendees")
        typed = self.cleaned_data.get("confirmation", "").strip().casefold()
        if severs and typed != CONFIRMATION:
            self.add_error("confirmation", f"Type “{CONFIRMATION}” here, or leave names shown.")
        if self.cleaned_data.get("is_for_everybody"):
            self.instance.part_column = self.instance.part_cell = ""
        return cleaned


class DuplicateForm(forms.ModelForm[Meeting]):
    starts_at = StartsAtField()
    parts = forms.MultipleChoiceField(
        required=False,
        label="Take along",
        widget=forms.CheckboxSelectMultiple,
        help_text="The settings and co-hosts are always the same; the address is a new one.",
    )
    key = KeyField()

    class Meta:
        model = Meeting
        fields = ["title", "starts_at"]

    def __init__(self, *args: Any, original: Meeting, **kwargs: Any) -> None:
        longest = Meeting._meta.get_field("title").max_length
        title = f"Copy of {original.title}"[:longest]
        usual = [part.name for part in registered_parts() if part.is_usual]
        kwargs["initial"] = {"title": title, "parts": usual}
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].help_text = StartsAtField.zone_help()
        choice = self.fields["parts"]
        assert isinstance(choice, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        choice.choices = [(part.name, part.label) for part in registered_parts()]


class CoHostForm(forms.Form):
    host = forms.ModelChoiceField(
        Host.objects.none(),
        label="Member of the workspace",
        empty_label="Choose…",
        error_messages={"invalid_choice": "Choose a member of the workspace."},
    )

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["host"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        choice.queryset = meeting.possible_cohosts()
