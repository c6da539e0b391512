"""How often somebody may do something, by a clock that the test moves."""

import time

import pytest

from habit_tracker.core.limits import Limit
from habit_tracker.core.problems import Problem

BEGIN = 1_800_000_000.0


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = BEGIN
        monkeypatch.setattr(time, "time", lambda: self.now)

    def at(self, seconds: float) -> None:
        self.now = BEGIN + seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def refusal(limit: Limit, key: str = "a") -> tuple[int, str, dict[str, str] | None]:
    """What both methods answer."""
    problems = []
    for ask in (limit.check, limit.count):
        with pytest.raises(Problem) as refused:
            ask(key, "Slow down.")
        problems.append((refused.value.status, refused.value.detail, refused.value.headers))
    assert problems[0] == problems[1]
    return problems[0]


def test_one_too_many_is_refused_until_the_first_is_a_minute_old(clock: Clock) -> None:
    limit = Limit("2 per minute")
    limit.count("a", "Slow down.")
    clock.at(10)
    limit.count("a", "Slow down.")
    clock.at(29.5)
    assert refusal(limit) == (429, "Slow down.", {"Retry-After": "31"})
    clock.at(59.9)
    assert refusal(limit) == (429, "Slow down.", {"Retry-After": "1"})
    clock.at(60.1)
    limit.count("a", "Slow down.")
    assert refusal(limit) == (429, "Slow down.", {"Retry-After": "10"})


def test_everybody_has_a_count_of_their_own(clock: Clock) -> None:
    limit = Limit("1 per minute")
    limit.count("a", "Slow down.")
    clock.at(20)
    limit.count("b", "Slow down.")
    assert refusal(limit, "a") == (429, "Slow down.", {"Retry-After": "40"})
    assert refusal(limit, "b") == (429, "Slow down.", {"Retry-After": "60"})
    limit.check("c", "Slow down.")


def test_checking_counts_nothing() -> None:
    limit = Limit("1 per minute")
    for _ in range(3):
        limit.check("a", "Slow down.")
    limit.count("a", "Slow down.")
