"""What several routes need to hand out sessions and to check passwords."""

from datetime import UTC, datetime

import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import SecretStr

from habit_tracker import accounts
from habit_tracker.api.deps import Services
from habit_tracker.core.clients import kind_of
from habit_tracker.core.password_limits import Source
from habit_tracker.core.problems import Problem
from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME, Claims
from habit_tracker.models import User
from habit_tracker.schemas import SessionPublic, UserPublic

log = structlog.stdlib.get_logger("habit_tracker.accounts")


def public(user: User) -> UserPublic:
    """The account as its owner sees it."""
    return UserPublic(
        id=user.id,
        email=user.email,
        time_zone=user.time_zone,
        week_start=user.week_start,
        day_ends_at=user.day_ends_at,
        created_at=user.created_at or datetime.now(UTC),
    )


async def begin_session(services: Services, user: User, request: Request) -> SessionPublic:
    """A new session with its first token, and a token for the browser that it is in."""
    agent = request.headers.get("user-agent", "")
    claims = await run_in_threadpool(accounts.begin_session, services.engine, user, agent)
    session = session_for(services, user, claims)
    return session.model_copy(update={"device_token": services.tokens.issue_device(user.id)})


def session_for(services: Services, user: User, claims: Claims) -> SessionPublic:
    """A session with a new token; `claims` says which session."""
    return SessionPublic(
        access_token=services.tokens.issue(user.id, user.token_generation, after=claims),
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        user=public(user),
    )


async def is_password(
    services: Services, source: Source, user: User | None, given: SecretStr
) -> bool:
    """Whether a password is the account's; counts failures, and raises 429 after too many.

    A hash with old parameters is replaced while the password is at hand.
    """
    failure = log.bind(
        account=services.pseudonym(str(user.id) if user else source.account),
        known=source.known_as is not None,
        client=kind_of(source.network),
    )
    try:
        forget = services.password_limits.take(source)
    except Problem:
        failure.warning("wrong passwords: refused")
        raise
    try:
        matches, new_hash = await services.passwords.verify(
            given.get_secret_value(), user.password_hash if user else None
        )
    except Problem:
        forget()
        raise
    if user is None or not matches:
        failure.warning("wrong password")
        return False
    forget()
    if new_hash is not None:
        await run_in_threadpool(accounts.replace_hash, services.engine, user, new_hash)
        user.password_hash = new_hash
    return True


async def require_strong(services: Services, password: SecretStr, email: str) -> None:
    """Raise a 422 problem for a new password that is easily guessed."""
    weakness = await services.passwords.weakness(password.get_secret_value(), email)
    if weakness is not None:
        raise Problem(422, f"The password is too weak. {weakness}.")
