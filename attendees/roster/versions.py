"""Each change of a roster gives it another version: what was counted of it counts no more."""

from collections.abc import Iterable

from attendees.models import Roster

BATCH = 400  # rosters in one statement


def renew(meeting_ids: Iterable[int]) -> None:
    """These rosters are other ones, once the transaction in which they change is over."""
    Roster.objects.bulk_create(
        [Roster(meeting_id=meeting_id) for meeting_id in sorted(set(meeting_ids))],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["meeting"],
        update_fields=["version"],
    )
