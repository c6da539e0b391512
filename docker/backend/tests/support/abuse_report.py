"""The table of tests/test_abuse.py in README.md, written by the run itself when it is asked to."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tests.support.limits import Limited

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- abuse: begin -->\n", "<!-- abuse: end -->"


class Seen(Protocol):
    """What a group of clients saw."""

    @property
    def statuses(self) -> Mapping[str, int]: ...

    def percentile(self, share: float) -> float: ...


_rows: list[str] = []


def add(name: str, others: Seen, attackers: Seen, limited: Limited, slower: float) -> None:
    """Add a row; with ABUSE_REPORT set, write the table with the rows until now."""
    p50, p99 = (round(others.percentile(share) * 1000) for share in (0.5, 0.99))
    memory = round(limited.peak / 2**20)
    _rows.append(
        f"| {name} | {_counts(attackers)} | {_counts(others)} "
        f"| {p50} ms | {p99} ms | {slower:.1f} | {memory} MiB |\n"
    )
    if "ABUSE_REPORT" in os.environ:
        _write(limited)


def _counts(seen: Seen) -> str:
    return ", ".join(f"{status}: {count}" for status, count in sorted(seen.statuses.items()))


def _write(limited: Limited) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    before, rest = README.read_text().split(BEGIN)
    after = rest.split(END)[1]
    table = (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}; the backend had {limited.cpu}.\n\n"
        "| abuse | its answers | other people's answers | p50 | p99 | machine | peak memory |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    README.write_text(f"{before}{BEGIN}\n{table}{''.join(_rows)}\n{END}{after}")
