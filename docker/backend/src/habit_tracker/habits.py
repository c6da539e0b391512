"""Habits and check-ins of one user: what both the routes and the chatbot's tools call.

Every function takes the user and touches nothing of anyone else: another user's habit, and one in
the trash, is answered exactly like one that does not exist. "Today" is the user's.
"""

from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import Session, col

from habit_tracker import figures, quota
from habit_tracker.core.clock import today_in
from habit_tracker.core.errors import InvalidError, LimitError, NotFoundError, OutdatedError
from habit_tracker.core.schedule import MAX_COUNT, Goal, schedule_to_row
from habit_tracker.figures import ORDER
from habit_tracker.models import CheckIn, Habit, PastRule, Pause, User
from habit_tracker.schemas import (
    CheckInData,
    CheckInPublic,
    CheckInUpdate,
    HabitCreate,
    HabitPublic,
    HabitUpdate,
    Heatmap,
    HeatmapDay,
    Stats,
)

MAX_HABITS = 500
"""For one user, with those in the trash: a bound on what one request can cost."""

Archived = Literal["false", "true", "all"]


def today_of(user: User) -> date:
    """Today where the user lives, who may stay up longer than midnight."""
    return today_in(user.time_zone, user.day_ends_at)


def list_page(
    session: Session,
    user: User,
    archived: Archived = "false",
    limit: int = MAX_HABITS,
    cursor: UUID | None = None,
) -> tuple[list[HabitPublic], UUID | None]:
    """The user's habits in their order, and the cursor of the next page if there is one.

    A cursor is the last habit of the page before. Raises InvalidError when it is gone for ever.
    """
    conditions = [] if archived == "all" else [col(Habit.archived) == (archived == "true")]
    if cursor is not None:
        own = (col(Habit.id) == cursor, col(Habit.user_id) == user.id)
        last = session.execute(select(*ORDER).where(*own)).one_or_none()
        if last is None:
            raise InvalidError("cursor: the list has changed. Begin with its first page again.")
        conditions.append(tuple_(*ORDER) > tuple_(*last))
    today = today_of(user)
    rows = figures.read(session, user, today, *conditions, limit=limit + 1)
    page = rows[:limit]
    after = page[-1][0].id if len(rows) > limit else None
    return [figures.public(row, user, today) for row in page], after


def list_today(session: Session, user: User) -> tuple[date, list[HabitPublic]]:
    """Today, and the habits that are due or checked in on it."""
    today = today_of(user)
    rows = figures.read(session, user, today, col(Habit.archived).is_(False))
    habits = [figures.public(row, user, today) for row in rows]
    return today, [habit for habit in habits if habit.due_today or habit.today]


def get(session: Session, user: User, habit_id: UUID) -> HabitPublic:
    """One habit. Raises NotFoundError when the user has no such habit."""
    return _get(session, user, habit_id, today_of(user))


def stats(session: Session, user: User, habit_id: UUID) -> Stats:
    """How a habit has gone over time. Raises NotFoundError when the user has no such habit."""
    today = today_of(user)
    return figures.stats(_row(session, user, habit_id, today, counts=True), user, today)


def create(session: Session, user: User, data: HabitCreate) -> HabitPublic:
    """Add a habit after the others. Raises LimitError when there are MAX_HABITS."""
    habit = Habit(
        **data.model_dump(exclude={"schedule"}),
        schedule=schedule_to_row(data.schedule),
        user_id=user.id,
        position=claim_positions(session, user, 1),
    )
    session.add(habit)
    session.flush()
    return get(session, user, habit.id)


def claim_positions(session: Session, user: User, number: int) -> int:
    """The first of `number` free positions after the others, until the transaction ends.

    Raises LimitError when the user would have more than MAX_HABITS.
    """
    _lock(session, user)
    count, last = session.execute(
        select(func.count(), func.coalesce(func.max(Habit.position), 0)).where(
            col(Habit.user_id) == user.id
        )
    ).one()
    if count + number > MAX_HABITS:
        raise LimitError(
            f"You can have {MAX_HABITS} habits at most, with those in the trash. "
            "Delete some from the trash first."
        )
    return int(last) + 1


def change(
    session: Session,
    user: User,
    habit_id: UUID,
    data: HabitUpdate,
    versions: set[str] | None = None,
) -> HabitPublic:
    """Change a habit from today on: what its past was judged by stays known.

    Raises NotFoundError when the user has no such habit, and OutdatedError when `versions` is
    given and the habit's own is not among them: somebody else has changed it.
    """
    habit = session.scalars(
        select(Habit).where(*_own(user, habit_id)).with_for_update(key_share=True)
    ).one_or_none()
    if habit is None:
        raise _no_such_habit()
    if versions is not None and str(habit.version) not in versions:
        raise OutdatedError(
            f"The habit has been changed in the meantime (its version is {habit.version} now). "
            "Read it again, then decide whether your change still fits."
        )
    today = today_of(user)
    changes = {
        name: value
        for name, value in data.model_dump(exclude_unset=True).items()
        # There is no habit without the others.
        if value is not None or name in ("icon", "goal")
    }
    if data.schedule is not None:
        changes["schedule"] = schedule_to_row(data.schedule)
    apply(session, user, habit, changes, today)
    # Nothing to change is no new version.
    habit.version += 1 if changes else 0
    return _get(session, user, habit_id, today)


def apply(session: Session, user: User, habit: Habit, changes: dict[str, Any], today: date) -> None:
    """Set columns of a habit, and remember what was in force until today."""
    rule = {"schedule": habit.schedule, "goal": habit.goal}
    was_idle = habit.archived or habit.paused
    for name, value in changes.items():
        setattr(habit, name, value)
    if rule != {"schedule": habit.schedule, "goal": habit.goal}:
        # Of several changes on a day the first one knows.
        kept = insert(PastRule).values(habit_id=habit.id, until=today, **rule)
        session.execute(kept.on_conflict_do_nothing())
    if (habit.archived or habit.paused) != was_idle:
        _note_pause(session, user, habit, today)


def _note_pause(session: Session, user: User, habit: Habit, today: date) -> None:
    """Begin a pause today, or end the one that lasts with yesterday."""
    own = col(Pause.habit_id) == habit.id
    if habit.archived or habit.paused:
        statement = insert(Pause).values(habit_id=habit.id, first=today, last=None)
        session.execute(
            statement.on_conflict_do_update(constraint="pk_pauses", set_={"last": None})
        )
        return
    begun = session.scalar(select(func.min(Pause.first)).where(own, col(Pause.last).is_(None)))
    session.execute(delete(Pause).where(own, col(Pause.last).is_(None)))
    if begun is None:
        days = select(func.max(CheckIn.day)).where(col(CheckIn.habit_id) == habit.id)
        begun = figures.begin_of_unknown_pause(session.scalar(days), figures.start_of(habit, user))
    add_pause(session, habit.id, begun, today - timedelta(days=1))


def add_pause(session: Session, habit_id: UUID, first: date, last: date) -> None:
    """Note that a habit was paused in a time that is over; no day of it is nothing to note."""
    if last < first:
        return
    statement = insert(Pause).values(habit_id=habit_id, first=first, last=last)
    # A longer one that began on the same day stands, and so does one that lasts.
    longer = case(
        (col(Pause.last).is_not(None), func.greatest(Pause.last, statement.excluded.last))
    )
    session.execute(statement.on_conflict_do_update(constraint="pk_pauses", set_={"last": longer}))


def reorder(session: Session, user: User, ids: list[UUID]) -> None:
    """Put these habits first, in this order; the others follow in the order they had.

    Raises NotFoundError when one of them is not the user's, InvalidError when one is named twice.
    """
    if len(set(ids)) != len(ids):
        raise InvalidError("ids: a habit is named twice. Name each one once.")
    _lock(session, user)
    own = select(func.count()).where(
        col(Habit.user_id) == user.id, col(Habit.id).in_(ids), col(Habit.deleted_at).is_(None)
    )
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
    """Move a habit to the trash: see trash.py. Raises NotFoundError when there is none."""
    found = session.scalar(
        update(Habit)
        .where(*_own(user, habit_id))
        .values(deleted_at=func.now())
        .returning(col(Habit.id))
    )
    if found is None:
        raise _no_such_habit()


# Locked, so that a concurrent delete comes before or after, and is not a foreign-key error.
_CHECK_IN = text("""
    WITH own AS (
        SELECT id FROM habits
        WHERE id = :habit_id AND user_id = :user_id AND deleted_at IS NULL
        FOR KEY SHARE
    )
    INSERT INTO checkins (habit_id, day, status, count, note)
    SELECT id, :day, :status, :count, :note FROM own
    ON CONFLICT (habit_id, day) DO UPDATE
    SET status = excluded.status, count = excluded.count, note = excluded.note
    RETURNING habit_id
""")


def check_in(
    session: Session, user: User, habit_id: UUID, day: date, data: CheckInData
) -> CheckInPublic:
    """Record a day, replacing what was recorded.

    Raises NotFoundError, and InvalidError for the future or a count that the goal does not take.
    """
    require_past(day, today_of(user))
    if data.count == 0:
        _require_count(0, _goal(session, user, habit_id))
    quota.require_room(session, user, habit_id, day, data.note)
    values = {"habit_id": habit_id, "user_id": user.id, "day": day, **data.model_dump()}
    done = session.scalar(_CHECK_IN, values)
    if done is None:
        raise _no_such_habit()
    return CheckInPublic(habit_id=habit_id, date=day, **data.model_dump())


