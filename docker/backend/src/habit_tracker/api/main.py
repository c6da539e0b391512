"""All routes under /api/v1."""

from fastapi import APIRouter, Depends

from habit_tracker.api.deps import require_schema
from habit_tracker.api.routes import auth, chat, habits, me

api_router = APIRouter(prefix="/api/v1", dependencies=[Depends(require_schema)])
api_router.include_router(auth.router)
api_router.include_router(me.router)
api_router.include_router(habits.router)
api_router.include_router(chat.router)
