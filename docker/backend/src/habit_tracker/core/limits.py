"""How often somebody may do something.

Counted in this process's memory: each replica has its own count, and a restart forgets it. Good
enough against guessing and against a runaway client.
"""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from habit_tracker.core.problems import Problem


class Limit:
    """At most so many events per key in a moving window of time."""

    def __init__(self, rate: str) -> None:
        """`rate` as in "10 per minute"."""
        self._rate: RateLimitItem = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, key: str, detail: str) -> None:
        """Count one event. Raises a 429 problem with this detail when it is one too many."""
        if not self._limiter.hit(self._rate, key):
            raise self._refusal(key, detail)

    def check(self, key: str, detail: str) -> None:
        """Raise the problem if one more event would be too many, without counting one."""
        if not self._limiter.test(self._rate, key):
            raise self._refusal(key, detail)

    def _refusal(self, key: str, detail: str) -> Problem:
        free_at = self._limiter.get_window_stats(self._rate, key).reset_time
        seconds = max(1, math.ceil(free_at - time.time()))
        return Problem(429, detail, headers={"Retry-After": str(seconds)})
