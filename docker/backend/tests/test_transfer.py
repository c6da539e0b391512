"""A user's data out of the tracker, and in again."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row
from sqlmodel import Session

from habit_tracker import quota, transfer
from habit_tracker.api.routes import habits as habits_routes
from habit_tracker.core import concurrency
from habit_tracker.core.errors import ConflictError
from habit_tracker.habits import MAX_HABITS
from habit_tracker.models import User
from habit_tracker.schemas import ExportedHabit
from tests.support.api import TODAY, Person, assert_problem, register

# What PostgreSQL and JSON can carry: no surrogates, no controls.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
check_ins = st.fixed_dictionaries({
    "date": st.dates(date(1970, 1, 1), TODAY).map(str),
    "status": st.sampled_from(["done", "skip"]),
    "count": st.integers(0, 100_000),
    "note": texts,
})  # fmt: skip
schedules = st.one_of(
    st.just({"kind": "daily"}),
    st.sets(st.integers(1, 7), min_size=1).map(
        lambda days: {"kind": "weekdays", "weekdays": sorted(days)}
    ),
    st.integers(1, 7).map(lambda times: {"kind": "weekly", "times": times}),
    st.integers(2, 365).map(lambda days: {"kind": "interval", "days": days}),
)
goals = st.none() | st.fixed_dictionaries({
    "kind": st.sampled_from(["at_least", "at_most"]),
    "target": st.integers(1, 100_000),
    "unit": st.sampled_from(["glasses", "min"]),
})  # fmt: skip
days = st.dates(date(1970, 1, 1), TODAY)
pasts = st.lists(st.tuples(days.map(str), schedules, goals), max_size=3, unique_by=lambda r: r[0])
pauses = st.lists(st.tuples(days, days).map(sorted), max_size=3, unique_by=lambda p: p[0])


def with_history(
    habit: dict[str, Any], past: list[tuple[str, Any, Any]], rests: list[list[date]]
) -> dict[str, Any]:
    """A habit with earlier rules, and with pauses, of which the last one may still last."""
    rules = [
        {"since": since, "schedule": schedule, "goal": goal}
        for since, (_, schedule, goal) in zip(
            [None, *(until for until, *_ in sorted(past))], sorted(past), strict=False
        )
    ]
    if past:
        present = {"schedule": habit["schedule"], "goal": habit["goal"]}
        rules.append({"since": max(until for until, *_ in past), **present})
    periods: list[dict[str, Any]] = [
        {"first": str(first), "last": str(last)} for first, last in sorted(rests)
    ]
    if periods and (habit["archived"] or habit["paused"]):
        periods[-1]["last"] = None
    return {**habit, "history": rules, "pauses": periods}


plain_habits = st.fixed_dictionaries({
    "name": texts.map(str.strip).filter(bool),
    "color": st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    "icon": st.sampled_from([None, "💧", "🏃‍♀️"]),
    "schedule": schedules,
    "goal": goals,
    "archived": st.booleans(),
    "paused": st.booleans(),
    "created_at": st.datetimes(
        datetime(1971, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
    ).map(lambda moment: moment.isoformat().replace("+00:00", "Z")),
    "checkins": st.lists(check_ins, max_size=8, unique_by=lambda one: one["date"]).map(
        lambda found: sorted(found, key=lambda one: str(one["date"]))
    ),
})  # fmt: skip


habits = st.builds(with_history, plain_habits, pasts, pauses)


def document(*found: object) -> dict[str, Any]:
    return {"format": "habit-tracker", "version": 1, "habits": list(found)}


def export(person: Person) -> dict[str, Any]:
    response = person.request("GET", "/me/export")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == 'attachment; filename="habits.json"'
    body: dict[str, Any] = response.json()
    return body


HABIT = {"name": "Read", "created_at": "2026-01-01T00:00:00Z"}


def in_full(exported: dict[str, Any]) -> dict[str, Any]:
    """As version 1 had it: with what is as usual, and without the habits' ids."""
    assert exported["version"] == 2
    usual = {"status": "done", "count": 1, "note": ""}
    return document(*(
        {name: value for name, value in habit.items() if name != "id"}
        | {"checkins": [usual | one for one in habit["checkins"]]}
        for habit in exported["habits"]
    ))  # fmt: skip


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
        assert in_full(export(person)) == data


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
    assert in_full(export(other)) == in_full(exported)
    assert export(person) == exported


