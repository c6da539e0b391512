"""What holds for every request: its size, its measurements, how it is described."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from habit_tracker import VERSION
from habit_tracker.core.middleware import MAX_BODY, MAX_IMPORT
from tests.support.api import Person, assert_problem
from tests.support.postgres import create_database
from tests.support.server import ServerProcess

METHODS = {"get", "put", "post", "patch", "delete"}


def pieces(size: int) -> Iterator[bytes]:
    """A body without a declared length."""
    yield b'{"name": "'
    for _ in range(size // 1024):
        yield b"x" * 1024
    yield b'"}'


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused(person: Person, *, declared: bool) -> None:
    body = b"".join(pieces(MAX_BODY)) if declared else pieces(MAX_BODY)
    headers = {"content-type": "application/json"}
    response = person.request("POST", "/habits", content=body, headers=headers)
    assert assert_problem(response, 413).startswith("The request's body is larger than 64 KiB.")
    assert response.headers["connection"] == "close"
    small = person.request("POST", "/habits", content=pieces(0), headers=headers)
    assert assert_problem(small, 422).startswith("name: ")


def test_an_import_may_be_larger(person: Person) -> None:
    headers = {"content-type": "application/json"}
    for size, status in ((MAX_BODY * 2, 422), (MAX_IMPORT, 413)):
        body = b"".join(pieces(size))
        response = person.request("POST", "/me/import", content=body, headers=headers)
        assert_problem(response, status)


def test_whoever_sends_far_too_much_gets_to_see_why(tmp_path: Path) -> None:
    with ServerProcess(create_database(), tmp_path / "log") as server:
        server.wait_ready()
        for path, body in (
            ("/me/import", b"x" * (MAX_IMPORT + 1024)),
            ("/habits", b"x" * 2**24),
            ("/habits", pieces(2**24)),
        ):
            # Sends all of it before it reads anything, as simple clients do.
            connection = HTTPConnection(server.url.removeprefix("http://"), timeout=30)
            headers = {"content-type": "application/json"}
            connection.request("POST", f"/api/v1{path}", body, headers)
            response = connection.getresponse()
            assert response.status == 413
            limit = MAX_IMPORT if path == "/me/import" else MAX_BODY
            assert f"larger than {limit // 1024} KiB" in response.read().decode()
            connection.close()


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"name": "\\ud800"}', b"[" * 50_000, b'{"name": ' + b"9" * 5000 + b"}"],
)
def test_a_body_that_is_no_json_of_ours_is_refused(person: Person, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = person.request("POST", "/habits", content=body, headers=headers)
    assert response.status_code in (400, 422)
    assert_problem(response, response.status_code)


def test_validation_errors_name_their_fields(person: Person) -> None:
    body = {"name": "", "color": "red", "schedule": {"kind": "weekly", "times": 9}}
    response = person.request("POST", "/habits", json=body)
    assert_problem(response, 422)
    fields = [error["field"] for error in response.json()["errors"]]
    assert fields == ["name", "color", "schedule.weekly.times"]


def test_metrics(client: TestClient, person: Person) -> None:
    def count(route: str, status: int) -> float:
        labels = f'{{method="GET",route="{route}",status="{status}"}}'
        pattern = re.escape(f"http_request_duration_seconds_count{labels}") + r" (\S+)"
        found = re.search(pattern, client.get("/metrics").text)
        return float(found[1]) if found else 0.0

    before = count("/habits/{habit_id}", 200), count("none", 404)
    habit_id = person.add_habit()
    person.habit(habit_id)
    client.get(f"/{habit_id}")
    assert (count("/habits/{habit_id}", 200), count("none", 404)) == (before[0] + 1, before[1] + 1)
    client.request("BREW", "/health")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    text = response.text
    assert f'habit_tracker_info{{version="{VERSION}"}} 1.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "habit_tracker_database_connections_in_use 0.0" in text
    assert "habit_tracker_database_connections_limit 10.0" in text
    assert "process_cpu_seconds_total" in text
    # Neither users nor their things.
    for private in (person.id, person.email, habit_id):
        assert private not in text


def test_the_api_describes_its_errors(client: TestClient) -> None:
    assert client.get("/docs").status_code == 200
    document = client.get("/openapi.json").json()
    assert "/metrics" not in document["paths"]
    problem = {"$ref": "#/components/schemas/ProblemDetails"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            assert operation["summary"]
            errors = {s: r for s, r in operation["responses"].items() if s >= "400"}
            if path.startswith("/api/v1"):
                assert {"422", "503"} <= set(errors), path
                for response in errors.values():
                    assert response["content"] == {"application/problem+json": {"schema": problem}}
    schemas = document["components"]["schemas"]
    assert set(schemas["ProblemDetails"]["properties"]) == {
        "type", "title", "status", "detail", "errors",
    }  # fmt: skip
    assert schemas["HabitCreate"]["properties"]["name"]["examples"] == ["Read ten pages"]
