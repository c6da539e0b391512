"""A user's data out of the tracker, and in again."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habit_tracker.habits import MAX_HABITS
from tests.support.api import TODAY, Person, assert_problem, register

# What PostgreSQL and JSON can carry: no surrogates, no controls.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
check_ins = st.fixed_dictionaries({
    "date": st.dates(date(1970, 1, 1), TODAY).map(str),
    "status": st.sampled_from(["done", "skip"]),
    "count": st.integers(1, 1000),
    "note": texts,
})  # fmt: skip
schedules = st.one_of(
    st.just({"kind": "daily"}),
    st.sets(st.integers(1, 7), min_size=1).map(
        lambda days: {"kind": "weekdays", "weekdays": sorted(days)}
    ),
    st.integers(1, 7).map(lambda times: {"kind": "weekly", "times": times}),
)
habits = st.fixed_dictionaries({
    "name": texts.map(str.strip).filter(bool),
    "color": st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    "schedule": schedules,
    "archived": st.booleans(),
    "created_at": st.datetimes(
        datetime(1971, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
    ).map(lambda moment: moment.isoformat().replace("+00:00", "Z")),
    "checkins": st.lists(check_ins, max_size=8, unique_by=lambda one: one["date"]).map(
        lambda found: sorted(found, key=lambda one: str(one["date"]))
    ),
})  # fmt: skip


def document(*found: dict[str, Any]) -> dict[str, Any]:
    return {"format": "habit-tracker", "version": 1, "habits": list(found)}


def export(person: Person) -> dict[str, Any]:
    response = person.request("GET", "/me/export")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == 'attachment; filename="habits.json"'
    body: dict[str, Any] = response.json()
    return body


def bring_in(person: Person, data: dict[str, Any]) -> dict[str, int]:
    response = person.request("POST", "/me/import", json=data)
    assert response.status_code == 200, response.text
    counts: dict[str, int] = response.json()
    return counts


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(habits, max_size=4))
def test_what_goes_in_comes_out(client: TestClient, found: list[dict[str, Any]]) -> None:
    data = document(*found)
    person = register(client)
    counts = {
        "habits": len(found), "checkins": sum(len(habit["checkins"]) for habit in found),
    }  # fmt: skip
    # Once, twice: the same.
    for _ in range(2):
        assert bring_in(person, data) == counts
        assert export(person) == data


def test_an_export_restores_into_another_account(client: TestClient, person: Person) -> None:
    for name in ("b", "a"):
        person.check_in(person.add_habit(name), TODAY, status="skip", count=3, note="=1+1")
    exported = export(person)
    other = register(client)
    own = other.add_habit("own")
    bring_in(other, exported)
    order = [(habit["name"], habit["position"]) for habit in other.habits()]
    assert order == [("own", 1), ("b", 2), ("a", 3)]
    other.request("DELETE", f"/habits/{own}")
    assert export(other) == exported
    assert export(person) == exported


def test_importing_brings_up_to_date_and_deletes_nothing(person: Person) -> None:
    habit_id = person.add_habit("Read")
    person.check_in(habit_id, TODAY, count=5)
    person.check_in(habit_id, TODAY - timedelta(days=1))
    [habit] = export(person)["habits"]
    day = {"date": str(TODAY), "status": "skip", "count": 1, "note": "later"}
    changed = {**habit, "color": "#123456", "archived": True, "checkins": [day]}
    assert bring_in(person, document(changed)) == {"habits": 1, "checkins": 1}
    found = person.habit(habit_id)
    assert (found["color"], found["archived"], found["version"]) == ("#123456", True, 2)
    assert (found["today"]["status"], found["checkins"]) == (
        "skip", [str(TODAY - timedelta(days=1))],
    )  # fmt: skip


def test_twins_stay_twins(person: Person) -> None:
    twin = {
        "name": "Twin", "color": "#000000", "schedule": {"kind": "daily"}, "archived": False,
        "created_at": "2026-01-01T00:00:00Z", "checkins": [],
    }  # fmt: skip
    for _ in range(2):
        bring_in(person, document(twin, twin))
        assert export(person) == document(twin, twin)


HABIT = {"name": "Read", "created_at": "2026-01-01T00:00:00Z"}
FUTURE = {"date": str(TODAY + timedelta(days=3))}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {**document(), "format": "something"},
        {**document(), "version": 2},
        document({"name": "Read"}),
        document({**HABIT, "created_at": "2026-01-01T00:00:00"}),
        document({**HABIT, "created_at": "0001-01-01T00:00:00Z"}),
        document({**HABIT, "name": "nul\0"}),
        document({**HABIT, "created_at": 1_764_201_600}),
        document({**HABIT, "checkins": [{"date": "0001-01-01"}]}),
        document({**HABIT, "checkins": [{"date": 1_764_201_600}]}),
        document(HABIT, {**HABIT, "checkins": [FUTURE]}),
    ],
)
def test_an_unusable_import_changes_nothing(person: Person, data: dict[str, Any]) -> None:
    assert_problem(person.request("POST", "/me/import", json=data), 422)
    assert export(person) == document()


def test_the_limit_to_habits_holds_for_imports(person: Person) -> None:
    person.add_habit()
    before = export(person)
    many = [{**HABIT, "name": str(number)} for number in range(MAX_HABITS)]
    response = person.request("POST", "/me/import", json=document(*many))
    assert assert_problem(response, 409).startswith(f"You can have {MAX_HABITS} habits")
    assert export(person) == before


def test_a_full_account_can_be_brought_in_and_brought_up_to_date(person: Person) -> None:
    full = document(*({**HABIT, "name": str(number)} for number in range(MAX_HABITS)))
    for _ in range(2):
        assert bring_in(person, full) == {"habits": MAX_HABITS, "checkins": 0}
    assert len(export(person)["habits"]) == MAX_HABITS


def test_of_two_check_ins_on_a_day_the_later_one_counts(person: Person) -> None:
    twice = [{"date": str(TODAY), "note": "first"}, {"date": str(TODAY), "note": "second"}]
    assert bring_in(person, document({**HABIT, "checkins": twice})) == {"habits": 1, "checkins": 1}
    [found] = export(person)["habits"][0]["checkins"]
    assert found == {"date": str(TODAY), "status": "done", "count": 1, "note": "second"}


def test_csv_goes_by_habit_then_by_day(person: Person, client: TestClient) -> None:
    yesterday = TODAY - timedelta(days=1)
    first, second = person.add_habit("first"), person.add_habit("second")
    for day in (TODAY, yesterday):
        person.check_in(second, day)
        person.check_in(first, day)
    other = register(client)
    other.check_in(other.add_habit("other"), TODAY)
    person.request("PUT", "/habits/order", json={"ids": [second]})
    table = csv.reader(io.StringIO(person.request("GET", "/me/export.csv").text))
    assert [tuple(row[:2]) for row in table][1:] == [
        (name, str(day)) for name in ("second", "first") for day in (yesterday, TODAY)
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_becomes_a_text(person: Person, start: str) -> None:
    note = f"{start}1"
    person.check_in(person.add_habit(), TODAY, note=note)
    response = person.request("GET", "/me/export.csv")
    [_, row] = csv.reader(io.StringIO(response.text, newline=""))
    assert row[4] == f"'{note}"


def test_csv(person: Person) -> None:
    habit_id = person.add_habit('=Read, "write"')
    person.check_in(habit_id, TODAY, count=2, note="-1\nsecond line")
    response = person.request("GET", "/me/export.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="habits.csv"'
    # With an apostrophe, or a spreadsheet would take them for formulas.
    assert list(csv.reader(io.StringIO(response.text, newline=""))) == [
        ["habit", "date", "status", "count", "note"],
        ['\'=Read, "write"', str(TODAY), "done", "2", "'-1\nsecond line"],
    ]
