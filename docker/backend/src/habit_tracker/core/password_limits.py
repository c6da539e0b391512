"""How many wrong passwords are borne, and from whom.

Guesses from anywhere must not lock the owner out, so whoever has proved to be the owner before is
counted apart: a session that asks for the password again, and a browser with a device token.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from habit_tracker.core.errors import TooSoonError
from habit_tracker.core.limits import Limit

TOO_MANY_FAILURES = "Too many wrong passwords. Wait a few minutes, then try again."

OWN = "10 per 5 minutes"
"""A person's slips, for a known session or browser, or for an account from one network."""

NETWORK = "100 per 5 minutes"
ACCOUNT = "100 per hour"


@dataclass(frozen=True)
class Source:
    """Who gives a password for an account."""

    account: str
    """Its e-mail address, whether there is such an account or not: the limits tell nothing."""
    network: str
    known_as: str | None
    """A session or a browser of this account; None for a stranger."""


class PasswordLimits:
    """Wrong passwords in this process."""

    def __init__(self) -> None:
        self._own = Limit(OWN)
        self._network = Limit(NETWORK)
        self._account = Limit(ACCOUNT)
        self._undecided: Counter[tuple[Limit, str]] = Counter()
        self._decided = asyncio.Event()

    async def take(self, source: Source) -> Callable[[bool], None]:
        """Count a password as wrong before it is looked at. Raises TooSoonError if it is too many.

        Returns what has to be told, whatever happens, whether the password was wrong. Those that
        are being looked at may be right: one that is too many only with them waits for that.
        """
        if source.known_as is not None:
            wanted = [(self._own, source.known_as)]
        else:
            wanted = [
                (self._own, f"{source.account} {source.network}"),
                (self._network, source.network),
                (self._account, source.account),
            ]
        while True:
            with ExitStack() as taken:
                for limit, key in wanted:
                    try:
                        limit.take(key, TOO_MANY_FAILURES)
                    except TooSoonError:
                        if not self._undecided[limit, key]:
                            raise
                        break
                    taken.callback(limit.give_back, key)
                else:
                    self._undecided.update(wanted)
                    taken.pop_all()  # they stay taken until it is decided
                    return lambda wrong: self._decide(wanted, wrong=wrong)
            await self._decided.wait()

    def _decide(self, wanted: list[tuple[Limit, str]], *, wrong: bool) -> None:
        if not wrong:
            for limit, key in wanted:
                limit.give_back(key)
        self._undecided.subtract(wanted)
        self._undecided = +self._undecided  # without those that are at zero
        self._decided.set()
        self._decided = asyncio.Event()
