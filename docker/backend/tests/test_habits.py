"""Habits, check-ins, and whose they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, tzinfo
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from habit_tracker import figures
from habit_tracker.core import clock
from habit_tracker.core.insight import HALF_LIFE_DAYS
from habit_tracker.habits import MAX_HABITS
from habit_tracker.models import Habit
from tests.support.api import TIME_ZONE, TODAY, Person, assert_problem, register
from tests.support.postgres import connect

YESTERDAY = TODAY - timedelta(days=1)


def test_a_new_habit_is_listed(person: Person) -> None:
    response = person.request("POST", "/habits", json={"name": "  Läuft 🏃 ", "color": "#22C55E"})
    assert response.status_code == 201
    habit = response.json()
    assert set(habit) == {
        "id", "name", "color", "icon", "schedule", "goal", "position", "archived", "paused",
        "created_at", "version", "due_today", "checked_today", "today", "streak", "best_streak",
        "streak_unit", "rate_30", "score", "checkins", "skips",
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
    assert [(habit["name"], habit["position"]) for habit in person.habits()] == [
        ("c", 1), ("a", 2), ("b", 3),
    ]  # fmt: skip


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


def test_undoing_forgets_that_day_of_that_habit_only(person: Person) -> None:
    habit_id, other_id = person.add_habit(), person.add_habit()
    for one in (habit_id, other_id):
        person.check_in(one, TODAY)
        person.check_in(one, YESTERDAY)
    person.request("DELETE", f"/habits/{habit_id}/checkins/{YESTERDAY}")
    assert [habit["checkins"] for habit in person.habits()] == [
        [str(TODAY)], [str(YESTERDAY), str(TODAY)],
    ]  # fmt: skip


def test_the_future_begins_when_the_day_ends_where_the_person_lives(
    monkeypatch: pytest.MonkeyPatch, person: Person
) -> None:
    """A day ahead was allowed west of UTC."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 11, 28, 9, 30, tzinfo=UTC).astimezone(tz)

    path = f"/habits/{person.add_habit()}/checkins"
    monkeypatch.setattr(clock, "datetime", Clock)

    def latest(**data: object) -> str:
        person.request("PATCH", "/me", json=data)
        today: str = person.request("GET", "/today").json()["date"]
        tomorrow = date.fromisoformat(today) + timedelta(days=1)
        for method in ("PUT", "PATCH"):
            assert person.request(method, f"{path}/{today}", json={}).status_code == 200
            refused = person.request(method, f"{path}/{tomorrow}", json={})
            assert assert_problem(refused, 422) == (
                f"{tomorrow} is in the future: a habit can be checked in up to today, {today}."
            )
        return today

    assert latest(time_zone="Pacific/Kiritimati") == "2026-11-28"  # 23:30
    assert latest(time_zone="Pacific/Pago_Pago") == "2026-11-27"  # 22:30
    assert latest(time_zone="America/Los_Angeles") == "2026-11-28"  # 01:30
    assert latest(day_ends_at=1) == "2026-11-28"
    assert latest(day_ends_at=2) == "2026-11-27"
    # What was right before the move can still be taken back.
    assert person.request("DELETE", f"{path}/2026-11-28").status_code == 204


def test_the_clock_is_read_once_in_a_request(
    monkeypatch: pytest.MonkeyPatch, person: Person
) -> None:
    """`today` was computed twice: around midnight, two different ones."""
    habit_id = person.add_habit()
    reads: list[datetime] = []

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            reads.append(now := super().now(tz))
            return now

    monkeypatch.setattr(clock, "datetime", Clock)
    for method, path in [
        ("GET", "/today"),
        ("GET", "/habits"),
        ("GET", f"/habits/{habit_id}"),
        ("GET", f"/habits/{habit_id}/stats"),
        ("GET", f"/habits/{habit_id}/heatmap"),
        ("PATCH", f"/habits/{habit_id}"),
        ("PUT", f"/habits/{habit_id}/checkins/{TODAY}"),
        ("PATCH", f"/habits/{habit_id}/checkins/{TODAY}"),
        ("POST", "/habits"),
    ]:
        reads.clear()
        body = None if method == "GET" else {"name": "Read"} if path.endswith("habits") else {}
        response = person.request(method, path, json=body)
        assert (response.status_code < 300, len(reads)) == (True, 1), path


