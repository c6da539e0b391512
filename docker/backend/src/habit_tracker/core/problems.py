"""Errors as RFC 9457 problem details: {type, title, status, detail}; errors too for a 422."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from habit_tracker.core import errors
from habit_tracker.core.db import UNAVAILABLE, brief
from habit_tracker.core.errors import DomainError, in_words, located
from habit_tracker.core.metrics import Metrics
from habit_tracker.core.trouble import BUSY, DOWN, LOST, state_of, trouble_of

log = structlog.stdlib.get_logger("habit_tracker.problems")

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[DomainError], int] = {
    errors.NotLoggedInError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.LimitError: 409,
    errors.ConflictError: 409,
    errors.OutdatedError: 412,
    errors.InvalidError: 422,
    errors.TooSoonError: 429,
    DomainError: 500,
    errors.UpstreamError: 502,
    errors.UnavailableError: 503,
    errors.UpstreamTimeoutError: 504,
}
"""What the domain's errors are in HTTP."""


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    field: Annotated[str, Field(examples=["name"])]
    message: Annotated[str, Field(examples=["String should have at least 1 character"])]


class ProblemDetails(BaseModel):
    """RFC 9457. Type about:blank: the title is the status's own phrase."""

    type: str = "about:blank"
    title: Annotated[str, Field(examples=["Not Found"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[
        str,
        Field(
            description="What happened and what to do next.",
            examples=["You have no habit with this id; it may have been deleted."],
        ),
    ]
    errors: list[FieldError] | None = None


class ProblemResponse(JSONResponse):
    """A problem as an HTTP response."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        detail: str,
        headers: dict[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        body = problem(status, detail) | ({"errors": errors} if errors else {})
        super().__init__(body, status_code=status, headers=headers)


def problem(status: int, detail: str) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route documents: these statuses come with a problem."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status in statuses
    }


def install(app: FastAPI, metrics: Metrics, doubt_database: Callable[[], None]) -> None:
    """Turn every error of this app into a problem response.

    `doubt_database` is told when an error looks as if the database was away.
    """

    @app.exception_handler(DomainError)
    async def _domain(_: Request, error: DomainError) -> ProblemResponse:
        status = STATUS[type(error)]
        if status in (429, 503):
            metrics.refused(error.reason)
        headers = {"Retry-After": str(error.seconds)} if error.seconds else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return ProblemResponse(status, error.detail, headers)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> ProblemResponse:
        if error.status_code == 408:
            metrics.refused("slow client")
        headers = dict(error.headers) if error.headers else None
        return ProblemResponse(error.status_code, error.detail, headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> ProblemResponse:
        # The first part of a location is "body", "query" or "path": no use to a reader.
        found = [{**one, "loc": one["loc"][1:]} for one in error.errors()]
        fields = [{"field": field, "message": message} for field, message in located(found)]
        return ProblemResponse(422, in_words(found), errors=fields)

    async def _database(request: Request, error: Exception) -> ProblemResponse:
        trouble = trouble_of(error)
        state = state_of(error)
        log.warning("database error", error=brief(error), sqlstate=state, reason=trouble.reason)
        metrics.database_failed(error, state)
        if trouble in (DOWN, LOST, BUSY):
            doubt_database()
        return await _domain(request, trouble.error())

    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _database)
