"""Alice takes an import back within a day; what was changed since stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from attendees.models import Admission, Attendee, RosterImport
from attendees.roster import undoing
from attendees.roster.choosing import Chosen, choose
from attendees.roster.importing import Orders, confirm
from attendees.roster.preview import look_at
from attendees.roster.uploads import take_in, targets
from attendees.tidying import tidy
from hosts.models import Host
from meetings.models import Meeting

HEADER = "code,email,firstname,lastname,external_id,Table\n"


def imported(host: Host, meeting: Meeting, rows: str, *others: Meeting, **chosen) -> RosterImport:
    content = (HEADER + rows).encode()
    upload = take_in(meeting, content, "list.csv", by=host, also_into=others)
    choose(upload, Chosen(**chosen))
    seen = look_at(targets(upload), content, Chosen(**chosen))
    return confirm(upload.pk, Orders(seen=seen.digest(), typed_removals=str(seen.removed)))


def undone(upload: RosterImport) -> RosterImport:
    return undoing.undo(upload.pk, targets(upload), at=timezone.now())


def roster(meeting: Meeting) -> list[tuple[object, ...]]:
    return list(
        Attendee.objects.of(meeting)
        .order_by("compared_code")
        .values_list("code", "email", "firstname", "lastname", "external_id", "identity_key")
    )


FIRST = "A,a@example.org,Ann,Lee,X1,\nB,b@example.org,Bob,Ito,,7\nC,c@example.org,Cleo,Diaz,,\n"
SECOND = "A2,a@example.org,Anna,Lee,X1,\nB,b@example.org,Bob,Ito,,8\nD,d@example.org,Dan,Fox,,\n"


def test_everybody_is_as_before(alice: Host, meeting1: Meeting) -> None:
    imported(alice, meeting1, FIRST)
    before = roster(meeting1)
    customs = dict(Attendee.objects.values_list("code", "custom"))
    second = imported(alice, meeting1, SECOND, takes_new_codes=True, removes_missing=True)
    assert roster(meeting1) != before
    upload = undone(second)
    assert roster(meeting1) == before
    assert dict(Attendee.objects.values_list("code", "custom")) == customs
    assert (upload.kept, upload.before) == ([], None)
    assert upload.undone_at


def test_import_into_several_meetings_is_undone_in_all(
    alice: Host, meeting1: Meeting, meeting2: Meeting, bob2: Attendee
) -> None:
    before = roster(meeting2)
    undone(imported(alice, meeting1, FIRST, meeting2))
    assert (roster(meeting1), roster(meeting2)) == ([], before)


def test_rows_changed_since_stay_and_are_listed(alice: Host, meeting1: Meeting) -> None:
    imported(alice, meeting1, FIRST)
    second = imported(alice, meeting1, SECOND)
    Attendee.objects.filter(code="D").update(lastname="Foxe")
    Attendee.objects.filter(firstname="Anna").update(firstname="Annabel")
    Attendee.objects.filter(code="C").update(email="new@example.org")
    upload = undone(second)
    assert sorted(upload.kept) == [
        ["Annabel Lee (code A)", "changed since"],
        ["Dan Foxe (code D)", "changed since"],
    ]
    assert [row[2] for row in roster(meeting1)] == ["Annabel", "Bob", "Cleo", "Dan"]
    assert Attendee.objects.get(code="B").custom == {"Table": "7"}


def test_old_code_that_somebody_else_has_by_now_is_not_given_back(
    alice: Host, meeting1: Meeting
) -> None:
    imported(alice, meeting1, "A,a@example.org,Ann,Lee,X1,\n")
    second = imported(alice, meeting1, "A2,a@example.org,Ann,Lee,X1,\n", takes_new_codes=True)
    new = Attendee(meeting=meeting1, code="a", email="eve@example.org", firstname="Eve")
    new.derive()
    new.save()
    upload = undone(second)
    assert upload.kept == [
        ["Ann Lee (code A2)", "somebody else has the old code or identity by now"]
    ]
    assert {row[0] for row in roster(meeting1)} == {"a", "A2"}


def test_code_changed_by_hand_since_is_listed(alice: Host, meeting1: Meeting) -> None:
    upload = imported(alice, meeting1, "A,a@example.org,Ann,Lee,,\n")
    Attendee.objects.update(code="Z", compared_code="z")
    assert undone(upload).kept == [["a", "no longer on the list with this code"]]
    assert [row[0] for row in roster(meeting1)] == ["Z"]


def test_admission_ends_where_the_code_changes_back(alice: Host, meeting1: Meeting) -> None:
    imported(alice, meeting1, FIRST)
    second = imported(alice, meeting1, SECOND, takes_new_codes=True)
    for code in ("A2", "B"):
        assert Client().post("/m/meeting1/join/", {"code": code}).status_code == 302
    undone(second)
    assert [one.attendee.code for one in Admission.objects.all()] == ["B"]
    assert Client().post("/m/meeting1/join/", {"code": "A2"}).status_code == 200


def test_undoing_twice_has_one_effect(alice: Host, meeting1: Meeting) -> None:
    upload = imported(alice, meeting1, FIRST)
    undone(upload)
    imported(alice, meeting1, FIRST)
    with pytest.raises(undoing.CannotBeUndone):
        undone(upload)
    assert len(roster(meeting1)) == 3


def test_it_is_too_late_after_a_day(alice: Host, meeting1: Meeting) -> None:
    upload = imported(alice, meeting1, FIRST)
    tidy(at=timezone.now() + timedelta(hours=23))
    assert RosterImport.objects.get().can_be_undone
    assert tidy(at=timezone.now() + timedelta(hours=25))["replaced roster rows"] == 1
    with pytest.raises(undoing.CannotBeUndone):
        undone(upload)
    assert len(roster(meeting1)) == 3


def test_pages_say_what_undoing_does(
    alice: Host, meeting1: Meeting, client_of: Callable[[Host], Client]
) -> None:
    client = client_of(alice)
    file = SimpleUploadedFile("list.csv", (HEADER + FIRST).encode())
    page = client.post("/host/meetings/meeting1/attendees/import/", {"file": file}).url
    seen = client.get(page).context["seen"]
    client.post(page, {"act": "import", "seen": seen})
    assert f"{page}undo/" in client.get(page).content.decode()
    Attendee.objects.filter(code="C").update(lastname="Day")
    asked = client.get(f"{page}undo/").content.decode()
    assert "2 who came by this import leave the list" in asked
    assert "Cleo Day (code C)" in asked
    assert len(roster(meeting1)) == 3
    assert client.post(f"{page}undo/").url == page
    told = client.get(page).content.decode()
    assert "The import is undone" in told
    assert "Cleo Day (code C)" in told
    assert f"{page}undo/" not in told
    assert [row[0] for row in roster(meeting1)] == ["C"]
