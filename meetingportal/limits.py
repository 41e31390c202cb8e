"""Limits that hold across processes: a leaky bucket per name, in one atomic statement.

Source of the design: counting by read-then-write lost 6 of 7 parallel hits; one upsert lost none.
"""

import math
import time
from dataclasses import dataclass

from django.db import connection
from django.utils.crypto import salted_hmac

from meetingportal.models import RateCounter
from meetingportal.prepared import cursor_that_plans_once

FORGOTTEN_AFTER = 25 * 3600  # seconds
NOTED_ANEW = 0.9  # of the time that a note holds: sooner it is not written again

# One statement, so that parallel hits are all counted. The level drains by `rate` a second; a hit
# that would run over is refused and adds nothing, so that whoever waits is let through.
LEFT = "meetingportal_ratecounter.level - (excluded.at - meetingportal_ratecounter.at) * %(rate)s"
COUNT = f"""
INSERT INTO meetingportal_ratecounter (bucket, level, hits, at, refused, over_until)
VALUES (%(bucket)s, 1, 1, %(now)s, false, 0)
ON CONFLICT (bucket) DO UPDATE SET
  level = CASE
    WHEN {LEFT} < 0 THEN 1
    WHEN {LEFT} > %(burst)s THEN %(burst)s
    WHEN {LEFT} > %(burst)s - 1 THEN {LEFT}
    ELSE {LEFT} + 1
  END,
  refused = ({LEFT} > %(burst)s - 1),
  hits = meetingportal_ratecounter.hits + 1,
  at = excluded.at
RETURNING level, refused
"""  # noqa: S608 - built from the two constants only

# Written out, since every code prompt asks: the ORM would take longer to say it than the database
# to answer.
READ = "SELECT bucket, level, hits, at, over_until FROM meetingportal_ratecounter WHERE bucket IN"
NEVER_HIT = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` hits at once, then `per_minute`.

    Limits of one name share their buckets. That one has run over can be noted (`note_over`): it
    then holds for `stays` seconds, however fast the bucket drains. With `empties`, a hit that is
    given back takes all others with it.
    """

    name: str
    burst: float
    per_minute: float
    stays: float = 0
    empties: bool = False

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
        now, bucket = time.time(), self.bucket(whom)
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT, {"bucket": bucket, "now": now, "rate": self.rate, "burst": self.burst}
            )
            level, refused = cursor.fetchone()
        wait = max(0.0, level + 1 - self.burst) / self.rate
        retry_after = max(1, math.ceil(wait))
        return Taken(bucket, allowed=not refused, retry_after=retry_after, empties=self.empties)

    def note_over(self, whom: str) -> bool:
        """Note that a bucket that has been hit ran over; True where that is news.

        Of many who note it in the same instant, it is news to one.
        """
        now = time.time()
        noted = RateCounter.objects.filter(bucket=self.bucket(whom))
        if noted.filter(over_until__lte=now).update(over_until=now + self.stays):
            return True
        noted.filter(over_until__lt=now + NOTED_ANEW * self.stays).update(
            over_until=now + self.stays
        )
        return False

    def forget(self, *whom: str) -> None:
        """As if nobody had hit these buckets."""
        RateCounter.objects.filter(bucket__in=map(self.bucket, whom)).delete()

    def hits(self, whom: str) -> int:
        """How many hits stand in the bucket since it was last forgotten."""
        [level] = levels((self, whom))
        return level.hits


@dataclass(frozen=True)
class Taken:
    """A hit that has been counted."""

    bucket: str
    allowed: bool
    retry_after: int  # seconds
    empties: bool = False

    def give_back(self) -> None:
        """Take the hit back: it turned out not to be one. A refused one has added to no level."""
        if self.empties:
            RateCounter.objects.filter(bucket=self.bucket).delete()
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE meetingportal_ratecounter SET level = level - %s, hits = hits - 1"
                " WHERE bucket = %s AND level >= %s AND hits >= 1",
                [int(self.allowed), self.bucket, int(self.allowed)],
            )


@dataclass(frozen=True)
class Level:
    """How a bucket stands at this moment."""

    hits: int = 0
    is_full: bool = False  # the next hit would be refused
    is_over: bool = False  # somebody has noted that it ran over


def levels(*buckets: tuple[Limit, str]) -> list[Level]:
    """How these buckets stand, in their order, read at once."""
    now, keys = time.time(), [limit.bucket(whom) for limit, whom in buckets]
    with cursor_that_plans_once() as cursor:
        cursor.execute(f"{READ} ({', '.join(['%s'] * len(keys))})", keys)
        rows = {key: values for key, *values in cursor.fetchall()}
    return [
        level_of(limit, now, *rows.get(key, NEVER_HIT))
        for key, (limit, _) in zip(keys, buckets, strict=True)
    ]


def level_of(
    limit: Limit, now: float, level: float, hits: int, at: float, over_until: float
) -> Level:
    left = level - (now - at) * limit.rate
    return Level(hits=hits, is_full=left > limit.burst - 1, is_over=over_until > now)


def forget_old(*, now: float | None = None) -> int:
    """Delete the buckets that nobody has hit for a day; returns how many."""
    before = (time.time() if now is None else now) - FORGOTTEN_AFTER
    return RateCounter.objects.filter(at__lt=before).delete()[0]