def test_a_check_in_says_what_was_done(person: Person) -> None:
    habit_id = person.add_habit()
    path = f"/habits/{habit_id}/checkins/{TODAY}"
    data = {"status": "skip", "count": 3, "note": "Ill.\nStill ill."}
    for _ in range(2):
        check_in = person.request("PUT", path, json=data).json()
        assert check_in == {"habit_id": habit_id, "date": str(TODAY), **data}
    habit = person.habit(habit_id)
    assert habit["today"] == check_in
    assert (habit["checked_today"], habit["checkins"]) == (False, [])
    # PUT replaces: what is left out has its default again.
    person.check_in(habit_id, TODAY, count=2)
    habit = person.habit(habit_id)
    today = habit["today"]
    assert (today["status"], today["count"], today["note"]) == ("done", 2, "")
    assert (habit["checked_today"], habit["checkins"]) == (True, [str(TODAY)])


@pytest.mark.parametrize(
    "data",
    [{"status": "maybe"}, {"count": 0}, {"count": 100_001}, {"note": "x" * 501}, {"note": "\0"}],
)
def test_an_unusable_check_in_is_refused(person: Person, data: dict[str, object]) -> None:
    path = f"/habits/{person.add_habit()}/checkins/{TODAY}"
    assert_problem(person.request("PUT", path, json=data), 422)


def test_progress_is_in_the_answer(person: Person) -> None:
    habit_id = person.add_habit()
    for ago in (0, 1, 3, 4, 5, 40):
        person.check_in(habit_id, TODAY - timedelta(days=ago))
    person.check_in(habit_id, TODAY - timedelta(days=2), status="skip")
    habit = person.habit(habit_id)
    assert (habit["streak"], habit["best_streak"], habit["streak_unit"]) == (5, 5, "days")
    assert habit["checkins"] == [str(TODAY - timedelta(days=ago)) for ago in (5, 4, 3, 1, 0)]
    assert habit["rate_30"] == 0.1724  # 5 / 29, in ten thousandths
    kept = 0.5 ** (1 / HALF_LIFE_DAYS)
    score = (1 - kept) * kept**34  # once, then 34 days of nothing
    for _ in range(5):
        score = score * kept + (1 - kept)
    assert habit["score"] == round(score, 4)
    assert person.habits() == [habit]


def test_schedules(person: Person) -> None:
    weekday = TODAY.isoweekday()
    other = weekday % 7 + 1
    for schedule, due in [
        ({"kind": "daily"}, True),
        ({"kind": "weekdays", "weekdays": [weekday]}, True),
        ({"kind": "weekdays", "weekdays": [other]}, False),
        ({"kind": "weekly", "times": 3}, True),
        ({"kind": "interval", "days": 3}, True),
    ]:
        habit = person.habit(person.add_habit(schedule=schedule))
        assert (habit["schedule"], habit["due_today"]) == (schedule, due)
    habit_id = person.add_habit(schedule={"kind": "weekdays", "weekdays": [7, 1, 7]})
    assert person.habit(habit_id)["schedule"] == {"kind": "weekdays", "weekdays": [1, 7]}
    change = {"schedule": {"kind": "weekly", "times": 1}}
    changed = person.request("PATCH", f"/habits/{habit_id}", json=change).json()
    assert (changed["schedule"], changed["streak_unit"]) == (change["schedule"], "weeks")


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "weekdays", "weekdays": []},
        {"kind": "weekdays", "weekdays": [0]},
        {"kind": "weekdays", "weekdays": [8]},
        {"kind": "weekly", "times": 0},
        {"kind": "weekly", "times": 8},
        {"kind": "interval", "days": 1},
        {"kind": "interval", "days": 366},
        {"kind": "yearly"},
        {},
        "daily",
    ],
)
def test_unusable_schedules_are_refused(person: Person, schedule: object) -> None:
    body = {"name": "Read", "schedule": schedule}
    assert_problem(person.request("POST", "/habits", json=body), 422)


