"""The list of sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from fastapi.testclient import TestClient
from sqlmodel import Session

from habit_tracker import accounts
from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME
from tests.support.api import Person, assert_problem, register
from tests.support.postgres import connect
from tests.support.values import JWT_SECRET, PASSWORD


def log_in(client: TestClient, person: Person, user_agent: str) -> Person:
    account = {"email": person.email, "password": PASSWORD}
    headers = {"user-agent": user_agent}
    response = client.post("/api/v1/auth/login", json=account, headers=headers)
    assert response.status_code == 200, response.text
    return Person(client, person.id, person.email, response.json()["access_token"])


def sessions(person: Person) -> list[dict[str, Any]]:
    response = person.request("GET", "/me/sessions")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def age(client: TestClient, person: Person, used_ago: timedelta) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    claims = services.tokens.read(person.token)
    with connect(services.engine.url) as connection:
        connection.execute(
            "UPDATE sessions SET last_used_at = now() - %s WHERE id = %s",
            [used_ago, claims.session_id],
        )


def test_they_are_listed_and_ended_one_by_one(client: TestClient, person: Person) -> None:
    phone = log_in(client, person, "Phone " + "x" * 300)
    [on_phone, here] = sessions(person)
    assert on_phone["user_agent"] == ("Phone " + "x" * 300)[:200]
    assert (here["current"], on_phone["current"]) == (True, False)
    assert [one["current"] for one in sessions(phone)] == [True, False]
    for moment in (here["created_at"], here["last_used_at"]):
        assert datetime.now(UTC) - datetime.fromisoformat(moment) < timedelta(minutes=1)

    path = f"/me/sessions/{on_phone['id']}"
    stranger = register(client)
    assert_problem(stranger.request("DELETE", path), 404)
    assert phone.request("GET", "/me").status_code == 200
    assert person.request("DELETE", path).status_code == 204
    assert phone.request("GET", "/me").status_code == 401
    assert_problem(person.request("DELETE", path), 404)
    assert_problem(person.request("DELETE", f"/me/sessions/{uuid4()}"), 404)
    assert sessions(person) == [here]
    # This one too.
    assert person.request("DELETE", f"/me/sessions/{here['id']}").status_code == 204
    assert person.request("GET", "/me").status_code == 401


def test_all_others_end_at_once(client: TestClient, person: Person) -> None:
    others = [log_in(client, person, name) for name in ("Phone", "Laptop")]
    stranger = register(client)
    for _ in range(2):
        assert person.request("DELETE", "/me/sessions").status_code == 204
    assert [one.request("GET", "/me").status_code for one in others] == [401, 401]
    assert [one["current"] for one in sessions(person)] == [True]
    assert len(sessions(stranger)) == 1


def test_logging_out_and_a_new_password_take_sessions_off_the_list(
    client: TestClient, person: Person
) -> None:
    phone = log_in(client, person, "Phone")
    log_in(client, person, "Laptop")
    assert phone.request("POST", "/auth/logout").status_code == 204
    assert len(sessions(person)) == 2
    change = {"current_password": PASSWORD, "new_password": "canary-password-2"}
    response = person.request("PUT", "/me/password", json=change)
    person.token = response.json()["access_token"]
    assert [one["current"] for one in sessions(person)] == [True]


def test_use_is_noted_every_ten_minutes_at_most(client: TestClient, person: Person) -> None:
    for ago, noted in [(timedelta(minutes=9), False), (timedelta(minutes=11), True)]:
        age(client, person, ago)
        assert person.request("GET", "/me").status_code == 200
        [here] = sessions(person)
        used_ago = datetime.now(UTC) - datetime.fromisoformat(here["last_used_at"])
        assert (used_ago < timedelta(minutes=1)) is noted


def test_a_session_that_nobody_can_use_any_more_is_not_listed(
    client: TestClient, person: Person
) -> None:
    phone = log_in(client, person, "Phone")
    age(client, phone, ACCESS_TOKEN_LIFETIME + timedelta(minutes=9))
    assert len(sessions(person)) == 2
    age(client, phone, ACCESS_TOKEN_LIFETIME + timedelta(minutes=11))
    assert len(sessions(person)) == 1
    services = client.app.state.services  # type: ignore[attr-defined]
    log_in(client, person, "Laptop")
    with connect(services.engine.url) as connection:
        query = "SELECT count(*) FROM sessions WHERE user_id = %s"
        assert connection.execute(query, [person.id]).fetchone() == (2,)


def test_a_session_from_before_the_list_is_listed_when_it_is_used(person: Person) -> None:
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    old = {
        **jwt.decode(person.token, options={"verify_signature": False}),
        "sid": str(uuid4()),
        "auth_time": int(begun.timestamp()),
    }
    person.token = jwt.encode(old, JWT_SECRET, algorithm="HS256")
    [here] = [one for one in sessions(person) if one["current"]]
    assert datetime.fromisoformat(here["created_at"]) == begun


def test_all_others_end_although_they_were_never_listed(person: Person) -> None:
    def unlisted(begun: timedelta) -> Person:
        """A session that the previous version began, and that was not used since."""
        values = jwt.decode(person.token, options={"verify_signature": False})
        begun_at = int((datetime.now(UTC) + begun).timestamp())
        values |= {"sid": str(uuid4()), "auth_time": begun_at}
        token = jwt.encode(values, JWT_SECRET, algorithm="HS256")
        return Person(person.client, person.id, person.email, token)

    here, stolen = unlisted(timedelta(days=-3)), unlisted(timedelta(days=-3))
    for _ in range(2):
        assert here.request("DELETE", "/me/sessions").status_code == 204
    assert [one.request("GET", "/me").status_code for one in (here, stolen)] == [200, 401]
    # During a rollout the previous version goes on beginning sessions.
    later = unlisted(timedelta(seconds=2))
    assert [later.request("GET", "/me").status_code for _ in range(2)] == [200, 200]


def test_noting_the_use_of_a_deleted_account_changes_nothing(
    client: TestClient, person: Person
) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    claims = services.tokens.read(person.token)
    person.request("DELETE", "/me", json={"password": PASSWORD})
    with Session(services.autocommit) as session:
        accounts.note_use(session, claims, "Phone")
    with connect(services.engine.url) as connection:
        query = "SELECT count(*) FROM sessions WHERE user_id = %s"
        assert connection.execute(query, [person.id]).fetchone() == (0,)
