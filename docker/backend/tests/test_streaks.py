"""Streaks and recent days, against a definition that is too slow to use."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from habit_tracker.core.streaks import RECENT_DAYS, current_streak, recent

TODAY = date(2028, 3, 1)  # the day before is 29 February

# Dense around today, so that streaks happen, break, and lie in the future.
days = st.sets(st.integers(-5, 45).map(lambda ago: TODAY - timedelta(days=ago)))


def ago(*numbers: int) -> set[date]:
    return {TODAY - timedelta(days=number) for number in numbers}


def test_nothing_is_no_streak() -> None:
    assert current_streak([], TODAY) == 0


def test_today_counts() -> None:
    assert current_streak(ago(0), TODAY) == 1


def test_an_unfinished_today_breaks_nothing() -> None:
    assert current_streak(ago(1, 2), TODAY) == 2


def test_a_missed_yesterday_does() -> None:
    assert current_streak(ago(2, 3), TODAY) == 0


def test_a_leap_day_is_a_day() -> None:
    assert current_streak([date(2028, 2, 28), date(2028, 2, 29), TODAY], TODAY) == 3


@given(days)
def test_a_streak_is_the_longest_unbroken_run_that_reaches_today(checked: set[date]) -> None:
    def run_up_to(last: date) -> int:
        lengths = range(1, len(checked) + 1)
        return max(
            (n for n in lengths if {last - timedelta(days=i) for i in range(n)} <= checked),
            default=0,
        )

    # A run up to yesterday is part of the one up to today, if there is one.
    expected = max(run_up_to(TODAY), run_up_to(TODAY - timedelta(days=1)))
    assert current_streak(checked, TODAY) == expected


@given(days)
def test_checking_in_today_adds_exactly_one(checked: set[date]) -> None:
    without = checked - {TODAY}
    assert current_streak(without | {TODAY}, TODAY) == current_streak(without, TODAY) + 1


@given(days)
def test_the_future_does_not_count(checked: set[date]) -> None:
    past = {day for day in checked if day <= TODAY}
    assert current_streak(checked, TODAY) == current_streak(past, TODAY)
    assert recent(checked, TODAY) == recent(past, TODAY)


@given(st.lists(st.integers(-5, 45).map(lambda n: TODAY - timedelta(days=n))))
def test_recent_days_are_ascending_unique_and_complete(checked: list[date]) -> None:
    found = recent(checked, TODAY)
    assert found == sorted(set(found))
    window = {TODAY - timedelta(days=n) for n in range(RECENT_DAYS)}
    assert set(found) == window & set(checked)
