"""What several routes need to hand out sessions and to check passwords."""

import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import SecretStr

from habit_tracker import accounts
from habit_tracker.api.deps import Services
from habit_tracker.core.errors import InvalidError, TooSoonError, UnavailableError
from habit_tracker.core.password_limits import Source
from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME, Claims
from habit_tracker.models import User
from habit_tracker.schemas import SessionPublic, UserPublic

log = structlog.stdlib.get_logger("habit_tracker.accounts")


def public(user: User) -> UserPublic:
    """The account as its owner sees it."""
    return UserPublic.model_validate(user.model_dump())


async def begin_session(services: Services, user: User, request: Request) -> SessionPublic:
    """A new session with its first token, and a token for the browser that it is in."""
    agent = request.headers.get("user-agent", "")
    claims = await run_in_threadpool(accounts.begin_session, services.engine, user, agent)
    session = session_for(services, user, claims)
    return session.model_copy(update={"device_token": services.tokens.issue_device(user.id)})


def session_for(services: Services, user: User, claims: Claims) -> SessionPublic:
    """A session with a new token; `claims` says which session."""
    return SessionPublic(
        access_token=services.tokens.issue(claims),
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        user=public(user),
    )


async def is_password(
    services: Services, source: Source, user: User | None, given: SecretStr
) -> bool:
    """Whether a password is the account's; counts failures, and raises TooSoonError after too many.

    A hash with old parameters is replaced while the password is at hand.
    """
    failure = log.bind(
        account=services.pseudonym(str(user.id) if user else source.account),
        known=source.known_as is not None,
        client=services.pseudonym(source.network),
    )
    try:
        decide = await services.password_limits.take(source)
    except TooSoonError:
        failure.warning("wrong passwords: refused")
        raise
    wrong = True  # also one whose sender goes away before the answer
    try:
        matches, new_hash = await services.passwords.verify(
            given.get_secret_value(), user.password_hash if user else None
        )
        wrong = user is None or not matches
    except UnavailableError:
        wrong = False
        raise
    finally:
        decide(wrong)
    if user is None or wrong:
        failure.warning("wrong password")
        return False
    if new_hash is not None:
        await run_in_threadpool(accounts.replace_hash, services.engine, user, new_hash)
        user.password_hash = new_hash
    return True


async def require_strong(services: Services, password: SecretStr, email: str) -> None:
    """Raise InvalidError for a new password that is easily guessed."""
    weakness = await services.passwords.weakness(password.get_secret_value(), email)
    if weakness is not None:
        raise InvalidError(f"The password is too weak. {weakness}.")
