"""What several routes need to hand out sessions and to check passwords."""

from datetime import UTC, datetime

from fastapi.concurrency import run_in_threadpool
from pydantic import SecretStr

from habit_tracker import accounts
from habit_tracker.api.deps import Services
from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME, Claims
from habit_tracker.models import User
from habit_tracker.schemas import SessionPublic, UserPublic

TOO_MANY_FAILURES = "Too many wrong passwords for this account. Wait a few minutes, then try again."


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


def session_for(services: Services, user: User, after: Claims | None = None) -> SessionPublic:
    """A session with a new token; `after` is the token that it follows, if any."""
    return SessionPublic(
        access_token=services.tokens.issue(user.id, user.token_generation, after=after),
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        user=public(user),
    )


async def is_password(services: Services, email: str, user: User | None, given: SecretStr) -> bool:
    """Whether a password is the account's; counts failures, and raises 429 after too many.

    Counted by address, whether it has an account or not, so that the limit tells nothing either.
    A hash with old parameters is replaced while the password is at hand.
    """
    services.failed_logins.check(email, TOO_MANY_FAILURES)
    matches, new_hash = await services.passwords.verify(
        given.get_secret_value(), user.password_hash if user else None
    )
    if user is None or not matches:
        services.failed_logins.count(email, TOO_MANY_FAILURES)
        return False
    if new_hash is not None:
        await run_in_threadpool(accounts.replace_hash, services.engine, user, new_hash)
        user.password_hash = new_hash
    return True
