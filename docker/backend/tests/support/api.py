"""The API as a person uses it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import URL

from habit_tracker.core.clock import today_in
from habit_tracker.core.config import Settings
from tests.support.server import wait_until
from tests.support.values import JWT_SECRET, PASSWORD

# Where it is noon as the tests begin, on the date of UTC: no midnight passes there while they run.
TIME_ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
TODAY = today_in(TIME_ZONE)


def make_settings(database: URL, **changes: object) -> Settings:
    """Settings from arguments alone."""
    values: dict[str, Any] = {
        "database_url": SecretStr(database.render_as_string(hide_password=False)),
        "jwt_secret": SecretStr(JWT_SECRET),
        **changes,
    }
    return Settings(**values)


@dataclass
class Person:
    """A registered user and their requests."""

    client: TestClient
    id: str
    email: str
    token: str

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, **arguments: Any
    ) -> Response:
        headers = {"authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **arguments)

    def habits(self, **params: str) -> list[dict[str, Any]]:
        response = self.request("GET", "/habits", params=params)
        assert response.status_code == 200, response.text
        habits: list[dict[str, Any]] = response.json()
        return habits

    def habit(self, habit_id: str) -> dict[str, Any]:
        response = self.request("GET", f"/habits/{habit_id}")
        assert response.status_code == 200, response.text
        habit: dict[str, Any] = response.json()
        return habit

    def check_in(self, habit_id: str, day: date, **data: object) -> None:
        path = f"/habits/{habit_id}/checkins/{day}"
        response = self.request("PUT", path, json=data or None)
        assert response.status_code == 200, response.text

    def add_habit(self, name: str = "Read", **data: object) -> str:
        response = self.request("POST", "/habits", json={"name": name, **data})
        assert response.status_code == 201, response.text
        habit_id: str = response.json()["id"]
        return habit_id


def register(client: TestClient, **data: str) -> Person:
    """A new person with a new address, who lives in `TIME_ZONE` unless told otherwise."""
    email = f"{uuid4().hex}@example.com"
    account = {"email": email, "password": PASSWORD, "time_zone": TIME_ZONE, **data}
    response = client.post("/api/v1/auth/register", json=account)
    assert response.status_code == 201, response.text
    body = response.json()
    return Person(client, body["user"]["id"], email, body["access_token"])


def wait_ready(client: TestClient) -> None:
    wait_until(lambda: client.get("/health?ready=1").status_code == 200, "the app is ready")


def assert_problem(response: Response, status: int) -> str:
    """Check the shape of RFC 9457; returns the detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"} | ({"errors"} & set(body))
    for error in body.get("errors", ()):
        assert set(error) == {"field", "message"}
        assert f"{error['field']}: {error['message']}" in body["detail"]
    assert body["status"] == status
    detail: str = body["detail"]
    assert detail
    return detail
