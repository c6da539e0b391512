"""Habits and check-ins of one user: what both the routes and the chatbot's tools call.

Every function takes the user and touches nothing of anyone else: another user's habit is answered
exactly like one that does not exist. "Today" is the user's, by their time zone.
"""

import base64
import binascii
import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    lateral,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import Session, col

from habit_tracker import quota
from habit_tracker.core import insight
from habit_tracker.core.clock import date_in, today_in
from habit_tracker.core.problems import Problem
from habit_tracker.core.schedule import SCHEDULE, AnySchedule, Weekly
from habit_tracker.models import METADATA, CheckIn, Habit, User
from habit_tracker.schemas import (
    CheckInData,
    CheckInPublic,
    HabitCreate,
    HabitPublic,
    HabitUpdate,
    Heatmap,
    HeatmapDay,
)

MAX_HABITS = 500
"""For one user: a bound on what one request can cost."""

Archived = Literal["false", "true", "all"]

ORDER = (col(Habit.position), col(Habit.created_at), col(Habit.id))


def list_page(
    session: Session,
    user: User,
    archived: Archived = "false",
    limit: int = MAX_HABITS,
    cursor: str | None = None,
) -> tuple[list[HabitPublic], str | None]:
    """The user's habits in their order, and the cursor of the next page if there is one.

    Raises a 422 problem for a cursor that none of these pages gave.
    """
    conditions = [] if archived == "all" else [col(Habit.archived) == (archived == "true")]
    if cursor is not None:
        conditions.append(tuple_(*ORDER) > tuple_(*_read_cursor(cursor)))
    rows = _select(session, user, *conditions, limit=limit + 1)
    page = rows[:limit]
    after = _cursor(page[-1]) if len(rows) > limit else None
    today = today_in(user.time_zone)
    return [_public(row, user, today) for row in page], after


def list_today(session: Session, user: User) -> tuple[date, list[HabitPublic]]:
    """Today, and the habits that are due or checked in on it."""
    today = today_in(user.time_zone)
    rows = _select(session, user, col(Habit.archived).is_(False))
    habits = [_public(row, user, today) for row in rows]
    return today, [habit for habit in habits if habit.due_today or habit.today]


def get(session: Session, user: User, habit_id: UUID) -> HabitPublic:
    """One habit. Raises a 404 problem when the user has no such habit."""
    rows = _select(session, user, col(Habit.id) == habit_id)
    if not rows:
        raise _no_such_habit()
    return _public(rows[0], user, today_in(user.time_zone))


def create(session: Session, user: User, data: HabitCreate) -> HabitPublic:
    """Add a habit after the others. Raises a 409 problem when there are MAX_HABITS."""
    habit = Habit(
        user_id=user.id,
        name=data.name,
        color=data.color,
        schedule=data.schedule.model_dump(),
        position=claim_positions(session, user, 1),
    )
    session.add(habit)
    return get(session, user, habit.id)


def claim_positions(session: Session, user: User, number: int) -> int:
    """The first of `number` free positions after the others, until the transaction ends.

    Raises a 409 problem when the user would have more than MAX_HABITS.
    """
    _lock(session, user)
    count, last = session.execute(
        select(func.count(), func.coalesce(func.max(Habit.position), 0)).where(
            col(Habit.user_id) == user.id
        )
    ).one()
    if count + number > MAX_HABITS:
        raise Problem(409, f"You can have {MAX_HABITS} habits at most. Delete some first.")
    return int(last) + 1


def change(
    session: Session,
    user: User,
    habit_id: UUID,
    data: HabitUpdate,
    versions: set[int] | None = None,
) -> HabitPublic:
    """Change a habit.

    Raises a 404 problem when the user has no such habit, and a 412 problem when `versions` is
    given and the habit's own is not among them: somebody else has changed it.
    """
    # Not exclude_unset: null means "stays" as well.
    changes = data.model_dump(exclude_none=True)
    conditions = [col(Habit.id) == habit_id, col(Habit.user_id) == user.id]
    if versions is not None:
        conditions.append(col(Habit.version).in_(versions))
    query = update(Habit).where(*conditions)
    # Nothing to change is no new version.
    query = query.values(**changes, version=Habit.version + (1 if changes else 0))
    done = session.scalar(query.returning(col(Habit.id)))
    habit = get(session, user, habit_id)
    if done is None:
        raise Problem(
            412,
            f"The habit has been changed in the meantime (its version is {habit.version} now). "
            "Read it again, then decide whether your change still fits.",
        )
    return habit


