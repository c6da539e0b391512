"""Habits as their owner sees them: read in one statement, judged by core.insight."""

import json
from bisect import bisect_left
from collections import Counter
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    lateral,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import Session, col

from habit_tracker.core import insight
from habit_tracker.core.clock import date_in
from habit_tracker.core.insight import Period, Plan, Record, Rule
from habit_tracker.core.schedule import (
    DAYS_A_WEEK,
    AnySchedule,
    Goal,
    first_day_of,
    schedule_from_row,
    week_of,
)
from habit_tracker.models import CheckIn, Habit, PastRule, Pause, User
from habit_tracker.schemas import (
    CheckInPublic,
    HabitPublic,
    MonthTally,
    ScorePoint,
    Stats,
    Totals,
    WeekdayTally,
)

ORDER = (col(Habit.position), col(Habit.created_at), col(Habit.id))
"""Of a user's habits."""

MONTHS = 12
WEEKS = 52
"""How far back `stats` goes."""

_FOREVER = date.max.toordinal()


def read(
    session: Session,
    user: User,
    today: date,
    *conditions: ColumnElement[bool],
    limit: int | None = None,
    counts: bool = False,
) -> list[Row[Any]]:
    """Habits with today's check-in and all that they are judged by, in one statement.

    Days come as arrays in text form, the shortest way through the driver, and are parsed only
    when `_progress` has not seen them before. `counts` asks for those of habits without a goal.
    """
    query = _QUERY.where(*conditions).limit(limit) if conditions or limit else _QUERY
    values = {"user_id": user.id, "today": today, "all_counts": counts}
    return list(session.execute(query, values))


def _query() -> Select[Any]:
    today = bindparam("today", type_=Date)
    had_goal = exists().where(
        col(PastRule.habit_id) == col(Habit.id), col(PastRule.goal).is_not(None)
    )
    has_goal = or_(col(Habit.goal).is_not(None), had_goal.correlate(Habit))
    is_done = col(CheckIn.status) == "done"
    number, count = _number(col(CheckIn.day)), col(CheckIn.count)
    days = lateral(
        select(
            cast(func.array_agg(number).filter(is_done), Text).label("done"),
            case(
                (
                    or_(bindparam("all_counts"), has_goal),
                    cast(func.array_agg(count).filter(is_done), Text),
                )
            ).label("counts"),
            cast(func.array_agg(number).filter(~is_done), Text).label("skipped"),
        )
        .where(col(CheckIn.habit_id) == col(Habit.id), col(CheckIn.day) <= today)
        .correlate(Habit)
    )
    at_today = select(CheckIn).where(col(CheckIn.day) == today).subquery()
    found = [at_today.c[name] for name in ("status", "count", "note")]
    return (
        select(Habit, *found, days.c.done, days.c.counts, days.c.skipped, PAST_RULES, PAUSES)
        .join(at_today, at_today.c.habit_id == col(Habit.id), isouter=True)
        .join(days, true())
        .where(col(Habit.user_id) == bindparam("user_id"), col(Habit.deleted_at).is_(None))
        .order_by(*ORDER)
    )


def _number(day: SQLCoreOperations[Any]) -> ColumnElement[int]:
    """date.toordinal(), in SQL."""
    return cast(day - text("DATE '0001-01-01'") + 1, Integer)


def _array_of(
    table: type[PastRule | Pause], day: ColumnElement[int], *values: object
) -> ScalarSelect[str]:
    """What belongs to a habit in such a table, by day, as JSON in text form; None for nothing."""
    row = func.json_build_array(day, *values)
    rows = select(cast(func.json_agg(aggregate_order_by(row, day)), Text))
    return rows.where(col(table.habit_id) == col(Habit.id)).correlate(Habit).scalar_subquery()


PAST_RULES = _array_of(
    PastRule, _number(col(PastRule.until)), PastRule.schedule, PastRule.goal
).label("past_rules")
PAUSES = _array_of(Pause, _number(col(Pause.first)), _number(col(Pause.last))).label("pauses")

_QUERY = _query()


def public(row: Row[Any], user: User, today: date) -> HabitPublic:
    """A habit with its progress, from a row of `read`."""
    habit, status, count, note, *_ = tuple(row)
    material = _material(row, user, today)
    known = _progress(material)
    check_in = None
    if status:
        check_in = CheckInPublic(
            habit_id=habit.id, date=today, status=status, count=count, note=note
        )
    return HabitPublic(
        **habit.model_dump(exclude={"schedule", "goal"}),
        schedule=material.schedule,
        goal=material.goal,
        # Where the previous version set the flag, the pause itself may begin tomorrow only.
        due_today=known.due and not material.is_idle,
        checked_today=known.recent[-1:] == (material.today,),
        today=check_in,
        streak=known.streak,
        best_streak=known.best_streak,
        streak_unit=insight.unit_of(material.schedule),
        rate_30=_rounded(known.rate),
        score=round(known.score, 4),
        checkins=[date.fromordinal(day) for day in known.recent],
        skips=[date.fromordinal(day) for day in known.recent_skips],
    )