def change_day(
    session: Session, user: User, habit_id: UUID, day: date, data: CheckInUpdate
) -> CheckInPublic:
    """Change what was recorded for a day, or record it. In one transaction.

    One statement reads and writes the day, so no change of somebody else gets lost. Raises the
    same errors as `check_in`.
    """
    require_past(day, today_of(user))
    goal = _goal(session, user, habit_id)
    quota.require_room(session, user, habit_id, day, data.note or "")
    first = data.count if data.count is not None else data.add
    statement = insert(CheckIn).values(
        habit_id=habit_id,
        day=day,
        status=data.status or "done",
        count=1 if first is None else first,
        note=data.note or "",
    )
    changes = data.model_dump(exclude_none=True, exclude={"add"})
    if data.add is not None:
        changes["count"] = CheckIn.count + data.add
    found = session.scalars(
        statement.on_conflict_do_update(
            # Even without a change the row is wanted back.
            constraint="pk_checkins",
            set_=changes or {"day": day},
        ).returning(CheckIn)
    ).one()
    _require_count(found.count, goal)
    return _day(found)


def require_past(day: date, today: date) -> None:
    """Raise InvalidError for a day after today."""
    if day > today:
        raise InvalidError(
            f"{day} is in the future: a habit can be checked in up to today, {today}."
        )


def _require_count(count: int, goal: Goal | None) -> None:
    """Raise InvalidError for a count that is out of bounds. See schemas.Count."""
    if count > MAX_COUNT:
        raise InvalidError(f"count: {count} is too much; {MAX_COUNT} is the most.")
    if count < 0 or (count == 0 and (goal is None or goal.kind != "at_most")):
        raise InvalidError(
            f"count: {count} is too little. Only a habit with a goal of at most something can be "
            "done 0 times; remove the day's check-in instead."
        )


def undo_check_in(session: Session, user: User, habit_id: UUID, day: date) -> None:
    """Forget a day. Doing so again changes nothing. Raises NotFoundError for no such habit."""
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
    return [_day(row) for row in session.scalars(query)]


def heatmap(session: Session, user: User, habit_id: UUID, year: int | None) -> Heatmap:
    """A calendar year of check-ins; the user's present year when none is given."""
    year = year or today_of(user).year
    found = list_check_ins(session, user, habit_id, date(year, 1, 1), date(year, 12, 31))
    days = [HeatmapDay(date=one.date, status=one.status, count=one.count) for one in found]
    return Heatmap(year=year, days=days)


def _day(row: CheckIn) -> CheckInPublic:
    return CheckInPublic.model_validate({**row.model_dump(), "date": row.day})


def _get(session: Session, user: User, habit_id: UUID, today: date) -> HabitPublic:
    return figures.public(_row(session, user, habit_id, today), user, today)


def _row(
    session: Session, user: User, habit_id: UUID, today: date, *, counts: bool = False
) -> Row[Any]:
    rows = figures.read(session, user, today, col(Habit.id) == habit_id, counts=counts)
    if not rows:
        raise _no_such_habit()
    return rows[0]


def _no_such_habit() -> NotFoundError:
    return NotFoundError("You have no habit with this id; it may have been deleted.")


def _own(user: User, habit_id: UUID) -> list[ColumnElement[bool]]:
    return [
        col(Habit.id) == habit_id,
        col(Habit.user_id) == user.id,
        col(Habit.deleted_at).is_(None),
    ]


def _require(session: Session, user: User, habit_id: UUID) -> None:
    """Raise NotFoundError when the user has no such habit."""
    if session.scalar(select(col(Habit.id)).where(*_own(user, habit_id))) is None:
        raise _no_such_habit()


def _goal(session: Session, user: User, habit_id: UUID) -> Goal | None:
    """A habit's goal. Raises NotFoundError when the user has no such habit."""
    # Locked, so that the habit is still there when a check-in follows; others may change it.
    query = select(col(Habit.goal)).where(*_own(user, habit_id))
    found = session.execute(query.with_for_update(read=True, key_share=True)).one_or_none()
    if found is None:
        raise _no_such_habit()
    return Goal.model_validate(found.goal) if found.goal else None


def _lock(session: Session, user: User) -> None:
    """One at a time for what counts or orders all habits of a user."""
    session.execute(
        select(col(User.id)).where(col(User.id) == user.id).with_for_update(key_share=True)
    )
