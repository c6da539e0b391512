"""The API as a person uses it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import URL

from habit_tracker.core.config import Settings
from tests.support.server import wait_until
from tests.support.values import JWT_SECRET, PASSWORD


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

    def request(self, method: str, path: str, **arguments: Any) -> Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **arguments)

    def habits(self, today: date | None = None) -> list[dict[str, Any]]:
        response = self.request("GET", "/habits", params={"today": str(today)} if today else None)
        assert response.status_code == 200, response.text
        habits: list[dict[str, Any]] = response.json()
        return habits

    def add_habit(self, name: str = "Read") -> str:
        response = self.request("POST", "/habits", json={"name": name})
        assert response.status_code == 201, response.text
        habit_id: str = response.json()["id"]
        return habit_id


def register(client: TestClient) -> Person:
    """A new person with a new address."""
    email = f"{uuid4().hex}@example.com"
    response = client.post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})
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
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    detail: str = body["detail"]
    assert detail
    return detail
