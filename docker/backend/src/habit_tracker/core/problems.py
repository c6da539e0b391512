"""Errors as RFC 9457 problem details: {type, title, status, detail}."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from habit_tracker.core.db import UNAVAILABLE

DATABASE_DOWN = "The database does not answer. Nothing was saved; try again in a few seconds."


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An error that the client gets to see. `detail` says what happened and what to do next."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


class ProblemResponse(JSONResponse):
    """A problem as an HTTP response. Type about:blank: the title is the status's own phrase."""

    media_type = "application/problem+json"

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
        }
        super().__init__(body, status_code=status, headers=headers)


def unavailable(detail: str) -> Problem:
    """A 503 that tells clients and proxies when to come back."""
    return Problem(503, detail, headers={"Retry-After": "2"})


def install(app: FastAPI) -> None:
    """Turn every error of this app into a problem response."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> ProblemResponse:
        return ProblemResponse(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> ProblemResponse:
        headers = dict(error.headers) if error.headers else None
        return ProblemResponse(error.status_code, error.detail, headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> ProblemResponse:
        return ProblemResponse(422, _describe(error))

    async def _database(_: Request, __: Exception) -> ProblemResponse:
        problem = unavailable(DATABASE_DOWN)
        return ProblemResponse(problem.status, problem.detail, problem.headers)

    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _database)


def _describe(error: RequestValidationError) -> str:
    """Which fields are wrong and why; what was sent is not repeated (it may be a password)."""
    reasons = []
    for item in error.errors():
        # The first part of the location is "body", "query" or "path": no use to a reader.
        field = ".".join(str(part) for part in item["loc"][1:]) or "request"
        reasons.append(f"{field}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(reasons) + "."