def test_figures_survive_the_way_out_and_in(client: TestClient, person: Person) -> None:
    """Goals, history and pauses are in an export: nothing is judged in another way afterwards."""
    weekly = {"kind": "weekly", "times": 2}
    rule = {"schedule": weekly, "goal": {"kind": "at_least", "target": 8, "unit": "glasses"}}
    past = {"since": None, "schedule": {"kind": "daily"}, "goal": None}
    days = [TODAY - timedelta(days=ago) for ago in range(60)]
    habit = {
        "name": "Drink", "created_at": f"{days[-1]}T12:00:00Z", "icon": "💧", **rule,
        "history": [past, {"since": str(days[30]), **rule}],
        "pauses": [{"first": str(days[40]), "last": str(days[36])}],
        "checkins": [{"date": str(day), "count": 8} for day in days[1:9] + days[20:]],
    }  # fmt: skip
    bring_in(person, {**document(habit), "version": 2})
    other = register(client)
    bring_in(other, export(person))
    [mine], [theirs] = person.habits(), other.habits()
    assert mine["best_streak"] > 1
    assert 0 < mine["rate_30"] < 1
    for where in ("stats", "heatmap"):
        first, second = (
            who.request("GET", f"/habits/{one['id']}/{where}").json()
            for who, one in ((person, mine), (other, theirs))
        )
        assert first == second
    assert {**mine, "id": ""} == {**theirs, "id": ""}


def test_an_import_of_version_1_leaves_alone_what_it_does_not_know(person: Person) -> None:
    goal = {"kind": "at_least", "target": 8, "unit": "glasses"}
    habit_id = person.add_habit("Drink", goal=goal, icon="💧")
    person.request("PATCH", f"/habits/{habit_id}", json={"paused": True})
    created_at = person.habit(habit_id)["created_at"]
    before = person.habit(habit_id)
    bring_in(person, document({"name": "Drink", "created_at": created_at}))
    after = person.habit(habit_id)
    assert {**before, "color": "", "version": 0} == {**after, "color": "", "version": 0}


def test_an_import_brings_back_from_the_trash(person: Person) -> None:
    habit_id = person.add_habit("Read")
    person.check_in(habit_id, TODAY)
    exported, before = export(person), person.habits()
    person.request("DELETE", f"/habits/{habit_id}")
    for _ in range(2):
        bring_in(person, exported)
        assert person.habits() == before
    assert person.request("GET", "/trash").json() == []


