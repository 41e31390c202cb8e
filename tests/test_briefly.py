"""Answers that are kept for a moment are never older than that moment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from meetingportal.briefly import Briefly


def test_an_answer_is_worked_out_once_for_all_who_ask_meanwhile():
    briefly: Briefly[int] = Briefly(seconds=60)
    may_end, works = threading.Event(), []

    def work() -> int:
        works.append(1)
        assert may_end.wait(20)
        return 7

    with ThreadPoolExecutor(5) as threads:
        answers = [threads.submit(briefly.get, "key", work) for _ in range(5)]
        may_end.set()
        assert [answer.result(20) for answer in answers] == [7] * 5
    assert works == [1]


def test_an_answer_is_as_old_as_the_beginning_of_its_work():
    """What changed while it was worked out may be missing in it."""
    briefly: Briefly[int] = Briefly(seconds=0.05)

    def slowly() -> int:
        time.sleep(0.1)
        return 1

    assert briefly.get("key", slowly) == 1
    assert briefly.get("key", lambda: 2) == 2


def test_each_key_has_an_answer_of_its_own_until_all_are_forgotten():
    briefly: Briefly[str] = Briefly(seconds=60)
    assert [briefly.get(key, lambda key=key: key) for key in ("a", "b")] == ["a", "b"]
    assert briefly.get("a", lambda: "another") == "a"
    Briefly.forget_all()
    assert briefly.get("a", lambda: "another") == "another"
