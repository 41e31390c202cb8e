"""What hosts fill in about attendees and their lists."""

import re
from collections.abc import Container, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import QueryDict

from attendees.identity import FlawedValue
from attendees.models import Attendee
from attendees.roster.cells import MAX_CUSTOM_VALUE, clean
from attendees.roster.choosing import Chosen
from attendees.roster.decode import CHOICES
from attendees.roster.headers import FIELDS, LABELS, MEETINGS, REQUIRED
from attendees.roster.plan import Mode
from hosts.models import Host
from materials.links import linked_meetings
from meetingportal.once import KeyField
from meetings.forms import InNaturalOrder
from meetings.models import Meeting

CODE_HELP = "Leave it empty, and the portal makes one."
EXTERNAL_ID_HELP = (
    "The person's ID in your own system. Give the same one in every linked meeting, or none in all."
)
ROOM_HELP = "Rooms were made by this: it names the one that the person is meant for."
MAKE_CODES = "Make a code for everybody new who has none"
CUSTOM = "custom-"  # prefix of the form fields of custom fields
POSITION = re.compile(r"[0-9]{1,3}")
COLUMN = re.compile(rf"column-({POSITION.pattern})")
COLUMN_CHOICES = {
    **LABELS,
    "custom": "Custom field",
    MEETINGS: "Meetings the row is for",
    "ignore": "Left out",
}


class AttendeeForm(forms.ModelForm[Attendee]):
    class Meta:
        model = Attendee
        fields = FIELDS
        labels = LABELS
        help_texts = {"external_id": EXTERNAL_ID_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["firstname", "lastname", "email", "code", "external_id"])
        self.fields["email"].widget = forms.EmailInput()
        if self.instance.pk is None:
            self.fields["code"].required = False
            self.fields["code"].help_text = CODE_HELP
        for widget in (self.fields["code"].widget, self.fields["email"].widget):
            widget.attrs.update(autocomplete="off", autocapitalize="off", spellcheck="false")
        columns = columns_of_rooms(self.instance.meeting)
        self.custom_names = list(dict.fromkeys([*self.instance.custom, *columns]))
        for name in self.custom_names:
            self.fields[CUSTOM + name] = forms.CharField(
                label=name,
                required=False,
                max_length=MAX_CUSTOM_VALUE,
                initial=str(self.instance.custom.get(name, "")),
                widget=forms.Textarea(attrs={"rows": 1}),
                help_text=ROOM_HELP if name in columns else "",
            )

    def clean(self) -> dict[str, Any]:
        """The same rules as for a file, so that an export comes back in."""
        cleaned = super().clean() or {}
        for name in FIELDS:
            if name in cleaned:
                try:
                    cleaned[name] = clean(name, cleaned[name])
                except FlawedValue as flaw:
                    self.add_error(name, flaw.message[:1].upper() + flaw.message[1:])
                else:
                    self.refuse_blank(name, cleaned[name])
        return cleaned

    def refuse_blank(self, name: str, value: str) -> None:
        if not value and name in REQUIRED and self.fields[name].required:
            self.add_error(name, "This field is required.")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, which the stubs leave out
        attendee = self.instance
        attendee.custom = {
            name: value.replace("\r\n", "\n")
            for name in self.custom_names
            if (value := self.cleaned_data.get(CUSTOM + name, "").strip())
        }
        if self.errors:
            return
        attendee.derive()
        others = Attendee.objects.filter(meeting=attendee.meeting_id).exclude(pk=attendee.pk)
        same_code = others.filter(compared_code=attendee.compared_code).first()
        if attendee.compared_code and same_code:
            self.add_error("code", f"This is the code of {same_code.name}. Choose another.")
        same_person = others.filter(identity_key=attendee.identity_key).first()
        if attendee.identity_key.startswith("x:") and same_person:
            self.add_error("external_id", f"This is the external ID of {same_person.name}.")


def columns_of_rooms(meeting: Meeting) -> list[str]:
    """By which the rooms that are linked with the meeting were made, or the meeting itself."""
    rooms = Meeting.objects.filter(Q(pk=meeting.pk) | Q(pk__in=linked_meetings(meeting)))
    made = rooms.exclude(part_column="").order_by("part_column")
    return list(made.values_list("part_column", flat=True).distinct())


class NewAttendeeForm(AttendeeForm):
    key = KeyField()


class MeetingField(forms.ModelChoiceField[Meeting]):
    iterator = InNaturalOrder

    def label_from_instance(self, obj: Meeting) -> str:
        return obj.title


