"""What a habit asked for in the past stays what it is judged by there."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.api import TODAY, Person
from tests.support.postgres import connect

DAILY = {"kind": "daily"}
WEEKLY = {"kind": "weekly", "times": 1}
OFF = {"kind": "weekdays", "weekdays": [TODAY.isoweekday() % 7 + 1]}


def sql(client: TestClient, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What happened some days ago, or what the previous version does."""
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    with connect(engine.url) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def changed(person: Person, habit_id: str, **data: object) -> dict[str, Any]:
    response = person.request("PATCH", f"/habits/{habit_id}", json=data)
    assert response.status_code == 200, response.text
    habit: dict[str, Any] = response.json()
    return habit


def done_until_yesterday(client: TestClient, person: Person) -> str:
    """A habit of twenty days, done on all of them but today."""
    habit_id = person.add_habit()
    for ago in range(1, 21):
        person.check_in(habit_id, TODAY - timedelta(days=ago))
    sql(
        client, "UPDATE habits SET created_at = created_at - interval '20 days' WHERE id = %s",
        habit_id,
    )  # fmt: skip
    return habit_id


def let_pass(client: TestClient, habit_id: str, days: int) -> None:
    """Let everything about a habit have happened so many days earlier."""
    for statement in (
        "UPDATE past_rules SET until = until - %s WHERE habit_id = %s",
        "UPDATE pauses SET first = first - %s, last = last - %s WHERE habit_id = %s",
        "UPDATE checkins SET day = day - 1000 - %s WHERE habit_id = %s",
        "UPDATE checkins SET day = day + 1000 WHERE habit_id = %s",
        "UPDATE habits SET created_at = created_at - %s WHERE id = %s",
    ):
        count = statement.count("%s") - 1
        values = [timedelta(days=days) if "created_at" in statement else days] * count
        sql(client, statement, *values, habit_id)


def test_a_new_goal_applies_from_today(client: TestClient, person: Person) -> None:
    habit_id = done_until_yesterday(client, person)
    goal = {"kind": "at_least", "target": 2, "unit": "pages"}
    habit = changed(person, habit_id, goal=goal)
    assert (habit["streak"], len(habit["checkins"]), habit["rate_30"]) == (20, 20, 1)
    person.check_in(habit_id, TODAY)
    assert not person.habit(habit_id)["checked_today"]
    person.check_in(habit_id, TODAY, count=2)
    assert person.habit(habit_id)["streak"] == 21
    # Tomorrow, with once only, it would be missed; the days before it stay met.
    person.check_in(habit_id, TODAY, count=1)
    let_pass(client, habit_id, 1)
    habit = person.habit(habit_id)
    assert (habit["streak"], habit["best_streak"]) == (0, 20)


