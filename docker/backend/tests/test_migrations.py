"""The schema: who brings it up, and that it is the one the models mean."""

import time
from pathlib import Path
from uuid import uuid4

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from habit_tracker import migrate
from habit_tracker.core.db import make_engine
from habit_tracker.migrate import LOCK_KEY, alembic_config, upgrade
from habit_tracker.models import METADATA
from tests.support.api import make_settings
from tests.support.postgres import connect, create_database
from tests.support.server import ServerProcess

RAN = "Running upgrade"
REVISIONS = len(list((Path(migrate.__file__).parent / "migrations/versions").glob("*.py")))


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
            # All of them in one process, none in the other.
            assert sorted(server.output().count(RAN) for server in (a, b)) == [0, REVISIONS]


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


def test_the_previous_version_lives_on_this_schema() -> None:
    """During a rolling update both write: with what 0001 knew, the rest has its defaults."""
    database = create_database()
    engine = make_engine(make_settings(database))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
    old = """
        INSERT INTO users (id, email, password_hash) VALUES (%(user)s, %(user)s, 'x');
        INSERT INTO habits (id, user_id, name, color, created_at)
            VALUES (%(first)s, %(user)s, 'first', '#000000', '2026-01-01Z'),
                   (%(second)s, %(user)s, 'second', '#000000', '2026-01-02Z');
        INSERT INTO checkins (habit_id, day) VALUES (%(first)s, '2026-01-03')
    """
    with connect(database) as outside, psycopg.ClientCursor(outside) as cursor:
        cursor.execute(old, {name: str(uuid4()) for name in ("user", "first", "second")})
        assert upgrade(engine)
        cursor.execute(old, {name: str(uuid4()) for name in ("user", "first", "second")})
        cursor.execute("SELECT name, position, schedule, archived, version FROM habits ORDER BY 1")
        daily = {"kind": "daily"}
        assert sorted(cursor.fetchall()) == [
            ("first", 0, daily, False, 1),
            ("first", 0, daily, False, 1),
            ("second", 0, daily, False, 1),
            ("second", 0, daily, False, 1),
        ]
        cursor.execute("SELECT DISTINCT goal, icon, paused, deleted_at FROM habits")
        assert cursor.fetchall() == [(None, None, False, None)]
        cursor.execute("SELECT DISTINCT week_start, day_ends_at FROM users")
        assert cursor.fetchall() == [(1, 0)]
        cursor.execute("SELECT DISTINCT status, count, note FROM checkins")
        assert cursor.fetchall() == [("done", 1, "")]
        cursor.execute("SELECT DISTINCT time_zone, token_generation FROM users")
        assert cursor.fetchall() == [("UTC", 0)]
    engine.dispose()


def test_a_migration_that_waits_for_a_lock_stops_nobody(tmp_path: Path) -> None:
    """A long read, as of a backup, holds a table; what comes after the migration is served."""
    database = create_database()
    engine = make_engine(make_settings(database))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
    with connect(database) as reader, connect(database) as others:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM habits")
        with ServerProcess(database, tmp_path / "log") as server:
            server.wait_listening()
            server.wait_not_ready("a table that another session has locked")
            slowest = 0.0
            for _ in range(60):
                started = time.monotonic()
                for table in ("users", "habits", "checkins"):
                    others.execute(f"SELECT count(*) FROM {table}")
                slowest = max(slowest, time.monotonic() - started)
                time.sleep(0.05)
            assert slowest < 1
            assert "does not answer" not in server.readiness().text
            reader.execute("ROLLBACK")
            server.wait_ready()
        assert '"sqlstate": "55P03"' in server.output()
    engine.dispose()


def test_a_migration_of_many_habits_does_not_take_longer() -> None:
    """Nothing goes through all rows while tables are locked."""
    database = create_database()
    engine = make_engine(make_settings(database))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql("""
            INSERT INTO users (id, email, password_hash) VALUES (gen_random_uuid(), 'a', 'x');
            INSERT INTO habits (id, user_id, name, color)
                SELECT gen_random_uuid(), users.id, 'a', '#000000'
                FROM users, generate_series(1, 100000)
        """)
    started = time.monotonic()
    assert upgrade(engine)
    assert time.monotonic() - started < 1
    engine.dispose()
