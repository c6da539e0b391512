"""Deleted habits, until they are gone for ever: for a while every one of them can come back."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Engine, delete, func, select
from sqlmodel import Session, col

from habit_tracker import habits
from habit_tracker.core.clock import date_in
from habit_tracker.core.errors import NotFoundError
from habit_tracker.models import Habit, User
from habit_tracker.schemas import HabitPublic, TrashedHabit

log = structlog.stdlib.get_logger("habit_tracker.trash")

KEPT_FOR = timedelta(days=30)

# By the database's clock, as `deleted_at` is: one that is wrong here must not cost anybody's data.
_OLDEST_KEPT = func.now() - KEPT_FOR

PURGE_EVERY = timedelta(hours=1)

PURGED_AT_ONCE = 20
"""Habits: their check-ins go with them, and a statement must not take long."""


def listing(session: Session, user: User) -> list[TrashedHabit]:
    """What the user has in the trash, the latest first."""
    query = select(Habit).where(*_trashed(user)).order_by(col(Habit.deleted_at).desc())
    return [
        TrashedHabit(**habit.model_dump(), purge_at=habit.deleted_at + KEPT_FOR)
        for habit in session.scalars(query)
        if habit.deleted_at is not None
    ]


def restore(session: Session, user: User, habit_id: UUID) -> HabitPublic:
    """Bring a habit back with everything it had; its time in the trash was a pause.

    Raises NotFoundError when it is not in the user's trash.
    """
    query = select(Habit).where(col(Habit.id) == habit_id, *_trashed(user)).with_for_update()
    habit = session.scalars(query).one_or_none()
    if habit is None or habit.deleted_at is None:
        raise _not_in_the_trash()
    bring_back(session, user, habit, habit.deleted_at)
    return habits.get(session, user, habit_id)


def bring_back(session: Session, user: User, habit: Habit, deleted_at: datetime) -> None:
    """Take a habit out of the trash, in which it was since then."""
    deleted = date_in(user.time_zone, deleted_at, user.day_ends_at)
    habits.add_pause(session, habit.id, deleted, habits.today_of(user) - timedelta(days=1))
    habit.deleted_at = None


def remove(session: Session, user: User, habit_id: UUID) -> None:
    """Delete a habit in the trash for ever. Raises NotFoundError when it is not there."""
    query = delete(Habit).where(col(Habit.id) == habit_id, *_trashed(user))
    found = session.scalar(query.returning(col(Habit.id)))
    if found is None:
        raise _not_in_the_trash()


async def purge_now_and_then(engine: Engine) -> None:
    """Delete what has been in the trash for long enough, every hour. Never returns."""
    while True:
        try:
            while await asyncio.to_thread(purge, engine):
                pass
        except Exception:
            # Nothing waits for it: it is tried again in an hour, whatever it was.
            log.exception("the trash is not emptied")
        await asyncio.sleep(PURGE_EVERY.total_seconds())


def purge(engine: Engine) -> int:
    """Delete some of what has been in the trash for long enough. Returns how many habits."""
    old = (
        select(col(Habit.id))
        .where(col(Habit.deleted_at) <= _OLDEST_KEPT)
        .limit(PURGED_AT_ONCE)
        # Several processes at it take different ones.
        .with_for_update(skip_locked=True)
    )
    with Session(engine) as session:
        found = session.scalars(
            delete(Habit).where(col(Habit.id).in_(old)).returning(col(Habit.id))
        ).all()
        session.commit()
    if found:
        log.info("emptied the trash", habits=len(found))
    return len(found)


def _trashed(user: User) -> list[ColumnElement[bool]]:
    return [
        col(Habit.user_id) == user.id,
        col(Habit.deleted_at) > _OLDEST_KEPT,
    ]


def _not_in_the_trash() -> NotFoundError:
    return NotFoundError("There is no such habit in your trash; it may be gone for ever.")
