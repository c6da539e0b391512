"""Alembic's entry point.

The server hands its connection over (migrate.py). On the command line, `alembic revision
--autogenerate` and friends, DATABASE_URL is read as the server reads it.
"""

from alembic import context
from sqlalchemy import Connection

from habit_tracker.core.config import load_settings
from habit_tracker.core.db import make_engine
from habit_tracker.models import METADATA


def run(connection: Connection) -> None:
    """Run the requested migrations on this connection."""
    context.configure(
        connection=connection, target_metadata=METADATA, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(load_settings()).begin() as own:
        run(own)
