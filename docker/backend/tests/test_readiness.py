"""Liveness and readiness while the database is missing, comes, goes, hangs and comes back."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, QueuePool, text
from sqlmodel import Session

from habit_tracker import VERSION, habits
from habit_tracker.main import create_app
from habit_tracker.models import User
from tests.support.api import Person, assert_problem, make_settings, register, wait_ready
from tests.support.postgres import cluster, connect, create_database, over_tcp, socket_path
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
    # The question has a connection of its own, and there is one, not one for each probe.
    assert checked_out(engine) == 0
    switch.set("open")
    wait_ready(app_behind)
    assert checked_out(engine) == 0


def test_a_frozen_database_is_an_answer_within_ten_seconds(
    switch: Switch, app_behind: TestClient
) -> None:
    switch.set("open")
    wait_ready(app_behind)
    people = [register(app_behind) for _ in range(8)]
    person = people[0]
    habit_id = person.add_habit()
    before = database_errors(app_behind)
    switch.set("swallow")

    def timed(number: int) -> tuple[Response, float]:
        started = time.monotonic()
        one = people[number % len(people)]
        response = one.request("PUT", f"/habits/{habit_id}/checkins/2026-01-01")
        return response, time.monotonic() - started

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(timed, range(60)))
    for response, seconds in answers:
        assert response.status_code in (429, 503), response.text
        assert response.headers["retry-after"] == "2"
        assert seconds < 10
    # From then on it is known, and nobody waits for long.
    response, seconds = timed(0)
    assert "The database does not answer." in assert_problem(response, 503)
    assert seconds < 3
    assert database_errors(app_behind) > before
    switch.set("open")
    wait_ready(app_behind)
    person.check_in(habit_id, date(2026, 1, 1))


def test_requests_that_wait_for_a_lock_are_one_persons_trouble(
    client: TestClient, person: Person
) -> None:
    """Ten of them, while somebody holds the row: others and the probes do not notice."""
    assert isinstance(client.app, FastAPI)
    habit_id = person.add_habit()
    other = register(client)
    database = client.app.state.services.engine.url
    order = {"ids": [habit_id]}
    with connect(database) as outside, ThreadPoolExecutor(10) as pool:
        outside.execute("BEGIN")
        outside.execute("SELECT 1 FROM users WHERE id = %s FOR UPDATE", [person.id])
        waiting = [
            pool.submit(person.request, "PUT", "/habits/order", json=order) for _ in range(10)
        ]
        time.sleep(0.3)
        started = time.monotonic()
        assert client.get(READY).status_code == 200
        assert other.habits() == []
        assert time.monotonic() - started < 1
        answers = [one.result() for one in waiting]
        outside.execute("ROLLBACK")
    assert {response.status_code for response in answers} == {429, 503}
    for response in answers:
        assert response.headers["retry-after"] == "2"
        detail = assert_problem(response, response.status_code)
        if response.status_code == 503:
            assert detail.startswith("Another change of yours is still being written")
    refusals = client.get("/metrics").text
    assert 'habit_tracker_refusals_total{reason="lock"}' in refusals
    assert 'habit_tracker_database_errors_total{sqlstate_class="55"}' in refusals
    assert person.request("PUT", "/habits/order", json=order).status_code == 204


def test_a_statement_that_takes_too_long_says_so(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(session: Session, _: User) -> None:
        session.execute(text("SET statement_timeout = '50ms'"))
        session.execute(text("SELECT pg_sleep(5)"))

    monkeypatch.setattr(habits, "list_today", sleep)
    response = person.request("GET", "/today")
    assert assert_problem(response, 503).startswith("The database took too long over this")


def database_errors(client: TestClient) -> float:
    found = re.findall(
        r"^habit_tracker_database_errors_total\{.*\} (\S+)", client.get("/metrics").text, re.M
    )
    return sum(map(float, found))
