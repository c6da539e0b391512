"""The connection pool, with a time-out on every wait: a lost database means 503, never a hang."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from habit_tracker.core.config import Settings

# What SQLAlchemy raises when the database cannot be reached, went away, or is too busy.
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)

POOL_SIZE = 10

ANSWER_SECONDS = 2.0

# Far longer than any statement here takes; a lock that is never given up ends in a 503.
STATEMENT_TIMEOUT_SECONDS = 10


def make_engine(settings: Settings) -> Engine:
    """Build the pool. It connects on first use, so this succeeds while the database is down."""
    engine = create_engine(
        settings.sqlalchemy_url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=5,
        # A connection that died with its server is replaced instead of handed out.
        pool_pre_ping=True,
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
    return engine


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
