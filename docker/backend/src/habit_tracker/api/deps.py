"""What routes ask for.

One rule keeps the pool from running dry: a database connection is never held while a request
waits for something else, be it a thread, a hash or the model. So looking up the caller uses a
session of its own, and a route's session ends before the response is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from sqlmodel import Session

from habit_tracker import accounts
from habit_tracker.chat import Chatbot
from habit_tracker.core.db import Heartbeat
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.problems import Problem, unavailable
from habit_tracker.core.security import Passwords, Tokens
from habit_tracker.habits import utc_today
from habit_tracker.models import User
from habit_tracker.schemas import Day


@dataclass(frozen=True)
class Services:
    """What lives as long as the process; the app factory puts it into `app.state`."""

    engine: Engine
    heartbeat: Heartbeat
    lifecycle: Lifecycle
    passwords: Passwords
    tokens: Tokens
    chatbot: Chatbot | None


def get_services(request: Request) -> Services:
    """The process's services."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


def require_schema(services: ServicesDep) -> None:
    """Answer 503 until the migrations are through."""
    if not services.lifecycle.migrated:
        raise unavailable(f"Not ready. {services.lifecycle.waiting_for} Try again in a moment.")


def get_session(services: ServicesDep) -> Iterator[Session]:
    """A database session for one route call."""
    with Session(services.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]

_bearer = HTTPBearer(auto_error=False, description="The access_token of a login.")


def get_current_user(
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> User:
    """Whoever the bearer token names. Raises a 401 problem without a valid one."""
    user_id = services.tokens.user_id(credentials.credentials) if credentials else None
    user = accounts.get(services.engine, user_id) if user_id else None
    if user is None:
        raise Problem(
            401,
            "You are not logged in, or the session has expired. Log in again.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def get_today(
    today: Annotated[
        Day | None, Query(description="The caller's date; the UTC date when left out.")
    ] = None,
) -> date:
    """Today where the caller is."""
    return today or utc_today()


Today = Annotated[date, Depends(get_today)]
