"""A crowd of requests waits its turn outside the threads, and each leaves its thread in order."""

import asyncio
import threading
import time

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse

from hosts.models import Host, Workspace
from meetingportal import handler as module
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


class Asking(OneHopHandler):
    """Answers with what a function finds in the database; notes each connection that was used."""

    def __init__(self, find) -> None:
        self.find = find
        self.used: list[object] = []

    def get_response(self, request: HttpRequest) -> HttpResponse:
        try:
            return HttpResponse(str(self.find()))
        finally:
            self.used.append(connection.connection)

    def ask(self, times: int = 1) -> list[str]:
        async def answers() -> list[str]:
            found = [await self.run_get_response(HttpRequest()) for _ in range(times)]
            return [answer.content.decode() for answer in found]

        return async_to_sync(answers)()


@pytest.fixture
def one_thread(monkeypatch):
    """Requests one after the other in one thread, whose connection ends with the test."""
    with module.ThreadPoolExecutor(1) as thread:
        monkeypatch.setattr(module, "threads", thread)
        yield
        thread.submit(lambda: connection.close()).result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_thread")
def test_an_sqlite_file_stays_open_between_requests_which_see_what_has_changed() -> None:
    asking = Asking(lambda: Workspace.objects.count())
    assert asking.ask(2) == ["0", "0"]
    Workspace.objects.create(name="New")
    assert asking.ask() == ["1"]
    if connection.vendor == "sqlite":
        assert len({id(one) for one in asking.used}) == 1
    else:  # it belongs to the pool
        assert module.threads.submit(lambda: connection.connection).result() is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_thread")
def test_an_sqlite_file_is_opened_anew_after_a_while(monkeypatch) -> None:
    monkeypatch.setattr(module, "SQLITE_KEPT", 0)
    Asking(lambda: Workspace.objects.count()).ask()
    left = module.threads.submit(lambda: connection.connection).result()
    assert left is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_thread")
def test_an_sqlite_file_that_an_idle_thread_has_kept_is_opened_anew(monkeypatch) -> None:
    asking = Asking(lambda: Workspace.objects.count())
    asking.ask()
    monkeypatch.setattr(module, "SQLITE_KEPT", 0)  # so much time has gone by
    asking.ask()
    assert connection.vendor != "sqlite" or len({id(one) for one in asking.used}) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_thread")
def test_nothing_of_a_failed_request_is_left_for_the_next() -> None:
    def fail() -> None:
        with transaction.atomic():
            Workspace.objects.create(name="Half")
            Host.objects.create(email="")

    with pytest.raises(IntegrityError):
        Asking(fail).ask()

    def begin() -> int:
        transaction.set_autocommit(False)
        return Workspace.objects.count()

    assert Asking(begin).ask() == ["0"]
    assert Asking(lambda: (connection.get_autocommit(), Workspace.objects.count())).ask() == [
        "(True, 0)"
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_thread")
def test_a_transaction_that_a_request_has_not_left_is_undone() -> None:
    def begin() -> None:
        transaction.atomic().__enter__()
        Workspace.objects.create(name="Half")

    Asking(begin).ask()
    asking = Asking(lambda: (connection.in_atomic_block, Workspace.objects.count()))
    assert asking.ask() == ["(False, 0)"]
