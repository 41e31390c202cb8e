"""Normal forms and the identity key: strict on files, forgiving on what people type."""

import pytest

from attendees.identity import (
    FlawedValue,
    clean_code,
    clean_email,
    clean_external_id,
    clean_name,
    compared_code,
    identity_key,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("QX71-PL3D", "qx71pl3d"),
        ("QX71 PL3D", "QX71-PL3D"),
        ("００１２３", "00123"),  # full-width digits
        ("A\u200bB", "AB"),  # zero width
        ("A\u2011B", "A-B"),  # non-breaking hyphen
        ("A\u00a0B", "AB"),  # no-break space
        ("\ufeffAB ", "ab"),
        ("STRASSE", "straße"),
    ],
)
def test_codes_that_people_would_call_the_same_are_the_same(one: str, other: str) -> None:
    assert compared_code(one) == compared_code(other)


@pytest.mark.parametrize(
    ("one", "other"), [("00123", "123"), ("O1", "01"), ("\u0410B1", "AB1"), ("1E5", "100000")]
)
def test_codes_that_differ_stay_different(one: str, other: str) -> None:
    assert compared_code(one) != compared_code(other)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("E-100", "E-100"),
        (" e-100\u200b", "e-100"),
        ("00123", "00123"),
        ("00", "00"),
        ("N/A", ""),
        ("-", ""),
        ("0", ""),
        ("null", ""),
        ("NULL", ""),
        ("Not available", ""),
        ("", ""),
        ("１２", "12"),
        ("1.0", "1.0"),
        ("+49", "+49"),
        ("1E5", "1E5"),
    ],
)
def test_an_external_id_keeps_case_and_zeros_and_placeholders_are_blank(
    written: str, kept: str
) -> None:
    assert clean_external_id(written) == kept


@pytest.mark.parametrize(
    "written", ["1.23E+11", "1,23E+05", "#REF!", "#N/A", "#WERT!", "a\x00b", "a\ud800", "x" * 129]
)
def test_an_external_id_that_a_spreadsheet_has_spoiled_is_refused(written: str) -> None:
    with pytest.raises(FlawedValue):
        clean_external_id(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Ana@Example.ORG ", "ana@example.org"),
        ("JÜRGEN@example.org", "jÜrgen@example.org"),  # ASCII letters only, as every database
        ("o'neil+x@example.org", "o'neil+x@example.org"),
        ("ana@bücher.example", "ana@bücher.example"),
        ("\ufeffana@example.org\u200b", "ana@example.org"),
        ("", ""),
    ],
)
def test_an_email_is_trimmed_and_lowered(written: str, kept: str) -> None:
    assert clean_email(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "ana@", "@example.org", "ana", "ana@example", "a b@example.org", "ana@@example.org",
        "ana@exa mple.org", "ana..b@example.org", ".ana@example.org", "ana.@example.org",
        "ana@-example.org", "ana@example.org,bob@example.org", "<ana@example.org>",
        "x" * 65 + "@example.org", "ana@" + "x" * 250 + ".org", "ana@example.org\nbcc: x",
    ],
)  # fmt: skip
def test_what_is_not_an_email_is_refused(written: str) -> None:
    with pytest.raises(FlawedValue):
        clean_email(written)


def test_sharp_s_and_double_s_are_two_mailboxes() -> None:
    assert clean_email("straße@example.org") != clean_email("strasse@example.org")


@pytest.mark.parametrize("written", ["1.23E+11", "#REF!", "---", "a\x07", "x" * 65, "ﷺ" * 10])
def test_a_code_that_cannot_be_one_is_refused(written: str) -> None:
    with pytest.raises(FlawedValue):
        clean_code(written)


def test_a_code_is_kept_as_written() -> None:
    assert clean_code("  QX71-pl3d ") == "QX71-pl3d"


def test_line_breaks_in_a_name_become_blanks() -> None:
    assert clean_name("Ana\r\nMaria", "first name") == "Ana Maria"


@pytest.mark.parametrize(
    ("code", "email", "external_id", "key"),
    [
        ("C-1", "ana@example.org", "E-1", "x:E-1"),
        ("C-1", "ana@example.org", "", "c:c1:ana@example.org"),
        ("C-1", "", "", ""),
        ("C-1", "", "E-1", "x:E-1"),
        ("C-1", "ana@example.org", "00", "c:c1:ana@example.org"),  # zeros name nobody
    ],
)
def test_the_identity_key(code: str, email: str, external_id: str, key: str) -> None:
    assert identity_key(code, email, external_id) == key
