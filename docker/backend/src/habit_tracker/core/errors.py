"""What is raised when a person asked for something that cannot be done, or not now.

Each has one sentence or two for that person: what, why, and the next step. Whatever the caller was
about to do has not happened. core.problems says which HTTP status each kind has; nothing else in
the domain knows about HTTP.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def in_words(errors: Iterable[Mapping[str, Any]], at: tuple[str | int, ...] = ()) -> str:
    """Pydantic's errors about something that is at this place, as one sentence.

    What was given is not repeated: it may be personal.
    """
    return "; ".join(map(": ".join, located(errors, at))) + "."


def located(
    errors: Iterable[Mapping[str, Any]], at: tuple[str | int, ...] = ()
) -> list[tuple[str, str]]:
    """Pydantic's errors as fields and messages."""
    return [
        (
            ".".join(map(str, (*at, *error["loc"]))) or "request",
            error["msg"].removeprefix("Value error, "),
        )
        for error in errors
    ]


class DomainError(Exception):
    """Raised as one of its kinds; by itself it is a mistake of ours."""

    seconds = 0
    """After so long it may be tried again; 0 when waiting is no use."""

    def __init__(self, detail: str, *, seconds: int | None = None, reason: str = "other") -> None:
        """`reason` is a few words for metrics, which count what passes by itself."""
        super().__init__(detail)
        self.detail = detail
        self.reason = reason
        if seconds is not None:
            self.seconds = seconds


class NotLoggedInError(DomainError):
    """Nobody is logged in, or not any more, or the password was wrong."""

    def __init__(
        self, detail: str = "You are not logged in, or the session has expired. Log in again."
    ) -> None:
        super().__init__(detail)


class ForbiddenError(DomainError):
    """Whoever is logged in has not proved to be the account's owner."""


class NotFoundError(DomainError):
    """The caller has no such thing, or none any more."""


class InvalidError(DomainError):
    """What was asked for makes no sense, although each of its parts does."""


class LimitError(DomainError):
    """The caller has as much of something as an account may have."""


class OutdatedError(DomainError):
    """Somebody else was faster: the change is based on what is no longer so."""


class ConflictError(DomainError):
    """What was asked for does not go together with something that happened before."""


class TooSoonError(DomainError):
    """The caller has to wait."""


class UnavailableError(DomainError):
    """What is needed is not there, or others have all of it."""

    seconds = 2


class UpstreamError(DomainError):
    """Somebody else's service has failed."""


class UpstreamTimeoutError(DomainError):
    """Somebody else's service has not answered in time."""
