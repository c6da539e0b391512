"""How often somebody may do something.

Counted in this process's memory: each replica has its own count, and a restart forgets it. Good
enough against guessing and against a runaway client.
"""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage

from habit_tracker.core.errors import TooSoonError


class Limit:
    """At most so many events per key in a window of time that begins with the first of them."""

    def __init__(self, rate: str) -> None:
        """`rate` as in "10 per minute"."""
        self._rate: RateLimitItem = parse(rate)
        self._storage = MemoryStorage()

    def take(self, key: str, detail: str) -> None:
        """Count one event. Raises TooSoonError with this detail when it is one too many.

        Checking and counting are one step, so that events at the same moment cannot all pass.
        """
        if self._storage.incr(key, self._rate.get_expiry()) > self._rate.amount:
            self._storage.decr(key)
            seconds = math.ceil(self._storage.get_expiry(key) - time.time())
            raise TooSoonError(detail, seconds=max(1, seconds))

    def give_back(self, key: str) -> None:
        """Forget one event that turned out not to count."""
        self._storage.decr(key)