def test_today_is_what_is_due_and_what_was_done(person: Person) -> None:
    off = {"kind": "weekdays", "weekdays": [TODAY.isoweekday() % 7 + 1]}
    due, archived = person.add_habit("due"), person.add_habit("archived")
    done_off = person.add_habit("done", schedule=off)
    person.add_habit("off", schedule=off)
    person.check_in(done_off, TODAY)
    person.check_in(archived, TODAY)
    person.request("PATCH", f"/habits/{archived}", json={"archived": True})
    today = person.request("GET", "/today").json()
    assert (today["date"], today["time_zone"]) == (str(TODAY), TIME_ZONE)
    assert today["habits"] == [person.habit(due), person.habit(done_off)]


def test_the_users_time_zone_says_what_today_is(client: TestClient) -> None:
    # 25 hours apart, so never the same date.
    east, west = (
        register(client, time_zone=f"Pacific/{zone}") for zone in ("Kiritimati", "Pago_Pago")
    )
    first, last = (
        date.fromisoformat(p.request("GET", "/today").json()["date"]) for p in (west, east)
    )
    assert first < last
    habit_id = east.add_habit()
    east.check_in(habit_id, last)
    assert east.habit(habit_id)["streak"] == 1
    # The client does not say what today is any more.
    assert east.habits(today=str(first)) == [east.habit(habit_id)]
    moved = east.request("PATCH", "/me", json={"time_zone": "Pacific/Pago_Pago"}).json()
    assert moved["time_zone"] == "Pacific/Pago_Pago"
    habit = east.habit(habit_id)
    assert (habit["checked_today"], habit["streak"], habit["checkins"]) == (False, 0, [])


def test_a_change_is_refused_when_somebody_was_faster(person: Person) -> None:
    habit_id = person.add_habit("Read")
    path = f"/habits/{habit_id}"
    tag = person.request("GET", path).headers["etag"]
    assert tag == '"1"'
    first = person.request("PATCH", path, json={"name": "Write"}, headers={"if-match": tag})
    assert (first.status_code, first.headers["etag"], first.json()["version"]) == (200, '"2"', 2)
    for stale in (tag, 'W/"2"', '"x"', "2", '""', '"', '"9999999999"', '"99999999999999999999"'):
        response = person.request("PATCH", path, json={"name": "Sing"}, headers={"if-match": stale})
        assert assert_problem(response, 412) == (
            "The habit has been changed in the meantime (its version is 2 now). "
            "Read it again, then decide whether your change still fits."
        )
    for fresh in ('"2"', '"7", "3"', '"4","7"', "*"):
        response = person.request("PATCH", path, json={"name": "Sing"}, headers={"if-match": fresh})
        assert response.status_code == 200, fresh
    # Check-ins are no change of the habit; neither is nothing.
    person.check_in(habit_id, TODAY)
    person.request("PATCH", path, json={"color": None})
    assert person.request("GET", path).headers["etag"] == '"6"'


