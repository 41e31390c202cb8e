"""In which class codes are, by what a stranger has to try."""

import pytest

from attendees.strength import Strength, strength_of, tries_per_hit

SCATTERED = [n * 7919 % 9973 for n in range(500)]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([f"c{n:04}qx{n * 31 % 997:03}" for n in SCATTERED], Strength.STRONG),
        ([f"{n * 10007 % 99_999_989:08}" for n in SCATTERED], Strength.MEDIUM),
        ([f"{n * 97 % 999_983:06}" for n in SCATTERED], Strength.WEAK),
        ([f"{n:04}" for n in SCATTERED], Strength.NO_SECRET),
        ([f"{n}" for n in range(10_000_000, 10_000_500)], Strength.NO_SECRET),
        ([f"assembly{n:04}" for n in SCATTERED], Strength.NO_SECRET),
        ([f"{n:04}assembly" for n in SCATTERED], Strength.NO_SECRET),
        ([f"19{n % 90 + 10}{n % 12 + 1:02}{n % 28 + 1:02}" for n in SCATTERED], Strength.NO_SECRET),
        (
            [f"{n % 28 + 1:02}.{n % 12 + 1:02}.19{n % 90 + 10}" for n in SCATTERED],
            Strength.NO_SECRET,
        ),
    ],
    ids=[
        "mixed",
        "8 digits",
        "6 digits",
        "4 digits",
        "sequence",
        "prefix",
        "suffix",
        "dates",
        "German dates",
    ],
)
def test_class_of_500_codes(codes: list[str], expected: Strength) -> None:
    assert strength_of(tries_per_hit(codes, 500)) is expected


def test_more_people_make_the_same_codes_weaker() -> None:
    codes = [f"{n * 10007 % 99_999_989:08}" for n in SCATTERED]
    assert strength_of(tries_per_hit(codes, 500)) is Strength.MEDIUM
    assert strength_of(tries_per_hit(codes, 5000)) is Strength.WEAK
