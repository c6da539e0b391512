"""How often somebody may do something, by a clock that the test moves."""

import time

import pytest

from habit_tracker.core.errors import TooSoonError
from habit_tracker.core.limits import Limit

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


def refusal(limit: Limit, key: str = "a") -> tuple[str, int]:
    with pytest.raises(TooSoonError) as refused:
        limit.take(key, "Slow down.")
    return refused.value.detail, refused.value.seconds


def test_one_too_many_is_refused_until_the_first_is_a_minute_old(clock: Clock) -> None:
    limit = Limit("2 per minute")
    limit.take("a", "Slow down.")
    clock.at(10)
    limit.take("a", "Slow down.")
    clock.at(29.5)
    assert refusal(limit) == ("Slow down.", 31)
    clock.at(59.9)
    assert refusal(limit) == ("Slow down.", 1)
    clock.at(60.1)
    for _ in range(2):
        limit.take("a", "Slow down.")
    assert refusal(limit) == ("Slow down.", 60)


def test_everybody_has_a_count_of_their_own(clock: Clock) -> None:
    limit = Limit("1 per minute")
    limit.take("a", "Slow down.")
    clock.at(20)
    limit.take("b", "Slow down.")
    assert refusal(limit, "a") == ("Slow down.", 40)
    assert refusal(limit, "b") == ("Slow down.", 60)


def test_what_is_given_back_or_refused_does_not_count() -> None:
    limit = Limit("1 per minute")
    limit.take("a", "Slow down.")
    for _ in range(3):
        refusal(limit)
    limit.give_back("a")
    limit.take("a", "Slow down.")
    refusal(limit)
