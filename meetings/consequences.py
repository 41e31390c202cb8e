"""What the apps above do when a meeting changes, in the same transaction.

Imports run downwards only, so `meetings` cannot call `materials` or `attendees`. They register
here, once, when their app is ready; a plain list in order of registration.
"""

from collections.abc import Callable
from enum import StrEnum

from meetings.models import Meeting


class Event(StrEnum):
    STARTED = "started"
    CALLED_OFF = "called off"  # the start is taken back
    ENDED = "ended"
    REOPENED = "reopened"
    ARCHIVED = "archived"
    CODES_REQUIRED = "codes required"
    CODES_DROPPED = "codes dropped"
    ANONYMIZED = "anonymized"
    NAMES_SHOWN = "names shown"
    RENAMED = "renamed"  # the title, the address, the description or the time


Consequence = Callable[[Meeting, Event], None]

_consequences: list[Consequence] = []


def register(consequence: Consequence) -> None:
    if consequence not in _consequences:
        _consequences.append(consequence)


def follow(meeting: Meeting, event: Event) -> None:
    """Run every registered consequence; call it inside the transaction of the act."""
    for consequence in _consequences:
        consequence(meeting, event)
