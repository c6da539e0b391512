"""What a domain module raises when a person asked for something that cannot be done.

Each has one sentence or two for that person: what, why, and the next step. core.problems says
which HTTP status each kind has; nothing else in the domain knows about HTTP.
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
    """Raised as one of its kinds. Whatever the caller was about to do has not happened."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(DomainError):
    """The caller has no such thing, or none any more."""


class InvalidError(DomainError):
    """What was asked for makes no sense, although each of its parts does."""


class LimitError(DomainError):
    """The caller has as much of something as an account may have."""


class OutdatedError(DomainError):
    """Somebody else was faster: the change is based on what is no longer so."""


class ConflictError(DomainError):
    """What was asked for would undo something that happened since."""


class TooSoonError(DomainError):
    """The caller has to wait."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds
