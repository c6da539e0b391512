"""What is deleted can come back, until it is gone for ever."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from habit_tracker import trash
from habit_tracker.trash import KEPT_FOR, PURGED_AT_ONCE
from tests.support.api import TODAY, Person, assert_problem, register
from tests.support.postgres import connect


def contents(person: Person) -> list[dict[str, Any]]:
    response = person.request("GET", "/trash")
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()
    return found


def age(client: TestClient, habit_id: str, by: timedelta) -> None:
    """Let a habit have been in the trash for longer."""
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    with connect(engine.url) as connection:
        connection.execute(
            "UPDATE habits SET deleted_at = deleted_at - %s WHERE id = %s", [by, habit_id]
        )


def test_a_deleted_habit_comes_back_with_everything(person: Person) -> None:
    habit_id = person.add_habit("Drink", icon="💧", color="#123456")
    person.check_in(habit_id, TODAY, count=3, note="At work")
    before = person.habit(habit_id)
    person.request("DELETE", f"/habits/{habit_id}")
    [trashed] = contents(person)
    deleted_at = datetime.fromisoformat(trashed.pop("deleted_at"))
    assert datetime.now(UTC) - deleted_at < timedelta(minutes=1)
    assert datetime.fromisoformat(trashed.pop("purge_at")) == deleted_at + timedelta(days=30)
    assert trashed == {"id": habit_id, "name": "Drink", "color": "#123456", "icon": "💧"}
    restored = person.request("POST", f"/trash/{habit_id}/restore")
    assert (restored.status_code, restored.headers["etag"]) == (200, '"1"')
    assert restored.json() == before == person.habit(habit_id)
    assert contents(person) == []


def test_what_is_in_the_trash_is_nowhere_else(person: Person) -> None:
    habit_id, kept = person.add_habit("Read"), person.add_habit("Write")
    person.check_in(habit_id, TODAY)
    person.request("DELETE", f"/habits/{habit_id}")
    path = f"/habits/{habit_id}"
    for method, route in [
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("GET", f"{path}/checkins"),
        ("GET", f"{path}/heatmap"),
        ("GET", f"{path}/stats"),
        ("PUT", f"{path}/checkins/{TODAY}"),
        ("PATCH", f"{path}/checkins/{TODAY}"),
        ("DELETE", f"{path}/checkins/{TODAY}"),
    ]:
        body: dict[str, object] | None = None if method in ("GET", "DELETE") else {}
        assert_problem(person.request(method, route, json=body), 404)
    order = {"ids": [kept, habit_id]}
    assert_problem(person.request("PUT", "/habits/order", json=order), 404)
    assert [habit["id"] for habit in person.habits(archived="all")] == [kept]
    assert [habit["id"] for habit in person.request("GET", "/today").json()["habits"]] == [kept]
    exported = person.request("GET", "/me/export").json()
    assert [habit["name"] for habit in exported["habits"]] == ["Write"]
    assert "Read" not in person.request("GET", "/me/export.csv").text
    [trashed] = contents(person)
    assert trashed["id"] == habit_id


def test_the_trash_is_its_owners_and_holds_nothing_else(client: TestClient, person: Person) -> None:
    other = register(client)
    trashed, kept = person.add_habit("a"), person.add_habit("b")
    person.request("DELETE", f"/habits/{trashed}")
    assert contents(other) == []
    for who, habit_id in [(other, trashed), (person, kept), (person, str(uuid4()))]:
        for method, path in [("POST", f"/{habit_id}/restore"), ("DELETE", f"/{habit_id}")]:
            assert_problem(who.request(method, f"/trash{path}"), 404)
    assert [habit["id"] for habit in contents(person)] == [trashed]


def test_the_latest_comes_first(person: Person) -> None:
    ids = [person.add_habit(name) for name in "abc"]
    for habit_id in (ids[1], ids[0], ids[2]):
        person.request("DELETE", f"/habits/{habit_id}")
    assert [habit["name"] for habit in contents(person)] == ["c", "a", "b"]


def test_for_ever_is_for_ever(person: Person) -> None:
    habit_id = person.add_habit()
    person.request("DELETE", f"/habits/{habit_id}")
    assert person.request("DELETE", f"/trash/{habit_id}").status_code == 204
    assert contents(person) == []
    assert_problem(person.request("POST", f"/trash/{habit_id}/restore"), 404)


def test_after_thirty_days_it_is_gone(client: TestClient, person: Person) -> None:
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    old, young, _ = (person.add_habit(name) for name in ("old", "young", "kept"))
    for habit_id in (old, young):
        person.request("DELETE", f"/habits/{habit_id}")
    age(client, old, KEPT_FOR)
    age(client, young, KEPT_FOR - timedelta(minutes=1))
    # For its owner at once, whenever the purge comes by.
    assert [habit["id"] for habit in contents(person)] == [young]
    assert_problem(person.request("POST", f"/trash/{old}/restore"), 404)
    while trash.purge(engine):
        pass
    with connect(engine.url) as connection:
        rows = connection.execute("SELECT name FROM habits WHERE user_id = %s", [person.id])
        assert sorted(rows.fetchall()) == [("kept",), ("young",)]
    assert person.request("POST", f"/trash/{young}/restore").status_code == 200
    assert len(person.habits()) == 2


def test_a_clock_that_is_wrong_here_costs_nothing(
    client: TestClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FastClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "FastClock":
            return super().now(tz) + timedelta(days=365)

    habit_id = person.add_habit("Read")
    person.request("DELETE", f"/habits/{habit_id}")
    monkeypatch.setattr(trash, "datetime", FastClock)
    trash.purge(client.app.state.services.engine)  # type: ignore[attr-defined]
    assert person.request("POST", f"/trash/{habit_id}/restore").status_code == 200


def test_a_full_trash_is_emptied_bit_by_bit(client: TestClient, person: Person) -> None:
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    while trash.purge(engine):
        pass
    for number in range(PURGED_AT_ONCE + 1):
        habit_id = person.add_habit(str(number))
        person.request("DELETE", f"/habits/{habit_id}")
        age(client, habit_id, KEPT_FOR)
    assert [trash.purge(engine) for _ in range(3)] == [PURGED_AT_ONCE, 1, 0]


def test_what_the_chatbot_asked_comes_back_too(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit()
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    with connect(engine.url) as connection:
        connection.execute(
            "INSERT INTO chat_confirmations (id, user_id, habit_id, tool)"
            " VALUES (%s, %s, %s, 'archive_habit')",
            [uuid4(), person.id, habit_id],
        )

    def asked() -> list[str]:
        return [one["habit_id"] for one in person.request("GET", "/chat/confirmations").json()]

    assert asked() == [habit_id]
    person.request("DELETE", f"/habits/{habit_id}")
    assert asked() == []
    person.request("POST", f"/trash/{habit_id}/restore")
    assert asked() == [habit_id]


def test_the_purge_goes_on_after_a_mishap(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[int | Exception] = [20, RuntimeError("once"), 20, 3, 0]

    def purge(_: object) -> int:
        if not outcomes:
            raise SystemExit  # which no mishap is
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(trash, "purge", purge)
    monkeypatch.setattr(trash, "PURGE_EVERY", timedelta(0))
    monkeypatch.setattr(trash, "log", logging.getLogger("test"))
    with pytest.raises(SystemExit):
        asyncio.run(trash.purge_now_and_then(None))  # type: ignore[arg-type]
    assert outcomes == []


@pytest.mark.parametrize("days", [0, 5])
def test_time_in_the_trash_is_a_pause(client: TestClient, person: Person, days: int) -> None:
    habit_id = person.add_habit()
    for ago in range(6, 16):
        person.check_in(habit_id, TODAY - timedelta(days=ago))
    person.request("DELETE", f"/habits/{habit_id}")
    age(client, habit_id, timedelta(days=days))
    restored = person.request("POST", f"/trash/{habit_id}/restore").json()
    assert restored["streak"] == (10 if days == 5 else 0)