def test_a_new_schedule_applies_from_today(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit(schedule=OFF)
    let_pass(client, habit_id, 20)
    before = person.habit(habit_id)
    assert before["rate_30"] == 0  # missed two or three times
    assert changed(person, habit_id, schedule=DAILY)["best_streak"] == 0
    let_pass(client, habit_id, 1)
    after = person.request("GET", f"/habits/{habit_id}/stats").json()
    due = sum(month["due"] for month in after["months"])
    assert due in (3, 4)  # those of before, and yesterday


def test_of_several_changes_on_a_day_the_past_knows_the_first(
    client: TestClient, person: Person
) -> None:
    habit_id = done_until_yesterday(client, person)
    for schedule in (WEEKLY, OFF, DAILY):
        changed(person, habit_id, schedule=schedule)
    assert person.habit(habit_id)["streak"] == 20
    rows = sql(client, "SELECT schedule, until FROM past_rules WHERE habit_id = %s", habit_id)
    assert rows == [(DAILY, TODAY)]


def test_what_changes_neither_schedule_nor_goal_leaves_no_trace(
    client: TestClient, person: Person
) -> None:
    habit_id = person.add_habit(goal={"kind": "at_most", "target": 2, "unit": "coffees"})
    changed(person, habit_id, name="Coffee", schedule=DAILY, icon="☕", paused=False)
    assert sql(client, "SELECT * FROM past_rules WHERE habit_id = %s", habit_id) == []
    assert sql(client, "SELECT * FROM pauses WHERE habit_id = %s", habit_id) == []


@pytest.mark.parametrize("flag", ["archived", "paused"])
def test_archived_and_paused_time_is_neutral(client: TestClient, person: Person, flag: str) -> None:
    """Archived days counted as missed."""
    habit_id = done_until_yesterday(client, person)
    assert changed(person, habit_id, **{flag: True})["streak"] == 20
    let_pass(client, habit_id, 40)
    at_rest = person.habit(habit_id)
    assert (at_rest["streak"], at_rest["rate_30"], at_rest["due_today"]) == (20, None, False)
    habit = changed(person, habit_id, **{flag: False})
    assert (habit["streak"], habit["rate_30"], habit["due_today"]) == (20, None, True)
    let_pass(client, habit_id, 1)
    habit = person.habit(habit_id)
    assert (habit["streak"], habit["best_streak"], habit["rate_30"]) == (0, 20, 0)


def test_paused_and_archived_are_one_pause(client: TestClient, person: Person) -> None:
    habit_id = done_until_yesterday(client, person)
    changed(person, habit_id, paused=True)
    let_pass(client, habit_id, 5)
    changed(person, habit_id, archived=True)
    let_pass(client, habit_id, 5)
    assert changed(person, habit_id, paused=False)["streak"] == 20
    let_pass(client, habit_id, 5)
    assert changed(person, habit_id, archived=False)["streak"] == 20
    # There and back on one day is no pause; a second one on a day is no mistake.
    for paused in (True, False, True, False):
        changed(person, habit_id, paused=paused)
    rows = sql(client, "SELECT first, last FROM pauses WHERE habit_id = %s", habit_id)
    assert rows == [(TODAY - timedelta(days=15), TODAY - timedelta(days=1))]


def test_weeks_begin_when_the_person_says(person: Person) -> None:
    """A check-in on the day before today's is in last week, for whom the week begins today."""
    habit_id = person.add_habit(schedule=WEEKLY)
    person.check_in(habit_id, TODAY - timedelta(days=1))
    person.check_in(habit_id, TODAY - timedelta(days=7))
    person.request("PATCH", "/me", json={"week_start": TODAY.isoweekday()})
    habit = person.habit(habit_id)
    assert (habit["streak"], habit["due_today"]) == (1, True)
    person.request("PATCH", "/me", json={"week_start": (TODAY - timedelta(days=1)).isoweekday()})
    habit = person.habit(habit_id)
    assert (habit["streak"], habit["due_today"]) == (2, False)


class TestThePreviousVersion:
    """It changes flags and schedules without noting when: see figures._pauses."""

    def test_it_sees_an_interval_as_daily(self, client: TestClient, person: Person) -> None:
        interval = {"kind": "interval", "days": 3}
        habit_id = person.add_habit(schedule=interval)
        [(stored,)] = sql(client, "SELECT schedule FROM habits WHERE id = %s", habit_id)
        assert stored == {"kind": "daily", "days": 3}
        assert person.habit(habit_id)["schedule"] == interval
        assert person.habit(habit_id)["streak_unit"] == "times"
        sql(client, """UPDATE habits SET schedule = '{"kind": "daily"}' WHERE id = %s""", habit_id)
        assert person.habit(habit_id)["schedule"] == DAILY

    def test_what_it_archived_rests_since_its_last_check_in(
        self, client: TestClient, person: Person
    ) -> None:
        habit_id = done_until_yesterday(client, person)
        let_pass(client, habit_id, 40)
        sql(client, "UPDATE habits SET archived = true WHERE id = %s", habit_id)
        assert (person.habit(habit_id)["streak"], person.habit(habit_id)["rate_30"]) == (20, None)
        habit = changed(person, habit_id, archived=False)
        assert (habit["streak"], habit["rate_30"]) == (20, None)
        rows = sql(client, "SELECT first, last FROM pauses WHERE habit_id = %s", habit_id)
        assert rows == [(TODAY - timedelta(days=40), TODAY - timedelta(days=1))]

    def test_what_it_archived_and_was_never_done_rests_since_its_start(
        self, client: TestClient, person: Person
    ) -> None:
        habit_id = person.add_habit()
        let_pass(client, habit_id, 10)
        assert person.habit(habit_id)["rate_30"] == 0
        sql(client, "UPDATE habits SET archived = true WHERE id = %s", habit_id)
        assert person.habit(habit_id)["rate_30"] is None
        assert changed(person, habit_id, archived=False)["rate_30"] is None

    def test_what_it_brought_back_rests_until_the_next_check_in(
        self, client: TestClient, person: Person
    ) -> None:
        habit_id = done_until_yesterday(client, person)
        changed(person, habit_id, archived=True)
        let_pass(client, habit_id, 10)
        sql(client, "UPDATE habits SET archived = false WHERE id = %s", habit_id)
        habit = person.habit(habit_id)
        assert (habit["streak"], habit["due_today"]) == (20, True)
        person.check_in(habit_id, TODAY - timedelta(days=3))
        assert person.habit(habit_id)["streak"] == 0
        assert person.habit(habit_id)["best_streak"] == 21

    def test_what_it_brought_back_and_was_put_aside_again_is_one_pause(
        self, client: TestClient, person: Person
    ) -> None:
        habit_id = done_until_yesterday(client, person)
        changed(person, habit_id, archived=True)
        let_pass(client, habit_id, 10)
        sql(client, "UPDATE habits SET archived = false WHERE id = %s", habit_id)
        let_pass(client, habit_id, 10)
        assert changed(person, habit_id, paused=True)["streak"] == 20
        let_pass(client, habit_id, 10)
        assert changed(person, habit_id, paused=False)["streak"] == 20
        rows = sql(client, "SELECT first, last FROM pauses WHERE habit_id = %s", habit_id)
        assert rows == [(TODAY - timedelta(days=30), TODAY - timedelta(days=1))]
