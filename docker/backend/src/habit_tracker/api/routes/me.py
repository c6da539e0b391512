"""The caller's own account."""

from fastapi import APIRouter

from habit_tracker.api.deps import CurrentUser
from habit_tracker.schemas import UserPublic

router = APIRouter(tags=["auth"])


@router.get("/me")
def read_me(user: CurrentUser) -> UserPublic:
    """Who is logged in."""
    return UserPublic(id=user.id, email=user.email)
