"""Streaks and recent days: pure functions on dates, without a clock and without a database."""

from collections.abc import Iterable
from datetime import date, timedelta

RECENT_DAYS = 30

_DAY = timedelta(days=1)


def current_streak(days: Iterable[date], today: date) -> int:
    """How many days in a row are checked, up to today.

    A day that is not over yet breaks nothing: while today is unchecked, the streak that ended
    yesterday still stands. Days after today do not count.
    """
    checked = set(days)
    day = today if today in checked else today - _DAY
    streak = 0
    while day in checked:
        streak += 1
        day -= _DAY
    return streak


def recent(days: Iterable[date], today: date, window: int = RECENT_DAYS) -> list[date]:
    """The checked days among the last `window` days, today included, in ascending order."""
    first = today - timedelta(days=window - 1)
    return sorted({day for day in days if first <= day <= today})
