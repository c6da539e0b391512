"""Password hashes and access tokens."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from habit_tracker.core.config import Settings

ACCESS_TOKEN_LIFETIME = timedelta(days=7)
ISSUER = "habit-tracker"

T = TypeVar("T")


class Passwords:
    """Argon2id hashes, at most two at a time.

    19 MiB, two passes, one lane is OWASP's recommendation. The library's defaults take 64 MiB a
    hash: a burst of logins would outgrow the container's memory limit. Two workers of our own
    bound the memory and leave the request threads free while a burst waits its turn.
    """

    def __init__(self) -> None:
        self._argon2 = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1)])
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        return await self._run(self._argon2.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Compare a password with a hash.

        No hash (an unknown account) takes as long as a wrong password, so that the time of the
        answer does not tell which e-mail addresses have an account.
        """
        if hashed is None:
            if self._decoy is None:
                self._decoy = await self.hash("no account has this password")
            await self._run(self._argon2.verify, password, self._decoy)
            return False
        return await self._run(self._argon2.verify, password, hashed)

    def close(self) -> None:
        """Let the workers end."""
        self._workers.shutdown(wait=False)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, function, *args)


class Tokens:
    """Signed access tokens (JWT) that name a user."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._algorithm = settings.jwt_algorithm

    def issue(self, user_id: UUID) -> str:
        """A token for this user, valid for ACCESS_TOKEN_LIFETIME."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "sub": str(user_id),
            "iat": now,
            "exp": now + ACCESS_TOKEN_LIFETIME,
        }
        return jwt.encode(claims, self._secret, algorithm=self._algorithm)

    def user_id(self, token: str) -> UUID | None:
        """The user that a token names; None when it is expired, forged or not ours."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                # A list of one: a token does not get to choose its own algorithm.
                algorithms=[self._algorithm],
                issuer=ISSUER,
                # The clocks of two replicas differ a little.
                leeway=10,
                options={"require": ["exp", "iat", "sub"]},
            )
            return UUID(claims["sub"])
        except (jwt.InvalidTokenError, ValueError):
            return None
