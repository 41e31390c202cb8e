"""Answers that are kept for a moment, because a thousand pages ask for the same one at once."""

import threading
import time
from collections.abc import Callable, Hashable

MANY = 500  # answers after which the old ones are looked for and dropped


class Briefly[Answer]:
    """Keeps each answer for some seconds, and has it worked out once, however many threads ask.

    The seconds count from when the work began. Who asks longer than that after a change is thus
    never told what was before it, however long the work takes.
    """

    _all: "list[Briefly[object]]" = []

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self._kept: dict[Hashable, tuple[float, Answer]] = {}
        self._working: dict[Hashable, threading.Lock] = {}
        Briefly._all.append(self)  # type: ignore[arg-type]  # only to forget, see below

    def get(self, key: Hashable, work: Callable[[], Answer]) -> Answer:
        oldest = time.monotonic() - self.seconds
        kept = self._kept.get(key)
        if kept and kept[0] >= oldest:
            return kept[1]
        with self._working.setdefault(key, threading.Lock()):
            kept = self._kept.get(key)
            if kept and kept[0] >= oldest:
                return kept[1]
            self._drop_old()
            began = time.monotonic()
            answer = work()
            self._kept[key] = (began, answer)
            return answer

    def forget(self) -> None:
        self._kept.clear()

    @classmethod
    def forget_all(cls) -> None:
        for briefly in cls._all:
            briefly.forget()

    def _drop_old(self) -> None:
        if len(self._kept) < MANY:
            return
        oldest = time.monotonic() - self.seconds
        for key, (began, _) in list(self._kept.items()):
            if began < oldest:
                self._kept.pop(key, None)
                self._working.pop(key, None)
