"""What went wrong in the database: for the client, for the log and for metrics."""

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from habit_tracker.core.errors import UnavailableError

DATABASE_DOWN = "The database does not answer. Nothing was saved; try again in a few seconds."


@dataclass(frozen=True)
class Trouble:
    """A failure that is the database's, and passes."""

    reason: str
    """A few words for metrics."""
    detail: str
    """For the client."""

    def error(self) -> UnavailableError:
        """What to raise."""
        return UnavailableError(self.detail, reason=self.reason)


LOCKED = Trouble(
    "lock",
    "Another change of yours is still being written and holds this data. Nothing was saved; "
    "try again in a few seconds.",
)
SLOW = Trouble(
    "slow statement",
    "The database took too long over this, and was stopped. Nothing was saved; try again later.",
)
BUSY = Trouble(
    "no connection free",
    "The server is busy: all of its database connections are in use. Nothing was saved; "
    "try again in a few seconds.",
)
FULL = Trouble(
    "database out of resources",
    "The database has no room or no connection left. Nothing was saved; try again later.",
)
READ_ONLY = Trouble(
    "database read-only",
    "The database only reads at the moment. Nothing was saved; try again in a few seconds.",
)
DOWN = Trouble("database down", DATABASE_DOWN)
LOST = Trouble(
    "database down",
    "The database stopped answering. Whether the change was saved is not known; look again in a "
    "few seconds.",
)

_BY_STATE = {
    "25006": READ_ONLY,
    "40001": LOCKED,
    "40P01": LOCKED,
    "55P03": LOCKED,
    "57014": SLOW,
}
_BY_CLASS = {"53": FULL}


def state_of(error: BaseException) -> str | None:
    """The SQLSTATE of an error; None when the server did not give one."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state if isinstance(state, str) else None


def trouble_of(error: BaseException) -> Trouble:
    """What one of db.UNAVAILABLE means."""
    if isinstance(error, PoolTimeoutError):
        return BUSY
    state = state_of(error) or ""
    found = _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
    if found is not None:
        return found
    began = isinstance(error, DBAPIError) and error.statement is not None
    return LOST if began else DOWN
