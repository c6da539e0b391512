"""The connection pool, with a time-out on every wait: a lost database means 503, never a hang."""

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from habit_tracker.core.config import Settings

# What SQLAlchemy raises when the database cannot be reached, went away, or is too busy.
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)

POOL_SIZE = 10

ANSWER_SECONDS = 2.0

IDLE_SECONDS = 0.5

# Far longer than any statement here takes; a lock that is never given up ends in a 503.
STATEMENT_TIMEOUT_SECONDS = 10


def make_engine(settings: Settings) -> Engine:
    """Build the pool. It connects on first use, so this succeeds while the database is down."""
    engine = create_engine(
        settings.sqlalchemy_url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=5,
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
    event.listen(engine, "connect", _limit_statements)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", _ping_idle)
    return engine


def without_transactions(engine: Engine) -> Engine:
    """The same pool, but each statement commits by itself: half as many messages for a request."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _note_time(_: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    """Replace a connection that died with its server instead of handing it out.

    As pool_pre_ping does, but not for one that worked a moment ago: on a busy server that is one
    message in three. One that dies within that moment is a 503, and ends all others of its age.
    """
    idle_since = record.info.get("idle_since")
    if idle_since is None or time.monotonic() - idle_since < IDLE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool tries another one


def _limit_statements(connection: DBAPIConnection, _: object) -> None:
    # A statement, not libpq's `options`: poolers refuse those, and DATABASE_URL may have its own.
    cursor = connection.cursor()
    cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
    cursor.close()
    connection.commit()


class Heartbeat:
    """Asks the database for a sign of life, once at a time.

    A hanging database must not hang the readiness probe, and probes that come every few seconds
    must not pile up threads and connections behind it. So an answer is awaited for a bounded
    time, and while one question is unanswered nobody asks another.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heartbeat")
        self._question: Future[bool] | None = None

    async def beats(self) -> bool:
        """Whether the database answers within ANSWER_SECONDS."""
        if self._question is None or self._question.done():
            self._question = self._worker.submit(self._ask)
        answer = asyncio.wrap_future(self._question)
        done, _ = await asyncio.wait({answer}, timeout=ANSWER_SECONDS)
        return answer in done and answer.result()

    def close(self) -> None:
        """Let the worker end."""
        self._worker.shutdown(wait=False)

    def _ask(self) -> bool:
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except UNAVAILABLE:
            return False
        return True


def brief(error: BaseException) -> str:
    """An error's class and, for a failed connection, libpq's first line: it names host and port."""
    cause = getattr(error, "orig", None)
    if isinstance(error, OperationalError) and cause is not None and not error.statement:
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    return type(error).__name__
