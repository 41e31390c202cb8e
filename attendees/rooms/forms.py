"""What hosts fill in about rooms that are made, or acted on, together."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from attendees.models import Attendee
from attendees.rooms.plan import LONGEST_TITLE, MAX_ROOMS, Seating, Wishes
from attendees.rooms.together import Copies
from attendees.roster.export import custom_names
from hosts.models import Host, validate_line
from meetingportal.once import KeyField
from meetings.forms import InNaturalOrder, StartsAtField
from meetings.models import Meeting, MeetingQuerySet

MAX_DAYS = 3660


SEATINGS = {
    Seating.SAME: "Everybody on this meeting's list, in every room",
    Seating.COLUMN: "By a column of this meeting's list: its cells name the room",
    Seating.NONE: "Nobody yet",
}


class MeetingsChoice(forms.ModelChoiceField[Meeting]):
    iterator = InNaturalOrder

    def label_from_instance(self, obj: Meeting) -> str:
        return f"{obj.title} ({obj.slug})"


class RoomsForm(forms.Form):
    number = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_ROOMS,
        label="How many rooms",
        help_text=f"They are called “Room 1”, “Room 2”, … At most {MAX_ROOMS} at once.",
    )
    names = forms.CharField(
        required=False,
        label="Or their names, one in each line",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=MAX_ROOMS * (LONGEST_TITLE + 2),
    )
    seating = forms.ChoiceField(
        choices=list(SEATINGS.items()),
        initial=Seating.SAME,
        widget=forms.RadioSelect,
        label="Who is on their lists?",
    )
    column = forms.ChoiceField(
        required=False,
        label="Column",
        help_text="Leave number and names empty to make one room for each value of the column.",
    )
    template = MeetingsChoice(
        Meeting.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label="Settings like",
        error_messages={"invalid_choice": "Choose a meeting of this workspace that you manage."},
    )
    takes_materials = forms.BooleanField(
        required=False,
        label="And its materials",
        help_text="Each room gets copies of its own.",
    )
    links_among = forms.BooleanField(
        required=False,
        label="Link the rooms with each other, too",
        help_text="Links between this meeting and each room are always made, both ways.",
    )
    address = forms.ChoiceField(
        choices=[("readable", "Readable"), ("random", "Random, so that nobody can guess them")],
        initial="readable",
        widget=forms.RadioSelect,
        label="Meeting IDs",
    )
    starts_at = StartsAtField()
    key = KeyField()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, meeting: Meeting, host: Host, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["template"] = meeting.slug
        templates = Meeting.objects.managed_by(host).current().filter(workspace=meeting.workspace)
        choose(self.fields["template"], templates.order_by("pk"))
        self.fields["starts_at"].help_text = StartsAtField.zone_help()
        self.fields["address"].help_text = f"Readable: {meeting.slug}-room-1, and so on."
        self.offer_columns(custom_names(Attendee.objects.of(meeting)))

    def offer_columns(self, names: Sequence[str]) -> None:
        if names:
            offer(self.fields["column"], {"": "Choose…"} | {name: name for name in names})
            return
        del self.fields["column"]
        offer(
            self.fields["seating"],
            {seating: label for seating, label in SEATINGS.items() if seating != Seating.COLUMN},
        )

    def clean_names(self) -> tuple[str, ...]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["names"].splitlines())
        names = tuple(line for line in lines if line)
        for name in names:
            validate_line(name)
        return names

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        names, number = said.get("names", ()), said.get("number")
        by_column = said.get("seating") == Seating.COLUMN
        if names and number and len(names) != number:
            rooms = f"{len(names)} room{'' if len(names) == 1 else 's'}"
            self.add_error("number", f"You name {rooms}. Say the same number, or leave it empty.")
        if by_column and not said.get("column"):
            self.add_error("column", "Choose the column whose cells name the rooms.")
        if not (names or number or by_column) and not self.errors.keys() & {"names", "number"}:
            self.add_error("number", "Say how many rooms, or name them.")
        return said

    @property
    def wishes(self) -> Wishes:
        """What was asked for; only of a valid form."""
        said = self.cleaned_data
        return Wishes(
            template=said["template"],
            names=said["names"],
            number=said["number"],
            seating=Seating(said["seating"]),
            column=said.get("column", ""),
            takes_materials=said["takes_materials"],
            links_among=said["links_among"],
            has_random_slugs=said["address"] == "random",
            starts_at=said["starts_at"],
        )


class ChosenMeetings(forms.Form):
    """Some of the linked meetings; all of them are managed by the host."""

    meeting = forms.ModelMultipleChoiceField(
        Meeting.objects.none(),
        to_field_name="slug",
        error_messages={
            "required": "Tick at least one meeting.",
            "invalid_choice": "Choose among the linked meetings that you manage.",
        },
    )

    def __init__(self, *args: Any, meetings: MeetingQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self.fields["meeting"], meetings)


class CopiesForm(ChosenMeetings):
    beginning = forms.CharField(
        required=False,
        max_length=60,
        initial="Copy of",
        label="Begin each title with",
        validators=[validate_line],
    )
    days_later = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_DAYS,
        label="Start so many days later",
        help_text="Leave it empty to set no start times.",
    )
    takes_materials = forms.BooleanField(
        required=False,
        initial=True,
        label="Take materials along",
        help_text="Links among the chosen meetings are always taken along, between the copies.",
    )
    takes_attendees = forms.BooleanField(
        required=False, label="Take attendees along, with the same codes"
    )
    key = KeyField()

    @property
    def wishes(self) -> Copies:
        """What was asked for; only of a valid form."""
        said = self.cleaned_data
        return Copies(
            beginning=said["beginning"],
            days_later=said["days_later"],
            takes_materials=said["takes_materials"],
            takes_attendees=said["takes_attendees"],
        )


def offer(field: forms.Field, choices: Mapping[str, str]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
    field.choices = list(choices.items())


def choose(field: forms.Field, meetings: MeetingQuerySet) -> None:
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
    field.queryset = meetings
