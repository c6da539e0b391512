"""Register, log in, stay logged in, log out."""

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from habit_tracker import accounts
from habit_tracker.api.deps import CallerDep, ServicesDep, not_logged_in
from habit_tracker.api.sessions import is_password, session_for
from habit_tracker.core.problems import Problem, responses
from habit_tracker.core.security import SESSION_LIFETIME
from habit_tracker.schemas import Credentials, Registration, SessionPublic

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201, responses=responses(409))
async def register(data: Registration, services: ServicesDep) -> SessionPublic:
    """Create an account and log in."""
    hashed = await services.passwords.hash(data.password.get_secret_value())
    user = await run_in_threadpool(
        accounts.create, services.engine, data.email, hashed, data.time_zone
    )
    if user is None:
        raise Problem(409, "There is an account with this e-mail address. Log in instead.")
    return session_for(services, user)


@router.post("/login", responses=responses(401, 429))
async def login(data: Credentials, services: ServicesDep) -> SessionPublic:
    """Log in."""
    user = await run_in_threadpool(accounts.find, services.engine, data.email)
    if not await is_password(services, data.email, user, data.password) or user is None:
        raise Problem(401, "E-mail address or password is wrong. Check both and try again.")
    return session_for(services, user)


@router.post("/refresh", responses=responses(401))
async def refresh(caller: CallerDep) -> SessionPublic:
    """Stay logged in: a token that lives longer, for the same session.

    The present token stays valid until it expires. 90 days after the password was last asked for,
    it is asked for again.
    """
    if datetime.now(UTC) - caller.claims.logged_in_at > SESSION_LIFETIME:
        raise not_logged_in()
    return session_for(caller.services, await caller.user(), after=caller.claims)


@router.post("/logout", status_code=204, responses=responses(401))
def logout(caller: CallerDep) -> None:
    """End the session: its tokens are worth nothing afterwards."""
    with caller.enter(atomic=True) as (session, _):
        accounts.end_session(session, caller.claims)
