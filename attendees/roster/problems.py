"""What can be wrong with an attendee file, by the names that scripts rely on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    EMPTY_FILE = "empty_file"
    NO_DATA_ROWS = "no_data_rows"
    NOT_CSV = "not_csv"
    UNDECODABLE = "undecodable"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    MALFORMED_CSV = "malformed_csv"
    TOO_LARGE = "too_large"

    MISSING_VALUE = "missing_value"
    INVALID_EMAIL = "invalid_email"
    DUPLICATE_CODE = "duplicate_code"
    DUPLICATE_ATTENDEE = "duplicate_attendee"
    COLUMN_COUNT = "column_count"
    INVALID_CHARACTER = "invalid_character"
    INVALID_VALUE = "invalid_value"
    VALUE_TOO_LONG = "value_too_long"
    CONFLICT = "conflict"

    # Warnings: nothing is refused.
    SHARED_EMAIL = "shared_email"
    KEPT_CODE = "kept_code"
    BLANK_ID = "blank_id"
    ROUNDED_NUMBER = "rounded_number"
    MIXED_SCRIPTS = "mixed_scripts"
    DOUBLE_ENCODED = "double_encoded"
    GUESSED_ENCODING = "guessed_encoding"
    LEFT_OUT_COLUMNS = "left_out_columns"
    PERHAPS_ID = "perhaps_external_id"
    OTHER_SHEETS = "other_sheets"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and where it is: the physical line, from 1; None means the whole file."""

    problem: Problem
    message: str
    line: int | None = None
    column: str | None = None
    # Without this being mended, no row of the file can be trusted.
    is_fatal: bool = False


class UnreadableFile(Exception):
    """The file as a whole cannot be imported."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(finding.message for finding in self.findings))

    @classmethod
    def because(
        cls, problem: Problem, message: str, line: int | None = None, column: str | None = None
    ) -> "UnreadableFile":
        return cls([Finding(problem, message, line, column, is_fatal=True)])


def too_many_rows(most: int, line: int) -> UnreadableFile:
    return UnreadableFile.because(Problem.TOO_LARGE, f"The file has more than {most:,} rows.", line)
