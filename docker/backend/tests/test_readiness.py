"""Liveness and readiness while the database is missing, comes, goes, hangs and comes back."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool

from habit_tracker import VERSION
from habit_tracker.main import create_app
from tests.support.api import assert_problem, make_settings, register, wait_ready
from tests.support.postgres import cluster, create_database, over_tcp, socket_path
from tests.support.switch import Switch

READY = "/health?ready=1"


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch(socket_path(cluster()), "refuse") as switch:
        yield switch


@pytest.fixture
def app_behind(switch: Switch) -> Iterator[TestClient]:
    settings = make_settings(over_tcp(create_database(), switch.port))
    with TestClient(create_app(settings)) as client:
        yield client


def assert_alive(client: TestClient) -> None:
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "version": VERSION}


def checked_out(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def test_version() -> None:
    assert VERSION == "v1.0.0"


def test_ready(client: TestClient) -> None:
    response = client.get(READY)
    assert response.status_code == 200
    assert response.json() == {"status": "ready"}


def test_an_outage_is_503_and_recovers_by_itself(switch: Switch, app_behind: TestClient) -> None:
    # Not there yet at start: alive, not ready, and the API says so.
    assert_alive(app_behind)
    assert assert_problem(app_behind.get(READY), 503).startswith("Not ready. The database")
    response = app_behind.post("/api/v1/auth/login", json={})
    assert assert_problem(response, 503).startswith("Not ready.")
    assert response.headers["retry-after"] == "2"

    switch.set("open")
    wait_ready(app_behind)
    person = register(app_behind)
    habit_id = person.add_habit()

    # Gone: pooled connections are dead, new ones refused.
    switch.set("refuse")
    assert_alive(app_behind)
    assert "The database does not answer." in assert_problem(app_behind.get(READY), 503)
    for response in (
        person.request("GET", "/habits"),
        person.request("PUT", f"/habits/{habit_id}/checkins/2026-01-01"),
        app_behind.post("/api/v1/auth/login", json={"email": person.email, "password": "wrong"}),
    ):
        assert "Nothing was saved" in assert_problem(response, 503)
        assert response.headers["retry-after"] == "2"

    # Back: at once, without a restart, with everything.
    switch.set("open")
    assert app_behind.get(READY).status_code == 200
    assert [habit["id"] for habit in person.habits()] == [habit_id]


def test_a_hanging_database_does_not_hang_the_probes(
    switch: Switch, app_behind: TestClient
) -> None:
    switch.set("open")
    wait_ready(app_behind)
    assert isinstance(app_behind.app, FastAPI)
    engine: Engine = app_behind.app.state.services.engine
    switch.set("swallow")
    for _ in range(3):
        response = app_behind.get(READY)
        assert "The database does not answer." in assert_problem(response, 503)
        assert response.elapsed.total_seconds() < 5
        assert_alive(app_behind)
    # One question hangs, not one per probe: the rest of the pool is there when it comes back.
    assert checked_out(engine) == 1
    switch.set("open")
    wait_ready(app_behind)
    assert checked_out(engine) == 0


def test_the_api_describes_itself(client: TestClient) -> None:
    assert client.get("/docs").status_code == 200
    paths = client.get("/openapi.json").json()["paths"]
    assert "/api/v1/habits/{habit_id}/checkins/{day}" in paths
