"""What routes ask for.

One rule keeps the pool from running dry: a database connection is never held while a request
waits for something else, be it a thread, a hash or the model. So no dependency opens a session: a
route does, in its own thread, through `Caller.enter`, and ends it before the response is sent.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from sqlmodel import Session

from habit_tracker import accounts
from habit_tracker.chat import Chatbot
from habit_tracker.core.concurrency import Gate, Slots, Turn
from habit_tracker.core.db import Heartbeat
from habit_tracker.core.errors import NotLoggedInError, UnavailableError
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.limits import Limit
from habit_tracker.core.metrics import Metrics
from habit_tracker.core.password_limits import PasswordLimits
from habit_tracker.core.security import Claims, Passwords, Tokens
from habit_tracker.core.trouble import DOWN
from habit_tracker.models import User


@dataclass(frozen=True)
class Services:
    """What lives as long as the process; the app factory puts it into `app.state`."""

    engine: Engine
    autocommit: Engine
    """The same pool, without transactions."""
    transfer_engine: Engine
    """Connections for imports and exports."""
    transfers: Slots
    gate: Gate
    heartbeat: Heartbeat
    lifecycle: Lifecycle
    metrics: Metrics
    pseudonym: Callable[[str], str]
    """What logs call somebody."""
    passwords: Passwords
    tokens: Tokens
    password_limits: PasswordLimits
    logins: Limit
    """How often an account logs in."""
    known_addresses: Limit
    """How often somebody may find out, by registering, that an e-mail address has an account."""
    chat_messages: Limit
    chatbot: Chatbot | None


# async, although nothing is awaited: FastAPI would send a plain function to a thread.
async def get_services(request: Request) -> Services:
    """The process's services."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def require_schema(services: ServicesDep) -> None:
    """Answer 503 until the migrations are through, and soon while the database is away."""
    if not services.lifecycle.migrated:
        raise UnavailableError(
            f"Not ready. {services.lifecycle.waiting_for} Try again in a moment.",
            reason="not migrated",
        )
    if services.heartbeat.in_doubt and not await services.heartbeat.beats():
        raise DOWN.error()


@dataclass(frozen=True)
class Caller:
    """Whoever sent a request with a well-signed token. `enter` asks the database the rest."""

    claims: Claims
    user_agent: str
    services: Services
    turn: Turn | None = None
    """What the work is counted by; None before a turn came."""

    @contextmanager
    def enter(self, *, atomic: bool = False) -> Iterator[tuple[Session, User]]:
        """A session and the caller's account. Raises NotLoggedInError when the login has ended.

        `atomic` is all or nothing: one transaction, which is committed at the end and nowhere
        else. It is not isolation (READ COMMITTED): who decides by what they read locks it.
        Without `atomic` each statement commits by itself, which is enough, and quicker, for
        routes that only read or that write with a single statement.
        """
        if self.services.heartbeat.in_doubt:
            raise DOWN.error()  # it went while this request waited for its thread
        engine = self.services.engine if atomic else self.services.autocommit
        work = self.turn.work() if self.turn else nullcontext()
        with work, Session(engine, expire_on_commit=False) as session:
            found = accounts.authenticate(session, self.claims)
            if found is None:
                raise NotLoggedInError()
            user, last_used_at = found
            # Not in a transaction: the row would be locked for as long as that takes.
            if not atomic and _is_long_ago(last_used_at):
                accounts.note_use(session, self.claims, self.user_agent)
            yield session, user
            session.commit()

    async def user(self) -> User:
        """The caller's account, without a session. Raises NotLoggedInError as well."""
        return await run_in_threadpool(self._user)

    def _user(self) -> User:
        with self.enter() as (_, user):
            return user


def _is_long_ago(last_used_at: datetime | None) -> bool:
    return last_used_at is None or datetime.now(UTC) - last_used_at > accounts.USE_NOTED_EVERY


_bearer = HTTPBearer(auto_error=False, description="The access_token of a login.")


async def identify(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Whoever the bearer token names. Raises NotLoggedInError without a well-signed one."""
    claims = services.tokens.read(credentials.credentials) if credentials else None
    if claims is None:
        raise NotLoggedInError()
    structlog.contextvars.bind_contextvars(user=services.pseudonym(str(claims.user_id)))
    return Caller(claims, request.headers.get("user-agent", ""), services)


IdentifiedDep = Annotated[Caller, Depends(identify)]
"""For routes that take turns themselves, one for each piece of their work."""


async def get_caller(caller: IdentifiedDep) -> AsyncIterator[Caller]:
    """The caller, when it is their turn. Raises TooSoonError for too many requests at a time."""
    async with caller.services.gate.turn(caller.claims.user_id) as turn:
        yield replace(caller, turn=turn)


# The turn ends with the route's function, not with its answer: that may be a long stream.
CallerDep = Annotated[Caller, Depends(get_caller, scope="function")]
