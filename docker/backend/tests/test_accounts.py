"""Sessions and passwords over time: staying logged in, logging out, changing, leaving."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import jwt
import pytest
from fastapi.testclient import TestClient
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlmodel import Session

from habit_tracker import accounts
from habit_tracker.core.errors import UnavailableError
from habit_tracker.core.security import (
    MAX_WAITING_HASHES,
    SESSION_LIFETIME,
    Claims,
    Passwords,
    Tokens,
)
from habit_tracker.main import create_app
from tests.support.api import (
    TIME_ZONE,
    TODAY,
    Person,
    assert_problem,
    make_settings,
    register,
    wait_ready,
)
from tests.support.postgres import connect, create_database
from tests.support.server import ServerProcess
from tests.support.values import JWT_SECRET, PASSWORD

MEMORY_LIMIT = 512 * 1024**2  # bytes: the container's, from the seed


def log_in(client: TestClient, person: Person, password: str = PASSWORD) -> Person:
    """The same person in another browser."""
    account = {"email": person.email, "password": password}
    response = client.post("/api/v1/auth/login", json=account)
    assert response.status_code == 200, response.text
    return Person(client, person.id, person.email, response.json()["access_token"])


def is_logged_in(person: Person) -> bool:
    status = person.request("GET", "/me").status_code
    assert status in (200, 401)
    return status == 200


def claims(token: str) -> dict[str, int | str]:
    found: dict[str, int | str] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_a_person_says_when_their_week_and_their_day_begin(person: Person) -> None:
    def settings(**changes: object) -> tuple[object, object, object]:
        me = person.request("PATCH", "/me", json=changes).json()
        assert me == person.request("GET", "/me").json()
        return me["time_zone"], me["week_start"], me["day_ends_at"]

    assert settings() == (TIME_ZONE, 1, 0)
    assert settings(week_start=7) == (TIME_ZONE, 7, 0)
    assert settings(day_ends_at=6) == (TIME_ZONE, 7, 6)
    assert settings(time_zone="UTC", week_start=None) == ("UTC", 7, 6)
    for wrong in ({"week_start": 0}, {"week_start": 8}, {"day_ends_at": -1}, {"day_ends_at": 7}):
        assert_problem(person.request("PATCH", "/me", json=wrong), 422)
    assert settings() == ("UTC", 7, 6)


def test_registering_with_a_time_zone(client: TestClient) -> None:
    person = register(client, time_zone="Europe/Berlin")
    assert person.request("GET", "/me").json()["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "europe/berlin", "../etc/passwd", "localtime", ""]
)
def test_time_zones_that_are_none_are_refused(
    client: TestClient, person: Person, zone: str
) -> None:
    account = {"email": "zone@example.com", "password": PASSWORD, "time_zone": zone}
    response = client.post("/api/v1/auth/register", json=account)
    assert assert_problem(response, 422) == (
        "time_zone: it is not an IANA time zone, such as Europe/Berlin."
    )
    assert_problem(person.request("PATCH", "/me", json={"time_zone": zone}), 422)


def test_refreshing_stays_in_the_session(client: TestClient, person: Person) -> None:
    response = person.request("POST", "/auth/refresh")
    assert response.status_code == 200
    body = response.json()
    assert body["user"] == person.request("GET", "/me").json()
    old, new = claims(person.token), claims(body["access_token"])
    assert {name: old[name] for name in ("sub", "sid", "gen", "auth_time")} == {
        name: new[name] for name in ("sub", "sid", "gen", "auth_time")
    }
    renewed = Person(client, person.id, person.email, body["access_token"])
    other = log_in(client, person)
    assert renewed.request("POST", "/auth/logout").status_code == 204
    # The session has ended, with all of its tokens; the other browser's goes on.
    assert not is_logged_in(renewed)
    assert not is_logged_in(person)
    assert is_logged_in(other)
    assert_problem(person.request("POST", "/auth/refresh"), 401)
    assert_problem(person.request("POST", "/auth/logout"), 401)


def test_an_ended_session_is_kept_in_mind_as_long_as_its_tokens_could_live(
    client: TestClient, person: Person
) -> None:
    engine = client.app.state.services.engine  # type: ignore[attr-defined]

    def ended(whose: Person) -> list[datetime]:
        with connect(engine.url) as connection:
            query = "SELECT expires_at FROM ended_sessions WHERE user_id = %s ORDER BY expires_at"
            return [row[0] for row in connection.execute(query, [whose.id])]  # type: ignore[misc]

    other = register(client)
    for one in (other, person):
        session = log_in(client, one)
        session.request("POST", "/auth/logout")
    [expires] = ended(person)
    last = datetime.fromtimestamp(int(claims(session.token)["exp"]), UTC)
    assert timedelta(minutes=59) < expires - last < timedelta(minutes=61)
    with connect(engine.url) as connection:
        connection.execute(
            "UPDATE ended_sessions SET expires_at = now() - interval '1 second'"
            " WHERE user_id IN (%s, %s)",
            [person.id, other.id],
        )
    # Whoever logs out takes their own old ones along.
    for _ in range(2):
        log_in(client, person).request("POST", "/auth/logout")
    assert [moment > datetime.now(UTC) for moment in ended(person)] == [True, True]
    assert len(ended(other)) == 1


def test_ending_a_session_twice_changes_nothing(client: TestClient, person: Person) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    token = services.tokens.read(person.token)
    for _ in range(2):
        with Session(services.engine) as session:
            accounts.end_sessions(session, token.user_id, [token.session_id])
            session.commit()
    assert not is_logged_in(person)


def test_a_session_ends_one_day(person: Person) -> None:
    begun = datetime.now(UTC) - SESSION_LIFETIME - timedelta(minutes=1)
    old = {**claims(person.token), "auth_time": int(begun.timestamp())}
    person.token = jwt.encode(old, JWT_SECRET, algorithm="HS256")
    assert is_logged_in(person)
    assert_problem(person.request("POST", "/auth/refresh"), 401)


def test_a_new_password_ends_all_sessions(client: TestClient, person: Person) -> None:
    other = log_in(client, person)
    change = {"current_password": PASSWORD, "new_password": "canary-password-2"}
    response = person.request("PUT", "/me/password", json=change)
    assert response.status_code == 200
    assert not is_logged_in(person)
    assert not is_logged_in(other)
    token = response.json()["access_token"]
    assert claims(token)["gen"] == int(claims(person.token)["gen"]) + 1
    assert is_logged_in(Person(client, person.id, person.email, token))
    assert_problem(
        client.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD}), 401
    )
    assert is_logged_in(log_in(client, person, "canary-password-2"))


def test_the_password_is_asked_for_before_it_or_the_account_goes(person: Person) -> None:
    change = {"current_password": "wrong", "new_password": "canary-password-2"}
    assert_problem(person.request("PUT", "/me/password", json=change), 403)
    assert_problem(person.request("DELETE", "/me", json={"password": "wrong"}), 403)
    short = {"current_password": PASSWORD, "new_password": "short"}
    assert_problem(person.request("PUT", "/me/password", json=short), 422)
    assert is_logged_in(person)


def test_two_password_changes_at_once_do_not_both_win(client: TestClient, person: Person) -> None:
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    user = accounts.find(engine, person.email)
    assert user is not None
    assert accounts.change_password(engine, user, "one") is not None
    assert accounts.change_password(engine, user, "two") is None
    # Nor does a renewed hash of the old one.
    accounts.replace_hash(engine, user, "three")
    changed = accounts.find(engine, person.email)
    assert changed is not None
    assert changed.password_hash == "one"


def test_a_deleted_account_is_gone_with_all_its_data() -> None:
    database = create_database()
    with TestClient(create_app(make_settings(database))) as client:
        wait_ready(client)
        stays, goes = register(client), register(client)
        for person in (stays, goes):
            person.check_in(person.add_habit(), TODAY)
            log_in(client, person).request("POST", "/auth/logout")
        response = goes.request("DELETE", "/me", json={"password": PASSWORD})
        assert response.status_code == 204
        assert not is_logged_in(goes)
        assert is_logged_in(stays)
        with connect(database) as connection:
            for table in ("users", "habits", "checkins", "ended_sessions", "sessions"):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,), table


def test_a_changed_secret_logs_nobody_out_while_the_previous_one_is_known() -> None:
    database = create_database()
    new_secret = SecretStr("another-secret-0123456789abcdef0123456789")
    with TestClient(create_app(make_settings(database))) as client:
        wait_ready(client)
        person = register(client)
    rotated = make_settings(
        database, jwt_secret=new_secret, jwt_secret_previous=SecretStr(JWT_SECRET)
    )
    with TestClient(create_app(rotated)) as client:
        wait_ready(client)
        person.client = client
        assert is_logged_in(person)
        renewed = person.request("POST", "/auth/refresh").json()["access_token"]
    with TestClient(create_app(make_settings(database, jwt_secret=new_secret))) as client:
        wait_ready(client)
        person.client = client
        assert not is_logged_in(person)
        person.token = renewed
        assert is_logged_in(person)


def test_a_hash_with_old_parameters_is_renewed_at_login(client: TestClient, person: Person) -> None:
    engine = client.app.state.services.engine  # type: ignore[attr-defined]
    user = accounts.find(engine, person.email)
    assert user is not None
    weak = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    accounts.replace_hash(engine, user, weak)
    stored = accounts.find(engine, person.email)
    assert stored is not None
    assert stored.password_hash == weak
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    log_in(client, person)
    user = accounts.find(engine, person.email)
    assert user is not None
    assert user.password_hash != weak
    assert "m=19456,t=2,p=1" in user.password_hash
    # Also when the hash is renewed in the same breath as the password.
    accounts.replace_hash(engine, user, weak)
    assert person.request("PUT", "/me/password", json=change).status_code == 200


def test_a_queue_of_hashes_has_an_end_and_is_as_long_after_each_of_them() -> None:
    async def one_after_another() -> list[str | BaseException]:
        passwords = Passwords()
        try:
            for _ in range(2):
                await passwords.hash("password")
            crowd = [passwords.hash("password") for _ in range(MAX_WAITING_HASHES + 1)]
            return await asyncio.gather(*crowd, return_exceptions=True)
        finally:
            passwords.close()

    results = asyncio.run(one_after_another())
    assert sum(isinstance(result, str) for result in results) == MAX_WAITING_HASHES
    assert sum(isinstance(result, UnavailableError) for result in results) == 1


def test_no_password_matches_where_there_is_no_hash() -> None:
    async def verify(password: str) -> tuple[bool, str | None]:
        passwords = Passwords()
        try:
            return await passwords.verify(password, None)
        finally:
            passwords.close()

    # The second is what stands in for the hash, so that both take as long.
    for password in (PASSWORD, "no account has this password"):
        assert asyncio.run(verify(password)) == (False, None)


def test_a_token_that_follows_another_is_of_the_same_log_in_and_of_the_set_algorithm() -> None:
    tokens = Tokens(
        make_settings(
            create_database(), jwt_secret=SecretStr("k" * 8 + JWT_SECRET * 2), jwt_algorithm="HS512"
        )
    )
    user_id = uuid4()
    logged_in_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    before = Claims(user_id, uuid4(), 1, logged_in_at)
    token = tokens.issue(before)
    assert tokens.read(token) == before
    assert jwt.get_unverified_header(token)["alg"] == "HS512"


def test_a_burst_of_logins_fits_into_the_memory_limit(tmp_path: Path) -> None:
    with ServerProcess(create_database(), tmp_path / "log") as server:
        server.wait_ready()
        # Ten at a time each: so many are taken for one person's slips until they are looked at.
        people = [{"email": f"burst{n}@example.com", "password": PASSWORD} for n in range(5)]
        with httpx2.Client(base_url=f"{server.url}/api/v1", timeout=60) as client:
            for account in people:
                assert client.post("/auth/register", json=account).status_code == 201
            with ThreadPoolExecutor(50) as pool:
                statuses = list(
                    pool.map(
                        lambda n: client.post("/auth/login", json=people[n % 5]).status_code,
                        range(50),
                    )
                )
        assert statuses == [200] * 50
        metrics = httpx2.get(f"{server.url}/metrics").text
        # At the end of it; Argon2's memory is freed after each hash, so the peak may be higher by
        # what two of them take at a time (38 MiB).
        resident = re.search(r"^process_resident_memory_bytes (\S+)", metrics, re.MULTILINE)
        assert resident
        assert float(resident[1]) < MEMORY_LIMIT / 2
