"""Habits and check-ins of one user: what both the routes and the chatbot's tools call.

Every function takes the user's id and touches nothing of anyone else: another user's habit is
answered exactly like one that does not exist.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, delete, select

from habit_tracker.core import streaks
from habit_tracker.core.problems import Problem
from habit_tracker.models import CheckIn, Habit
from habit_tracker.schemas import HabitCreate, HabitPublic, HabitUpdate


def utc_today() -> date:
    """Today for a caller that did not say what today is."""
    return datetime.now(UTC).date()


def list_all(session: Session, user_id: UUID, today: date) -> list[HabitPublic]:
    """The user's habits, oldest first."""
    query = (
        select(Habit)
        .where(col(Habit.user_id) == user_id)
        .order_by(col(Habit.created_at), col(Habit.id))
    )
    return _with_progress(session, session.exec(query).all(), today)


def get(session: Session, user_id: UUID, habit_id: UUID, today: date) -> HabitPublic:
    """One habit. Raises a 404 problem when the user has no such habit."""
    return _with_progress(session, [_own(session, user_id, habit_id)], today)[0]


def create(session: Session, user_id: UUID, data: HabitCreate, today: date) -> HabitPublic:
    """Add a habit."""
    habit = Habit(user_id=user_id, name=data.name, color=data.color)
    session.add(habit)
    session.commit()
    return get(session, user_id, habit.id, today)


def update(
    session: Session, user_id: UUID, habit_id: UUID, data: HabitUpdate, today: date
) -> HabitPublic:
    """Change a habit's name or colour."""
    habit = _own(session, user_id, habit_id)
    habit.sqlmodel_update(data.model_dump(exclude_none=True))
    session.commit()
    return get(session, user_id, habit_id, today)


def remove(session: Session, user_id: UUID, habit_id: UUID) -> None:
    """Delete a habit with its check-ins."""
    session.delete(_own(session, user_id, habit_id))
    session.commit()


def check_in(session: Session, user_id: UUID, habit_id: UUID, day: date) -> None:
    """Mark a day as done. Doing so again changes nothing."""
    # The sun rises first at UTC+14, so somewhere it is already tomorrow.
    if day > utc_today() + timedelta(days=1):
        raise Problem(422, f"{day} is in the future: a habit can be checked in up to today.")
    _own(session, user_id, habit_id, keep=True)
    session.execute(insert(CheckIn).values(habit_id=habit_id, day=day).on_conflict_do_nothing())
    session.commit()


def undo_check_in(session: Session, user_id: UUID, habit_id: UUID, day: date) -> None:
    """Mark a day as not done. Doing so again changes nothing."""
    _own(session, user_id, habit_id)
    session.exec(delete(CheckIn).where(col(CheckIn.habit_id) == habit_id, col(CheckIn.day) == day))
    session.commit()


def _own(session: Session, user_id: UUID, habit_id: UUID, *, keep: bool = False) -> Habit:
    """The user's habit; `keep` holds off a concurrent delete until the transaction ends."""
    query = select(Habit).where(col(Habit.id) == habit_id, col(Habit.user_id) == user_id)
    if keep:
        query = query.with_for_update(read=True, key_share=True)
    habit = session.exec(query).one_or_none()
    if habit is None:
        raise Problem(404, "You have no habit with this id; it may have been deleted.")
    return habit


def _with_progress(session: Session, habits: Iterable[Habit], today: date) -> list[HabitPublic]:
    """Habits with their streaks: one query for the check-ins of all of them."""
    habits = list(habits)
    query = select(col(CheckIn.habit_id), col(CheckIn.day)).where(
        col(CheckIn.habit_id).in_([habit.id for habit in habits]), col(CheckIn.day) <= today
    )
    days: defaultdict[UUID, set[date]] = defaultdict(set)
    for habit_id, day in session.exec(query):
        days[habit_id].add(day)
    return [
        HabitPublic.model_validate(
            {
                **habit.model_dump(exclude={"user_id"}),
                "checked_today": today in days[habit.id],
                "streak": streaks.current_streak(days[habit.id], today),
                "checkins": streaks.recent(days[habit.id], today),
            }
        )
        for habit in habits
    ]