def test_of_many_changes_based_on_one_version_one_wins(person: Person) -> None:
    path = f"/habits/{person.add_habit()}"

    def change(number: int) -> int:
        body, headers = {"name": f"No. {number}"}, {"if-match": '"1"'}
        return person.request("PATCH", path, json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [200] + [412] * 7


def test_archived_habits_are_out_of_the_way(person: Person) -> None:
    kept, archived = person.add_habit("kept"), person.add_habit("archived")
    change = {"archived": True}
    habit = person.request("PATCH", f"/habits/{archived}", json=change).json()
    assert (habit["archived"], habit["due_today"]) == (True, False)

    def ids(**params: str) -> list[str]:
        return [habit["id"] for habit in person.habits(**params)]

    assert ids() == ids(archived="false") == [kept]
    assert ids(archived="true") == [archived]
    assert ids(archived="all") == [kept, archived]
    person.request("PATCH", f"/habits/{archived}", json={"archived": False})
    assert ids() == [kept, archived]


def test_habits_go_where_their_owner_puts_them(person: Person, client: TestClient) -> None:
    a, b, c, d = (person.add_habit(name) for name in "abcd")

    def order(*ids: str) -> int:
        return person.request("PUT", "/habits/order", json={"ids": ids}).status_code

    def names() -> str:
        found = person.habits()
        assert [habit["position"] for habit in found] == sorted(h["position"] for h in found)
        return "".join(habit["name"] for habit in found)

    assert order(d, b) == 204
    assert names() == "dbac"
    assert order(c) == 204
    assert names() == "cdba"
    assert order() == 204
    person.add_habit("e")
    assert names() == "cdbae"
    twice = person.request("PUT", "/habits/order", json={"ids": [a, a]})
    assert assert_problem(twice, 422) == "ids: a habit is named twice. Name each one once."
    assert order(a, str(uuid4())) == 404
    assert order(a, register(client).add_habit()) == 404
    assert names() == "cdbae"


def test_pages(person: Person) -> None:
    names = [f"{number:02}" for number in range(7)]
    for name in names:
        person.add_habit(name)
    path, seen, pages = "/habits?limit=3&archived=all", [], 0
    while path:
        response = person.request("GET", path)
        seen += [habit["name"] for habit in response.json()]
        pages += 1
        link = response.headers.get("link")
        if pages == 1:
            # Gone between two pages: nothing else is left out for it.
            person.request("DELETE", f"/habits/{response.json()[-1]['id']}")
        path = link.removeprefix("</api/v1").removesuffix('>; rel="next"') if link else ""
    assert (seen, pages) == (names, 3)
    # A last page that is full is the last one all the same.
    assert "link" not in person.request("GET", f"/habits?limit={len(names) - 1}").headers


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "archived=maybe",
        "cursor=x",
        "cursor=00000000-0000-4000-8000-000000000000",
    ],
)
def test_pages_that_are_none_are_refused(person: Person, query: str) -> None:
    assert_problem(person.request("GET", f"/habits?{query}"), 422)


def test_there_is_a_limit_to_habits(client: TestClient, person: Person) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    with Session(services.engine) as session:
        session.add_all(
            Habit(user_id=UUID(person.id), name=str(n), color="#000000", schedule={"kind": "daily"})
            for n in range(MAX_HABITS - 1)
        )
        session.commit()
    with ThreadPoolExecutor(4) as pool:
        responses = pool.map(
            lambda _: person.request("POST", "/habits", json={"name": "x"}).status_code, range(4)
        )
        assert sorted(responses) == [201, 409, 409, 409]
    refused = person.request("POST", "/habits", json={"name": "x"})
    assert assert_problem(refused, 409) == (
        f"You can have {MAX_HABITS} habits at most, with those in the trash. "
        "Delete some from the trash first."
    )


def test_nobody_waits_for_a_lock_that_is_none_of_theirs(client: TestClient, person: Person) -> None:
    habit_id, other = person.add_habit(), register(client)
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    with connect(engine.url) as connection:
        # A habit is added while somebody else adds one, and while the chat takes a message.
        for user_id, strength in ((other.id, "NO KEY UPDATE"), (person.id, "KEY SHARE")):
            with connection.transaction():
                connection.execute(f"SELECT FROM users WHERE id = %s FOR {strength}", [user_id])
                person.add_habit()
        # A day is checked in while the habit is changed.
        with connection.transaction():
            connection.execute("UPDATE habits SET name = 'Write' WHERE id = %s", [habit_id])
            person.check_in(habit_id, TODAY)


