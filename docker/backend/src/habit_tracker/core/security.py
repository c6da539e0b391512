"""Password hashes and access tokens."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from habit_tracker.core.concurrency import REFUSAL_SECONDS
from habit_tracker.core.config import Settings
from habit_tracker.core.errors import UnavailableError

ACCESS_TOKEN_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(days=90)
"""After so long, refreshing ends and the password is asked for again."""

DEVICE_LIFETIME = timedelta(days=365)
"""How long a browser counts as one that its account has been used in."""

ISSUER = "habit-tracker"
DEVICE_AUDIENCE = "device"

MAX_WAITING_HASHES = 100
"""About ten seconds of work on half a core: whoever came later would have given up by then."""

ESTIMATED_CHARACTERS = 20
"""Of a new password. Made for it, one of 72 characters keeps the estimate busy for ten seconds."""

WEAK_SCORE = 1
"""zxcvbn's: up to here, fewer than a million guesses find a password."""

T = TypeVar("T")


class Passwords:
    """Argon2id hashes, at most two at a time.

    19 MiB, two passes, one lane is OWASP's recommendation. The library's defaults take 64 MiB a
    hash: a burst of logins would outgrow the container's memory limit. Two workers of our own
    bound the memory and leave the request threads free while a burst waits its turn.
    """

    def __init__(self) -> None:
        self._argon2 = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1)])
        self._workers = ThreadPoolExecutor(
            max_workers=2, thread_name_prefix="argon2", initializer=_give_way
        )
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Hash a new password. Raises UnavailableError when too many others wait."""
        return await self._run(self._argon2.hash, password)

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Compare a password with a hash. Raises UnavailableError when too many others wait.

        Returns whether they match and, when the hash was made with other parameters than today's,
        a new one to store. No hash (an unknown account) takes as long as a wrong password, so that
        the time of the answer does not tell which e-mail addresses have an account.
        """
        if hashed is None:
            if self._decoy is None:
                self._decoy = await self.hash("no account has this password")
            await self._run(self._argon2.verify, password, self._decoy)
            return False, None
        return await self._run(self._argon2.verify_and_update, password, hashed)

    async def weakness(self, password: str, email: str) -> str | None:
        """Why a new password is not to be had: it is easily guessed. None when it is good enough.

        Raises UnavailableError when too many others wait: it takes up to a tenth of a second.
        """
        return await self._run(_weakness, password, email)

    def close(self) -> None:
        """Let the workers end."""
        self._workers.shutdown(wait=False)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self._waiting >= MAX_WAITING_HASHES:
            await asyncio.sleep(REFUSAL_SECONDS)
            raise UnavailableError(
                "Too many people are logging in right now. Try again in a moment."
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, function, *args)
        finally:
            self._waiting -= 1


def _weakness(password: str, email: str) -> str | None:
    related = [word[:ESTIMATED_CHARACTERS] for word in (email, *email.split("@"))]
    found = zxcvbn(password[:ESTIMATED_CHARACTERS], user_inputs=related)
    if found["score"] > WEAK_SCORE:
        return None
    reason = found["feedback"]["warning"].removesuffix(".") or "It is easily guessed"
    return f"{reason}. Choose a longer one: three or four unrelated words will do"


def _give_way() -> None:
    """Hashing takes what everybody else leaves of the processor, in the thread that calls this."""
    if sys.platform == "linux":  # elsewhere a priority is the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a well-signed token says. Whether it is still valid, only the database knows."""

    user_id: UUID
    session_id: UUID
    """The same in every token of one login: ending the session ends them all."""
    generation: int
    """See models.User."""
    logged_in_at: datetime
    """When the password was last asked for."""


class Tokens:
    """Signed access tokens (JWT) that name a user and a session."""

    def __init__(self, settings: Settings) -> None:
        secrets = (settings.jwt_secret, settings.jwt_secret_previous)
        self._secrets = [one.get_secret_value() for one in secrets if one is not None]
        self._algorithm = settings.jwt_algorithm

    def issue(self, claims: Claims) -> str:
        """A token that says so, valid for ACCESS_TOKEN_LIFETIME."""
        return self._encode({
            "sub": str(claims.user_id),
            "exp": datetime.now(UTC) + ACCESS_TOKEN_LIFETIME,
            "sid": str(claims.session_id),
            "gen": claims.generation,
            "auth_time": int(claims.logged_in_at.timestamp()),
        })  # fmt: skip

    def read(self, token: str) -> Claims | None:
        """What a token says; None when it is expired, forged or not ours."""
        values = self._decode(token, audience=None)
        try:
            return (
                None
                if values is None
                else Claims(
                    user_id=UUID(values["sub"]),
                    session_id=UUID(values["sid"]),
                    generation=int(values["gen"]),
                    logged_in_at=datetime.fromtimestamp(values["auth_time"], UTC),
                )
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None

    def issue_device(self, user_id: UUID) -> str:
        """A token that proves that this browser has been used to log in to an account.

        It opens nothing: it only keeps a login from here apart from the guesses of strangers.
        """
        return self._encode({
            "aud": DEVICE_AUDIENCE,
            "sub": str(user_id),
            "jti": str(uuid4()),
            "exp": datetime.now(UTC) + DEVICE_LIFETIME,
        })  # fmt: skip

    def read_device(self, token: str, user_id: UUID) -> str | None:
        """The id of a browser that this account has been used in; None when it is not known."""
        values = self._decode(token, audience=DEVICE_AUDIENCE)
        return values["jti"] if values and values["sub"] == str(user_id) else None

    def _encode(self, claims: dict[str, Any]) -> str:
        claims = {"iss": ISSUER, "iat": datetime.now(UTC), **claims}
        return jwt.encode(claims, self._secrets[0], algorithm=self._algorithm)

    def _decode(self, token: str, audience: str | None) -> dict[str, Any] | None:
        for secret in self._secrets:
            with contextlib.suppress(jwt.InvalidTokenError):
                return jwt.decode(
                    token,
                    secret,
                    # One with an audience is refused where none is asked for, and vice versa.
                    audience=audience,
                    # A list of one: a token does not get to choose its own algorithm.
                    algorithms=[self._algorithm],
                    issuer=ISSUER,
                    # The clocks of two replicas differ a little.
                    leeway=10,
                    options={"require": ["exp", "iat", "sub"]},
                )
        return None
