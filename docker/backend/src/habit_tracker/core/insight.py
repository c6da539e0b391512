"""What check-ins say about a habit: pure functions, without a clock and without a database.

Days are numbers as `date.toordinal()` gives them: arithmetic on them knows no leap years, no month
lengths and no clock changes. The rules, for every schedule:

- A habit is judged by *units*: days, or Monday-to-Sunday weeks when it is due N times a week.
- A unit is *met* (enough was done), *missed*, or *neutral*: not due, skipped, or not over yet.
- A streak is a run of met units. A missed one ends it; a neutral one neither counts nor ends it.
- The present schedule judges the past too.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from habit_tracker.core.schedule import (
    DAYS_A_WEEK,
    AnySchedule,
    Daily,
    Weekdays,
    Weekly,
    week_of,
    weekday_of,
)

RECENT_DAYS = 30

HALF_LIFE_DAYS = 13.0
"""After so many days of doing nothing, half of a score is left."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a habit is going."""

    streak: int
    """Met units up to now."""

    best_streak: int
    """The longest streak ever, in units."""

    rate: float
    """What was done of what was due in the last RECENT_DAYS days, 0 to 1."""

    score: float
    """0 to 1: an average of all units that forgets: see HALF_LIFE_DAYS."""

    recent: tuple[int, ...]
    """The done days among the last RECENT_DAYS, ascending."""

    due: bool
    """Whether today is one of its days. Today's own check-in does not change that."""


def progress(
    schedule: AnySchedule,
    done: Collection[int],
    skipped: Collection[int],
    start: int,
    today: int,
) -> Progress:
    """Judge a habit that exists since the day `start`; earlier check-ins move that day back.

    Days after today do not count. Takes time in proportion to the days since the start.
    """
    done = {day for day in done if day <= today}
    skipped = {day for day in skipped if day <= today} - done
    start = min(start, today, *done, *skipped)
    decay = 0.5 ** (_unit_days(schedule) / HALF_LIFE_DAYS)
    score = 0.0
    streak = best = 0
    for value in _units(schedule, done, skipped, start, today):
        if value is None:
            continue
        score = score * decay + value * (1 - decay)
        streak = streak + 1 if value >= 1 else 0
        best = max(best, streak)
    return Progress(
        streak=streak,
        best_streak=best,
        rate=_rate(schedule, done, skipped, start, today),
        score=score,
        recent=tuple(sorted(day for day in done if day > today - RECENT_DAYS)),
        due=is_due(schedule, done, today),
    )


def is_due(schedule: AnySchedule, done: Collection[int], day: int) -> bool:
    """Whether a day is one of the habit's: N times a week means until it was done N times."""
    match schedule:
        case Daily():
            return True
        case Weekdays():
            return weekday_of(day) in schedule.weekdays
        case Weekly():
            monday = day - weekday_of(day) + 1
            return sum(monday <= other < day for other in done) < schedule.times


def _unit_days(schedule: AnySchedule) -> float:
    """How many days one unit stands for: missing the week's only day weighs as much as a week."""
    match schedule:
        case Daily():
            return 1
        case Weekdays():
            return DAYS_A_WEEK / len(schedule.weekdays)
        case Weekly():
            return DAYS_A_WEEK


def _units(
    schedule: AnySchedule, done: set[int], skipped: set[int], start: int, today: int
) -> Iterator[float | None]:
    """Each unit's value from the start until today: 1 is met, less is missed, None is neutral."""
    if isinstance(schedule, Weekly):
        yield from _weeks(schedule, done, skipped, start, today)
        return
    for day in range(start, today + 1):
        if day in done:
            yield 1.0  # on whichever day: more than was asked for is no mistake
        elif day == today or day in skipped or not is_due(schedule, done, day):
            yield None
        else:
            yield 0.0


def _weeks(
    schedule: Weekly, done: set[int], skipped: set[int], start: int, today: int
) -> Iterator[float | None]:
    counts = _by_week(done)
    skips = _by_week(skipped)
    for week in range(week_of(start), week_of(today) + 1):
        count = counts.get(week, 0)
        # Each skipped day asks for one time less.
        target = schedule.times - skips.get(week, 0)
        if count >= schedule.times:
            yield 1.0
        elif count >= target or week == week_of(today):
            yield None
        else:
            yield count / target


def _by_week(days: set[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for day in days:
        week = week_of(day)
        counts[week] = counts.get(week, 0) + 1
    return counts


def _rate(
    schedule: AnySchedule, done: set[int], skipped: set[int], start: int, today: int
) -> float:
    first = max(start, today - RECENT_DAYS + 1)
    # Today counts once something was done; until then it is not over.
    window = [
        day
        for day in range(first, today + 1)
        if day not in skipped and (day != today or day in done)
    ]
    if isinstance(schedule, Weekly):
        due = schedule.times * len(window) / DAYS_A_WEEK
        met = sum(day in done for day in window)
    else:
        days = [day for day in window if is_due(schedule, done, day)]
        due = len(days)
        met = sum(day in done for day in days)
    return min(1.0, met / due) if due else 0.0
