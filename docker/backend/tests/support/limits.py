"""The container's limits from the seed, for a process of a test: CPU, and the memory it took."""

import contextlib
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

CPU = 0.5  # cores
MEMORY = 512 * 1024**2  # bytes

_ROOT = Path("/sys/fs/cgroup")
_PERIOD = 100_000  # microseconds


class Limited:
    """Holds a process to half a core, where this machine lets us, and watches its memory.

    Without the right to make control groups the process has the whole machine: `cpu` says so.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._groups: list[Path] = []
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self.peak = 0
        """Bytes, since the last `reset`."""
        self.cpu = "no limit"

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):
            self._limit()
            self.cpu = f"{CPU} cores"
        self._sampler.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._stop.set()
        self._sampler.join()
        for group in self._groups:
            # A group with a process in it cannot be removed.
            with contextlib.suppress(OSError):
                (group.parent / "cgroup.procs").write_text(str(self._pid))
            with contextlib.suppress(OSError):
                group.rmdir()

    def reset(self) -> None:
        """Forget the peak."""
        self.peak = 0

    def _limit(self) -> None:
        name = f"habit-tracker-{self._pid}"
        quota = int(_PERIOD * CPU)
        if (_ROOT / "cgroup.controllers").exists():
            wanted = [(_ROOT, {"cpu.max": f"{quota} {_PERIOD}", "memory.max": str(MEMORY)})]
        else:
            wanted = [
                (_ROOT / "cpu", {"cpu.cfs_quota_us": str(quota)}),
                (_ROOT / "memory", {"memory.limit_in_bytes": str(MEMORY)}),
            ]
        for parent, values in wanted:
            group = parent / name
            group.mkdir()
            self._groups.append(group)
            for file, value in values.items():
                (group / file).write_text(value)
            (group / "cgroup.procs").write_text(str(self._pid))

    def _sample(self) -> None:
        while not self._stop.is_set():
            found = subprocess.run(
                ["ps", "-o", "rss=", "-p", str(self._pid)],
                capture_output=True,
                text=True,
                check=False,
            ).stdout.strip()
            self.peak = max(self.peak, int(found or 0) * 1024)
            time.sleep(0.25)
