"""The connection pool, with a time-out on every wait: a lost database means 503, never a hang."""

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from habit_tracker.core.config import Settings

# What SQLAlchemy raises when the database cannot be reached, went away, or is too busy.
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)

POOL_SIZE = 10


def make_engine(settings: Settings) -> Engine:
    """Build the pool. It connects on first use, so this succeeds while the database is down."""
    return create_engine(
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


def ping(engine: Engine) -> None:
    """One round trip. Raises one of UNAVAILABLE when the database does not answer."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def brief(error: BaseException) -> str:
    """An error's class and, for a failed connection, libpq's first line: it names host and port."""
    cause = getattr(error, "orig", None)
    if isinstance(error, OperationalError) and cause is not None and not error.statement:
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    return type(error).__name__
