"""Time zones as people look for them: by part of the world, then by city."""

from functools import cache
from zoneinfo import available_timezones

REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)

Choices = list[tuple[str, list[tuple[str, str]]]]


def city(name: str) -> str:
    """ "Buenos Aires, Argentina" for "America/Argentina/Buenos_Aires"."""
    places = name.split("/")[1:] or [name]
    return ", ".join(reversed(places)).replace("_", " ")


@cache
def time_zone_choices() -> Choices:
    """All time zones, grouped for a select."""
    names = sorted(available_timezones(), key=city)
    return [
        ("World", [("UTC", "UTC")]),
        *(
            (region, [(name, city(name)) for name in names if name.startswith(f"{region}/")])
            for region in REGIONS
        ),
    ]


def choices_with(current: str) -> Choices:
    """The choices, and the host's own zone where it goes by an old name."""
    choices = time_zone_choices()
    if any(name == current for _, zones in choices for name, _ in zones):
        return choices
    return [("Now", [(current, city(current))]), *choices]