def reorder(session: Session, user: User, ids: list[UUID]) -> None:
    """Put these habits first, in this order; the others follow in the order they had.

    Raises a 404 problem when one of them is not the user's, 422 when one is named twice.
    """
    if len(set(ids)) != len(ids):
        raise Problem(422, "ids: a habit is named twice. Name each one once.")
    _lock(session, user)
    own = select(func.count()).where(col(Habit.user_id) == user.id, col(Habit.id).in_(ids))
    if session.scalar(own) != len(ids):
        raise _no_such_habit()
    given = bindparam("ids", ids, ARRAY(SqlUuid))
    ranked = (
        select(
            col(Habit.id),
            func.row_number()
            .over(order_by=(func.array_position(given, col(Habit.id)).nulls_last(), *ORDER))
            .label("position"),
        )
        .where(col(Habit.user_id) == user.id)
        .subquery()
    )
    session.execute(
        update(Habit)
        .where(col(Habit.id) == ranked.c.id)
        .values(position=ranked.c.position)
        .execution_options(synchronize_session=False)
    )


def remove(session: Session, user: User, habit_id: UUID) -> None:
    """Delete a habit with its check-ins. Raises a 404 problem when there is none."""
    found = session.scalar(
        delete(Habit)
        .where(col(Habit.id) == habit_id, col(Habit.user_id) == user.id)
        .returning(col(Habit.id))
    )
    if found is None:
        raise _no_such_habit()


def _check_in_statement() -> ReturningInsert[Any]:
    # Locked, so that a concurrent delete comes before or after, and is not a foreign-key error.
    own = (
        select(col(Habit.id))
        .where(col(Habit.id) == bindparam("habit_id"), col(Habit.user_id) == bindparam("user_id"))
        .with_for_update(read=True, key_share=True)
        .cte("own")
    )
    table = METADATA.tables["checkins"]
    known = [column for column in table.columns if column.name != "habit_id"]
    rows = select(own.c.id, *(bindparam(column.name, type_=column.type) for column in known))
    statement = insert(table).from_select(["habit_id", *(c.name for c in known)], rows)
    changes = {c.name: statement.excluded[c.name] for c in known if c.name != "day"}
    return statement.on_conflict_do_update(constraint="pk_checkins", set_=changes).returning(
        table.c.habit_id
    )


# Made once, as a statement on the table: the ORM's way takes milliseconds.
_CHECK_IN = _check_in_statement()


def check_in(
    session: Session, user: User, habit_id: UUID, day: date, data: CheckInData
) -> CheckInPublic:
    """Record a day, replacing what was recorded. Raises 404 and, for the future, 422 problems."""
    require_past(day)
    quota.require_room(session, user, habit_id, day, data.note)
    values = {"habit_id": habit_id, "user_id": user.id, "day": day, **data.model_dump()}
    done = session.connection().scalar(_CHECK_IN, values)
    if done is None:
        raise _no_such_habit()
    return CheckInPublic(habit_id=habit_id, date=day, **data.model_dump())


def require_past(day: date) -> None:
    """Raise a 422 problem for a day in the future.

    The sun rises first at UTC+14: where it is already tomorrow depends on the client's clock as
    much as on the account's time zone, so one day of grace is given.
    """
    if day > datetime.now(UTC).date() + timedelta(days=1):
        raise Problem(422, f"{day} is in the future: a habit can be checked in up to today.")


def undo_check_in(session: Session, user: User, habit_id: UUID, day: date) -> None:
    """Forget a day. Doing so again changes nothing. Raises a 404 problem for no such habit."""
    _require(session, user, habit_id)
    session.execute(
        delete(CheckIn).where(col(CheckIn.habit_id) == habit_id, col(CheckIn.day) == day)
    )


def list_check_ins(
    session: Session, user: User, habit_id: UUID, first: date | None, last: date | None
) -> list[CheckInPublic]:
    """A habit's check-ins from `first` to `last`, ascending; without an end, all of them."""
    _require(session, user, habit_id)
    query = select(CheckIn).where(col(CheckIn.habit_id) == habit_id).order_by(col(CheckIn.day))
    if first is not None:
        query = query.where(col(CheckIn.day) >= first)
    if last is not None:
        query = query.where(col(CheckIn.day) <= last)
    return [
        CheckInPublic.model_validate({**row.model_dump(), "date": row.day})
        for row in session.scalars(query)
    ]


