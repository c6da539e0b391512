"""Habits and their check-ins."""

from uuid import UUID

from fastapi import APIRouter

from habit_tracker import habits
from habit_tracker.api.deps import CurrentUser, SessionDep, Today
from habit_tracker.schemas import CheckInPublic, Day, HabitCreate, HabitPublic, HabitUpdate

router = APIRouter(prefix="/habits", tags=["habits"])


@router.get("")
def list_habits(session: SessionDep, user: CurrentUser, today: Today) -> list[HabitPublic]:
    """All habits of the user, oldest first."""
    return habits.list_all(session, user.id, today)


@router.post("", status_code=201)
def create_habit(
    data: HabitCreate, session: SessionDep, user: CurrentUser, today: Today
) -> HabitPublic:
    """Add a habit."""
    return habits.create(session, user.id, data, today)


@router.get("/{habit_id}")
def read_habit(habit_id: UUID, session: SessionDep, user: CurrentUser, today: Today) -> HabitPublic:
    """One habit."""
    return habits.get(session, user.id, habit_id, today)


@router.patch("/{habit_id}")
def update_habit(
    habit_id: UUID, data: HabitUpdate, session: SessionDep, user: CurrentUser, today: Today
) -> HabitPublic:
    """Change a habit's name or colour."""
    return habits.update(session, user.id, habit_id, data, today)


@router.delete("/{habit_id}", status_code=204)
def delete_habit(habit_id: UUID, session: SessionDep, user: CurrentUser) -> None:
    """Delete a habit with its check-ins."""
    habits.remove(session, user.id, habit_id)


@router.put("/{habit_id}/checkins/{day}")
def check_in(habit_id: UUID, day: Day, session: SessionDep, user: CurrentUser) -> CheckInPublic:
    """Mark a day as done. Idempotent, so a client may retry it blindly."""
    habits.check_in(session, user.id, habit_id, day)
    return CheckInPublic(habit_id=habit_id, date=day)


@router.delete("/{habit_id}/checkins/{day}", status_code=204)
def undo_check_in(habit_id: UUID, day: Day, session: SessionDep, user: CurrentUser) -> None:
    """Mark a day as not done. Idempotent as well."""
    habits.undo_check_in(session, user.id, habit_id, day)
