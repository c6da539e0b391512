"""Who works, who waits, and who is next."""

import asyncio
import socket
import time
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from habit_tracker.core import concurrency
from habit_tracker.core.concurrency import Gate
from habit_tracker.core.errors import TooSoonError
from tests.support.postgres import create_database
from tests.support.server import ServerProcess
from tests.support.values import PASSWORD

FLOOD, PERSON = uuid4(), uuid4()


async def hold(gate: Gate, user: UUID, order: list[UUID], release: asyncio.Event) -> None:
    async with gate.turn(user) as turn:
        order.append(user)
        await release.wait()
        turn.seconds += 3 if user == FLOOD else 0


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_one_user_does_not_take_all_places() -> None:
    async def scenario() -> None:
        order: list[UUID] = []
        gate, release = Gate(4, 2, 10, 5), asyncio.Event()
        tasks = [asyncio.create_task(hold(gate, FLOOD, order, release)) for _ in range(5)]
        await settle()
        assert order == [FLOOD] * 2
        tasks.append(asyncio.create_task(hold(gate, PERSON, order, release)))
        await settle()
        assert order == [FLOOD, FLOOD, PERSON]
        assert gate.waiting == 3
        release.set()
        await asyncio.gather(*tasks)
        assert gate.waiting == 0

    asyncio.run(scenario())


def test_whoever_has_used_least_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    async def scenario() -> None:
        nonlocal now
        order: list[UUID] = []
        gate = Gate(1, 1, 10, 5)
        busy, later = asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(hold(gate, FLOOD, order, busy))
        await settle()
        busy.set()
        await first
        second = asyncio.create_task(hold(gate, PERSON, order, later))
        await settle()
        now += 0.5
        waiting = [
            asyncio.create_task(hold(gate, user, order, later)) for user in (FLOOD, FLOOD, PERSON)
        ]
        await settle()
        later.set()
        await asyncio.gather(second, *waiting)
        assert order == [FLOOD, PERSON, PERSON, FLOOD, FLOOD]
        # Long ago is as good as never.
        asked = 3 * concurrency.ARRIVAL_SECONDS
        assert gate._usage(FLOOD) == pytest.approx(9 + asked, abs=0.2)
        now += concurrency.HALF_LIFE_SECONDS
        assert gate._usage(FLOOD) == pytest.approx((9 + asked) / 2, abs=0.1)

    asyncio.run(scenario())


def test_of_what_is_bulk_one_piece_is_worked_on() -> None:
    async def scenario() -> None:
        gate = Gate(4, 2, 10, 5)
        async with gate.turn(FLOOD, bulk=True):
            second = asyncio.create_task(gate.turn(PERSON, bulk=True).__aenter__())
            await settle()
            assert not second.done()
            async with gate.turn(PERSON):
                assert gate.waiting == 1
        await second

    asyncio.run(scenario())


def test_too_many_and_too_long_are_refused_and_leave_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(concurrency, "REFUSAL_SECONDS", 0)

    async def scenario() -> None:
        order: list[UUID] = []
        gate, release = Gate(1, 1, 1, 0.05), asyncio.Event()
        working = asyncio.create_task(hold(gate, FLOOD, order, release))
        await settle()
        waits_too_long = asyncio.create_task(hold(gate, FLOOD, order, release))
        gives_up = asyncio.create_task(hold(gate, PERSON, order, release))
        await settle()
        with pytest.raises(TooSoonError) as refused:
            await hold(gate, FLOOD, order, release)
        assert refused.value.seconds == 2
        gives_up.cancel()
        with pytest.raises(TooSoonError):
            await waits_too_long
        with pytest.raises(asyncio.CancelledError):
            await gives_up
        release.set()
        await working
        await hold(gate, PERSON, order, release)
        assert order == [FLOOD, PERSON]

    asyncio.run(scenario())


def test_a_turn_that_comes_as_its_owner_leaves_is_passed_on() -> None:
    async def scenario() -> None:
        order: list[UUID] = []
        gate, release = Gate(1, 1, 2, 5), asyncio.Event()
        working = asyncio.create_task(hold(gate, FLOOD, order, release))
        await settle()
        leaving = asyncio.create_task(hold(gate, PERSON, order, release))
        await settle()
        release.set()
        await asyncio.sleep(0)  # the turn is given, and not yet taken
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
        await hold(gate, FLOOD, order, release)

    asyncio.run(scenario())


def test_clients_that_left_leave_their_turns(tmp_path: Path) -> None:
    with ServerProcess(create_database(), tmp_path / "log") as server:
        server.wait_ready()
        with httpx2.Client(base_url=f"{server.url}/api/v1", timeout=30) as client:
            account = {"email": "ada@example.com", "password": PASSWORD}
            token = client.post("/auth/register", json=account).json()["access_token"]
            client.headers["authorization"] = f"Bearer {token}"
            address = server.url.removeprefix("http://").split(":")
            for request in ("GET /habits", "GET /me/export", "POST /habits", "POST /me/import") * 6:
                method, path = request.split()
                head = (
                    f"{method} /api/v1{path} HTTP/1.1\r\nhost: {address[0]}\r\n"
                    f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
                    f"content-length: {0 if method == 'GET' else 1000}\r\n\r\n"
                )
                with socket.create_connection((address[0], int(address[1]))) as leaving:
                    leaving.sendall(head.encode())
            deadline = time.monotonic() + 15
            while client.get("/me/export").status_code != 200:
                assert time.monotonic() < deadline
            assert client.get("/habits").status_code == 200
            metrics = httpx2.get(f"{server.url}/metrics").text
            assert "\nhabit_tracker_requests_waiting 0.0\n" in metrics
            assert "\nhabit_tracker_transfers_in_progress 0.0\n" in metrics
