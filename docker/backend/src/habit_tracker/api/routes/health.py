"""Liveness and readiness on one path.

Two meanings, told apart by the query: liveness says that a restart would not help, readiness
that requests may come. A database outage ends the second only.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from habit_tracker import VERSION
from habit_tracker.api.deps import Services, ServicesDep
from habit_tracker.core.errors import UnavailableError
from habit_tracker.core.problems import responses
from habit_tracker.core.trouble import DATABASE_DOWN

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"
    version: str = VERSION


class Ready(BaseModel):
    """The process can serve."""

    status: str = "ready"


@router.get("/health", responses=responses(422, 503))
async def health(
    services: ServicesDep,
    ready: Annotated[bool, Query(description="Ask for readiness instead of liveness.")] = False,
) -> Alive | Ready:
    """Liveness; with ?ready=1, readiness."""
    if not ready:
        return Alive()
    await _check_ready(services)
    return Ready()


async def _check_ready(services: Services) -> None:
    if services.lifecycle.draining:
        raise UnavailableError("Not ready. This process is shutting down; others take over.")
    if not services.lifecycle.migrated:
        raise UnavailableError(f"Not ready. {services.lifecycle.waiting_for}")
    if not await services.heartbeat.beats():
        raise UnavailableError(f"Not ready. {DATABASE_DOWN}")
