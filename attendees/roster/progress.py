"""How many rows a running import has written so far: a lease of a file, beside the database.

What a transaction writes is seen by nobody until its end, and on SQLite nobody else may write
meanwhile; so the number stands in a file that the pages of this machine read. Where there is none,
they show less, and nothing else depends on it.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

BEFORE = 20  # percent
LEFT_FOR = timedelta(days=1)  # what a machine that went off has left lying


class Progress(NamedTuple):
    done: int
    total: int  # rows

    @property
    def percent(self) -> int:
        """Of the bar, whose first part is for reading and comparing."""
        return BEFORE + (100 - BEFORE) * self.done // max(self.total, 1)

    def __str__(self) -> str:
        return f"{self.done:,} of {self.total:,} rows"


def path_of(run: UUID) -> Path:
    return settings.DATA_DIR / "imports" / str(run)


def tell(run: UUID, progress: Progress) -> None:
    path = path_of(run)
    with suppress(OSError):  # a full disk is no reason not to import
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{progress.done} {progress.total}", encoding="ascii")


def told(run: UUID) -> Progress | None:
    try:
        done, total = path_of(run).read_text(encoding="ascii").split()
        return Progress(int(done), int(total))
    except (OSError, ValueError):  # not there (any more), or just being written
        return None


def forget(run: UUID) -> None:
    with suppress(OSError):
        path_of(run).unlink(missing_ok=True)


def forget_old(*, at: datetime) -> None:
    before = (at - LEFT_FOR).timestamp()
    with suppress(OSError):
        for path in (settings.DATA_DIR / "imports").iterdir():
            if path.stat().st_mtime < before:
                path.unlink()
