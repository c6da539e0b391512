"""Logs: JSON, with request ids, without secrets and without personal data."""

import json
import re
from pathlib import Path

import httpx2

from tests.support.gemini import Answer, GeminiStandIn, calls, fails, says
from tests.support.postgres import connect, create_database
from tests.support.server import ServerProcess
from tests.support.values import GEMINI_KEY, JWT_SECRET, PASSWORD

EMAIL = "canary.mail@example.com"
HABIT = "canary-habit"
MESSAGE = "canary-message"


def test_logs_of_a_busy_and_troubled_life(  # noqa: PLR0915 - a life has many statements
    tmp_path: Path, gemini: GeminiStandIn
) -> None:
    database = create_database()
    environment = {"LOG_LEVEL": "DEBUG", "GEMINI_BASE_URL": gemini.url}
    with ServerProcess(database, tmp_path / "log", **environment) as server:
        server.wait_ready()
        account = {"email": EMAIL, "password": PASSWORD}
        with httpx2.Client(base_url=f"{server.url}/api/v1") as client:
            session = client.post("/auth/register", json=account).json()
            token = session["access_token"]
            client.headers["authorization"] = f"Bearer {token}"
            assert client.post("/auth/register", json=account).status_code == 409
            assert client.post("/auth/login", json=account).status_code == 200
            assert client.post("/auth/login", json={**account, "password": 1}).status_code == 422
            assert client.get(f"/{HABIT}?{MESSAGE}").status_code == 404

            gemini.play(calls("create_habit", name=HABIT), says(MESSAGE))
            assert client.post("/chat", json={"message": MESSAGE}).status_code == 200
            gemini.play(fails(400, "INVALID_ARGUMENT", MESSAGE))
            assert client.post("/chat", json={"message": MESSAGE}).status_code == 502
            gemini.play(Answer([MESSAGE.encode()]))
            assert client.post("/chat", json={"message": MESSAGE}).status_code == 502

            gemini.play(calls("archive_habit", habit=HABIT), says(MESSAGE))
            assert MESSAGE in client.post("/chat/stream", json={"message": MESSAGE}).text
            assert MESSAGE in client.get("/chat/history").text

            exported = client.get("/me/export").json()
            exported["habits"][0]["checkins"] = [{"date": "2026-01-01", "note": MESSAGE}]
            assert client.post("/me/import", json=exported).status_code == 200
            assert MESSAGE in client.get("/me/export.csv").text
            wrong = {"current_password": MESSAGE, "new_password": PASSWORD}
            assert client.put("/me/password", json=wrong).status_code == 403

            given = client.get("/habits", headers={"x-request-id": "from-the:frontend.1"})
            assert given.headers["x-request-id"] == "from-the:frontend.1"
            made = client.get("/habits", headers={"x-request-id": 'forged" {'})
            assert made.headers["x-request-id"] != 'forged" {'

            # A lock that somebody else holds.
            with connect(database) as outside:
                outside.execute("BEGIN")
                outside.execute("LOCK TABLE users")
                assert client.get("/me").status_code == 503
                outside.execute("ROLLBACK")

            # A mistake of our own, as the client and as the log see it.
            with connect(database) as connection:
                connection.execute("ALTER TABLE habits RENAME TO elsewhere")
            broken = client.post("/habits", json={"name": HABIT})
            assert broken.status_code == 500
            assert broken.headers["content-type"] == "application/problem+json"
            assert broken.headers["x-request-id"] in broken.json()["detail"]
        server.terminate()
        assert server.wait_exit() == 0

    output = server.output()
    lines = [json.loads(line) for line in output.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert all(line["request_id"] for line in requests)
    assert {"method", "route", "status", "duration_ms"} <= set(requests[0])
    assert "from-the:frontend.1" in [line["request_id"] for line in requests]
    [failure] = [line for line in lines if line["event"] == "request failed"]
    assert failure["request_id"] == broken.headers["x-request-id"]
    assert failure["exception"][0]["type"] == "ProgrammingError"
    assert failure["exception"][1]["sqlstate"] == "42P01"
    [locked] = [line for line in lines if line["event"] == "database error"]
    assert (locked["error"], locked["sqlstate"]) == ("LockNotAvailable", "55P03")
    # The same person in all lines, by a name that says nothing.
    assert locked["request_id"]
    assert locked["user"] == failure["user"]
    assert re.fullmatch("[0-9a-f]{12}", locked["user"])
    assert any("habits.py" in frame for frame in failure["exception"][0]["at"])

    assert database.password
    for secret in (JWT_SECRET, GEMINI_KEY, PASSWORD, database.password, token):
        assert secret not in output
    for personal in (EMAIL, HABIT, MESSAGE, session["user"]["id"]):
        assert personal not in output
