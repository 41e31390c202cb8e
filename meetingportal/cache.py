"""The cache in Redis, which goes on within the process while Redis is away.

Limits on guessing passwords are counted in it: without Redis they must neither fall nor shut all
hosts out. Each process then counts for itself.
"""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

WITHIN_PROCESS = {"OPTIONS": {"MAX_ENTRIES": 10_000}}
ASKED_AGAIN_AFTER = 5  # seconds; a Redis that only hangs is not waited for at each step


class RedisOrProcess(RedisCache):
    away_until: ClassVar[dict[str, float]] = {}  # by address, for all threads

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.server = server
        self.within_process = LocMemCache(server, {**params, **WITHIN_PROCESS})


def or_within_process(name: str) -> Callable[..., Any]:
    in_redis = getattr(RedisCache, name)

    def method(cache: RedisOrProcess, *args: Any, **options: Any) -> Any:
        if cache.away_until.get(cache.server, 0) <= time.monotonic():
            try:
                return in_redis(cache, *args, **options)
            except RedisError:
                cache.away_until[cache.server] = time.monotonic() + ASKED_AGAIN_AFTER
        return getattr(cache.within_process, name)(*args, **options)

    return method


for name in vars(RedisCache).keys() - {"get_backend_timeout"}:
    if not name.startswith("_"):
        setattr(RedisOrProcess, name, or_within_process(name))