def test_history_of_a_habit(person: Person) -> None:
    habit_id = person.add_habit()
    person.check_in(habit_id, date(2024, 2, 29), count=2)
    person.check_in(habit_id, date(2023, 12, 31), status="skip")
    person.check_in(habit_id, date(2025, 1, 1), note="New Year")

    def days(query: str) -> list[str]:
        found = person.request("GET", f"/habits/{habit_id}/checkins?{query}").json()
        return [check_in["date"] for check_in in found]

    assert days("") == ["2023-12-31", "2024-02-29", "2025-01-01"]
    assert days("from=2024-02-29") == ["2024-02-29", "2025-01-01"]
    assert days("from=2024-01-01&to=2024-02-29") == ["2024-02-29"]
    assert days("to=2024-02-28") == ["2023-12-31"]
    assert days("from=2026-01-01&to=2025-01-01") == []
    # A year has its first day and its last one.
    for day in (date(2022, 1, 1), date(2022, 12, 31)):
        person.check_in(habit_id, day)
    year = person.request("GET", f"/habits/{habit_id}/heatmap?year=2022").json()
    assert [one["date"] for one in year["days"]] == ["2022-01-01", "2022-12-31"]
    heatmap = person.request("GET", f"/habits/{habit_id}/heatmap?year=2024").json()
    assert heatmap == {
        "year": 2024, "days": [{"date": "2024-02-29", "status": "done", "count": 2}],
    }  # fmt: skip
    present = person.request("GET", f"/habits/{habit_id}/heatmap").json()
    assert present == {"year": TODAY.year, "days": []}
    for query in ("year=1969", "year=3000", "year=x"):
        assert_problem(person.request("GET", f"/habits/{habit_id}/heatmap?{query}"), 422)


@pytest.mark.parametrize("day", ["2026-02-30", "today", "0001-01-01", "9999-12-31"])
def test_days_that_are_none_are_refused(person: Person, day: str) -> None:
    habit_id = person.add_habit()
    assert_problem(person.request("PUT", f"/habits/{habit_id}/checkins/{day}"), 422)


@pytest.mark.parametrize("day", ["0", "-0", str(20_000 * 24 * 3600)])
def test_seconds_since_1970_are_no_day(person: Person, day: str) -> None:
    habit_id = person.add_habit()
    response = person.request("PUT", f"/habits/{habit_id}/checkins/{day}")
    assert assert_problem(response, 422) == "day: it is not written as in 2026-11-23."


def test_nobody_reaches_the_habits_of_another(client: TestClient, person: Person) -> None:
    habit_id = person.add_habit()
    person.check_in(habit_id, TODAY)
    before = person.habits()
    other = register(client)
    assert other.habits() == []
    # One of their own is no key to all the others.
    other.add_habit()
    others = other.habits()
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("PUT", f"/checkins/{TODAY}", None),
        ("DELETE", f"/checkins/{TODAY}", None),
        ("GET", "/checkins", None),
        ("GET", "/heatmap", None),
    ]:
        theirs = other.request(method, f"/habits/{habit_id}{path}", json=body)
        nobodys = other.request(method, f"/habits/{uuid4()}{path}", json=body)
        # The same answer as for a habit that does not exist: not even that much is told.
        assert assert_problem(theirs, 404) == assert_problem(nobodys, 404)
        assert theirs.json()["detail"] == (
            "You have no habit with this id; it may have been deleted."
        )
    assert person.habits() == before
    assert other.habits() == others


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
        ("GET", f"/habits/{habit_id}/checkins"),
        ("GET", f"/habits/{habit_id}/heatmap"),
        ("PUT", "/habits/order"),
        ("GET", "/today"),
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("DELETE", "/me"),
        ("PUT", "/me/password"),
        ("GET", "/me/export"),
        ("GET", "/me/export.csv"),
        ("POST", "/me/import"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/logout"),
        ("POST", "/chat"),
        ("POST", "/chat/stream"),
        ("GET", "/chat/history"),
        ("DELETE", "/chat/history"),
        ("GET", "/chat/confirmations"),
        ("POST", f"/chat/confirmations/{uuid4()}"),
    ]:
        assert client.request(method, f"/api/v1{path}").status_code == 401, (method, path)


def test_skipped_days_of_the_last_30_are_listed(person: Person) -> None:
    habit_id = person.add_habit()
    days = [TODAY - timedelta(days=ago) for ago in (31, 2, 0)]
    for day in days:
        person.request("PUT", f"/habits/{habit_id}/checkins/{day}", json={"status": "skip"})
    assert person.habits()[0]["skips"] == [str(day) for day in days[1:]]


