"""What the apps above do when a host is no longer a member, in the same transaction.

Imports run downwards only, so `hosts` cannot call `meetings`. It registers here, once, when its
app is ready.
"""

from collections.abc import Callable

from hosts.models import Host, Workspace

Departure = Callable[[Workspace, Host], None]

_departures: list[Departure] = []


def register(departure: Departure) -> None:
    if departure not in _departures:
        _departures.append(departure)


def follow(workspace: Workspace, host: Host) -> None:
    """Run every registered departure; call it inside the transaction of the act."""
    for departure in _departures:
        departure(workspace, host)
