"""The palette is legible in light and in dark: WCAG 2.2, 1.4.3 and 1.4.11."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from hosts.brand import contrast

STATIC = Path(settings.BASE_DIR) / "static" / "portal"
PAIR = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
COLOURS = PAIR.findall((STATIC / "palette.css").read_text())
PALETTE = {name: (light, dark) for name, light, dark in COLOURS}

TEXT, SHAPE = 4.5, 3.0  # least contrasts
GROUNDS = ["page", "surface", "raised", "sunken"]
CASES = [
    *((ink, ground, TEXT) for ink in ("ink", "muted", "brand", "danger") for ground in GROUNDS),
    *(("ink", f"{tint}-tint", TEXT) for tint in ("brand", "good", "attention", "danger")),
    *((tint, f"{tint}-tint", TEXT) for tint in ("brand", "good", "attention", "danger")),
    *((ink, "surface", TEXT) for ink in ("good", "attention", "brand-strong", "danger-strong")),
    *((ink, "page", TEXT) for ink in ("good", "attention")),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-strong", TEXT),
    ("on-danger", "danger", TEXT),
    ("on-danger", "danger-strong", TEXT),
    ("field-line", "surface", SHAPE),
    ("field-line", "page", SHAPE),
]


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("ink", "ground", "least"), CASES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_can_be_told_apart(ink: str, ground: str, least: float, mode: str) -> None:
    index = ["light", "dark"].index(mode)
    assert contrast(PALETTE[ink][index], PALETTE[ground][index]) >= least


@pytest.mark.parametrize("name", ["theme.css", "admin.css"])
def test_colours_stand_only_in_the_palette(name: str) -> None:
    assert re.findall(r":[^;{}]*#[0-9a-fA-F]{3,8}\b", (STATIC / name).read_text()) == []
