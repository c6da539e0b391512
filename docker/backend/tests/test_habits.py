"""Habits, check-ins, and whose they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from tests.support.api import Person, assert_problem, register

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def test_a_new_habit_is_listed(person: Person) -> None:
    response = person.request("POST", "/habits", json={"name": "  Läuft 🏃 ", "color": "#22C55E"})
    assert response.status_code == 201
    habit = response.json()
    assert set(habit) == {
        "id", "name", "color", "schedule", "position", "archived", "created_at", "version",
        "due_today", "checked_today", "today", "streak", "best_streak", "streak_unit",
        "rate_30", "score", "checkins",
    }  # fmt: skip
    assert habit["name"] == "Läuft 🏃"
    assert habit["color"] == "#22c55e"
    assert (habit["checked_today"], habit["streak"], habit["checkins"]) == (False, 0, [])
    assert person.habits() == [habit]
    assert person.request("GET", f"/habits/{habit['id']}").json() == habit


def test_habits_keep_their_order(person: Person) -> None:
    names = ["c", "a", "b"]
    for name in names:
        person.add_habit(name)
    assert [habit["name"] for habit in person.habits()] == names


def test_a_habit_can_be_changed_in_part(person: Person) -> None:
    habit_id = person.add_habit("Read")
    changed = person.request("PATCH", f"/habits/{habit_id}", json={"color": "#000000"}).json()
    assert (changed["name"], changed["color"]) == ("Read", "#000000")
    changed = person.request("PATCH", f"/habits/{habit_id}", json={"name": "Write"}).json()
    assert (changed["name"], changed["color"]) == ("Write", "#000000")


def test_a_deleted_habit_is_gone_with_its_check_ins(person: Person) -> None:
    habit_id = person.add_habit()
    person.request("PUT", f"/habits/{habit_id}/checkins/{TODAY}")
    assert person.request("DELETE", f"/habits/{habit_id}").status_code == 204
    assert person.habits() == []
    assert_problem(person.request("DELETE", f"/habits/{habit_id}"), 404)


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": "nul\0"},
        {"name": "line\nbreak"},
        {"name": "Read", "color": "red"},
        {},
    ],
)
def test_an_unusable_habit_is_refused(person: Person, body: dict[str, str]) -> None:
    assert_problem(person.request("POST", "/habits", json=body), 422)


def test_checking_in_is_idempotent(person: Person) -> None:
    habit_id = person.add_habit()
    path = f"/habits/{habit_id}/checkins/{TODAY}"
    for _ in range(2):
        response = person.request("PUT", path)
        assert response.status_code == 200
        assert response.json() == {
            "habit_id": habit_id, "date": str(TODAY), "status": "done", "count": 1, "note": "",
        }  # fmt: skip
    assert person.habits()[0]["checkins"] == [str(TODAY)]
    for _ in range(2):
        assert person.request("DELETE", path).status_code == 204
    assert person.habits()[0]["checkins"] == []


def test_many_check_ins_at_once_are_one(person: Person) -> None:
    path = f"/habits/{person.add_habit()}/checkins/{TODAY}"
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: person.request("PUT", path).status_code, range(48)))
    assert statuses == [200] * 48
    assert person.habits()[0]["checkins"] == [str(TODAY)]


def test_tomorrow_somewhere_is_fine_and_the_future_is_not(person: Person) -> None:
    path = f"/habits/{person.add_habit()}/checkins"
    assert person.request("PUT", f"{path}/{TODAY + timedelta(days=1)}").status_code == 200
    # Two more: midnight may pass between the two lines.
    detail = assert_problem(person.request("PUT", f"{path}/{TODAY + timedelta(days=3)}"), 422)
    assert "future" in detail


@pytest.mark.parametrize("day", ["2026-02-30", "today", "0001-01-01", "9999-12-31"])
def test_days_that_are_none_are_refused(person: Person, day: str) -> None:
    habit_id = person.add_habit()
    assert_problem(person.request("PUT", f"/habits/{habit_id}/checkins/{day}"), 422)


def test_nobody_reaches_the_habits_of_another(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit()
    before = person.habits()
    other = register(client)
    assert other.habits() == []
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("PUT", f"/checkins/{TODAY}", None),
        ("DELETE", f"/checkins/{TODAY}", None),
    ]:
        theirs = other.request(method, f"/habits/{habit_id}{path}", json=body)
        nobodys = other.request(method, f"/habits/{uuid4()}{path}", json=body)
        # The same answer as for a habit that does not exist: not even that much is told.
        assert assert_problem(theirs, 404) == assert_problem(nobodys, 404)
    assert person.habits() == before


def test_everything_needs_a_login(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit()
    for method, path in [
        ("GET", "/habits"),
        ("POST", "/habits"),
        ("GET", f"/habits/{habit_id}"),
        ("PATCH", f"/habits/{habit_id}"),
        ("DELETE", f"/habits/{habit_id}"),
        ("PUT", f"/habits/{habit_id}/checkins/{TODAY}"),
        ("DELETE", f"/habits/{habit_id}/checkins/{TODAY}"),
        ("POST", "/chat"),
    ]:
        assert client.request(method, f"/api/v1{path}").status_code == 401, (method, path)
