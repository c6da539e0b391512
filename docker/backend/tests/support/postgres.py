"""Databases in the cluster that test.sh started."""

import os
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL, make_url


def cluster() -> URL:
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        pytest.exit("TEST_DATABASE_URL is not set. Run ./test.sh, which starts a PostgreSQL.", 4)
    return make_url(given)


_created: list[str] = []


def create_database() -> URL:
    """A new, empty database. It goes away with the cluster."""
    name = f"test_{uuid4().hex}"
    _created.append(name)
    with connect(cluster()) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return cluster().set(database=name)


def drop_databases() -> None:
    """Drop those that this process has created."""
    while _created:
        with connect(cluster()) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{_created.pop()}" WITH (FORCE)')


def connect(url: URL) -> psycopg.Connection[tuple[object, ...]]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def socket_path(url: URL) -> str:
    """The Unix socket that the cluster listens on."""
    return f"{url.query['host']}/.s.PGSQL.5432"


def over_tcp(url: URL, port: int) -> URL:
    """The same database, through something that listens on a loopback port."""
    return url.set(host="127.0.0.1", port=port, query={})
