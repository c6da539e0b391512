"""A stop without a failed request, with the real process and clients that keep connections."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from tests.support.postgres import create_database
from tests.support.server import ServerProcess
from tests.support.values import PASSWORD

CLIENTS = 16
DRAIN_SECONDS = 2.0


@dataclass
class Traffic:
    """Keep-alive clients. New connections go to `target`, as a Service's do; old ones stay."""

    target: str
    token: str
    habit: str
    stop: threading.Event = field(default_factory=threading.Event)
    served: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def run(self, number: int) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        day = f"2026-01-{number + 1:02}"
        requests = [
            ("GET", "/api/v1/habits"),
            ("PUT", f"/api/v1/habits/{self.habit}/checkins/{day}"),
            ("DELETE", f"/api/v1/habits/{self.habit}/checkins/{day}"),
        ]
        connection, server = None, ""
        turn = 0
        while not self.stop.is_set():
            if connection is None:
                server = self.target
                connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
            method, path = requests[turn % len(requests)]
            turn += 1
            try:
                connection.request(method, path, headers=headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{method} {server}: {error!r}")
                connection = None
                continue
            if response.status not in (200, 204):
                self.failures.append(f"{method} {server}: {response.status}")
            self.served[server] = self.served.get(server, 0) + 1
            if response.getheader("connection") == "close":
                connection.close()
                connection = None
            time.sleep(0.001 * number)  # some never rest, some pause
        if connection is not None:
            connection.close()


def test_a_rolling_update_fails_no_request(tmp_path: Path) -> None:
    database = create_database()
    with (
        ServerProcess(database, tmp_path / "old.log", DRAIN_SECONDS=str(DRAIN_SECONDS)) as old,
        ServerProcess(database, tmp_path / "new.log") as new,
    ):
        old.wait_ready()
        new.wait_ready()
        account = {"email": "drain@example.com", "password": PASSWORD}
        session = httpx2.post(f"{old.url}/api/v1/auth/register", json=account).json()
        headers = {"authorization": f"Bearer {session['access_token']}"}
        habit = httpx2.post(f"{old.url}/api/v1/habits", json={"name": "Run"}, headers=headers)
        traffic = Traffic(old.url, session["access_token"], habit.json()["id"])
        clients = [threading.Thread(target=traffic.run, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(1)

        stopped = time.monotonic()
        old.terminate()
        time.sleep(1)  # the Service learns later than the pod
        during = old.readiness()
        traffic.target = new.url
        assert old.wait_exit() == 0
        took = time.monotonic() - stopped
        time.sleep(0.5)
        traffic.stop.set()
        for client in clients:
            client.join()

    assert traffic.failures == []
    assert traffic.served[old.url] > 50
    assert traffic.served[new.url] > 50
    assert during.status_code == 503
    assert during.headers["connection"] == "close"
    assert "shutting down" in during.json()["detail"]
    assert took >= DRAIN_SECONDS


def test_a_second_sigterm_ends_the_drain_and_idle_connections(tmp_path: Path) -> None:
    with ServerProcess(create_database(), tmp_path / "log", DRAIN_SECONDS="300") as server:
        server.wait_ready()
        idle = http.client.HTTPConnection(urlsplit(server.url).netloc)
        idle.request("GET", "/health")
        assert json.loads(idle.getresponse().read())["status"] == "ok"
        server.terminate()
        server.wait_not_ready("shutting down")
        server.terminate()
        assert server.wait_exit() == 0
        idle.close()