def stats(row: Row[Any], user: User, today: date) -> Stats:
    """How a habit has gone over time, from a row of `read` with its counts."""
    material = _material(row, user, today)
    plan, record = _parse(material)
    months = _months(today)
    this_week = week_of(material.today, user.week_start)
    weeks = [first_day_of(this_week - ago, user.week_start) for ago in reversed(range(WEEKS))]
    found = insight.trends(
        plan, record, material.today, [month.toordinal() for month in months], weeks
    )
    counts: Counter[date] = Counter()
    for day, count in record.done.items():
        counts[date.fromordinal(day).replace(day=1)] += count
    best = max(range(DAYS_A_WEEK), key=lambda number: found.weekdays[number].rate or 0)
    return Stats(
        totals=Totals(done=found.met, skipped=len(record.skipped), count=sum(record.done.values())),
        weekdays=[
            WeekdayTally(weekday=number, done=one.done, due=one.due, rate=_rounded(one.rate))
            for number, one in enumerate(found.weekdays, start=1)
        ],
        best_weekday=best + 1 if found.weekdays[best].done else None,
        months=[
            MonthTally(
                month=f"{month:%Y-%m}",
                done=one.done,
                due=one.due,
                rate=_rounded(one.rate),
                count=counts[month],
            )
            for month, one in zip(months, found.spans, strict=True)
        ],
        scores=[
            ScorePoint(date=date.fromordinal(day), score=round(score, 4))
            for day, score in zip(weeks, found.scores, strict=True)
            if score is not None
        ],
    )


def start_of(habit: Habit, user: User) -> date:
    """The day on which a habit was made, where its owner lives now."""
    assert habit.created_at is not None  # noqa: S101 - it comes from the database
    return date_in(user.time_zone, habit.created_at, user.day_ends_at)


def begin_of_unknown_pause(last_check_in: date | None, start: date) -> date:
    """Since when a habit rests that was put aside without noting the day.

    The previous version does that, which knows no pauses. All that is certain is that the habit
    was not at rest yet on the day of its last check-in.
    """
    return last_check_in + timedelta(days=1) if last_check_in else start


class _Material(NamedTuple):
    """All that a habit is judged by. Arrays as PostgreSQL writes them, tables as JSON."""

    schedule: AnySchedule
    goal: Goal | None
    is_idle: bool
    """Archived or paused."""
    done: str | None
    counts: str | None
    skipped: str | None
    past_rules: str | None
    pauses: str | None
    start: int
    today: int
    week_start: int


def _material(row: Row[Any], user: User, today: date) -> _Material:
    habit: Habit = row[0]
    done, counts, skipped, past_rules, pauses = tuple(row)[4:]
    return _Material(
        schedule_from_row(habit.schedule),
        None if habit.goal is None else Goal.model_validate(habit.goal),
        habit.archived or habit.paused,
        done,
        counts,
        skipped,
        past_rules,
        pauses,
        start=start_of(habit, user).toordinal(),
        today=today.toordinal(),
        week_start=user.week_start,
    )


_REMEMBERED_HABITS = 1024
_REMEMBERED_CHARACTERS = 64 * 1024
"""Of a habit; ten years of days are about 40,000. So all of them take 64 MiB at most."""


def _progress(material: _Material) -> insight.Progress:
    size = sum(len(text) for text in material if isinstance(text, str))
    return _remembered(material) if size <= _REMEMBERED_CHARACTERS else _judge(material)


def _judge(material: _Material) -> insight.Progress:
    return insight.progress(*_parse(material), material.today)


# Keyed by everything that goes in, so there is nothing to invalidate.
_remembered = lru_cache(maxsize=_REMEMBERED_HABITS)(_judge)


def _parse(material: _Material) -> tuple[Plan, Record]:
    days = _numbers(material.done)
    counts = _numbers(material.counts) if material.counts else [1] * len(days)
    record = Record(dict(zip(days, counts, strict=True)), _numbers(material.skipped))
    rules, since = [], 0
    for until, schedule, goal in json.loads(material.past_rules or "[]"):
        rules.append(Rule(since, schedule_from_row(schedule), goal and Goal.model_validate(goal)))
        since = until
    rules.append(Rule(since, material.schedule, material.goal))
    return Plan(
        material.start, tuple(rules), _pauses(material, record), material.week_start
    ), record


def _pauses(material: _Material, record: Record) -> tuple[Period, ...]:
    """The habit's pauses; the likeliest, where the previous version changed nothing but a flag."""
    days = sorted((*record.done, *record.skipped))
    pauses: list[Period] = []
    lasting = None
    for first, last in json.loads(material.pauses or "[]"):
        if last is None:
            lasting = lasting or first
        else:
            pauses.append((first, last))
    if material.is_idle:
        if lasting is None:
            last_day = date.fromordinal(days[-1]) if days else None
            start = date.fromordinal(material.start)
            lasting = begin_of_unknown_pause(last_day, start).toordinal()
        pauses.append((lasting, _FOREVER))
    elif lasting is not None:
        after = bisect_left(days, lasting)
        pauses.append((lasting, (days[after] if after < len(days) else material.today) - 1))
    return tuple(pauses)


def _months(today: date) -> list[date]:
    """The first days of the last MONTHS months."""
    last = today.year * MONTHS + today.month - 1
    return [date(m // MONTHS, m % MONTHS + 1, 1) for m in range(last - MONTHS + 1, last + 1)]


def _numbers(array: str | None) -> list[int]:
    """The numbers in a PostgreSQL array's text form, "{1,2}"."""
    return [int(number) for number in (array or "").strip("{}").split(",") if number]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
