"""Alice imports lists in the console; Mallory does not."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from pytest_django import Settings

from attendees.models import Admission, Attendee, RosterImport
from attendees.roster import running
from hosts.models import Host, Workspace
from meetings.arranging import add_cohost
from meetings.models import Meeting
from tests.conftest import host_of, link_between, meeting_of

PEOPLE = (
    "code,email,firstname,lastname\nA1,ann@example.org,Ann,Lee\nA2,cleo@example.org,Cleo,Diaz\n"
)
WITH_ERROR = "code,email,firstname\nA1,ann@example.org,Ann\nA2,cleo@,Cleo\n"

ClientOf = Callable[[Host], Client]


@pytest.fixture
def client(alice: Host, client_of: ClientOf) -> Client:
    return client_of(alice)


def upload(client: Client, meeting: Meeting, text: str | bytes, **data: object) -> HttpResponse:
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("list.csv", content)
    return client.post(f"/host/meetings/{meeting.slug}/attendees/import/", {"file": file} | data)


def confirm(client: Client, preview: str, **data: str | list[str]) -> HttpResponse:
    page = client.get(preview)
    return client.post(preview, {"act": "import", "seen": page.context["seen"]} | data)


def roster(meeting: Meeting) -> set[tuple[str, str, str]]:
    return set(Attendee.objects.of(meeting).values_list("code", "email", "firstname"))


def test_preview_changes_nothing_and_import_does(client: Client, meeting1: Meeting) -> None:
    answer = upload(client, meeting1, PEOPLE)
    assert answer.status_code == 302
    page = client.get(answer.url)
    assert "2 people: 2 new." in page.content.decode()
    assert roster(meeting1) == set()
    done = client.post(answer.url, {"act": "import", "seen": page.context["seen"]})
    assert done.url == answer.url
    assert roster(meeting1) == {
        ("A1", "ann@example.org", "Ann"),
        ("A2", "cleo@example.org", "Cleo"),
    }
    assert "2 new" in client.get(answer.url).content.decode()


def test_another_sheet_is_read_with_columns_of_its_own(client: Client, meeting1: Meeting) -> None:
    book = Workbook()
    book.active.append(["code", "email", "firstname", "Table"])
    book.active.append(["A1", "ann@example.org", "Ann", "7"])
    guests = book.create_sheet(" Guests ")
    guests.append(["Table", "firstname", "email", "code"])
    guests.append(["8", "Cleo", "cleo@example.org", "G1"])
    content = BytesIO()
    book.save(content)
    preview = upload(client, meeting1, content.getvalue()).url
    mapped = {"column-0": "code", "column-1": "email", "column-2": "firstname"}
    client.post(preview, {"act": "choose", "sheet": "Sheet", **mapped, "column-3": "ignore"})
    client.post(preview, {"act": "choose", "sheet": "Forged", **mapped, "column-3": "ignore"})
    reading = client.get(preview).context["preview"]["reading"]
    assert (reading["sheet"], reading["sheets"]) == ("Sheet", ["Sheet", " Guests "])
    client.post(preview, {"act": "choose", "sheet": " Guests ", **mapped, "column-3": "ignore"})
    confirm(client, preview)
    assert roster(meeting1) == {("G1", "cleo@example.org", "Cleo")}


def test_a_list_is_large_however_it_was_read_at_first(
    client: Client, meeting1: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a process of its own imports it."""
    monkeypatch.setattr(running, "FROM", 2)
    unknown = PEOPLE.replace("code,email", "badge,reachable")
    book = Workbook()
    book.active.append(PEOPLE.split()[0].split(","))
    everybody = book.create_sheet("Everybody")
    for line in PEOPLE.splitlines():
        everybody.append(line.split(","))
    content = BytesIO()
    book.save(content)
    columns = {"column-0": "code", "column-1": "email", "column-2": "firstname"}
    for file, choice in ((unknown, columns), (content.getvalue(), {"sheet": "Everybody"})):
        upload(client, meeting1, file)
        upload_id = RosterImport.objects.latest("uploaded_at").pk
        assert not running.is_large(RosterImport.objects.get(pk=upload_id))
        preview = reverse("roster:preview", args=[meeting1.slug, upload_id])
        client.post(preview, {"act": "choose", **choice})
        assert client.get(preview).status_code == 200
        assert running.is_large(RosterImport.objects.get(pk=upload_id))


