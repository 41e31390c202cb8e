"""A crowd of requests waits its turn outside the threads."""

import asyncio
import threading
import time

from asgiref.sync import ThreadSensitiveContext
from django.http import HttpRequest, HttpResponse

from meetingportal.handler import AT_ONCE, OneHopHandler


class Counting(OneHopHandler):
    """Answers slowly, and counts how many requests are at work."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.at_work = self.most = 0

    def get_response(self, request: HttpRequest) -> HttpResponse:
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        time.sleep(0.02)
        with self.lock:
            self.at_work -= 1
        return HttpResponse("ok")


async def test_only_so_many_requests_are_at_work_at_once_and_all_are_answered() -> None:
    handler = Counting()

    async def ask() -> int:
        async with ThreadSensitiveContext():  # a thread for each request, as Django has it
            answer = await handler.run_get_response(HttpRequest())
        return answer.status_code

    assert await asyncio.gather(*(ask() for _ in range(40))) == [200] * 40
    assert 1 < handler.most <= AT_ONCE


async def test_a_request_that_fails_gives_its_place_back() -> None:
    class Failing(Counting):
        def get_response(self, request: HttpRequest) -> HttpResponse:
            raise RuntimeError

    handler = Failing()
    answers = await asyncio.gather(
        *(handler.run_get_response(HttpRequest()) for _ in range(AT_ONCE + 1)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [RuntimeError] * (AT_ONCE + 1)