GLASSES = {"kind": "at_least", "target": 8, "unit": "glasses"}
COFFEES = {"kind": "at_most", "target": 2, "unit": "coffees"}


def test_a_goal_and_an_icon_come_and_go(person: Person) -> None:
    habit_id = person.add_habit(goal=GLASSES, icon="💧")
    path = f"/habits/{habit_id}"

    def changed(**data: object) -> tuple[object, object]:
        habit = person.request("PATCH", path, json=data).json()
        assert habit == person.habit(habit_id)
        return habit["goal"], habit["icon"]

    assert changed() == (GLASSES, "💧")
    assert changed(name="Drink") == (GLASSES, "💧")
    assert changed(goal=COFFEES) == (COFFEES, "💧")
    assert changed(icon=None) == (COFFEES, None)
    assert changed(goal=None, icon="☕") == (None, "☕")
    # There is no habit without these: null leaves them alone.
    habit = person.request("PATCH", path, json={"name": None, "schedule": None}).json()
    assert (habit["name"], habit["schedule"]) == ("Drink", {"kind": "daily"})


@pytest.mark.parametrize(
    "data",
    [
        {"goal": {**GLASSES, "kind": "exactly"}},
        {"goal": {**GLASSES, "target": 0}},
        {"goal": {**GLASSES, "target": 100_001}},
        {"goal": {**GLASSES, "unit": " "}},
        {"goal": {**GLASSES, "unit": "x" * 21}},
        {"goal": {**GLASSES, "unit": "nul\0"}},
        {"icon": ""},
        {"icon": "x" * 17},
    ],
)
def test_unusable_goals_and_icons_are_refused(person: Person, data: dict[str, object]) -> None:
    assert_problem(person.request("POST", "/habits", json={"name": "Drink", **data}), 422)


def test_a_day_that_does_not_meet_the_goal_is_not_checked(person: Person) -> None:
    water, coffee = person.add_habit(goal=GLASSES), person.add_habit(goal=COFFEES)

    def checked(habit_id: str, count: int) -> bool:
        person.check_in(habit_id, TODAY, count=count)
        habit = person.habit(habit_id)
        assert habit["today"]["count"] == count
        met: bool = habit["checked_today"]
        assert (habit["streak"], habit["checkins"]) == ((1, [str(TODAY)]) if met else (0, []))
        return met

    assert [checked(water, count) for count in (1, 7, 8, 9)] == [False, False, True, True]
    assert [checked(coffee, count) for count in (0, 1, 2, 3)] == [True, True, True, False]


def test_changing_a_day_keeps_what_is_left_out(person: Person) -> None:
    habit_id = person.add_habit(goal=GLASSES)
    path = f"/habits/{habit_id}/checkins/{TODAY}"

    def changed(**data: object) -> tuple[object, ...]:
        response = person.request("PATCH", path, json=data)
        assert response.status_code == 200, response.text
        day = response.json()
        assert day == person.habit(habit_id)["today"]
        return day["status"], day["count"], day["note"]

    assert changed() == ("done", 1, "")
    person.request("DELETE", path)
    assert changed(add=3) == ("done", 3, "")
    assert changed(note="At work") == ("done", 3, "At work")
    assert changed(add=2) == ("done", 5, "At work")
    assert changed(add=-1, status="skip") == ("skip", 4, "At work")
    assert changed(count=8, status="done") == ("done", 8, "At work")
    assert changed(note="") == ("done", 8, "")
    assert changed(count=None, add=None, note=None, status=None) == ("done", 8, "")


def test_of_many_glasses_at_once_none_is_lost(person: Person) -> None:
    habit_id = person.add_habit(goal=GLASSES)
    path = f"/habits/{habit_id}/checkins/{TODAY}"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: person.request("PATCH", path, json={"add": 1}), range(16)))
    assert person.habit(habit_id)["today"]["count"] == 16


