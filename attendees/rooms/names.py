"""What rooms are called, made into meeting IDs."""

from collections.abc import Iterator, Sequence

from django.utils.text import slugify

from meetings.models import RESERVED_SLUGS, Meeting

LONGEST_SLUG = 64
LONGEST_ENDING = 32  # what the name adds to the meeting ID of the meeting
TRIED = range(2, 10)  # `…-finance-2`, where `…-finance` is taken


def slugs_for(meeting: Meeting, titles: Sequence[str]) -> list[str]:
    """A free meeting ID for each, such as `assembly-room-3`; empty where none was found."""
    wanted = [list(possible_slugs(meeting, title, n)) for n, title in enumerate(titles, 1)]
    existing = Meeting.objects.filter(slug__in=[slug for slugs in wanted for slug in slugs])
    taken = {*RESERVED_SLUGS, *existing.values_list("slug", flat=True)}
    chosen = []
    for slugs in wanted:
        slug = next((slug for slug in slugs if slug not in taken), "")
        taken.add(slug)
        chosen.append(slug)
    return chosen


def possible_slugs(meeting: Meeting, title: str, number: int) -> Iterator[str]:
    ending = slugify(title).replace("_", "-").strip("-")[:LONGEST_ENDING].strip("-")
    ending = ending or f"room-{number}"
    beginning = meeting.slug[: LONGEST_SLUG - LONGEST_ENDING - 3].rstrip("-")
    yield f"{beginning}-{ending}"
    for again in TRIED:
        yield f"{beginning}-{ending}-{again}"