def test_after_the_import_comes_the_link_or_its_check(
    client: Client, alice: Host, meeting1: Meeting
) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    confirm(client, preview)
    assert "/host/meetings/meeting1/materials/new/?kind=meeting" in str(client.get(preview).content)
    link_between(meeting1, meeting_of(alice, "room"), alice)
    assert "Check the links" in client.get(preview).content.decode()


def test_empty_cells_are_no_examples_of_a_column(client: Client, meeting1: Meeting) -> None:
    preview = upload(
        client,
        meeting1,
        "code,email,firstname,Table\nA1,a@example.org,Ann,\nA2,c@example.org,Cleo, 7\n",
    )
    columns = client.get(preview.url).context["preview"]["reading"]["columns"]
    assert [column["samples"] for column in columns][-2:] == [("Ann", "Cleo"), ("7",)]


def test_content_is_forgotten_after_the_import(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    assert RosterImport.objects.get().content is not None
    confirm(client, preview)
    assert RosterImport.objects.get().content is None


def test_confirming_twice_has_one_effect(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    seen = client.get(preview).context["seen"]
    for _ in range(2):
        assert client.post(preview, {"act": "import", "seen": seen}).status_code == 302
    assert len(roster(meeting1)) == 2
    assert RosterImport.objects.get().counts["meeting1"]["new"] == 2


def test_same_file_goes_into_several_meetings(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    preview = upload(client, meeting1, PEOPLE, also_into=["meeting2"]).url
    assert "Meeting2" in client.get(preview).content.decode()
    confirm(client, preview)
    assert roster(meeting1) == roster(meeting2) != set()


def test_codes_made_for_several_meetings_are_the_same(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    text = "email,firstname\nann@example.org,Ann\ncleo@example.org,Cleo\n"
    preview = upload(client, meeting1, text, also_into=["meeting2"], generates_codes="on").url
    confirm(client, preview)
    assert roster(meeting1) == roster(meeting2)
    assert len({code for code, _, _ in roster(meeting1)}) == 2


def test_other_meetings_are_only_those_that_the_host_manages(
    client: Client, meeting1: Meeting, mallory: Host
) -> None:
    meeting_of(mallory, "elsewhere")
    answer = upload(client, meeting1, PEOPLE, also_into=["elsewhere"])
    assert answer.status_code == 422
    assert RosterImport.objects.count() == 0


def test_host_who_lost_the_other_meeting_does_not_import_into_it(
    client: Client, alice: Host, meeting1: Meeting, mallory: Host
) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    elsewhere = meeting_of(mallory, "elsewhere")
    RosterImport.objects.get().also_into.add(elsewhere)
    confirm(client, preview)
    assert len(roster(meeting1)) == 2
    assert roster(elsewhere) == set()


def test_wrong_rows_are_named_and_left_out_only_on_demand(
    client: Client, meeting1: Meeting
) -> None:
    preview = upload(client, meeting1, WITH_ERROR).url
    text = client.get(preview).content.decode()
    assert "2 people: 1 new, 1 has problems." in text
    assert "Line 3: “cleo@” is not an email address." in text
    assert "Import 1, leave out 1" in text
    refused = confirm(client, preview)
    assert refused.status_code == 422
    assert roster(meeting1) == set()
    assert confirm(client, preview, leave_out="on").status_code == 302
    assert roster(meeting1) == {("A1", "ann@example.org", "Ann")}


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 422, "The file is empty."),
        (b"code,email,firstname\n", 422, "no row below"),
        (b"%PDF-1.7 ...", 422, "a PDF document"),
        (b"<html><table>...", 422, "a web page (HTML)"),
        (b'code,email,firstname\n"A1,ann@example.org,Ann\n', 422, "never closed"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_sentence(
    client: Client, meeting1: Meeting, content: bytes, status: int, sentence: str
) -> None:
    answer = upload(client, meeting1, content)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert RosterImport.objects.count() == 0


def test_columns_are_mapped_by_hand_and_remembered(client: Client, meeting1: Meeting) -> None:
    text = "Ticket;Name;Contact;Table\nA1;Ann;ann@example.org;7\n"
    answer = upload(client, meeting1, text)
    assert answer.status_code == 422
    assert "there is no column “code”" in answer.content.decode()
    assert "ann@example.org" in answer.content.decode()
    preview = f"/host/meetings/meeting1/attendees/import/{RosterImport.objects.get().pk}/"
    mapped = {
        "column-0": "code", "column-1": "firstname", "column-2": "email", "column-3": "ignore",
        "header": ["Ticket", "Name", "Contact", "Table"],
    }  # fmt: skip
    client.post(preview, {"act": "choose"} | mapped)
    confirm(client, preview)
    assert roster(meeting1) == {("A1", "ann@example.org", "Ann")}
    assert Attendee.objects.get().custom == {}
    again = upload(client, meeting1, text.replace("Ann;", "Anna;"))
    assert "1 person: 1 changed." in client.get(again.url).content.decode()


def test_doubtful_values_are_shown_with_their_lines(client: Client, meeting1: Meeting) -> None:
    text = "code,email,firstname\n1234567890123450000,a@example.org,A\n"
    shown = client.get(upload(client, meeting1, text).url).content.decode()
    assert "Worth knowing" in shown
    assert "Line 2: the code “1234567890123450000” ends in zeros" in shown


FURTHER = "code,email,firstname,Table,Diet\nA1,ann@example.org,Ann,7,vegan\n"
FURTHER_COLUMNS = {"further": ["3", "4"], "was_kept": ["3", "4"]}
HEADERS = {"header": ["code", "email", "firstname", "Table", "Diet"]}


def test_further_columns_are_listed_and_kept_where_ticked(
    client: Client, meeting1: Meeting
) -> None:
    preview = upload(client, meeting1, FURTHER).url
    page = client.get(preview)
    assert ticks(page) == {"3": True, "4": True}
    client.post(preview, {"act": "keep", "keep": "4"} | FURTHER_COLUMNS | HEADERS)
    page = client.get(preview)
    assert ticks(page) == {"3": False, "4": True}
    client.post(
        preview,
        {"act": "import", "seen": page.context["seen"], "keep": "4", "was_kept": "4"},
    )
    assert Attendee.objects.get().custom == {"Diet": "vegan"}


def test_ticks_count_at_the_import_and_are_remembered(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, FURTHER).url
    confirm(client, preview, **FURTHER_COLUMNS, **HEADERS, keep=["3"])
    assert Attendee.objects.get().custom == {"Table": "7"}
    again = upload(client, meeting1, FURTHER.replace("7", "8")).url
    assert ticks(client.get(again)) == {"3": True, "4": False}
    confirm(client, again)
    assert Attendee.objects.get().custom == {"Table": "8"}


def test_ticks_that_change_what_happens_are_previewed_first(
    client: Client, meeting1: Meeting
) -> None:
    confirm(client, upload(client, meeting1, FURTHER).url)
    preview = upload(client, meeting1, FURTHER.replace("7", "8")).url
    page = confirm(client, preview, **FURTHER_COLUMNS, **HEADERS, keep=["4"])
    assert page.status_code == 409
    assert "You have chosen other columns" in page.content.decode()
    assert "1 person: 1 unchanged." in page.content.decode()
    assert Attendee.objects.get().custom == {"Table": "7", "Diet": "vegan"}


def test_ticks_count_whatever_was_chosen_in_another_tab(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, FURTHER).url
    seen = client.get(preview).context["seen"]
    client.post(preview, {"act": "choose", "column-3": "ignore"} | HEADERS)
    sent = {"act": "import", "seen": seen, "keep": ["3", "4"]}
    client.post(preview, sent | FURTHER_COLUMNS | HEADERS)
    assert Attendee.objects.get().custom == {"Table": "7", "Diet": "vegan"}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"column-1": "ignore", "column-4": "email"},
        {"column-2": "lastname", "column-3": "firstname"},
        {"column-5": "external_id"},
    ],
)
def test_nobody_new_is_imported_otherwise_than_seen(
    client: Client, meeting1: Meeting, otherwise: dict[str, str]
) -> None:
    header = "code,email,firstname,lastname,Private,Badge\n"
    text = f"{header}A1,a@example.org,Ann,Lee,l@example.org,B7\n"
    preview = upload(client, meeting1, text).url
    seen = client.get(preview).context["seen"]
    client.post(preview, {"act": "choose"} | otherwise)  # in another tab
    assert client.post(preview, {"act": "import", "seen": seen}).status_code == 409
    assert not Attendee.objects.exists()


def test_nonsense_for_ticks_changes_nothing(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, FURTHER).url
    confirm(client, preview, further=["x", "-1"], keep=["3 "], was_kept=["9999"])
    assert Attendee.objects.get().custom == {"Table": "7", "Diet": "vegan"}


def test_columns_without_header_and_cells_are_not_offered(
    client: Client, meeting1: Meeting
) -> None:
    text = "code,email,,,firstname\nA1,ann@example.org,,7,Ann\n"
    assert ticks(client.get(upload(client, meeting1, text).url)) == {"3": False}


MEMBERS = (
    "code,email,firstname,Mitglieds-Nr.\n"
    "A1,ann@example.org,Ann,0071\nA2,cleo@example.org,Cleo,0072\n"
)
MEMBERS_SENT = {
    "further": "3", "was_kept": "3", "keep": "3", "external_id": "3",
    "header": ["code", "email", "firstname", "Mitglieds-Nr."],
}  # fmt: skip


def ids(meeting: Meeting) -> set[tuple[str, str]]:
    return set(Attendee.objects.of(meeting).values_list("firstname", "external_id"))


def test_a_member_number_is_taken_for_the_external_id_where_ticked(
    client: Client, meeting1: Meeting
) -> None:
    preview = upload(client, meeting1, MEMBERS).url
    page = client.get(preview)
    assert "The column “Mitglieds-Nr.” may be the external ID" in page.text
    assert 'name="external_id" value="3" id="is-id-3" aria-describedby' in page.text
    asked = confirm(client, preview, **MEMBERS_SENT)
    assert asked.status_code == 409
    assert Attendee.objects.count() == 0
    assert "may be the external ID" not in asked.text
    assert ticks(asked) == {}
    confirm(client, preview)
    assert ids(meeting1) == {("Ann", "0071"), ("Cleo", "0072")}
    again = client.get(upload(client, meeting1, MEMBERS.replace("Cleo", "Clea")).url)
    assert "2 people: 1 changed, 1 unchanged." in again.text
    assert "may be the external ID" not in again.text


def test_a_member_number_is_no_external_id_unasked(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, MEMBERS).url
    confirm(client, preview, **MEMBERS_SENT | {"external_id": ""})
    assert ids(meeting1) == {("Ann", ""), ("Cleo", "")}
    assert Attendee.objects.first().custom == {"Mitglieds-Nr.": "0071"}


def test_a_tick_can_be_previewed_first(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, MEMBERS).url
    client.post(preview, {"act": "keep"} | MEMBERS_SENT)
    confirm(client, preview)
    assert ids(meeting1) == {("Ann", "0071"), ("Cleo", "0072")}


def test_two_columns_are_not_both_the_external_id(client: Client, meeting1: Meeting) -> None:
    text = "code,email,firstname,Member ID,Staff no\nA1,ann@example.org,Ann,1,2\n"
    preview = upload(client, meeting1, text).url
    client.post(preview, {"act": "keep", "further": ["3", "4"], "external_id": ["3", "4"]})
    assert "2 columns are headed as “External ID”" in client.get(preview).text


def ticks(page: HttpResponse) -> dict[str, bool]:
    """The further columns (positions) that a preview lists, and which are ticked."""
    boxes = re.findall(r'name="keep" value="(\d+)" id="keep-\d+"( checked)?', page.content.decode())
    return {position: bool(checked) for position, checked in boxes}


def test_encoding_is_chosen_by_hand(client: Client, meeting1: Meeting) -> None:
    content = "code,email,firstname\nA1,olena@example.org,Олена\n".encode("cp1251")
    answer = upload(client, meeting1, content)
    assert answer.status_code == 422
    assert "Line 2: the file" in answer.content.decode()
    preview = f"/host/meetings/meeting1/attendees/import/{RosterImport.objects.get().pk}/"
    client.post(preview, {"act": "choose", "encoding": "cp1251"})
    confirm(client, preview)
    assert roster(meeting1) == {("A1", "olena@example.org", "Олена")}


def test_limits_are_named_before_the_upload(client: Client, meeting1: Meeting) -> None:
    page = client.get("/host/meetings/meeting1/attendees/import/").content.decode()
    assert "up to 20 MB and 200,000 rows; in a workbook 4,000,000 cells." in page


def test_lines_are_shown_as_each_encoding_gives_them(client: Client, meeting1: Meeting) -> None:
    text = "code,email,firstname\nA1,ann@example.org,Ann\nA2,jiri@example.org,Jiří\n"
    page = upload(client, meeting1, text.encode("cp1250")).content.decode()
    assert "Choose the way in which these lines are right" in page
    for label, name in (
        ("Western European (Windows-1252)", "Jiøí"),
        ("Central European (Windows-1250)", "Jiří"),
    ):
        assert f"{label}</th>" in page
        assert f"<bdi>A2,jiri@example.org,{name}</bdi>" in page
    # Nobody writes Latin and Cyrillic letters in one word, and this is no UTF-8.
    assert "Cyrillic (Windows-1251)</th>" not in page
    assert "UTF-8</th>" not in page


def test_lines_of_a_file_that_says_how_it_is_written_are_not_shown(
    client: Client, meeting1: Meeting
) -> None:
    answer = upload(client, meeting1, PEOPLE.replace("Ann", "Jiří"))
    assert "these lines are right" not in client.get(answer.url).content.decode()


def test_those_not_in_the_file_are_removed_once_their_number_is_typed(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    assert "removed" not in client.get(preview).content.decode()
    client.post(preview, {"act": "choose", "removes_missing": "on"})
    page = client.get(preview).content.decode()
    assert "2 people: 2 new, 1 removed." in page
    assert "Bob Ito" in page
    assert "Import 2 people, remove 1<" in page
    for typed in ("", "2", "one"):
        assert confirm(client, preview, removals=typed).status_code == 422
        assert roster(meeting1) == {("BOB-1", "bob@example.org", "Bob")}
    confirm(client, preview, removals="1")
    assert {code for code, _, _ in roster(meeting1)} == {"A1", "A2"}


def test_wrong_rows_come_back_as_a_file_that_can_be_mended(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    text = (
        "code,email,firstname,external id,Table\nA1,ann@example.org,Ann,,1\nA2,=bad@,Cleo,,2\n"
        "A3,d@example.org,Dan,,3\na3,e@example.org,Eve,,4\nBOB-1,bob@example.org,Bob,E1,5\n"
        "X1,bob2@example.org,Bob,E1,6,surplus\n"
    )
    preview = upload(client, meeting1, text).url
    lines = b"".join(client.get(f"{preview}problems/")).decode("utf-8-sig").splitlines()
    assert lines == [
        '"code","email","firstname","external id","Table","what to mend (left out)"',
        '"A2","\'=bad@","Cleo","","2","Line 3: “=bad@” is not an email address."',
        '"A3","d@example.org","Dan","","3","Line 4: the same code is also on line 5."',
        '"a3","e@example.org","Eve","","4","Line 5: the same code is also on line 4."',
        '"X1","bob2@example.org","Bob","E1","6","Line 7: more cells (6) than the header has (5). '
        'A cell that contains the delimiter must be quoted."',
    ]
    mended = "\n".join(lines[:2]).replace("'=bad@", "cleo@example.org").encode()
    confirm(client, upload(client, meeting1, mended).url)
    assert Attendee.objects.get(code="A2").custom == {"Table": "2"}


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ([f"{number}" for number in range(1001, 1501)], "guessed in one try or two"),
        ([f"{number:06}" for number in range(0, 1_000_000, 2000)], "guessed in one try or two"),
        ([f"{number:06}" for number in range(0, 1_000_000, 2001)], "guessed in about 1,000 tries"),
        ([f"QX7{number * 7919 % 9973:04}RWJP{number}" for number in range(500)], None),
    ],
)
def test_preview_says_in_words_how_easily_codes_are_guessed(
    client: Client, meeting1: Meeting, codes: list[str], told: str | None
) -> None:
    rows = "".join(f"{code},p{code}@example.org,Ann\n" for code in codes)
    page = client.get(upload(client, meeting1, "code,email,firstname\n" + rows).url)
    found = re.search(r"guessed in [^.]*", page.content.decode())
    assert (found.group() if found else None) == told


def test_history_tells_who_imported_what(client: Client, meeting1: Meeting) -> None:
    address = "/host/meetings/meeting1/attendees/imports/"
    assert "No imports yet" in client.get(address).content.decode()
    confirm(client, upload(client, meeting1, PEOPLE).url)
    upload(client, meeting1, WITH_ERROR)
    page = client.get(address).content.decode()
    assert "list.csv" in page
    assert "Alice" in page
    assert "Imported" in page
    assert "Waiting for you to import it" in page
    assert "Imported</a>: 2 new, 0 changed, 0 unchanged" in page


def test_history_lists_what_was_uploaded_at_another_meeting(
    client: Client,
    client_of: Callable[[Host], Client],
    workspace: Workspace,
    meeting1: Meeting,
    meeting2: Meeting,
) -> None:
    carol = host_of(workspace, "carol@example.org", "host")
    add_cohost(meeting2, carol)
    page = upload(client, meeting1, PEOPLE, also_into=["meeting2"]).url
    address = "/host/meetings/meeting2/attendees/imports/"
    assert "No imports yet" in client.get(address).content.decode()
    confirm(client, page)
    assert f'<a href="{page}">Imported</a> with' in client.get(address).content.decode()
    seen_by_carol = client_of(carol).get(address).content.decode()
    assert "2 new, 0 changed" in seen_by_carol
    assert page not in seen_by_carol


def test_limits_are_named_before_and_in_the_refusal(
    client: Client, meeting1: Meeting, settings: Settings
) -> None:
    settings.MAX_ROSTER_ROWS = 1
    page = client.get("/host/meetings/meeting1/attendees/import/")
    assert "20 MB and 1 rows" in page.content.decode()
    answer = upload(client, meeting1, PEOPLE)
    assert answer.status_code == 413
    assert "more than 1 rows" in answer.content.decode()


def test_upload_that_is_too_large_is_refused(
    client: Client, meeting1: Meeting, settings: Settings
) -> None:
    settings.MAX_ROSTER_SIZE = 20
    answer = upload(client, meeting1, PEOPLE)
    assert answer.status_code == 413
    assert RosterImport.objects.count() == 0


def test_form_without_file_is_shown_again(client: Client, meeting1: Meeting) -> None:
    answer = client.post("/host/meetings/meeting1/attendees/import/")
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()


def test_roster_that_changed_since_is_previewed_again(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    seen = client.get(preview).context["seen"]
    upload_again = upload(client, meeting1, PEOPLE.replace("Ann", "Anna")).url
    confirm(client, upload_again)
    answer = client.post(preview, {"act": "import", "seen": seen})
    assert answer.status_code == 409
    assert "The list has changed since you looked." in answer.content.decode()
    assert ("A1", "ann@example.org", "Anna") in roster(meeting1)
    confirm(client, preview)
    assert ("A1", "ann@example.org", "Ann") in roster(meeting1)


def test_preview_lists_changes_of_codes_apart(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    text = "code,email,firstname,lastname\nBOB-1,robert@example.org,Bob,Ito\n"
    page = client.get(upload(client, meeting1, text).url).content.decode()
    assert "Changes of codes, emails and external IDs" in page
    assert "bob@example.org" in page
    assert "robert@example.org" in page


def test_choosing_otherwise_updates_the_preview(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    text = "code,email,firstname,lastname\nNEW-1,bob@example.org,Bob,Ito\n"
    preview = upload(client, meeting1, text).url
    assert "Bob Ito keeps the code BOB-1" in client.get(preview).content.decode()
    client.post(preview, {"act": "choose", "takes_new_codes": "on"})
    assert "1 person: 1 changed." in client.get(preview).content.decode()
    confirm(client, preview)
    assert roster(meeting1) == {("NEW-1", "bob@example.org", "Bob")}


def test_discarded_upload_is_gone(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    client.post(preview, {"act": "discard"})
    assert RosterImport.objects.count() == 0
    assert client.get(preview).status_code == 404


def test_upload_of_yesterday_is_erased(client: Client, meeting1: Meeting) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    later = RosterImport.objects.get().uploaded_at.replace(year=2020)
    RosterImport.objects.update(uploaded_at=later)
    client.get("/host/meetings/meeting1/attendees/import/")
    assert RosterImport.objects.get().content is None
    assert client.get(preview).url == "/host/meetings/meeting1/attendees/import/"


def test_strangers_cannot_import(
    meeting1: Meeting, alice: Host, mallory: Host, client_of: ClientOf
) -> None:
    preview = upload(client_of(alice), meeting1, PEOPLE).url
    stranger = client_of(mallory)
    assert upload(stranger, meeting1, PEOPLE).status_code == 404
    assert stranger.get(preview).status_code == 404
    assert stranger.post(preview, {"act": "import", "seen": ""}).status_code == 404
    assert Client().get(preview).status_code == 302
    assert roster(meeting1) == set()


def test_upload_of_one_meeting_is_not_found_in_another(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    preview = upload(client, meeting1, PEOPLE).url
    assert client.get(preview.replace("meeting1", "meeting2")).status_code == 404


def test_import_ends_admissions_of_those_whose_code_changes(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    attendee = Client()
    attendee.post("/m/meeting1/join/", {"code": "BOB-1"})
    assert Admission.objects.filter(attendee=bob).count() == 1
    text = "code,email,firstname,lastname\nNEW-1,bob@example.org,Bob,Ito\n"
    preview = upload(client, meeting1, text).url
    client.post(preview, {"act": "choose", "takes_new_codes": "on"})
    confirm(client, preview)
    assert Admission.objects.filter(attendee=bob).count() == 0
    bob.refresh_from_db()
    assert (bob.code, bob.compared_code, bob.credential_version) == ("NEW-1", "new1", 2)


def test_import_of_equal_rows_leaves_admissions_alone(
    client: Client, meeting1: Meeting, bob: Attendee
) -> None:
    attendee = Client()
    attendee.post("/m/meeting1/join/", {"code": "BOB-1"})
    text = "code,email,firstname,lastname\nBOB-1,bob@example.org,Robert,Ito\n"
    confirm(client, upload(client, meeting1, text).url)
    bob.refresh_from_db()
    assert (bob.firstname, bob.credential_version) == ("Robert", 1)
    assert Admission.objects.filter(attendee=bob).count() == 1


def weak_list(meeting: Meeting, people: int = 19) -> str:
    rows = "".join(f"{n},p{n}@example.org,Ann\n" for n in range(1001, 1001 + people))
    return "code,email,firstname\n" + rows


def test_whose_meeting_asks_for_the_email_is_not_offered_it(
    client: Client, meeting1: Meeting
) -> None:
    offer = 'name="asks_email"'
    text = weak_list(meeting1)
    assert offer in client.get(upload(client, meeting1, text).url).content.decode()
    Meeting.objects.update(ask_email=True)
    page = client.get(upload(client, meeting1, text).url).content.decode()
    assert offer not in page
    assert "asks for the email, too" in page


def test_weak_codes_ask_for_the_email_too_unless_the_host_says_otherwise(
    client: Client, meeting1: Meeting, meeting2: Meeting
) -> None:
    text = weak_list(meeting1)
    page = upload(client, meeting1, text, also_into=["meeting2"]).url
    shown = client.get(page).content.decode()
    assert re.search(r'name="asks_email"[^>]* checked', shown)
    assert shown.count("These codes are no secret") == 2  # of both meetings: with the tick, and why
    confirm(client, page, asks_email="ask_email")
    assert set(Meeting.objects.filter(ask_email=True)) == {meeting1, meeting2}
    Meeting.objects.update(ask_email=False)
    confirm(client, upload(client, meeting1, text).url)
    assert not Meeting.objects.filter(ask_email=True).exists()


def test_weak_codes_can_be_left_out_for_new_ones(client: Client, meeting1: Meeting) -> None:
    page = upload(client, meeting1, weak_list(meeting1)).url
    assert 'value="new_codes"' in client.get(page).content.decode()
    client.post(page, {"act": "new_codes"})
    assert "can be guessed" not in client.get(page).content.decode()
    confirm(client, page)
    codes = Attendee.objects.values_list("code", flat=True)
    assert {len(code) for code in codes} == {9}
    # The next such file is taken at its word again.
    again = client.get(upload(client, meeting1, weak_list(meeting1)).url)
    assert "code" in {one["field"] for one in again.context["preview"]["reading"]["columns"]}


@pytest.mark.parametrize("known", ["email", "lastname", "external_id"])
def test_codes_that_others_know_are_no_secret(
    client: Client, meeting1: Meeting, known: str
) -> None:
    rows = (
        {"email": f"{word}@example.org", "lastname": f"Name-{word}", "external_id": f"ID{word}"}
        for word in (f"Qx{n * 7919 % 9973:04}rwjp" for n in range(20))
    )
    lines = "".join(
        f"{row[known].partition('@')[0]},{row['email']},Ann,{row['lastname']},{row['external_id']}\n"
        for row in rows
    )
    page = upload(client, meeting1, "code,email,firstname,lastname,external_id\n" + lines).url
    assert "These codes are no secret" in client.get(page).content.decode()


def test_hard_codes_are_not(client: Client, meeting1: Meeting) -> None:
    rows = "".join(f"QX{n * 7919 % 9973:04}PLWJ{n},p{n}@example.org,Ann\n" for n in range(20))
    preview = upload(client, meeting1, "code,email,firstname\n" + rows).url
    assert 'value="ask_email"' not in client.get(preview).content.decode()
