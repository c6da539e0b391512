"""Bring the database's schema to this version, in the background, while the server listens.

Migrations must leave the previous version working (add first, remove a release later): during a
rolling update both versions run on one schema.
"""

import asyncio
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from habit_tracker.core.db import UNAVAILABLE, brief
from habit_tracker.core.lifecycle import Lifecycle

log = structlog.stdlib.get_logger("habit_tracker.migrate")

# Any fixed number; all replicas use the same one.
LOCK_KEY = 7_305_471_126

FIRST_DELAY = 0.5
LONGEST_DELAY = 5.0


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
            lifecycle.waiting_for = "The database does not answer yet."
            log.warning("database is not available", error=brief(error), retry_in_seconds=delay)
        except Exception:
            # Not the database's absence but a wrong migration: a restart would not mend it, and
            # the liveness probe must not try. The rollout stops here with the old version serving.
            lifecycle.waiting_for = "The migrations failed; the backend's log says where."
            log.exception("migrations failed", retry_in_seconds=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


def upgrade(engine: Engine) -> bool:
    """Run what is missing, in one transaction. False when another process is at it right now.

    The lock belongs to the transaction, so it cannot outlive a crash, and it is tried, not
    awaited, so a process that waits for its turn can still be stopped.
    """
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK_KEY}):
            return False
        # A migration that waits for a table lock queues every query behind it: give up and retry.
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        # Moving a large table's rows takes what it takes.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        config = alembic_config(connection)
        if _is_newer(connection, config):
            log.warning("schema is newer than this version; leaving it alone")
            return True
        command.upgrade(config, "head")
        return True


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