def heatmap(session: Session, user: User, habit_id: UUID, year: int | None) -> Heatmap:
    """A calendar year of check-ins; the user's present year when none is given."""
    year = year or today_in(user.time_zone).year
    found = list_check_ins(session, user, habit_id, date(year, 1, 1), date(year, 12, 31))
    days = [HeatmapDay(date=one.date, status=one.status, count=one.count) for one in found]
    return Heatmap(year=year, days=days)


def _no_such_habit() -> Problem:
    return Problem(404, "You have no habit with this id; it may have been deleted.")


def _require(session: Session, user: User, habit_id: UUID) -> None:
    own = select(col(Habit.id)).where(col(Habit.id) == habit_id, col(Habit.user_id) == user.id)
    if session.scalar(own) is None:
        raise _no_such_habit()


def _lock(session: Session, user: User) -> None:
    """One at a time for what counts or orders all habits of a user."""
    session.execute(
        select(col(User.id)).where(col(User.id) == user.id).with_for_update(key_share=True)
    )


def _cursor(row: Row[Any]) -> str:
    habit: Habit = row[0]
    assert habit.created_at is not None  # noqa: S101 - it comes from the database
    key = [habit.position, habit.created_at.isoformat(), str(habit.id)]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, datetime, UUID]:
    try:
        position, created_at, habit_id = json.loads(base64.urlsafe_b64decode(cursor))
        key = int(position), datetime.fromisoformat(created_at), UUID(habit_id)
        if abs(key[0]) >= 2**31:
            raise OverflowError
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
        raise Problem(422, "cursor: it is not one that a page's Link header gave.") from None
    return key


def _select(
    session: Session, user: User, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Row[Any]]:
    """Habits with today's check-in and all their days, in one statement.

    The days come as two arrays in text form, the shortest way through the driver, and are parsed
    only when `_progress` has not seen them before.
    """
    query = _QUERY.where(*conditions).limit(limit) if conditions or limit else _QUERY
    values = {"user_id": user.id, "today": today_in(user.time_zone)}
    return list(session.execute(query, values))


def _query() -> Select[Any]:
    today = bindparam("today", type_=Date)
    # date.toordinal(), in SQL
    number = col(CheckIn.day) - text("DATE '0001-01-01'") + 1
    days = lateral(
        select(
            *(
                cast(func.array_agg(number).filter(col(CheckIn.status) == status), Text).label(name)
                for name, status in (("done", "done"), ("skipped", "skip"))
            )
        )
        .where(col(CheckIn.habit_id) == col(Habit.id), col(CheckIn.day) <= today)
        .correlate(Habit)
    )
    at_today = select(CheckIn).where(col(CheckIn.day) == today).subquery()
    found = [at_today.c[name] for name in ("status", "count", "note")]
    return (
        select(Habit, *found, days.c.done, days.c.skipped)
        .join(at_today, at_today.c.habit_id == col(Habit.id), isouter=True)
        .join(days, true())
        .where(col(Habit.user_id) == bindparam("user_id"))
        .order_by(*ORDER)
    )


_QUERY = _query()


def _public(row: Row[Any], user: User, today: date) -> HabitPublic:
    habit, status, count, note, done, skipped = tuple(row)
    schedule = SCHEDULE.validate_python(habit.schedule)
    start = date_in(user.time_zone, habit.created_at)
    known = _progress(schedule, done or "", skipped or "", start.toordinal(), today.toordinal())
    check_in = None
    if status:
        check_in = CheckInPublic(
            habit_id=habit.id, date=today, status=status, count=count, note=note
        )
    return HabitPublic(
        id=habit.id,
        name=habit.name,
        color=habit.color,
        schedule=schedule,
        position=habit.position,
        archived=habit.archived,
        created_at=habit.created_at,
        version=habit.version,
        due_today=known.due and not habit.archived,
        checked_today=status == "done",
        today=check_in,
        streak=known.streak,
        best_streak=known.best_streak,
        streak_unit="weeks" if isinstance(schedule, Weekly) else "days",
        rate_30=round(known.rate, 4),
        score=round(known.score, 4),
        checkins=[date.fromordinal(day) for day in known.recent],
    )


# Keyed by everything that goes in, so there is nothing to invalidate. Ten years of days are about
# 20 KiB, so this stays below 20 MiB even when everyone has ten years.
@lru_cache(maxsize=1024)
def _progress(
    schedule: AnySchedule, done: str, skipped: str, start: int, today: int
) -> insight.Progress:
    return insight.progress(schedule, _numbers(done), _numbers(skipped), start, today)


def _numbers(array: str) -> list[int]:
    """The numbers in a PostgreSQL array's text form, "{1,2}"."""
    return [int(number) for number in array.strip("{}").split(",") if number]
