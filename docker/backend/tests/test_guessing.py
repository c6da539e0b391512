"""Wrong passwords: guessers are stopped, and the owner is not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fastapi.testclient import TestClient

from habit_tracker import accounts, reset
from habit_tracker.main import create_app
from tests.support.api import Person, assert_problem, make_settings, register, wait_ready
from tests.support.postgres import create_database
from tests.support.server import ServerProcess
from tests.support.values import PASSWORD


@pytest.fixture
def app() -> Iterator[TestClient]:
    """An app in which nobody has failed yet."""
    with TestClient(create_app(make_settings(create_database()))) as client:
        wait_ready(client)
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    log = tmp_path_factory.mktemp("guessing") / "log"
    with ServerProcess(create_database(), log) as server:
        server.wait_ready()
        yield server


def sign_up(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """A new account, and the answer to its registration."""
    account = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    answer: dict[str, str] = httpx2.post(f"{url}/api/v1/auth/register", json=account).json()
    return account, answer


def log_in(url: str, account: dict[str, str], address: str, password: str = "wrong") -> int:
    """The status of a login that the frontend passes on for a browser at this address."""
    return httpx2.post(
        f"{url}/api/v1/auth/login",
        json={**account, "password": password},
        headers={"x-forwarded-for": address},
        timeout=60,
    ).status_code


def test_ten_guesses_do_not_lock_the_owner_out(app: TestClient) -> None:
    owner = register(app)
    account = {"email": owner.email, "password": PASSWORD}
    device = app.post("/api/v1/auth/login", json=account).json()["device_token"]
    wrong = {**account, "password": "wrong"}
    statuses = [app.post("/api/v1/auth/login", json=wrong).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    # A stranger from there has to wait even with the right password, or guessing would go on.
    refused = app.post("/api/v1/auth/login", json=account)
    assert assert_problem(refused, 429).startswith("Too many wrong passwords.")
    assert 200 < int(refused.headers["retry-after"]) <= 300
    # The owner's browser, and whatever the owner is logged in with, go on.
    known = app.post("/api/v1/auth/login", json=account, headers={"x-device-token": device})
    assert known.status_code == 200
    change = {"current_password": PASSWORD, "new_password": "canary-password-2"}
    changed = owner.request("PUT", "/me/password", json=change)
    assert changed.status_code == 200
    owner.token = changed.json()["access_token"]
    gone = owner.request("DELETE", "/me", json={"password": "canary-password-2"})
    assert gone.status_code == 204


def test_a_known_browser_or_session_guesses_no_more_than_a_stranger(app: TestClient) -> None:
    owner, other = register(app), register(app)
    account = {"email": owner.email, "password": PASSWORD}
    device = app.post("/api/v1/auth/login", json=account).json()["device_token"]
    wrong = {**account, "password": "wrong"}
    headers = {"x-device-token": device}
    statuses = [
        app.post("/api/v1/auth/login", json=wrong, headers=headers).status_code for _ in range(11)
    ]
    assert statuses == [401] * 10 + [429]
    statuses = [
        owner.request("DELETE", "/me", json={"password": "wrong"}).status_code for _ in range(11)
    ]
    assert statuses == [403] * 10 + [429]
    # A browser is known to the account that it was logged in to, and to no other.
    theirs = {"email": other.email, "password": "wrong"}
    for token in (device, "forged", ""):
        for _ in range(4 if token else 3):
            headers = {"x-device-token": token}
            last = app.post("/api/v1/auth/login", json=theirs, headers=headers).status_code
    assert last == 429


def test_guesses_at_an_unknown_address_look_the_same(app: TestClient) -> None:
    wrong = {"email": "guess@example.com", "password": "wrong"}
    statuses = [app.post("/api/v1/auth/login", json=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_guesses_at_the_same_moment_do_not_pass_the_limit(server: ServerProcess) -> None:
    account, _ = sign_up(server.url)
    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: log_in(server.url, account, "203.0.113.1"), range(40)))
    assert sorted(statuses) == [401] * 10 + [429] * 30


def test_many_who_log_in_at_the_same_moment_are_no_guessers(server: ServerProcess) -> None:
    account, _ = sign_up(server.url)
    with ThreadPoolExecutor(50) as pool:
        statuses = list(
            pool.map(lambda _: log_in(server.url, account, "203.0.113.9", PASSWORD), range(50))
        )
    assert statuses == [200] * 50


def test_a_guesser_elsewhere_is_counted_apart(server: ServerProcess) -> None:
    account, _ = sign_up(server.url)
    for _ in range(11):
        last = log_in(server.url, account, "203.0.113.2")
    assert last == 429
    assert log_in(server.url, account, "203.0.113.3", PASSWORD) == 200
    # All addresses of one customer's IPv6 network are one.
    for number in range(11):
        last = log_in(server.url, account, f"2001:db8:0:1::{number:x}")
    assert last == 429
    assert log_in(server.url, account, "2001:db8:0:2::1", PASSWORD) == 200
    assert log_in(server.url, account, "::ffff:203.0.113.2", PASSWORD) == 429


def test_a_crowd_of_guessers_is_stopped_as_well(server: ServerProcess) -> None:
    account, answer = sign_up(server.url)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda number: log_in(server.url, account, f"198.51.100.{number}"), range(1, 111)
            )
        )
    assert sorted(statuses) == [401] * 100 + [429] * 10
    known = httpx2.post(
        f"{server.url}/api/v1/auth/login",
        json=account,
        headers={"x-device-token": answer["device_token"], "x-forwarded-for": "192.0.2.1"},
    )
    assert known.status_code == 200


def test_a_list_of_accounts_is_not_gone_through(server: ServerProcess) -> None:
    def guess(number: int) -> int:
        return log_in(server.url, {"email": f"victim{number}@example.com"}, "203.0.113.4")

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, range(110)))
    assert sorted(statuses) == [401] * 100 + [429] * 10


def test_only_the_frontend_says_where_a_browser_is(tmp_path: Path) -> None:
    with ServerProcess(
        create_database(), tmp_path / "log", FORWARDED_ALLOW_IPS="10.1.0.0/16"
    ) as server:
        server.wait_ready()
        account, _ = sign_up(server.url)
        statuses = [log_in(server.url, account, f"203.0.113.{n}") for n in range(1, 12)]
        assert statuses == [401] * 10 + [429]


def test_registering_does_not_go_through_a_list_of_addresses(app: TestClient) -> None:
    owner = register(app)
    taken = {"email": owner.email, "password": PASSWORD}
    statuses = [app.post("/api/v1/auth/register", json=taken).status_code for _ in range(51)]
    assert statuses == [409] * 50 + [429]
    # Not even by the difference between the two refusals.
    free = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    refused = app.post("/api/v1/auth/register", json=free)
    assert_problem(refused, 429)
    assert 3000 < int(refused.headers["retry-after"]) <= 3600


def test_a_script_that_logs_in_over_and_over_is_stopped(app: TestClient) -> None:
    owner = register(app)
    account = {"email": owner.email, "password": PASSWORD}
    statuses = [app.post("/api/v1/auth/login", json=account).status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]


def test_failed_logins_are_logged_without_naming_anybody(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ServerProcess(create_database(), log) as server:
        server.wait_ready()
        account, answer = sign_up(server.url)
        for _ in range(11):
            log_in(server.url, account, "203.0.113.5")
        text = log.read_text()
    failures = [line for line in text.splitlines() if '"wrong password' in line]
    assert len(failures) == 11
    assert '"wrong passwords: refused"' in failures[-1]
    names = {line.split('"account": "')[1].split('"')[0] for line in failures}
    assert len(names) == 1
    # All from one place, wherever that is.
    assert len({json.loads(line)["client"] for line in failures}) == 1
    for secret in (account["email"], PASSWORD, "203.0.113.5", answer["user"]["id"]):  # type: ignore[index]
        assert secret not in text


def test_an_operator_gives_a_new_password(
    client: TestClient,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    url = services.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("JWT_SECRET", "canary-jwt-0123456789abcdef0123456789abcdef")
    assert reset.main([f" {person.email.upper()}"]) == 0
    [_, password] = capsys.readouterr().out.splitlines()[0].split(": ")
    assert person.request("GET", "/me").status_code == 401
    account = {"email": person.email, "password": password}
    assert client.post("/api/v1/auth/login", json=account).status_code == 200

    assert reset.main(["nobody@example.com"]) == 1
    assert "no account with the address nobody@example.com" in capsys.readouterr().err
    assert reset.main([]) == 64
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "change_password", lambda *_: None)
        assert reset.main([person.email]) == 1
    assert "Try again" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/nothing")
    assert reset.main([person.email]) == 1
    assert "The database does not answer. Nothing was changed." in capsys.readouterr().err
    monkeypatch.delenv("DATABASE_URL")
    assert reset.main([person.email]) == 78
    assert "DATABASE_URL is not set." in capsys.readouterr().err
