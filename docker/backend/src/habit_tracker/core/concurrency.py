"""How much of one thing may be going on at a time, so that nobody's share takes everybody's.

Counted in this process, which is where threads, memory and connections are to be shared.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from habit_tracker.core.errors import TooSoonError, UnavailableError

T = TypeVar("T")

REFUSAL_SECONDS = 1.0
"""A refusal is so late: whoever asks again at once does so less often, and costs nothing."""


class Slots:
    """A number of places, one for each user at most. Whoever finds none is refused."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._users: set[UUID] = set()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return len(self._users)

    @asynccontextmanager
    async def take(self, user_id: UUID) -> AsyncIterator[None]:
        """A place. Raises TooSoonError when the user has one, UnavailableError without any."""
        if user_id in self._users or len(self._users) >= self._size:
            await asyncio.sleep(REFUSAL_SECONDS)
        if user_id in self._users:
            raise TooSoonError(
                "Another import or export of yours is still running. Wait until it is done.",
                seconds=5,
                reason="own transfer",
            )
        if len(self._users) >= self._size:
            raise UnavailableError(
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

ARRIVAL_SECONDS = 0.005
"""What asking counts for, as if it was work: about what an answer takes outside of its thread."""

_REMEMBERED_USERS = 10_000


@dataclass(eq=False)
class Turn:
    """Leave to work."""

    user_id: UUID
    given: asyncio.Future[None]
    bulk: bool
    due: float
    """The smaller, the sooner: when it was asked for, put off by what the user has used lately."""
    seconds: float = 0.0
    """Of processor time that the work took."""

    @contextmanager
    def work(self) -> Iterator[None]:
        """Add what this thread does meanwhile.

        Not the time that passes: that is longest for whoever is being kept waiting.
        """
        started = time.thread_time()
        try:
            yield
        finally:
            self.seconds += time.thread_time() - started

    def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function, and add what it takes."""
        with self.work():
            return function(*arguments)


class Gate:
    """Lets so many requests work at a time, a few of them of one user.

    When more come they wait, the longer the more processor time the user has taken lately: a
    flood waits for itself, and a person with a request now and then passes it. Of what is bulk,
    imports and exports, one piece at a time is worked on.
    """

    def __init__(self, size: int, each: int, queue: int, seconds: float) -> None:
        """`size` at a time, `each` of a user's; `queue` of a user's wait, so many `seconds`."""
        self._size = size
        self._each = each
        self._queue = queue
        self._seconds = seconds
        self._active: Counter[UUID] = Counter()
        self._waiting: list[Turn] = []
        self._bulk = 0
        self._used: dict[UUID, tuple[float, float]] = {}

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, user_id: UUID, *, bulk: bool = False) -> AsyncIterator[Turn]:
        """A turn. Raises TooSoonError when too many of the user's wait, or it does not come.

        `bulk` waits for as long as it takes: for a piece of something that has begun.
        """
        self._use(user_id, ARRIVAL_SECONDS)
        due = time.monotonic() + self._usage(user_id)
        turn = Turn(user_id, asyncio.get_running_loop().create_future(), bulk, due)
        if sum(one.user_id == user_id for one in self._waiting) >= self._queue:
            await asyncio.sleep(REFUSAL_SECONDS)
            raise _too_many()
        self._waiting.append(turn)
        self._admit()
        try:
            async with asyncio.timeout(None if bulk else self._seconds):
                await turn.given
        except BaseException as error:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:  # it came at the same moment
                self._leave(turn)
            if isinstance(error, TimeoutError):
                raise _too_many() from None
            raise
        try:
            yield turn
        finally:
            self._leave(turn)

    def _leave(self, turn: Turn) -> None:
        self._active[turn.user_id] -= 1
        if not self._active[turn.user_id]:
            del self._active[turn.user_id]
        self._bulk -= turn.bulk
        self._use(turn.user_id, turn.seconds)
        self._admit()

    def _use(self, user_id: UUID, seconds: float) -> None:
        if len(self._used) >= _REMEMBERED_USERS:
            self._used.clear()
        self._used[user_id] = self._usage(user_id) + seconds, time.monotonic()

    def _admit(self) -> None:
        while self._active.total() < self._size:
            free = (
                one
                for one in self._waiting
                if self._active[one.user_id] < self._each and not (one.bulk and self._bulk)
            )
            following = min(free, key=attrgetter("due"), default=None)
            if following is None:
                return
            self._waiting.remove(following)
            self._bulk += following.bulk
            self._active[following.user_id] += 1
            if not following.given.done():
                following.given.set_result(None)

    def _usage(self, user_id: UUID) -> float:
        """Seconds of work, the older the less."""
        seconds, at = self._used.get(user_id, (0.0, 0.0))
        return float(seconds * 0.5 ** ((time.monotonic() - at) / HALF_LIFE_SECONDS))


def _too_many() -> TooSoonError:
    return TooSoonError(
        "Too many requests are being worked on, yours among them. Try again in a few seconds.",
        seconds=2,
        reason="requests",
    )
