"""All routes under /api/v1, and how the API describes itself."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from habit_tracker import VERSION
from habit_tracker.api.deps import require_schema
from habit_tracker.api.routes import auth, chat, habits, me, trash
from habit_tracker.core.problems import ProblemDetails, responses
from habit_tracker.schemas import Export

api_router = APIRouter(
    prefix="/api/v1",
    dependencies=[Depends(require_schema)],
    responses=responses(400, 408, 413, 422, 429, 503),
)
api_router.include_router(auth.router)
api_router.include_router(me.router)
api_router.include_router(habits.router)
api_router.include_router(trash.router)
api_router.include_router(chat.router)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document. Made once, on first use."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="Habit tracker",
            version=VERSION,
            summary="Habits, check-ins, streaks, and a chatbot that acts on them.",
            description="Errors are problem details (RFC 9457).",
            routes=app.routes,
        )
        # The problems are in a media type of their own, for which FastAPI has no models.
        schemas = document["components"]["schemas"]
        problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs") | {"ProblemDetails": problem}
        # Streams, both ways, so that FastAPI does not see them either.
        export = Export.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= export.pop("$defs") | {"Export": export}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema
