"""A house full of people and meetings, so that no page is looked at empty."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.utils import timezone

from attendees.models import Arrival, Attendee, Participant, Repair, RosterImport, Visit
from hosts.access import make_token
from hosts.models import Host, Invitation, Membership, Workspace, hashed
from materials.models import Material
from meetings.models import Meeting
from tests.conftest import attendee_of, host_of, link_between, meeting_of

ROSTER_WITH_FLAWS = """code,email,firstname,lastname,room,Member no.
MIRA-1,mira@example.org,Mira,Okafor-Lindqvist,204,00071
NEW-7,new@example.org,Noor,van der Berg,12,00072
BAD-1,nowhere,Bad,Email,1,00073
"""
LONG_TITLE = "Extraordinary general assembly of the federation of regional associations, 2027"


@dataclass(frozen=True)
class House:
    """What the addresses of pages are made of."""

    mira: int
    upload: str
    material: str
    workspace: int
    member: int
    invitation: str
    confirmation: str
    reset: str
    meeting: int
    repair: str


def furnish(workspace: Workspace, alice: Host) -> House:
    noor = host_of(workspace, "noor@example.org", "host")
    new = EmailAddress.objects.create(user=alice, email="alice@new.example.org")
    assembly, room = meetings_of(alice)
    mira = people_of(assembly, room)
    walk_through(assembly, room)
    make_token(workspace, "Members", by=alice)
    return House(
        mira=mira.pk,
        upload=str(upload_of(assembly, alice).pk),
        material=str(materials_of(assembly, room, alice).pk),
        workspace=workspace.pk,
        member=Membership.objects.get(host=noor).pk,
        invitation=invitation_into(workspace, alice),
        confirmation=EmailConfirmationHMAC(new).key,
        reset=f"{user_pk_to_url_str(alice)}-{default_token_generator.make_token(alice)}",
        meeting=assembly.pk,
        repair=str(repair_of(assembly, room).pk),
    )


def meetings_of(alice: Host) -> tuple[Meeting, Meeting]:
    assembly = meeting_of(
        alice,
        "assembly",
        title="Annual assembly",
        description="Welcome. The rooms open after the opening speech.",
    )
    room = meeting_of(alice, "room", title="Room B · Finance")
    soon = timezone.now() + timedelta(minutes=20)
    meeting_of(alice, "hall", title=LONG_TITLE, state="scheduled", started_at=None, starts_at=soon)
    meeting_of(alice, "past", title="Autumn congress", state="ended", ended_at=timezone.now())
    meeting_of(alice, "plaza", title="ساحة اللقاء", require_access_codes=False)
    meeting_of(alice, "empty", title="Nothing yet", state="scheduled", started_at=None)
    return assembly, room


def walk_through(*meetings: Meeting) -> None:
    """Everybody was in each of the meetings for a while, one after the other, by their code."""
    begin = timezone.now() - timedelta(hours=1)
    Meeting.objects.filter(pk__in=[meeting.pk for meeting in meetings]).update(started_at=begin)
    for person in Attendee.objects.filter(meeting__in=meetings):
        since = begin + timedelta(minutes=20 * meetings.index(person.meeting) + person.pk % 5)
        participant = Participant.objects.create(
            meeting=person.meeting, key=f"a:{person.pk}", attendee=person
        )
        Visit.objects.create(
            meeting=person.meeting,
            participant=participant,
            started_at=since,
            present_until=since + timedelta(minutes=15),
        )
        Arrival.objects.create(
            meeting=person.meeting, how="code", at=since, participant=participant
        )


def people_of(*meetings: Meeting) -> Attendee:
    people = [
        ("MIRA-1", "mira@example.org", "Mira", "Okafor"),
        ("LEILA-2", "leila@example.org", "ليلى", "الخوري"),
        (
            "LONG-3",
            "a.very.long.address.of.somebody@department.example.org",
            "Wolfeschlegel" * 3,
            "",
        ),
        ("KEN-4", "kenta@example.org", "健太", "佐藤"),
    ]
    for meeting in [*meetings, *Meeting.objects.filter(slug__in=["hall", "past"])]:
        for code, email, firstname, lastname in people:
            attendee_of(meeting, code, email, firstname, lastname=lastname)
    return Attendee.objects.of(meetings[0]).get(code="MIRA-1")


def materials_of(assembly: Meeting, room: Meeting, alice: Host) -> Material:
    link = link_between(
        assembly, room, alice, title="", description="Bring your questions on the budget."
    )
    link_between(room, assembly, alice, title="", position=1)
    Material.objects.create(
        meeting=assembly,
        kind="link",
        title="Agenda",
        url="https://agenda.example.org/2027",
        is_published=True,
        is_readable_after=True,
        position=2,
        made_by=alice,
    )
    Material.objects.create(
        meeting=assembly,
        kind="file",
        file="00/budget",
        file_name="Budget 2027.pdf",
        file_size=1_258_291,
        file_type="application/pdf",
        is_published=True,
        position=3,
        made_by=alice,
    )
    Material.objects.create(
        meeting=assembly,
        kind="link",
        title="A draft that nobody sees yet",
        url="https://draft.example.org/",
        position=4,
        made_by=alice,
    )
    return link


def upload_of(meeting: Meeting, alice: Host) -> RosterImport:
    content = ROSTER_WITH_FLAWS.encode()
    return RosterImport.objects.create(
        meeting=meeting,
        uploaded_by=alice,
        file_name="attendees.csv",
        size=len(content),
        content=content,
    )


def repair_of(assembly: Meeting, room: Meeting) -> Repair:
    return Repair.objects.create(
        meeting=assembly, other=room, changed=room, act="way-back", sentence="A way back was made."
    )


def invitation_into(workspace: Workspace, alice: Host) -> str:
    Invitation.objects.create(
        workspace=workspace,
        email="zoe@example.org",
        token_hash=hashed("token"),
        invited_by=alice,
        expires_at=timezone.now() + timedelta(days=1),
    )
    return "token"
