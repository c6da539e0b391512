"""Deleted habits."""

from uuid import UUID

from fastapi import APIRouter, Response

from habit_tracker import trash
from habit_tracker.api.deps import CallerDep
from habit_tracker.core.problems import responses
from habit_tracker.schemas import HabitPublic, TrashedHabit

router = APIRouter(prefix="/trash", tags=["trash"], responses=responses(401))


@router.get("")
def list_trash(caller: CallerDep) -> list[TrashedHabit]:
    """What was deleted in the last 30 days, the latest first."""
    with caller.enter() as (session, user):
        return trash.listing(session, user)


@router.post("/{habit_id}/restore", responses=responses(404))
def restore_habit(habit_id: UUID, caller: CallerDep, response: Response) -> HabitPublic:
    """Bring a habit back, with all its check-ins."""
    with caller.enter(atomic=True) as (session, user):
        habit = trash.restore(session, user, habit_id)
    response.headers["ETag"] = f'"{habit.version}"'
    return habit


@router.delete("/{habit_id}", status_code=204, responses=responses(404))
def delete_for_ever(habit_id: UUID, caller: CallerDep) -> None:
    """Delete a habit in the trash with its check-ins. This cannot be undone."""
    with caller.enter() as (session, user):
        trash.remove(session, user, habit_id)
