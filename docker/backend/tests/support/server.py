"""The real process, as the container runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
from sqlalchemy import URL

from tests.support.values import GEMINI_KEY, JWT_SECRET

SOURCE = Path(__file__).parents[2] / "src"
LISTENING = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class ServerProcess:
    """`python -m habit_tracker.server` on a free loopback port; its output goes to a file."""

    covered = True
    """Whether coverage measures it: that takes time."""

    def __init__(self, database: URL, log: Path, **environment: str) -> None:
        self._log = log
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPYCACHEPREFIX": os.environ["PYTHONPYCACHEPREFIX"],
            "PYTHONPATH": str(SOURCE),
            # How coverage measures processes that tests start.
            **{
                name: value
                for name, value in os.environ.items()
                if self.covered and name.startswith("COVERAGE_")
            },
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "JWT_SECRET": JWT_SECRET,
            "GEMINI_API_KEY": GEMINI_KEY,
            "HOST": "127.0.0.1",
            "PORT": "0",
            "DRAIN_SECONDS": "0",
            **environment,
        }
        self.url = ""

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "habit_tracker.server"],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait_listening(self) -> None:
        def listening() -> bool:
            assert self._process.poll() is None, f"the server ended:\n{self.output()}"
            found = LISTENING.search(self.output())
            self.url = found.group(1) if found else ""
            return bool(found)

        wait_until(listening, "the server listens")

    def wait_ready(self) -> None:
        self.wait_listening()
        wait_until(lambda: self.readiness().status_code == 200, "the server is ready")

    def wait_not_ready(self, reason: str) -> None:
        wait_until(lambda: reason in self.readiness().text, f"not ready: {reason}")

    def readiness(self) -> httpx2.Response:
        return httpx2.get(f"{self.url}/health?ready=1")

    @property
    def pid(self) -> int:
        """The process, which has to be the same at the end: nothing restarts it."""
        assert self._process.poll() is None, f"the server ended:\n{self.output()[-5000:]}"
        return self._process.pid

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def wait_exit(self, seconds: float = 30) -> int:
        return self._process.wait(seconds)

    def output(self) -> str:
        return self._log.read_text()
