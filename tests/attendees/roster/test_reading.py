"""Files as people get them out of their programs, and as they break."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendees.roster import headers
from attendees.roster.formulas import unprotected
from attendees.roster.problems import Problem
from attendees.roster.read import read
from attendees.roster.rows import How, Limits, Reading

LIMITS = Limits(size=5 * 1024 * 1024, rows=10_000)
HEADER = ["code", "email", "firstname", "lastname"]
PEOPLE = [
    ["A1001", "ann.lee@example.org", "Ann", "Lee"],
    ["A1002", "bob.ito@example.org", "Bob", "Ito"],
    ["A1003", "cleo.diaz@example.org", "Cleo", "Diaz"],
]
ZOE = [["Z1", "zoe@example.org", "Zoë", "Größer"], ["Z2", "jose@example.org", "José", "Núñez"]]


def text_of(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(row) for row in rows) + end


def reading_of(text: str | bytes, **how: object) -> Reading:
    content = text.encode() if isinstance(text, str) else text
    return read(content, LIMITS, How(**how))  # type: ignore[arg-type]


def people(reading: Reading) -> list[list[str]]:
    return [[row.code, row.email, row.firstname, row.lastname] for row in reading.rows]


def problems(reading: Reading) -> list[tuple[str, int | None, str | None]]:
    return [(str(one.problem), one.line, one.column) for one in reading.findings]


# --- How it is written -----------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    reading = reading_of(text_of([HEADER, *PEOPLE], delimiter, end))
    assert (people(reading), problems(reading)) == (PEOPLE, [])
    assert reading.delimiter == delimiter


def test_mixed_line_ends_and_no_last_one() -> None:
    rows = [",".join(row) for row in (HEADER, *PEOPLE)]
    reading = reading_of(f"{rows[0]}\r\n{rows[1]}\n{rows[2]}\r{rows[3]}")
    assert (people(reading), problems(reading)) == (PEOPLE, [])


@pytest.mark.parametrize(
    ("before", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xff\xfe\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x00\x00\xfe\xff", "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "cp1252"),
    ],
)
def test_encodings(before: bytes, encoding: str) -> None:
    reading = reading_of(before + text_of([HEADER, *ZOE]).encode(encoding))
    assert (people(reading), problems(reading)) == (ZOE, [])
    assert reading.encoding == encoding


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Олена"),
        ("koi8-r", "Олена"),
        ("cp1250", "Żółć"),
        ("mac_roman", "Jürgen"),
        ("cp850", "Jürgen"),
        ("cp1253", "Γιώργος"),
        ("cp932", "太郎"),
        ("gb18030", "王小明"),
    ],
)
def test_other_encodings_are_refused_and_can_be_chosen(encoding: str, name: str) -> None:
    person = ["A1", "a@example.org", name, "Ito"]
    content = text_of([HEADER, PEOPLE[1], person]).encode(encoding)
    assert problems(reading_of(content)) == [("undecodable", 3, None)]
    assert people(reading_of(content, encoding=encoding)) == [PEOPLE[1], person]


# What Excel writes as “CSV” where the machine speaks another language.
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1250", "Jiří"),
        ("cp1250", "Zdeněk"),
        ("cp1250", "Růžička"),
        ("cp1250", "Čapek"),
        ("cp1250", "Jenő"),
        ("cp1250", "Szűcs"),
        ("cp1250", "Kőváry Lászlóné"),
        ("cp1250", "Ştefan"),
        ("cp1250", "Đurić"),
        ("cp1250", "Kamiński"),
        ("iso8859-2", "Łukasz"),
        ("cp852", "Łukasz"),
        ("cp1254", "Ayşe"),
        ("cp1254", "Yıldız"),
        ("cp1254", "Çağlar"),
        ("cp1254", "İbrahim"),
        ("cp1257", "Šarūnas"),
        ("cp1257", "Bērziņš"),
        ("cp1258", "Đang"),
        ("mac_roman", "José"),
        ("mac_roman", "Núñez"),
        ("mac_roman", "Götz"),
        ("mac_roman", "Öster"),
        ("mac_cyrillic", "Олена"),
        ("cp850", "Jörg"),
        ("cp850", "André"),
        ("cp866", "Олена"),
        ("cp437", "Müller"),
        ("cp1255", "דוד"),
        ("cp1256", "محمد"),
        ("euc_jp", "太郎"),
        ("iso2022_jp", "太郎"),
        ("big5", "陳大文"),
        ("cp949", "김철수"),
    ],
)
def test_name_is_never_taken_for_another_one(encoding: str, name: str) -> None:
    person = ["A1", "a@example.org", name, "Ito"]
    content = text_of([HEADER, PEOPLE[1], person]).encode(encoding)
    assert problems(reading_of(content)) == [("undecodable", 3, None)]


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_header_in_another_encoding_is_not_called_missing(encoding: str) -> None:
    content = "List\nКод доступа,Почта,Имя\nA1,a@example.org,Ann\n".encode(encoding)
    assert problems(reading_of(content)) == [("undecodable", 2, None)]
    assert len(reading_of(content, encoding=encoding).rows) == 1


@pytest.mark.parametrize(
    "name",
    [
        "O´Brien", "d’Ambrosio", "Zoë", "Åse", "Ñíguez", "Šárka", "Œuvre", "NÚÑEZ", "CÔTÉ",
        "Müller–Lüdenscheid", "Jürgen “Jogi” Löw", "„Hansi“ Flick", "François", "Lefèvre",
        "Søren Høeg", "Kjærgård", "Øyvind", "João", "Simões", "Jõgi", "Põder", "Guðrún",
        "Þórsdóttir", "Ýmir", "Èze", "Ève", "Molière", "Mònica", "Niccolò", "Cantù", "Forlì",
        "Mòrag", "Sìne", "Ülle Õnne", "Coruña", "Siôn", "Gaël", "Weiß", "Mª José",
    ],
)  # fmt: skip
def test_western_names_are_not_taken_for_misread(name: str) -> None:
    person = ["A1", "a@example.org", name, "Noël"]
    reading = reading_of(text_of([HEADER, person]).encode("cp1252"))
    assert people(reading) == [person]
    assert [str(one.problem) for one in reading.warnings] == ["guessed_encoding"]
    assert f"as “{name}” on line 2" in reading.warnings[0].message or name.isascii()


def test_names_that_were_encoded_twice_are_told() -> None:
    reading = reading_of(text_of([HEADER, ["A1", "a@example.org", "JÃ¼rgen", "GrÃ¶ÃŸer"]]))
    assert [(str(one.problem), one.line) for one in reading.warnings] == [("double_encoded", 2)]
    assert "“JÃ¼rgen” is probably “Jürgen” (and 1 more names)" in reading.warnings[0].message
    assert reading.rows[0].firstname == "JÃ¼rgen"


@pytest.mark.parametrize("end", ["\x1a", "\x00" * 400, "\r\n\x1a", "   \n\t\n"])
def test_what_old_programs_put_behind_a_text_is_no_row(end: str) -> None:
    reading = reading_of(text_of([HEADER, *PEOPLE]) + end)
    assert (people(reading), problems(reading)) == (PEOPLE, [])


def test_utf8_with_a_broken_letter_is_refused_with_its_line() -> None:
    content = text_of([HEADER, *ZOE]).encode().replace("ñ".encode(), b"\xf1")
    assert problems(reading_of(content)) == [("undecodable", 3, None)]


@pytest.mark.parametrize(
    "title",
    [
        "sep=;\n",
        '"sep=;"\n',
        "Annual assembly\n",
        "Annual assembly\n\nas of 2026-11-01\n",
        "List of attendees;;;\n",
        "Exported by Alice, 12 people\n\n",
        '"Annual assembly\n',
        '"Annual" assembly\n',
        '"Annual\nassembly";;\n',
        "[2026] List\n",
        "{List}\n",
        "Export of code and email\n",
    ],
)
def test_what_stands_above_the_header_is_skipped_and_counted(title: str) -> None:
    text = title + text_of([HEADER, *PEOPLE, ["X", "bad", "Eve", "Fox"]], ";")
    reading = reading_of(text)
    lines = title.count("\n")
    assert people(reading) == PEOPLE
    assert problems(reading) == [("invalid_email", lines + 5, "email")]
    assert [row.line for row in reading.rows] == [lines + 2, lines + 3, lines + 4]
    assert reading.header_line == lines + 1
    assert reading.skipped[0][0] == 1


def test_header_is_looked_for_among_the_first_lines() -> None:
    reading = reading_of("\n" * 30 + text_of([HEADER, *PEOPLE]))
    assert (people(reading), reading.header_line) == (PEOPLE, 31)


def test_sep_line_names_any_delimiter() -> None:
    reading = reading_of("sep=#\n" + text_of([HEADER, *PEOPLE], "#"))
    assert people(reading) == PEOPLE


def test_lines_count_what_quoted_cells_contain() -> None:
    text = 'code,email,firstname,notes\nA1,a@example.org,Ann,"one\n\ntwo"\nA2,b@,Bob,\n'
    reading = reading_of(text)
    assert problems(reading) == [("invalid_email", 5, "email")]
    assert reading.rows[0].custom == {"notes": "one\n\ntwo"}


@pytest.mark.parametrize("inside", ["\u2028", "\u0085", "\v", "\f"])
def test_only_line_ends_end_lines(inside: str) -> None:
    reading = reading_of(f"code,email,firstname\nA1,a@example.org,Ann{inside}Lee\nA2,b@,Bob\n")
    assert reading.rows[0].firstname == "Ann Lee"
    assert problems(reading) == [("invalid_email", 3, "email")]


def test_header_may_have_line_breaks() -> None:
    reading = reading_of('List\ncode,email,"first\nname"\nA1,a@example.org,Ann\nA2,b@,Bob\n')
    assert [row.line for row in reading.rows] == [4]
    assert problems(reading) == [("invalid_email", 5, "email")]


def test_quote_that_the_header_does_not_close_is_found_there() -> None:
    reading = reading_of('code,email,"firstname\nA1,a@example.org,Ann\n')
    assert problems(reading) == [("malformed_csv", 1, None)]


def test_row_that_a_quoted_cell_has_swallowed_is_found() -> None:
    rows = 'A1,a@example.org,"Ann,Lee\nA2,b@example.org,Bob","Ito"\n' + text_of(PEOPLE)
    reading = reading_of(text_of([HEADER]) + rows)
    assert problems(reading) == [("malformed_csv", 2, None)]
    assert "over line 3, which looks like a row" in reading.findings[0].message
    assert people(reading) == PEOPLE


def test_blanks_around_quotes_are_forgiven() -> None:
    reading = reading_of('code,email,firstname,lastname\nA1, "a@example.org" , "Ann", "Lee, Jr."\n')
    assert people(reading) == [["A1", "a@example.org", "Ann", "Lee, Jr."]]


def test_nickname_in_quotes_is_kept() -> None:
    reading = reading_of('code,email,firstname\nA1,a@example.org,Robert "Bob"\n')
    assert reading.rows[0].firstname == 'Robert "Bob"'


# --- Headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "CODE,E-Mail,First Name,LAST_NAME,External-ID",
        "access code,email address,given name,surname,external id",
        "Zugangscode,E-Mail-Adresse,Vorname,Nachname,Externe ID",
        "Code d’accès,Adresse e-mail,Prénom,Nom,Identifiant externe",
        "Código de acceso,Correo electrónico,Nombre,Apellidos,ID externo",
        "Codice di accesso,Indirizzo e-mail,Nome,Cognome,ID esterno",
        "Código de acesso,Endereço de e-mail,Nome,Sobrenome,Identificador externo",
        "Toegangscode,E-mailadres,Voornaam,Achternaam,Extern ID",
        "Kod dostępu,Adres e-mail,Imię,Nazwisko,Identyfikator zewnętrzny",
        "Код доступа,Электронная почта,Имя,Фамилия,Внешний ID",
        "アクセスコード,メールアドレス,名,姓,外部ID",
        "\ufeffcode*,Email:,First name (required),Last name (optional),external_id",
        "Code (Pflichtfeld),E-Mail (privat),Vorname [required],Nachname（任意）,Externe ID",
        "Your access code,Your email,Your first name,Your last name,External ID",
        "code,E-mail 1 - Value,Given Name,Family Name,external id",
        "code,Attendee email,Attendee name: Given name,Attendee name: Family name,external id",
    ],
)
def test_headers_in_many_languages(header: str) -> None:
    reading = reading_of(f"{header}\nA1,a@example.org,Ann,Lee,E-7\n")
    assert problems(reading) == []
    row = reading.rows[0]
    assert (row.code, row.email, row.firstname, row.lastname, row.external_id, row.custom) == (
        "A1",
        "a@example.org",
        "Ann",
        "Lee",
        "E-7",
        {},
    )


@pytest.mark.parametrize(
    "header",
    ["name", "Name", "id", "ID", "number", "Nr", "username", "title", "zip code", "Code (ISO)"],
)
def test_headers_that_say_too_little_are_no_field(header: str) -> None:
    reading = reading_of(f"code,email,firstname,{header}\nA1,a@example.org,Ann,x\n")
    assert reading.rows[0].custom == {header: "x"}
    assert (reading.rows[0].lastname, reading.rows[0].external_id) == ("", "")


@pytest.mark.parametrize(
    "header",
    [
        "Member no.", "Member number", "member_number", "Member ID", "MEMBERSHIP NO",
        "Mitgliedsnummer", "Mitglieds-Nr.", "Mitgliedsnr.", "Personalnummer (freiwillig)",
        "N° d'adhérent", "Nº de socio", "n. socio", "Lidnummer", "Nr członka", "会員番号",
    ],
)  # fmt: skip
def test_numbers_of_people_elsewhere_are_asked_about(header: str) -> None:
    rows = [["code", "email", "firstname", header], ["A1", "a@example.org", "A", "0071"]]
    reading = reading_of(text_of(rows))
    assert [row.external_id for row in reading.rows] == [""]
    assert [dict(row.custom) for row in reading.rows] == [{header: "0071"}]
    assert [one.may_be_id for one in reading.columns] == [False, False, False, True]
    [warning] = reading.warnings
    assert (warning.problem, warning.line) == (Problem.PERHAPS_ID, 1)
    assert f"The column “{header}” may be the external ID" in warning.message


@pytest.mark.parametrize(
    ("header", "values", "mapping"),
    [
        ("Household", ["1", "2"], {}),
        ("Number", ["1", "2"], {}),
        ("Member no.", ["7", "7"], {}),  # two people, so it is not their own
        ("Member no.", ["", ""], {}),
        ("Member no.", ["1", "2"], {4: "external_id"}),
        ("Member no.", ["1", "2"], {3: "ignore"}),
    ],
)
def test_what_cannot_be_the_external_id_is_not_asked_about(
    header: str, values: list[str], mapping: dict[int, str]
) -> None:
    rows = [
        ["code", "email", "firstname", header, "Number"],
        *([f"A{n}", f"a{n}@example.org", "A", value, f"N{n}"] for n, value in enumerate(values)),
    ]
    reading = reading_of(text_of(rows), mapping=mapping)
    assert len(reading.rows) == 2
    assert not any(one.may_be_id for one in reading.columns)
    assert reading.warnings == []


def test_an_external_id_needs_no_second_column() -> None:
    text = "code,email,firstname,external_id,Member no.\nA1,a@example.org,A,E-1,7\n"
    assert reading_of(text).warnings == []


def test_no_number_is_known_and_asked_about() -> None:
    assert not headers.MAY_BE_ID & headers.KNOWN.keys()
    assert "" not in headers.MAY_BE_ID


def test_every_missing_column_is_named() -> None:
    reading = reading_of("Annual list\n\nemail,city\na@example.org,Bern\n")
    assert problems(reading) == [
        ("missing_column", 3, "code"),
        ("missing_column", 3, "firstname"),
    ]


def test_columns_that_mean_the_same_are_refused() -> None:
    reading = reading_of("code,email,E-Mail,firstname,code\nA,a@example.org,b@example.org,Ann,B\n")
    assert set(problems(reading)) == {
        ("duplicate_column", 1, "email"),
        ("duplicate_column", 1, "code"),
    }


def test_list_without_a_header_loses_nobody_when_it_is_mapped() -> None:
    text = "List of people\n" + text_of(PEOPLE)
    assert problems(reading_of(text)) == [
        ("missing_column", 2, "code"),
        ("missing_column", 2, "email"),
        ("missing_column", 2, "firstname"),
    ]
    mapped = reading_of(text, mapping={0: "code", 1: "email", 2: "firstname", 3: "lastname"})
    assert people(mapped) == PEOPLE
    assert mapped.headers == ["Column 1", "Column 2", "Column 3", "Column 4"]


def test_unknown_headers_below_a_title_are_offered_for_mapping() -> None:
    reading = reading_of("Annual list\n\nTicket;Adı;Posta\nA1;Ann;a@example.org\n")
    assert (reading.headers, reading.header_line) == (["Ticket", "Adı", "Posta"], 3)


def test_wide_list_is_read_and_says_what_it_leaves_out() -> None:
    further = [f"x{number}" for number in range(200)]
    text = text_of(
        [["code", "email", "firstname", *further], ["A", "a@example.org", "Ann", *further]]
    )
    reading = reading_of(text)
    assert (problems(reading), len(reading.rows[0].custom)) == ([], 60)
    assert [one.message for one in reading.warnings] == [
        "Of the further columns 60 are kept as custom fields, and 140 are left out: "
        "x60, x61, x62, x63, x64 and 135 more."
    ]


def test_columns_without_end_are_refused() -> None:
    assert problems(reading_of("code,email,firstname" + ",x" * 1000 + "\nA\n")) == [
        ("too_large", 1, None)
    ]
    assert problems(reading_of("code,email,firstname" + ",x" * 100_000)) == [("too_large", 1, None)]


def test_columns_are_mapped_by_hand() -> None:
    text = "Ticket,Name,Mail,Number\nA1,Ann,a@example.org,7\n"
    reading = reading_of(text, mapping={0: "code", 1: "firstname", 3: "ignore"})
    assert people(reading) == [["A1", "a@example.org", "Ann", ""]]
    assert reading.rows[0].custom == {}


# --- Rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "problem", "column"),
    [
        (",a@example.org,Ann,Lee,", "missing_value", "code"),
        ("X,,Ann,Lee,", "missing_value", "email"),
        ("X,a@example.org,,Lee,", "missing_value", "firstname"),
        ("X,a@example.org, \u200b ,Lee,", "missing_value", "firstname"),
        ("X,a@b,Ann,Lee,", "invalid_email", "email"),
        ("X,a b@example.org,Ann,Lee,", "invalid_email", "email"),
        ("X,a@b_c.org,Ann,Lee,", "invalid_email", "email"),
        ("X,a@example.org;b@example.org,Ann,Lee,", "invalid_email", "email"),
        ("X,a@example.org,Ann,Lee,1.23E+11", "invalid_value", "external_id"),
        ("1.23E+11,a@example.org,Ann,Lee,", "invalid_value", "code"),
        ("X,a@example.org,Ann,Lee,#REF!", "invalid_value", "external_id"),
        ("#N/A,a@example.org,Ann,Lee,", "invalid_value", "code"),
        ("---,a@example.org,Ann,Lee,", "invalid_value", "code"),
        ("X,a@example.org,A\x00nn,Lee,", "invalid_character", "firstname"),
        ("X\x07,a@example.org,Ann,Lee,", "invalid_character", "code"),
        (f"{'X' * 65},a@example.org,Ann,Lee,", "value_too_long", "code"),
        (f"X,a@example.org,{'A' * 151},Lee,", "value_too_long", "firstname"),
        (f"X,a@example.org,{'A' * 200_000},Lee,", "value_too_long", "firstname"),
        (f'X,a@example.org,Ann,"{"A" * 200_000}",', "value_too_long", "lastname"),
        ("X,a@example.org,J\ufffdrgen,Lee,", "invalid_character", "firstname"),
        (f"X,a@example.org,Ann,Lee,{'7' * 129}", "value_too_long", "external_id"),
        ("X,a@example.org,Ann,Lee", "column_count", None),
        ("X,a@example.org,Ann,Lee,,surplus", "column_count", None),
        ("X;a@example.org;Ann;Lee;", "column_count", None),
        ('X,a@example.org,Ann" Mary,Lee,', "malformed_csv", None),
        ('X,a@example.org,Ann"" Mary,Lee,', "malformed_csv", None),
    ],
)
def test_wrong_rows_are_refused_and_the_others_kept(
    row: str, problem: str, column: str | None
) -> None:
    reading = reading_of(
        "code,email,firstname,lastname,external_id\n"
        f"A1,one@example.org,One,Lee,\n{row}\nA2,two@example.org,Two,Lee,\n"
    )
    assert problems(reading) == [(problem, 3, column)]
    assert [row.line for row in reading.rows] == [2, 4]
    assert reading.findings[0].message.startswith("Line 3: ")
    assert not reading.is_fatal


def test_rows_of_nothing_visible_are_blank() -> None:
    reading = reading_of(
        "code,email,firstname\n\u200b,\ufeff,\n\u00a0,,\u3000\nA,a@example.org,A\n"
    )
    assert ([row.line for row in reading.rows], problems(reading)) == ([4], [])


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ("A9,x@example.org,Xa,Le\ne", [3, 4]),
        ("A9,x@example.org,Xa,\nLee", [3, 4]),
        ('A9,x@example.org,Xa,\n"Lee, Jr."', [3, 4]),
        ("A9,x@example.org,Xa,Lee\nTotal", [4]),
        ("A9,x@example.org,Xa,Lee\nTotal: 3 people", [4]),
        ("A9,x@example.org,Xa,Lee\n# x", [4]),
    ],
)
def test_row_whose_last_cell_a_line_break_cuts_is_refused(row: str, lines: list[int]) -> None:
    reading = reading_of(text_of([HEADER, PEOPLE[0]]) + row + "\n")
    assert problems(reading) == [("column_count", line, None) for line in lines]
    assert people(reading)[0] == PEOPLE[0]


def test_every_bad_row_is_reported() -> None:
    rows = "".join(f"A{number},bad,Ann\n" for number in range(500))
    reading = reading_of("code,email,firstname\n" + rows)
    assert [one.line for one in reading.findings] == list(range(2, 502))


@pytest.mark.parametrize("code", ["00123", "1E5", "0x1F", "+49", "-7", "=1", "@x", "1.0", "TRUE"])
def test_codes_stay_text(code: str) -> None:
    reading = reading_of(f"code,email,firstname\n{code},a@example.org,Ann\n")
    assert [row.code for row in reading.rows] == [code]


def test_codes_are_compared_as_people_type_them() -> None:
    reading = reading_of(
        "code,email,firstname\nAB-1,a@example.org,A\nab1,b@example.org,B\nC,c@example.org,C\n"
    )
    assert problems(reading) == [("duplicate_code", 2, "code"), ("duplicate_code", 3, "code")]
    assert [row.code for row in reading.rows] == ["C"]


def test_external_id_names_one_person() -> None:
    text = "code,email,firstname,external id\nA,a@example.org,A,E1\nB,b@example.org,B,E1\n"
    assert problems(reading_of(text)) == [
        ("duplicate_attendee", 2, "external_id"),
        ("duplicate_attendee", 3, "external_id"),
    ]


@pytest.mark.parametrize("blank", ["n/a", "-", "0", "null", "NONE", "?"])
def test_placeholders_are_no_external_id(blank: str) -> None:
    text = (
        f"code,email,firstname,external id\nA,a@example.org,A,{blank}\nB,b@example.org,B,{blank}\n"
    )
    reading = reading_of(text)
    assert [row.external_id for row in reading.rows] == ["", ""]
    assert [str(one.problem) for one in reading.warnings] == ["blank_id", "blank_id"]


def test_shared_mailbox_is_allowed_and_told() -> None:
    text = "code,email,firstname\nA,us@example.org,Ann\nB,US@example.org,Bob\n"
    reading = reading_of(text)
    assert len(reading.rows) == 2
    assert [one.message for one in reading.warnings] == [
        "Lines 2, 3 share the email us@example.org."
    ]


@pytest.mark.parametrize("value", ["1234567890123000", "1234567890123450000", "10000000000000000"])
def test_long_numbers_that_end_in_zeros_are_told(value: str) -> None:
    reading = reading_of(
        f"code,email,firstname,external id\nA,a@example.org,A,{value}\n{value},b@example.org,B,B2\n"
    )
    assert [row.external_id for row in reading.rows] == [value, "B2"]
    assert [(str(one.problem), one.line, one.column) for one in reading.warnings] == [
        ("rounded_number", 3, "code"),
        ("rounded_number", 2, "external_id"),
    ]
    assert "format the column as text" in reading.warnings[0].message


@pytest.mark.parametrize(
    "value",
    ["123456789012300", "1234567890123456", "12345678901234560", "0000000000000010", "A" * 17],
)
def test_numbers_that_a_spreadsheet_keeps_are_not_told(value: str) -> None:
    reading = reading_of(f"code,email,firstname,external id\n{value},a@example.org,A,{value}\n")
    assert (len(reading.rows), reading.warnings) == (1, [])


@pytest.mark.parametrize(
    ("code", "email", "external_id", "column", "letters"),
    [
        ("АB12", "a@example.org", "E1", "code", "Cyrillic ones (А)"),
        ("A1", "a@example.org", "Ε-10x", "external_id", "Greek ones (Ε)"),
        ("A1", "аnn@example.org", "E1", "email", "Cyrillic ones (а)"),
    ],
)
def test_values_that_mix_scripts_are_told(
    code: str, email: str, external_id: str, column: str, letters: str
) -> None:
    text = f"code,email,firstname,external id\n{code},{email},Ann,{external_id}\n"
    reading = reading_of(text)
    assert [reading.rows[0].code, reading.rows[0].external_id] == [code, external_id]
    (told,) = reading.warnings
    assert (str(told.problem), told.line, told.column) == ("mixed_scripts", 2, column)
    assert letters in told.message


def test_values_in_one_script_are_not_told() -> None:
    reading = reading_of(
        "code,email,firstname,external id\nМСК-12,иван@example.org,Иван X,Ж1\n"
        "Zoë1,zoë@example.org,Аnn,É2\n"
    )
    assert (len(reading.rows), reading.warnings) == (2, [])


def test_doubtful_values_are_told_in_bounds() -> None:
    rows = "".join(f"АB{n},a{n}@example.org,Ann\n" for n in range(1000))
    reading = reading_of(f"code,email,firstname\n{rows}")
    assert len(reading.rows) == 1000
    assert [one.line for one in reading.warnings] == [*range(2, 22)]
    assert "980 more lines below are like it" in reading.warnings[-1].message


def test_spreadsheet_apostrophe_before_a_formula_is_taken_off() -> None:
    reading = reading_of("code,email,firstname\n'=A1,a@example.org,'=cmd\n")
    assert (reading.rows[0].code, reading.rows[0].firstname) == ("=A1", "=cmd")


# --- The file as a whole -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b" \r\n\n\t\n", "empty_file"),
        (b"code,email,firstname\n\n,,\n", "no_data_rows"),
        (b"%PDF-1.4\n%\xe2\xe3", "not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_csv"),
        (b"<!DOCTYPE html><table><tr><td>code", "not_csv"),
        (b"\xef\xbb\xbf  <html>", "not_csv"),
        (b'{"code": "A1"}', "not_csv"),
        (b'[{"code": "A1"}]', "not_csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "not_csv"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "not_csv"),
        (b"PK\x03\x04 but no archive", "not_csv"),
        (b"\x1f\x8b\x08" + bytes(20), "not_csv"),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "not_csv"),
        (bytes(range(256)) * 20, "not_csv"),
        (b'code,email,firstname\n"A1,a@example.org,Ann\n', "malformed_csv"),
        (b"just one line of words", "missing_column"),
        ("\u00a0\n\u3000\n".encode(), "empty_file"),
        (b',,,\n;;\n""\n', "empty_file"),
        (b"\xef\xbb\xbf%PDF-1.4\n", "not_csv"),
        (b"\n%PDF-1.4\n1 0 obj", "not_csv"),
        (b"%!PS-Adobe-3.0\n", "not_csv"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00" + bytes(50), "not_csv"),
        (b"<!-- list --><table><tr><td>", "not_csv"),
        (b"<style>td{}</style>\n<table>", "not_csv"),
        (b"<tr><td>code</td></tr>", "not_csv"),
        ("\ufeff<html><table>".encode("utf-16-le"), "not_csv"),
        (b"<people><person code='a'/></people>", "not_csv"),
        (b"<?xml version='1.0'?><people/>", "not_csv"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "not_csv"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "not_csv"),
        (b"[1, 2, 3]", "not_csv"),
        (b"[]", "not_csv"),
        (b"II*\x00\x08\x00\x00\x00" + bytes(20), "not_csv"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "not_csv"),
        (b"PK\x05\x06" + bytes(18), "not_csv"),
    ],
)
def test_files_that_are_no_list(content: bytes, problem: str) -> None:
    reading = reading_of(content)
    assert {str(one.problem) for one in reading.findings} == {problem}
    assert reading.is_fatal
    assert reading.rows == []


def test_quote_that_is_never_closed_is_found_where_it_opens() -> None:
    text = text_of([HEADER, PEOPLE[0], ["A9", '"eve@example.org', "Eve", "Fox"], *PEOPLE[1:]])
    reading = reading_of(text)
    assert problems(reading) == [("malformed_csv", 3, None)]
    assert reading.is_fatal


def test_limits() -> None:
    text = text_of([HEADER, *PEOPLE])
    assert problems(read(text.encode(), Limits(size=10, rows=10))) == [("too_large", None, None)]
    wrong = "code,email,firstname\n" + "x\n" * 3 + '"x"y\n' * 3
    for file in (text, wrong, "code,email,firstname\n" + '"x"y\n' * 4, "\n" * 3000):
        few = read(file.encode() + b"x", Limits(size=5000, rows=2))
        assert [(str(one.problem), few.rows) for one in few.findings] == [("too_large", [])]
    few = read(text.encode(), Limits(size=1000, rows=2))
    assert [(str(one.problem), few.rows) for one in few.findings] == [("too_large", [])]


# --- For all texts -----------------------------------------------------------------------------

CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n\t\"';,|"),
    max_size=20,
)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    reading_of(content)
    reading_of(b"code,email,firstname\n" + content)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5), st.sampled_from(",;\t|"))
def test_what_a_csv_writer_wrote_is_read_as_it_was(
    notes: list[tuple[str, str]], delimiter: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["code", "email", "firstname", "note", "remark"])
    for number, cells in enumerate(notes):
        writer.writerow([f"A{number}", f"a{number}@example.org", "Ann", *cells])
    writer.writerow(["Z", "z@example.org", "Zoe", "", ""])
    reading = reading_of(out.getvalue())
    assert [one for one in reading.findings if one.problem is not Problem.INVALID_CHARACTER] == []
    wrong = {one.line for one in reading.findings}
    assert len(reading.rows) + len(wrong) == len(notes) + 1
    assert reading.rows[-1].code == "Z"
    for row in reading.rows[:-1]:
        written = notes[int(row.code.removeprefix("A"))]
        assert [row.custom["note"], row.custom["remark"]] == [kept(cell) for cell in written]


def kept(cell: str) -> str:
    """What a note comes out as: trimmed, and without the mark of a neutralised formula."""
    return unprotected(cell.strip()).strip().strip("\ufeff").strip()
