"""Register and log in."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from habit_tracker import accounts
from habit_tracker.api.deps import Services, ServicesDep
from habit_tracker.core.problems import Problem
from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME
from habit_tracker.models import User
from habit_tracker.schemas import Credentials, Registration, SessionPublic, UserPublic

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=201)
async def register(data: Registration, services: ServicesDep) -> SessionPublic:
    """Create an account and log in."""
    hashed = await services.passwords.hash(data.password.get_secret_value())
    user = await run_in_threadpool(accounts.create, services.engine, data.email, hashed)
    if user is None:
        raise Problem(409, "There is an account with this e-mail address. Log in instead.")
    return _session(services, user)


@router.post("/login")
async def login(data: Credentials, services: ServicesDep) -> SessionPublic:
    """Log in."""
    user = await run_in_threadpool(accounts.find, services.engine, data.email)
    password = data.password.get_secret_value()
    matches = await services.passwords.verify(password, user.password_hash if user else None)
    if user is None or not matches:
        raise Problem(401, "E-mail address or password is wrong. Check both and try again.")
    return _session(services, user)


def _session(services: Services, user: User) -> SessionPublic:
    return SessionPublic(
        access_token=services.tokens.issue(user.id),
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        user=UserPublic(id=user.id, email=user.email),
    )
