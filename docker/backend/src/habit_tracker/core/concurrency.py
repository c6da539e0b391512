"""How much of one thing may be going on at a time, so that nobody's share takes everybody's.

Counted in this process, which is where threads, memory and connections are to be shared.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from habit_tracker.core.problems import Problem, unavailable


class Slots:
    """A number of places, one for each user at most. Whoever finds none is refused at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._users: set[UUID] = set()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return len(self._users)

    @contextmanager
    def take(self, user_id: UUID) -> Iterator[None]:
        """A place. Raises problems: 429 when the user has one, 503 when others have them all."""
        if user_id in self._users:
            raise Problem(
                429,
                "Another import or export of yours is still running. Wait until it is done.",
                headers={"Retry-After": "5"},
                reason="own transfer",
            )
        if len(self._users) >= self._size:
            raise unavailable(
                "Others are importing or exporting right now. Try again in a few seconds.",
                reason="transfers",
            )
        self._users.add(user_id)
        try:
            yield
        finally:
            self._users.discard(user_id)


class Turns:
    """At most so many requests of a user at a time; the next ones wait, in order, for a while."""

    def __init__(self, at_a_time: int, waiting: int, seconds: float) -> None:
        self._at_a_time = at_a_time
        self._waiting = waiting
        self._seconds = seconds
        self._present: Counter[UUID] = Counter()
        self._turns: dict[UUID, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, user_id: UUID) -> AsyncIterator[None]:
        """A turn. Raises a 429 problem when too many wait, or when it does not come in time."""
        if self._present[user_id] >= self._at_a_time + self._waiting:
            raise self._refusal()
        self._present[user_id] += 1
        semaphore = self._turns.setdefault(user_id, asyncio.Semaphore(self._at_a_time))
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await semaphore.acquire()
            except TimeoutError:
                raise self._refusal() from None
            try:
                yield
            finally:
                semaphore.release()
        finally:
            self._present[user_id] -= 1
            if not self._present[user_id]:
                del self._present[user_id], self._turns[user_id]

    @staticmethod
    def _refusal() -> Problem:
        return Problem(
            429,
            "Too many requests of yours are waiting for each other. Try again in a few seconds.",
            headers={"Retry-After": "2"},
            reason="own requests",
        )
