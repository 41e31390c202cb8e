"""What hosts fill in about a material. The field names are promises: others script against them."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat

from hosts.models import Host
from materials.models import Material
from materials.publishing import Contents
from materials.web_addresses import clean_web_address, meeting_in
from meetingportal.once import KeyField
from meetings.forms import InNaturalOrder
from meetings.models import Meeting, MeetingQuerySet

# The fields that only one kind has.
FIELDS_OF_KIND = {
    Material.Kind.MEETING: ("target", "link_back"),
    Material.Kind.LINK: ("url",),
    Material.Kind.FILE: ("file",),
}


class TargetField(forms.ModelChoiceField[Meeting]):
    """A meeting of the same workspace; the values are slugs."""

    iterator = InNaturalOrder

    def __init__(self) -> None:
        super().__init__(
            Meeting.objects.none(),
            required=False,
            to_field_name="slug",
            label="Meeting",
            empty_label="Choose a meeting…",
            error_messages={"invalid_choice": "Choose one of the meetings of this workspace."},
        )

    def label_from_instance(self, obj: Meeting) -> str:
        return f"{obj.title} ({obj.get_state_display().lower()})"


class MaterialForm(forms.Form):
    """One form for all kinds; what belongs to another kind than the chosen one is not looked at."""

    kind = forms.ChoiceField(
        choices=Material.Kind.choices,
        initial=Material.Kind.MEETING,
        widget=forms.RadioSelect,
        label="What is it?",
    )
    target = TargetField()
    link_back = forms.BooleanField(
        required=False,
        label="And a link back",
        help_text="Puts a link to this meeting into the other one, where you manage both.",
    )
    url = forms.CharField(
        required=False,
        label="Web address",
        # Not type="url": browsers would refuse `example.org`, which is taken here.
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "placeholder": "https://",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    file = forms.FileField(required=False, label="File")
    title = forms.CharField(
        required=False,
        max_length=200,
        label="Title",
        help_text="Leave it empty to show the meeting's title, the site or the file's name.",
    )
    description = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_published = forms.BooleanField(
        required=False,
        initial=True,
        label="Published",
        help_text="Attendees see it as soon as the meeting is live. Unticked, it is a draft.",
    )
    is_readable_after = forms.BooleanField(
        required=False,
        label="Readable after the meeting",
        help_text="Attendees can still open it when the meeting has ended.",
    )
    key = KeyField()

    def __init__(
        self,
        *args: Any,
        meeting: Meeting,
        host: Host,
        material: Material | None = None,
        **kwargs: Any,
    ) -> None:
        if material:
            kwargs["initial"] = initial_of(material)
        super().__init__(*args, **kwargs)
        self.meeting, self.host, self.material = meeting, host, material
        # Set where the web address is that of a meeting which the host could link to instead.
        self.suggested_target: Meeting | None = None
        self.fields["file"].help_text = f"At most {filesizeformat(settings.MAX_FILE_SIZE)}."
        self.fields["file"].widget.attrs["data-max-size"] = settings.MAX_FILE_SIZE
        targets = self.fields["target"]
        assert isinstance(targets, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        targets.queryset = possible_targets(meeting, material)
        if material:
            self.keep_only_fields_of(Material.Kind(material.kind))
        elif not targets.queryset.managed_by(host).exists():
            del self.fields["link_back"]

    def keep_only_fields_of(self, kind: Material.Kind) -> None:
        """A material that exists keeps its kind, and its links back are links of their own."""
        del self.fields["kind"], self.fields["key"]
        for other, names in FIELDS_OF_KIND.items():
            for name in names:
                if other != kind or name == "link_back":
                    del self.fields[name]
        if kind == Material.Kind.FILE:
            self.fields["file"].label = "Replace the file"

    @property
    def chosen_kind(self) -> Material.Kind | None:
        if self.material:
            return Material.Kind(self.material.kind)
        kind = self.cleaned_data.get("kind")
        return Material.Kind(kind) if kind else None

    @property
    def is_too_large(self) -> bool:
        return self.has_error("file", "too_large")

    def clean_file(self) -> File[bytes] | None:
        file: File[bytes] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > settings.MAX_FILE_SIZE:
            raise forms.ValidationError(
                f"“{file.name}” has {filesizeformat(file.size)}; "
                f"a file may have at most {filesizeformat(settings.MAX_FILE_SIZE)}.",
                code="too_large",
            )
        return file

    def clean(self) -> dict[str, Any]:
        kind = self.chosen_kind
        for other, names in FIELDS_OF_KIND.items():
            if other != kind:
                for name in names:
                    self.errors.pop(name, None)
        if kind == Material.Kind.MEETING:
            self.check_target()
        elif kind == Material.Kind.LINK:
            self.check_url()
        elif kind == Material.Kind.FILE and not self.material:
            self.ask_for("file", "Choose a file.")
        return self.cleaned_data

    def ask_for(self, name: str, sentence: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, sentence)

    def check_target(self) -> None:
        self.ask_for("target", "Choose the meeting that the link leads to.")
        target = self.cleaned_data.get("target")
        if target and self.cleaned_data.get("link_back"):
            may = Meeting.objects.managed_by(self.host).filter(pk=target.pk).exists()
            if not may:
                self.add_error(
                    "link_back",
                    f"You do not manage “{target}”, so you cannot put a link there. "
                    "Ask one of its hosts for it.",
                )

    def check_url(self) -> None:
        self.ask_for("url", "Type the web address.")
        text = self.cleaned_data.get("url")
        if not text:
            return
        try:
            address = clean_web_address(text)
        except forms.ValidationError as refusal:
            self.add_error("url", refusal)
            return
        self.cleaned_data["url"] = address
        if not self.material:
            self.suggest_meeting(address)

    def suggest_meeting(self, address: str) -> None:
        """A web link to an own meeting loses the attendee's name: offer the link that keeps it."""
        slug = meeting_in(address)
        target = possible_targets(self.meeting).filter(slug=slug).first() if slug else None
        if target is None:
            return
        self.suggested_target = target
        self.add_error(
            "url",
            f"This is one of your meetings: choose “Link to a meeting”, then “{target}”. "
            "Attendees then keep their name on the way.",
        )
        sent = {name: self.data[name] for name in self.data}
        self.data = sent | {"target": target.slug}

    def contents(self) -> Contents:
        """What was filled in; call it on a valid form only."""
        said = self.cleaned_data
        kind = self.chosen_kind
        assert kind  # noqa: S101 - the form is valid
        return Contents(
            kind=kind,
            title=said["title"],
            description=said["description"],
            target=said.get("target"),
            url=said.get("url", ""),
            file=said.get("file"),
            is_published=said["is_published"],
            is_readable_after=said["is_readable_after"],
        )


class MoveForm(forms.Form):
    """One place up or down, or directly before or after another material."""

    direction = forms.ChoiceField(choices=[("up", "Up"), ("down", "Down")], required=False)
    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        said = [name for name in self.fields if self.cleaned_data.get(name)]
        if not self.errors and len(said) != 1:
            raise forms.ValidationError("Say where to: up, down, before or after another material.")
        return self.cleaned_data


def possible_targets(meeting: Meeting, material: Material | None = None) -> MeetingQuerySet:
    """The other meetings of the workspace that are not archived, and the present target."""
    others = Meeting.objects.filter(workspace=meeting.workspace_id).exclude(pk=meeting.pk)
    targets = others.current()
    if material and material.target_id:
        targets |= others.filter(pk=material.target_id)
    return targets.order_by("pk")


def initial_of(material: Material) -> dict[str, Any]:
    return {
        "title": material.title,
        "description": material.description,
        "target": material.target.slug if material.target else None,
        "url": material.url,
        "is_published": material.is_published,
        "is_readable_after": material.is_readable_after,
    }
