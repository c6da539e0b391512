"""How much of one thing may be going on at a time, so that nobody's share takes everybody's.

Counted in this process, which is where threads, memory and connections are to be shared.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
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


HALF_LIFE_SECONDS = 10.0
"""After so long, half of what somebody has used is forgotten."""

_REMEMBERED_USERS = 10_000


@dataclass(eq=False)
class _Waiter:
    user_id: UUID
    turn: asyncio.Future[None]


class Gate:
    """Lets so many requests work at a time, a few of them of one user.

    When more come they wait, and whoever has used least lately is next: a flood, from one account
    or from a hundred, waits for itself, and a person with a request now and then passes it.
    """

    def __init__(self, size: int, each: int, queue: int, seconds: float) -> None:
        """`size` at a time, `each` of a user's; `queue` of a user's wait, so many `seconds`."""
        self._size = size
        self._each = each
        self._queue = queue
        self._seconds = seconds
        self._active: Counter[UUID] = Counter()
        self._waiting: list[_Waiter] = []
        self._used: dict[UUID, tuple[float, float]] = {}

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, user_id: UUID) -> AsyncIterator[None]:
        """A turn. Raises a 429 problem when too many of the user's wait, or it does not come."""
        waiter = _Waiter(user_id, asyncio.get_running_loop().create_future())
        if sum(one.user_id == user_id for one in self._waiting) >= self._queue:
            raise _too_many()
        self._waiting.append(waiter)
        self._admit()
        try:
            async with asyncio.timeout(self._seconds):
                await waiter.turn
        except BaseException as error:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:  # the turn came at the same moment
                self._leave(user_id, 0)
            if isinstance(error, TimeoutError):
                raise _too_many() from None
            raise
        started = time.monotonic()
        try:
            yield
        finally:
            self._leave(user_id, time.monotonic() - started)

    def _leave(self, user_id: UUID, seconds: float) -> None:
        self._active[user_id] -= 1
        if not self._active[user_id]:
            del self._active[user_id]
        if len(self._used) >= _REMEMBERED_USERS:
            self._used.clear()
        self._used[user_id] = self._usage(user_id) + seconds, time.monotonic()
        self._admit()

    def _admit(self) -> None:
        while self._active.total() < self._size:
            free = (one for one in self._waiting if self._active[one.user_id] < self._each)
            following = min(free, key=lambda one: self._usage(one.user_id), default=None)
            if following is None:
                return
            self._waiting.remove(following)
            self._active[following.user_id] += 1
            if not following.turn.done():
                following.turn.set_result(None)

    def _usage(self, user_id: UUID) -> float:
        """Seconds of work, the older the less."""
        seconds, at = self._used.get(user_id, (0.0, 0.0))
        return float(seconds * 0.5 ** ((time.monotonic() - at) / HALF_LIFE_SECONDS))


def _too_many() -> Problem:
    return Problem(
        429,
        "Too many requests are being worked on, yours among them. Try again in a few seconds.",
        headers={"Retry-After": "2"},
        reason="requests",
    )