class MeetingsField(forms.ModelMultipleChoiceField[Meeting]):
    iterator = InNaturalOrder

    def label_from_instance(self, obj: Meeting) -> str:
        return obj.title


class OtherMeetingForm(forms.Form):
    other_meeting = MeetingField(
        Meeting.objects.none(),
        to_field_name="slug",
        label="Meeting",
        empty_label="Choose…",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": "Choose a meeting.", "invalid_choice": "Choose a meeting."},
    )

    def __init__(self, *args: Any, meeting: Meeting, host: Host, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Meeting.objects.managed_by(host).filter(workspace=meeting.workspace)
        field = self.fields["other_meeting"]
        assert isinstance(field, MeetingField)  # noqa: S101 - declared above
        field.queryset = others.exclude(pk=meeting.pk)

    @property
    def other(self) -> Meeting:
        found: Meeting = self.cleaned_data["other_meeting"]
        return found


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Attendee list",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods,text/csv"}),
    )
    also_into = MeetingsField(
        Meeting.objects.none(),
        to_field_name="slug",
        required=False,
        label="Also into",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    generates_codes = forms.BooleanField(label=MAKE_CODES, required=False)

    def __init__(self, *args: Any, meeting: Meeting, host: Host, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Meeting.objects.managed_by(host).current().filter(workspace=meeting.workspace)
        field = self.fields["also_into"]
        assert isinstance(field, MeetingsField)  # noqa: S101 - declared above
        field.queryset = others.exclude(pk=meeting.pk)

    @property
    def has_other_meetings(self) -> bool:
        return bool(self["also_into"].field.queryset.exists())  # type: ignore[attr-defined]

    @property
    def upload(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        return file


class Positions(forms.TypedMultipleChoiceField):
    """Numbers of columns, as text."""

    def valid_value(self, value: str) -> bool:
        return POSITION.fullmatch(value) is not None


class KeptColumnsForm(forms.Form):
    """Which of the further columns are kept as custom fields: positions, as they were and are.

    And which of them is the external ID.
    """

    further = Positions(required=False)
    was_kept = Positions(required=False)
    keep = Positions(required=False)
    external_id = Positions(required=False)

    def is_changed(self, mapping: Mapping[str, str]) -> bool:
        """Whether it says something else than was shown, or than is chosen by now."""
        if self.cleaned_data["external_id"]:
            return True
        shown, kept = self.cleaned_data["was_kept"], self.cleaned_data["keep"]
        return any(
            (position in kept) != (position in shown)
            or mapping.get(position, kind_of(position, shown)) != kind_of(position, kept)
            for position in self.cleaned_data["further"]
        )


def kind_of(position: str, kept: Container[str]) -> str:
    return "custom" if position in kept else "ignore"


class ChoicesForm(forms.Form):
    """How to take the rows, on the preview."""

    mode = forms.ChoiceField(
        label="What the file may do",
        choices=[
            (Mode.ADD_AND_UPDATE, "Add and update people"),
            (Mode.ADD_ONLY, "Only add new people"),
            (Mode.UPDATE_ONLY, "Only update people"),
        ],
        required=False,
    )
    takes_new_codes = forms.BooleanField(
        label="Give people the code of the file where theirs is another (their old code ends)",
        required=False,
    )
    generates_codes = forms.BooleanField(label=MAKE_CODES, required=False)
    removes_missing = forms.BooleanField(
        label="Remove those who are not in the file (asks for their number)", required=False
    )
    encoding = forms.ChoiceField(
        label="Letters of the file",
        choices=[("", "As recognised"), *CHOICES.items()],
        required=False,
    )

    def mapping(self) -> dict[str, str]:
        """The columns that were mapped by hand: `column-3=email`."""
        return {
            match.group(1): value
            for name, value in self.data.items()
            if (match := COLUMN.fullmatch(name)) and value in COLUMN_CHOICES
        }

    def chosen(self) -> Chosen:
        data = self.cleaned_data
        sent = self.data
        return Chosen(
            encoding=data["encoding"],
            sheet=sent.get("sheet", ""),
            mapping=self.mapping(),
            headers=sent.getlist("header") if isinstance(sent, QueryDict) else (),
            mode=Mode(data["mode"] or Mode.ADD_AND_UPDATE),
            takes_new_codes=data["takes_new_codes"],
            generates_codes=data["generates_codes"],
            removes_missing=data["removes_missing"],
        )