def test_a_count_stays_within_its_bounds(person: Person) -> None:
    water, coffee = person.add_habit(goal=GLASSES), person.add_habit(goal=COFFEES)

    def refused(habit_id: str, method: str, **data: object) -> str:
        before = person.habit(habit_id)["today"]
        path = f"/habits/{habit_id}/checkins/{TODAY}"
        detail = assert_problem(person.request(method, path, json=data), 422)
        assert person.habit(habit_id)["today"] == before
        return detail

    too_little = (
        "count: {} is too little. Only a habit with a goal of at most something can be done 0 "
        "times; remove the day's check-in instead."
    )
    for method in ("PUT", "PATCH"):
        assert refused(water, method, count=0) == too_little.format(0)
    assert refused(water, "PATCH", add=-2) == too_little.format(-2)
    person.check_in(water, TODAY, count=100_000)
    person.check_in(coffee, TODAY, count=1)
    assert refused(water, "PATCH", add=1) == "count: 100001 is too much; 100000 is the most."
    assert refused(water, "PATCH", add=-100_000) == too_little.format(0)
    assert refused(coffee, "PATCH", add=-2) == too_little.format(-1)
    detail = "request: count and add exclude each other: give one of them."
    assert refused(coffee, "PATCH", add=1, count=1) == detail
    path = f"/habits/{coffee}/checkins/{TODAY}"
    assert person.request("PATCH", path, json={"add": -1}).json()["count"] == 0


def test_a_paused_habit_is_not_due_but_listed(person: Person) -> None:
    habit_id = person.add_habit()
    paused = person.request("PATCH", f"/habits/{habit_id}", json={"paused": True}).json()
    assert (paused["paused"], paused["due_today"]) == (True, False)
    assert person.habits() == [paused]
    assert person.request("GET", "/today").json()["habits"] == []
    person.request("PATCH", f"/habits/{habit_id}", json={"paused": False})
    assert person.habit(habit_id)["due_today"]


def test_stats(person: Person) -> None:
    habit_id = person.add_habit(goal=GLASSES)
    person.check_in(habit_id, TODAY, count=9)
    person.check_in(habit_id, TODAY - timedelta(days=7), count=8)
    person.check_in(habit_id, TODAY - timedelta(days=8), count=3)
    person.check_in(habit_id, TODAY - timedelta(days=9), status="skip")
    stats = person.request("GET", f"/habits/{habit_id}/stats").json()
    assert set(stats) == {"totals", "weekdays", "best_weekday", "months", "scores"}
    assert stats["totals"] == {"done": 2, "skipped": 1, "count": 20}
    assert [day["weekday"] for day in stats["weekdays"]] == [1, 2, 3, 4, 5, 6, 7]
    today = stats["weekdays"][TODAY.isoweekday() - 1]
    assert today == {"weekday": TODAY.isoweekday(), "done": 2, "due": 2, "rate": 1}
    assert stats["best_weekday"] == TODAY.isoweekday()
    assert stats["months"][-1]["month"] == f"{TODAY:%Y-%m}"
    assert [sum(month[name] for month in stats["months"]) for name in ("done", "due", "count")] == [
        2, 9, 20,
    ]  # fmt: skip
    assert len(stats["months"]) == 12
    monday = TODAY - timedelta(days=TODAY.weekday())
    assert stats["scores"][-1] == {"date": str(monday), "score": person.habit(habit_id)["score"]}


def test_what_is_remembered_of_habits_is_bounded(person: Person) -> None:
    # With every day since 1970 and its count, a thousand habits took 300 MB.
    figures._remembered.cache_clear()
    days = [date(1970, 1, 1) + timedelta(days=number) for number in range(20_000)]
    habit = {
        "name": "Read",
        "goal": {"kind": "at_least", "target": 1, "unit": "pages"},
        "created_at": "1970-01-01T00:00:00Z",
        "checkins": [{"date": str(day), "count": 100_000} for day in days],
    }
    document = {"format": "habit-tracker", "version": 2, "habits": [habit]}
    assert person.request("POST", "/me/import", json=document).status_code == 200
    person.add_habit("Run")
    assert len(person.habits()) == 2
    assert figures._remembered.cache_info().currsize == 1
