"""Connections, with a time-out on every wait: a lost database means 503, never a hang."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from habit_tracker.core.config import Settings

# What SQLAlchemy raises when the database cannot be reached, went away, or is too busy.
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)

POOL_SIZE = 10
"""Connections for requests."""

POOL_SECONDS = 3
"""How long a request waits for one of them."""

TRANSFERS = 2
"""Connections for imports and exports: they may take long, so they have their own."""

ANSWER_SECONDS = 2.0

IDLE_SECONDS = 0.5

# Far longer than any statement here takes.
STATEMENT_TIMEOUT_SECONDS = 5

# Whoever waits for a lock keeps a connection from others.
LOCK_TIMEOUT_SECONDS = 2

# A transaction whose process vanished together with its node keeps its locks no longer than this.
IDLE_IN_TRANSACTION_SECONDS = 60

# When the database has ended neither by then, it is frozen or out of reach. With the waits for a
# connection, for a ping and for a new connection, a request ends within ten seconds.
CLIENT_TIMEOUT_SECONDS = STATEMENT_TIMEOUT_SECONDS + 1.5

_SETTINGS = f"""
    SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s';
    SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s';
    SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'
"""


class ImpatientConnection(psycopg.Connection[Any]):
    """Gives up on a server that does not answer, and closes: the server sees that, and stops.

    The time-outs that the server keeps end nothing when it is frozen, or out of reach behind a
    network that drops packets; nor does TCP's, when only the server's process stands still.
    """

    patience: float | None = CLIENT_TIMEOUT_SECONDS
    """Seconds; None waits for ever."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """What everything that expects an answer goes through; raises OperationalError."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # not an answer of the server's
                self.close()
            raise


def make_engine(
    settings: Settings, size: int = POOL_SIZE, doubted_at: Callable[[], float] = lambda: 0.0
) -> Engine:
    """Build a pool. It connects on first use, so this succeeds while the database is down.

    `doubted_at` says when the database was last in doubt, by `time.monotonic()`: what has not
    worked since then is tried before it is used.
    """
    engine = create_engine(
        settings.sqlalchemy_url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        # The same few connections when there is little to do: see _ping_idle.
        pool_use_lifo=True,
        # Errors end up in logs; the values in a statement are personal data.
        hide_parameters=True,
        connect_args={
            "application_name": "habit-tracker-backend",
            "connect_timeout": 3,
            # A server that vanished without closing (node lost, packets dropped) is noticed in
            # seconds; the kernel's default is a quarter of an hour. Milliseconds.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 10,
            # Server-side prepared statements break behind transaction poolers (PgBouncer, Neon).
            "prepare_threshold": None,
        },
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _limit_statements)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", partial(_ping_idle, doubted_at))
    return engine


def _connect(
    _: object, __: object, arguments: list[Any], options: dict[str, Any]
) -> ImpatientConnection:
    return ImpatientConnection.connect(*arguments, **options)


def without_transactions(engine: Engine) -> Engine:
    """The same pool, but each statement commits by itself: half as many messages for a request."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _note_time(_: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_idle(
    doubted_at: Callable[[], float],
    connection: DBAPIConnection,
    record: ConnectionPoolEntry,
    _: object,
) -> None:
    """Replace a connection that died with its server instead of handing it out.

    As pool_pre_ping does, but not for one that worked a moment ago: on a busy server that is one
    message in three. One that dies within that moment is a 503, and ends all others of its age.
    """
    idle_since = record.info.get("idle_since")
    if idle_since is None:
        return
    if idle_since > max(doubted_at(), time.monotonic() - IDLE_SECONDS):
        return
    driver = record.driver_connection
    assert isinstance(driver, ImpatientConnection)  # noqa: S101 - see _connect
    driver.patience = ANSWER_SECONDS
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool tries another one
    driver.patience = CLIENT_TIMEOUT_SECONDS


def _limit_statements(connection: DBAPIConnection, _: object) -> None:
    # A statement, not libpq's `options`: poolers refuse those, and DATABASE_URL may have its own.
    cursor = connection.cursor()
    cursor.execute(_SETTINGS)
    cursor.close()
    connection.commit()


class Heartbeat:
    """Asks the database for a sign of life, once at a time, on a connection of its own.

    A hanging database must not hang the readiness probe, and probes that come every few seconds
    must not pile up threads and connections behind it. So an answer is awaited for a bounded
    time, and while one question is unanswered nobody asks another. And requests that occupy all
    of their connections say nothing about the database.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(settings, 1)
        self.in_doubt = False
        """The last question had no answer, or an error was reported since: better ask first."""
        self.doubted_at = 0.0
        """When that was last so, by `time.monotonic()`."""
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heartbeat")
        self._question: Future[bool] | None = None

    async def beats(self) -> bool:
        """Whether the database answers within ANSWER_SECONDS."""
        if self._question is None or self._question.done():
            self._question = self._worker.submit(self._ask)
        answer = asyncio.wrap_future(self._question)
        done, _ = await asyncio.wait({answer}, timeout=ANSWER_SECONDS)
        alive = answer in done and answer.result()
        if alive:
            self.in_doubt = False
        else:
            self.doubt()
        return alive

    def doubt(self) -> None:
        """Something looks as if the database was away."""
        self.in_doubt = True
        self.doubted_at = time.monotonic()

    def close(self) -> None:
        """Let the worker end."""
        self._worker.shutdown(wait=False)
        self._engine.dispose()

    def _ask(self) -> bool:
        try:
            with without_transactions(self._engine).connect() as connection:
                connection.execute(text("SELECT 1"))
        except UNAVAILABLE:
            return False
        return True


def brief(error: BaseException) -> str:
    """An error's class, the driver's if it has one.

    For a failed connection, libpq's first line as well: it names host and port.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(error, OperationalError) and not error.statement:
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    return type(cause).__name__
