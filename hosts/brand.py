"""How a workspace shows itself to attendees: its colour, kept legible, and its logo.

Whatever colour a host chooses, words stay readable and buttons visible: it is made darker or
lighter until they are, and what is written on it is black or white.
"""

import hashlib
import re
from collections.abc import Sequence
from colorsys import hls_to_rgb, rgb_to_hls

from django.db import transaction

from hosts.models import Logo, Workspace

TEXT, SHAPE = 4.5, 3.0  # least contrasts, WCAG 2.2, 1.4.3 and 1.4.11
STEP = 0.01  # of lightness

# What lies under words in palette.css, in light and in dark; nothing is darker or lighter.
LIGHT_GROUNDS = ("#ffffff", "#eef1f5")
DARK_GROUNDS = ("#11151b", "#222a35")
LIGHT_TINT, DARK_TINT = 0.12, 0.16  # of the colour in the ground behind what is marked
BLACK, WHITE = "#000000", "#ffffff"

MAX_LOGO_KB = 256
# Never SVG: it can run scripts. What a file is called tells nothing.
SIGNATURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


# --- Colours: "#rrggbb" throughout ---------------------------------------------------------


def channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def written(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in (red, green, blue))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(channels(colour), channels(ground), strict=True)
    red, green, blue = (share * c + (1 - share) * g for c, g in pairs)
    return written(red, green, blue)


def moved(colour: str, by: float) -> str:
    """The same hue, lighter or (below 0) darker."""
    hue, lightness, saturation = rgb_to_hls(*channels(colour))
    return written(*hls_to_rgb(hue, min(1, max(0, lightness + by)), saturation))


def apart(
    colour: str, grounds: Sequence[str], least: float, *, towards: int, tint: float = 0
) -> str:
    """The nearest colour of its hue, darker (-1) or lighter (1), with that contrast to them all.

    With `tint`, also to the first ground with this share of the colour in it.
    """
    found = colour
    for step in range(1, round(1 / STEP) + 2):
        under = [*grounds, mixed(found, grounds[0], tint)] if tint else grounds
        if min(contrast(found, ground) for ground in under) >= least:
            break
        found = moved(colour, towards * step * STEP)
    return found


def ink_on(colour: str) -> str:
    """Black or white: one of them has a contrast of 4.58 or more to any colour."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, colour))


def palette(colour: str) -> dict[str, tuple[str, str]]:
    """The variables of palette.css that follow from the colour, in light and in dark."""
    brand = (
        apart(colour, LIGHT_GROUNDS, TEXT, towards=-1, tint=LIGHT_TINT),
        apart(colour, DARK_GROUNDS, TEXT, towards=1, tint=DARK_TINT),
    )
    fill = (
        apart(colour, LIGHT_GROUNDS, SHAPE, towards=-1),
        apart(colour, DARK_GROUNDS, SHAPE, towards=1),
    )
    ink = ink_on(fill[0]), ink_on(fill[1])
    return {
        "brand": brand,
        "brand-strong": (moved(brand[0], -0.1), moved(brand[1], 0.1)),
        "brand-tint": (
            mixed(brand[0], LIGHT_GROUNDS[0], LIGHT_TINT),
            mixed(brand[1], DARK_GROUNDS[0], DARK_TINT),
        ),
        "on-brand": (ink_on(brand[0]), ink_on(brand[1])),
        "fill": fill,
        # Away from what is written on it.
        "fill-strong": (
            moved(fill[0], 0.1 if ink[0] == BLACK else -0.1),
            moved(fill[1], 0.1 if ink[1] == BLACK else -0.1),
        ),
        "on-fill": ink,
    }


def stylesheet(colour: str) -> str:
    """CSS that lays the colour over palette.css."""
    rules = (
        f"  --{name}: light-dark({light}, {dark});"
        for name, (light, dark) in palette(colour).items()
    )
    return "\n".join([":root {", *rules, "}", ""])


# --- The logo ------------------------------------------------------------------------------


def type_of_logo(content: bytes) -> str | None:
    """The content type of a picture that browsers show and that runs nothing; else None."""
    for content_type, signature in SIGNATURES.items():
        if signature.match(content):
            return content_type
    return None


def paint(workspace: Workspace, colour: str) -> None:
    """Give the workspace this colour; "" for the portal's own."""
    workspace.colour = colour
    workspace.save(update_fields=["colour"])


def set_logo(workspace: Workspace, content: bytes | None) -> None:
    """Show this picture, which has passed `type_of_logo`, or (None) the portal's own."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
        Logo.objects.filter(workspace=workspace).delete()
        workspace.logo_digest = ""
        if content is not None:
            workspace.logo_digest = digest_of(workspace, content)
            Logo.objects.create(
                workspace=workspace,
                digest=workspace.logo_digest,
                content=content,
                content_type=type_of_logo(content) or "",
            )
        workspace.save(update_fields=["logo_digest"])


def digest_of(workspace: Workspace, content: bytes) -> str:
    """What a logo's address calls it by: another picture has another address."""
    return hashlib.sha256(b"%d\n%b" % (workspace.pk, content)).hexdigest()
