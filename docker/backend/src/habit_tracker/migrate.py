"""Bring the database's schema to this version, in the background, while the server listens.

Migrations must leave the previous version working (add first, remove a release later): during a
rolling update both versions run on one schema. And they must leave it undisturbed: no lock is
waited for long, each migration is a transaction of its own, and one that has to touch every row of
a table does so a few at a time, in `op.get_context().autocommit_block()`.
"""

import asyncio
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, text

from habit_tracker.core.db import UNAVAILABLE, ImpatientConnection, brief
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.trouble import state_of

log = structlog.stdlib.get_logger("habit_tracker.migrate")

# Any fixed number; all replicas use the same one.
LOCK_KEY = 7_305_471_126

LOCK_NOT_AVAILABLE = "55P03"

FIRST_DELAY = 0.5
LONGEST_DELAY = 5.0

# Whatever asks for the same table queues behind a migration that waits for its lock.
LOCK_TIMEOUT_MS = 300

# In every transaction of a migration. Moving a large table's rows takes what it takes.
_SETTINGS = f"""
    SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS};
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0
"""


async def migrate_when_possible(engine: Engine, lifecycle: Lifecycle) -> None:
    """Retry until the schema is current, then mark the process as migrated."""
    delay = FIRST_DELAY
    while not lifecycle.migrated:
        try:
            if await asyncio.to_thread(upgrade, engine):
                lifecycle.migrated = True
                log.info("schema is current")
                return
            lifecycle.waiting_for = "Another replica is migrating the database."
            delay = FIRST_DELAY
        except UNAVAILABLE as error:
            locked = state_of(error) == LOCK_NOT_AVAILABLE
            lifecycle.waiting_for = (
                "A migration waits for a table that another session has locked."
                if locked
                else "The database does not answer yet."
            )
            log.warning(
                "table is locked" if locked else "database is not available",
                error=brief(error),
                sqlstate=state_of(error),
                retry_in_seconds=delay,
            )
        except Exception:
            # Not the database's absence but a wrong migration: a restart would not mend it, and
            # the liveness probe must not try. The rollout stops here with the old version serving.
            lifecycle.waiting_for = "The migrations failed; the backend's log says where."
            log.exception("migrations failed", retry_in_seconds=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


def upgrade(engine: Engine) -> bool:
    """Run what is missing, each migration in a transaction. False when another process is at it.

    Raises OperationalError when a table stays locked; what was done until then is complete, and
    the next attempt goes on from there.
    """
    # The lock is a transaction's, so that it cannot outlive a crash, and on a connection of its
    # own, so that a migration can commit in between. It is tried, not awaited, so that a process
    # that waits for its turn can still be stopped.
    with engine.begin() as lock, engine.connect() as connection:
        if not lock.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK_KEY}):
            return False
        lock.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        driver = connection.connection.driver_connection
        assert isinstance(driver, ImpatientConnection)  # noqa: S101 - see db.make_engine
        connection.detach()  # what is set here is not for requests
        driver.patience = None
        event.listen(connection, "begin", _prepare)
        config = alembic_config(connection)
        if _is_newer(connection, config):
            log.warning("schema is newer than this version; leaving it alone")
        else:
            connection.rollback()  # alembic begins its own transactions
            command.upgrade(config, "head")
        return True


def _prepare(connection: Connection) -> None:
    connection.exec_driver_sql(_SETTINGS)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for the migrations in this package, on a given connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _is_newer(connection: Connection, config: Config) -> bool:
    """Whether the schema has a revision that this version does not know: after a rollback."""
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return not known.issuperset(MigrationContext.configure(connection).get_current_heads())
