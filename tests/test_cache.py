"""The cache, with Redis and without."""

import signal
from pathlib import Path

import pytest
from django.core.cache.backends.redis import RedisCache

import meetingportal.cache
from meetingportal.cache import RedisOrProcess
from meetingportal.settings import ONCE_MORE
from tests.browser.server import free_port
from tests.live.conftest import PATIENCE
from tests.live.servers import Redis


@pytest.fixture
def redis(tmp_path: Path):
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.kill()


def cache_in(url: str, *, waits: float = PATIENCE) -> RedisOrProcess:
    return RedisOrProcess(url, {"OPTIONS": {**ONCE_MORE, "socket_timeout": waits}})


def test_without_redis_it_goes_on_within_the_process() -> None:
    cache = cache_in(f"redis://127.0.0.1:{free_port()}/0")
    cache.set("a", 1)
    assert (cache.add("a", 2), cache.incr("a"), cache.get("a"), "a" in cache) == (False, 2, 2, True)
    cache.set_many({"b": 3, "c": 4})
    cache.delete("c")
    assert cache.get_many(["a", "b", "c"]) == {"a": 2, "b": 3}


def test_no_method_asks_redis_alone() -> None:
    asking = {name for name in vars(RedisCache) if not name.startswith("_")} - {
        "get_backend_timeout"
    }
    assert {name for name in asking if name not in vars(RedisOrProcess)} == set()


def test_it_uses_a_redis_that_was_restarted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetingportal.cache, "ASKED_AGAIN_AFTER", 0)
    cache = cache_in(redis.url)
    cache.set("a", 1)
    redis.kill()
    cache.set("a", 2)
    assert cache.get("a") == 2
    redis.start()
    cache.set("b", 3)
    assert cache_in(redis.url).get_many(["a", "b"]) == {"b": 3}
    assert cache.get("a") is None


def test_a_redis_that_hangs_is_not_asked_at_each_step(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meetingportal.cache, "ASKED_AGAIN_AFTER", PATIENCE)
    redis.process.send_signal(signal.SIGSTOP)
    cache_in(redis.url, waits=0.1).set("a", 1)
    redis.process.send_signal(signal.SIGCONT)
    cache_in(redis.url).set("b", 2)
    assert cache_in(redis.url).get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert RedisCache(redis.url, {}).get("b") is None
