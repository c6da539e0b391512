"""JSON logs on stdout: one object a line, no secret and no personal data."""

import hashlib
import hmac
import logging
import sys
import traceback
from collections.abc import Callable

import psycopg
import structlog
from structlog.typing import EventDict, WrappedLogger

from habit_tracker.core.config import Settings

# Follow LOG_LEVEL. Every other library stays at WARNING whatever it says: at DEBUG, HTTP and
# database clients write headers, bodies and statements.
OWN_LOGGERS = ("habit_tracker", "uvicorn", "alembic")


def setup_logging(settings: Settings) -> None:
    """Send our logs and those of every library through one JSON formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        trace_without_values,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(settings.log_level)


def pseudonyms(settings: Settings) -> Callable[[str], str]:
    """Names for logs: the same for the same person, and of no use to whoever reads only logs."""
    key = hashlib.sha256(b"pseudonyms" + settings.jwt_secret.get_secret_value().encode()).digest()
    return lambda value: hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:12]


def trace_without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its classes and code lines, without messages.

    Messages quote what was being worked on: a unique-key error names the e-mail address, a
    validation error the input. What PostgreSQL says about the place names nobody: its SQLSTATE,
    the table, the constraint.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        chain = []
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            chain.append({"type": type(error).__qualname__, "at": lines, **_place(error)})
            error = error.__cause__ or error.__context__
        event["exception"] = chain
    return event


def _place(error: BaseException) -> dict[str, str]:
    if not isinstance(error, psycopg.Error) or error.sqlstate is None:
        return {}
    found = {
        "sqlstate": error.sqlstate,
        "table": error.diag.table_name,
        "constraint": error.diag.constraint_name,
    }
    return {name: value for name, value in found.items() if value}
