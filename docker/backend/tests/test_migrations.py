"""The schema: who brings it up, and that it is the one the models mean."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from habit_tracker.core.db import make_engine
from habit_tracker.migrate import LOCK_KEY, alembic_config, upgrade
from habit_tracker.models import METADATA
from tests.support.api import make_settings
from tests.support.postgres import connect, create_database
from tests.support.server import ServerProcess

RAN = "Running upgrade"


def test_the_migrations_make_what_the_models_say() -> None:
    engine = make_engine(make_settings(create_database()))
    assert upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_upgrading_again_changes_nothing_and_downgrading_removes_everything() -> None:
    engine = make_engine(make_settings(create_database()))
    assert upgrade(engine)
    assert upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_of_two_starting_replicas_one_migrates(tmp_path: Path) -> None:
    database = create_database()
    with connect(database) as connection:
        # A third process is at it: both have to wait, so that both start from the same line.
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        with (
            ServerProcess(database, tmp_path / "a.log") as a,
            ServerProcess(database, tmp_path / "b.log") as b,
        ):
            for server in (a, b):
                server.wait_listening()
                server.wait_not_ready("Another replica is migrating")
            connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
            a.wait_ready()
            b.wait_ready()
            assert a.output().count(RAN) + b.output().count(RAN) == 1


def test_a_newer_schema_is_left_alone() -> None:
    """After a rollback, the old version meets the new version's schema."""
    database = create_database()
    engine = make_engine(make_settings(database))
    assert upgrade(engine)
    with connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
        assert upgrade(engine)
        [row] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert row == ("from-the-future",)
    engine.dispose()


def test_a_failing_migration_keeps_the_server_alive_and_not_ready(tmp_path: Path) -> None:
    database = create_database()
    with connect(database) as connection:
        connection.execute("CREATE TABLE habits (something text)")  # in the way of ours
        with ServerProcess(database, tmp_path / "log") as server:
            server.wait_listening()
            server.wait_not_ready("The migrations failed")
            # One transaction: nothing of the failed attempt stays.
            assert connection.execute("SELECT to_regclass('users')").fetchall() == [(None,)]
            connection.execute("DROP TABLE habits")
            server.wait_ready()