def test_what_is_brought_back_from_the_trash_is_not_emptied_out_of_it(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    habit_id = person.add_habit("Read")
    exported = export(person)
    person.request("DELETE", f"/habits/{habit_id}")
    real = transfer._values
    at_the_same_moment = []

    def values_and_then_empty(habit: ExportedHabit) -> dict[str, Any]:
        at_the_same_moment.append(person.request("DELETE", f"/trash/{habit_id}").status_code)
        return real(habit)

    monkeypatch.setattr(transfer, "_values", values_and_then_empty)
    bring_in(person, exported)
    assert at_the_same_moment == [503]
    assert export(person) == exported


def test_an_archived_habit_is_not_due_on_the_day_of_its_last_check_in(person: Person) -> None:
    old = {**HABIT, "archived": True, "checkins": [{"date": str(TODAY)}]}
    bring_in(person, {**document(old), "version": 1})
    assert [one["due_today"] for one in person.habits(archived="true")] == [False]


def test_the_past_has_its_limit(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MAX_PAST", 3)

    def past(year: int) -> dict[str, Any]:
        rules = [{"since": s, "schedule": {"kind": "daily"}} for s in (None, f"{year}-01-01")]
        pause = {"first": f"{year}-02-01", "last": f"{year}-02-02"}
        return document({**HABIT, "history": rules, "pauses": [pause]})

    bring_in(person, past(2020))
    before = export(person)
    refused = person.request("POST", "/me/import", json=past(2021))
    assert assert_problem(refused, 409).startswith("Your habits can have 3 earlier schedules")
    assert export(person) == before
    bring_in(person, past(2020))


@pytest.mark.parametrize(
    ("since", "message"),
    [
        (["2026-01-01"], "the first rule has no day since which it is in force"),
        ([None, None], "each rule is in force since a later day than the one before"),
        ([None, "2026-01-02", "2026-01-02"], "each rule is in force since a later day"),
    ],
)
def test_a_history_that_is_none_is_refused(
    person: Person, since: list[str | None], message: str
) -> None:
    rules = [{"since": one, "schedule": {"kind": "daily"}} for one in since]
    data = document({**HABIT, "history": rules})
    detail = assert_problem(person.request("POST", "/me/import", json=data), 422)
    assert message in detail


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
    twin: dict[str, Any] = {
        "name": "Twin", "color": "#000000", "icon": None, "schedule": {"kind": "daily"},
        "goal": None, "archived": False, "paused": False, "created_at": "2026-01-01T00:00:00Z",
        "history": [], "pauses": [], "checkins": [],
    }  # fmt: skip
    for _ in range(2):
        bring_in(person, document(twin, twin))
        assert in_full(export(person)) == document(twin, twin)


FUTURE = {"date": str(TODAY + timedelta(days=3))}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {**document(), "format": "something"},
        {**document(), "habits": None},
        {"format": "habit-tracker", "version": 2},
        document("Read"),
        document({**HABIT, "checkins": {}}),
        document({**HABIT, "checkins": [1]}),
        document({**HABIT, "id": "1"}),
        document({**HABIT, "name": "x" * 300_000}),
        document({**HABIT, "name": ["x"] * 30_000}),
        document({**HABIT, "name": ["x" * 5000] * 100}),
        {**document(), "version": 3},
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
    assert export(person)["habits"] == []


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
    [found] = in_full(export(person))["habits"][0]["checkins"]
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


def versions(person: Person) -> list[tuple[str, int]]:
    return [(habit["name"], habit["version"]) for habit in person.habits(archived="all")]


def test_restoring_after_a_rename_makes_no_second_habit(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit("Read")
    exported = export(person)
    other = register(client)
    bring_in(other, exported)
    # In another account a habit has another id, and is found all the same.
    for one in (person, other):
        [habit] = one.habits()
        one.request("PATCH", f"/habits/{habit['id']}", json={"name": "Read more"})
        bring_in(one, exported)
        assert [found["name"] for found in one.habits()] == ["Read"]
    assert [habit["id"] for habit in person.habits()] == [habit_id]
    person.request("DELETE", f"/habits/{habit_id}")
    for _ in range(2):
        bring_in(person, exported)
        assert in_full(export(person)) == in_full(exported)


def test_nobody_gets_at_a_habit_of_somebody_else_by_its_id(
    client: TestClient, person: Person
) -> None:
    habit_id = person.add_habit("Read")
    other = register(client)
    bring_in(other, document({**HABIT, "id": habit_id, "name": "Mine now"}))
    assert person.habit(habit_id)["name"] == "Read"
    [theirs] = other.habits()
    assert theirs["name"] == "Mine now"
    assert theirs["id"] != habit_id


def test_an_id_that_comes_twice_makes_two_habits(person: Person) -> None:
    one = {**HABIT, "id": "00000000-0000-4000-8000-000000000001"}
    bring_in(person, document(one, {**one, "name": "Write"}))
    [first, _] = person.habits()
    # The second one has the id that the first one would get.
    bring_in(person, document({**one, "id": first["id"], "name": "a"}, {**one, "name": "b"}))
    assert [name for name, _ in versions(person)] == ["a", "Write", "b"]


def test_a_second_restore_changes_nothing(person: Person) -> None:
    person.check_in(person.add_habit("Read", schedule={"kind": "weekly", "times": 2}), TODAY)
    exported = export(person)
    before = versions(person)
    for _ in range(2):
        bring_in(person, exported)
        assert versions(person) == before
    assert export(person) == exported


def test_the_order_of_a_habits_fields_does_not_matter(person: Person) -> None:
    """JSON says so: a habit's name may follow its check-ins, and the version comes last."""
    data = document({"checkins": [{"note": "", "date": str(TODAY)}], "unknown": [{}], **HABIT})
    assert bring_in(person, dict(reversed(data.items()))) == {"habits": 1, "checkins": 1}
    assert [habit["name"] for habit in person.habits()] == ["Read"]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"nonsense", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000,
     b'{"format": "habit-tracker", "version": 2, "habits": []} {}',
     b'{"format": "habit-tracker", "version": 2, "habits": [], "habits": []}'],
)  # fmt: skip
def test_what_is_no_json_is_refused(person: Person, text: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = person.request("POST", "/me/import", content=text, headers=headers)
    assert_problem(response, 422)


@pytest.mark.parametrize(
    ("habit", "times"),
    [
        # Of two characters each.
        (dict.fromkeys(("icon", "goal", "color", "history", "schedule"), [[]] * 9_000), 20),
        ({"pauses": [{"first": "2020-01-01", "last": "2020-01-02"}] * 1_000}, 120),
        ({"name": "x" * 200_000 + "😀"}, 100),
    ],
)
def test_what_takes_too_much_memory_is_refused(
    person: Person, habit: dict[str, Any], times: int
) -> None:
    """Also where no habit by itself does: 500 of the second kind took 640 MiB."""
    response = person.request("POST", "/me/import", json=document(*[{**HABIT, **habit}] * times))
    assert assert_problem(response, 422) == "request: it is too large."


def test_a_wrong_check_in_is_named(person: Person) -> None:
    data = document(HABIT, {**HABIT, "checkins": [{"date": str(TODAY)}, {"date": "tomorrow"}]})
    response = person.request("POST", "/me/import", json=data)
    assert assert_problem(response, 422).startswith("habits.1.checkins.1.date: ")


def test_an_account_holds_so_much_and_no_more(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "MAX_CHECK_INS", 10)
    monkeypatch.setattr(quota, "MAX_NOTE_BYTES", 20)
    habit_id = person.add_habit()
    days = [TODAY - timedelta(days=ago) for ago in range(12)]
    statuses = [
        person.request("PUT", f"/habits/{habit_id}/checkins/{day}").status_code for day in days
    ]
    assert statuses == [200] * 10 + [409] * 2
    # What is there can still be changed, and imported again.
    person.check_in(habit_id, days[0], status="skip", note="ä" * 10)
    too_long = person.request("PUT", f"/habits/{habit_id}/checkins/{days[1]}", json={"note": "b"})
    assert assert_problem(too_long, 409).startswith("Your notes can have")
    shorter = person.request(
        "PUT", f"/habits/{habit_id}/checkins/{days[0]}", json={"note": "ä" * 9}
    )
    assert shorter.status_code == 200, shorter.text
    person.check_in(habit_id, days[0], status="skip", note="ä" * 10)
    exported = export(person)
    assert bring_in(person, exported) == {"habits": 1, "checkins": 10}
    more = document({**HABIT, "name": "Write", "checkins": [{"date": str(days[0])}]})
    response = person.request("POST", "/me/import", json=more)
    assert assert_problem(response, 409) == (
        "You can have 10 check-ins at most. Delete some first."
    )
    notes = document(
        {**exported["habits"][0], "checkins": [{"date": str(TODAY), "note": "x" * 21}]}
    )
    assert_problem(person.request("POST", "/me/import", json=notes), 409)
    assert export(person) == exported


def test_an_export_shows_one_moment(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A habit that is made while the table is being written is not half in it."""
    person.check_in(person.add_habit("Read"), TODAY)
    real = transfer._own

    def own_and_then_another(session: Session, user: User) -> list[Row[Any]]:
        found = real(session, user)
        person.check_in(person.add_habit("Write"), TODAY)
        return found

    monkeypatch.setattr(transfer, "_own", own_and_then_another)
    for path in ("/me/export.csv", "/me/export"):
        response = person.request("GET", path)
        assert response.status_code == 200
        assert "Read" in response.text
    assert len(response.json()["habits"]) == 2  # of three: the last one came during this export


def test_one_transfer_at_a_time(
    client: TestClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(client.app, FastAPI)
    slots = client.app.state.services.transfers
    monkeypatch.setattr(concurrency, "REFUSAL_SECONDS", 0)
    requests = [("GET", "/me/export"), ("GET", "/me/export.csv"), ("POST", "/me/import")]
    monkeypatch.setattr(slots, "_users", {UUID(person.id)})
    for method, path in requests:
        response = person.request(method, path, json=document() if method == "POST" else None)
        assert "of yours is still running" in assert_problem(response, 429)
        assert response.headers["retry-after"] == "5"
    monkeypatch.setattr(slots, "_users", {uuid4(), uuid4()})
    response = person.request("GET", "/me/export")
    assert assert_problem(response, 503).startswith("Others are importing or exporting")
    assert response.headers["retry-after"] == "2"
    monkeypatch.undo()
    assert export(person) == {"format": "habit-tracker", "version": 2, "habits": []}
    assert slots.taken == 0


def test_a_large_export_can_be_imported_again(client: TestClient, person: Person) -> None:
    """More than 4 MiB: the check-ins of twenty years, with something to say about each."""
    days = [date(1990, 1, 1) + timedelta(days=number) for number in range(8_000)]
    note = "ä\n" * 180
    bring_in(
        person, document({**HABIT, "checkins": [{"date": str(d), "note": note} for d in days]})
    )
    text = person.request("GET", "/me/export").content
    assert len(text) > 4 * 2**20
    other = register(client)
    headers = {"content-type": "application/json"}
    response = other.request("POST", "/me/import", content=text, headers=headers)
    assert response.json() == {"habits": 1, "checkins": len(days)}
    assert in_full(export(other)) == in_full(export(person))


def test_an_atomic_request_is_all_or_nothing(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a service has written goes when the route fails after it."""

    def fail(*_: object) -> None:
        raise ConflictError("It fails.")

    habit_id = person.add_habit("Read")
    monkeypatch.setattr(habits_routes, "_tagged", fail)
    changes = [
        ("POST", "/habits", {"name": "new"}),
        ("PATCH", f"/habits/{habit_id}", {"name": "x"}),
    ]
    for method, path, data in changes:
        assert_problem(person.request(method, path, json=data), 409)
    assert [habit["name"] for habit in person.habits()] == ["Read"]
