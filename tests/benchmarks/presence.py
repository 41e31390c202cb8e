"""What it costs that ten thousand people are present.

    python tests/benchmarks/presence.py [--people 10000] [--database postgres://…]

Prints the time and the CPU time (of this process) of each thing that is done for them: what every
process does each second (the pulse), every 15 s (renewing) and every 60 s (looking again whether
admissions hold), and what a page of the People tab takes.
"""

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.load import rig

LONG = timedelta(hours=1)


def timed(name: str, work: Callable[[], object], *, times: int = 5) -> None:
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.monotonic(), time.process_time()
        work()
        walls.append((time.monotonic() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    print(f"{name:40}{statistics.median(walls):9.1f} ms{statistics.median(cpus):9.1f} ms CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--database", default="", help="an empty scratch database")
    asked = parser.parse_args()
    rig.use_scratch(asked.database)
    slug = rig.a_meeting(asked.people)
    rig.admitted(slug)

    from django.utils import timezone

    from attendees import presence
    from attendees.models import Admission, Visit
    from attendees.panels import panels
    from attendees.standing import still_hold
    from meetings.models import Meeting

    meeting, at = Meeting.objects.get(slug=slug), timezone.now()
    admissions = list(Admission.objects.values_list("pk", flat=True))
    stays = [presence.Stay(admission, uuid.uuid4()) for admission in admissions]
    timed("everybody comes", lambda: presence.begin(stays, at=at, lasts=LONG), times=1)
    visits = list(Visit.objects.values_list("pk", flat=True))
    timed("30 people come", lambda: presence.begin(stays[:30], at=at, lasts=LONG))
    timed("the pulse", lambda: presence.pulses([meeting.pk], at=at))
    timed("renewing all leases", lambda: presence.renew(visits, at=at + LONG))
    timed("do all admissions hold?", lambda: still_hold(admissions))
    timed("the status panel", lambda: panels(meeting, "status"))
    timed("the people panel, first page", lambda: panels(meeting, "people"))
    timed("the people panel, last page", lambda: panels(meeting, "people", page=10**6))


if __name__ == "__main__":
    main()
