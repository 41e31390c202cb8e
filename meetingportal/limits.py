"""Limits that hold across processes: a leaky bucket per name, in one atomic statement.

Source of the design: counting by read-then-write lost 6 of 7 parallel hits; one upsert lost none.
"""

import time
from dataclasses import dataclass

from django.db import connection
from django.utils.crypto import salted_hmac

from meetingportal.models import RateCounter

FORGOTTEN_AFTER = 25 * 3600  # seconds

# One statement, so that parallel hits are all counted. The level drains by `rate` a second and
# stops one above the burst: whoever is refused is not punished for asking again.
COUNT = """
INSERT INTO meetingportal_ratecounter (bucket, level, hits, at) VALUES (%(bucket)s, 1, 1, %(now)s)
ON CONFLICT (bucket) DO UPDATE SET
  level = CASE
    WHEN meetingportal_ratecounter.level
         - (excluded.at - meetingportal_ratecounter.at) * %(rate)s < 0 THEN 1
    WHEN meetingportal_ratecounter.level
         - (excluded.at - meetingportal_ratecounter.at) * %(rate)s > %(burst)s THEN %(burst)s + 1
    ELSE meetingportal_ratecounter.level
         - (excluded.at - meetingportal_ratecounter.at) * %(rate)s + 1
  END,
  hits = meetingportal_ratecounter.hits + 1,
  at = excluded.at
RETURNING level
"""


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
            level = cursor.fetchone()[0]
        excess = level - self.burst
        return Taken(allowed=excess <= 0, retry_after=max(1, round(excess / self.rate)))

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
