"""Register, log in, stay logged in, log out."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool

from habit_tracker import accounts
from habit_tracker.api.deps import CallerDep, ServicesDep
from habit_tracker.api.sessions import begin_session, is_password, require_strong, session_for
from habit_tracker.core.clients import network_of
from habit_tracker.core.errors import ConflictError, NotLoggedInError
from habit_tracker.core.password_limits import Source
from habit_tracker.core.problems import responses
from habit_tracker.core.security import SESSION_LIFETIME
from habit_tracker.schemas import Credentials, Registration, SessionPublic

router = APIRouter(prefix="/auth", tags=["auth"])


TOO_MANY_LOGINS = "You have logged in too often. Wait an hour, then try again."
TOO_MANY_ADDRESSES = (
    "Too many of the e-mail addresses that were registered from here had accounts already. "
    "Wait an hour, then try again."
)


@router.post("/register", status_code=201, responses=responses(409, 429))
async def register(data: Registration, request: Request, services: ServicesDep) -> SessionPublic:
    """Create an account and log in.

    Without a mail server the answer has to tell that an address has an account. So that nobody
    goes through a list of them, one network gets a limited number of such answers an hour.
    """
    await require_strong(services, data.password, data.email)
    network = network_of(request)
    services.known_addresses.take(network, TOO_MANY_ADDRESSES)
    try:
        # Before the address is looked up: both answers take as long.
        hashed = await services.passwords.hash(data.password.get_secret_value())
        user = await run_in_threadpool(
            accounts.create, services.engine, data.email, hashed, data.time_zone
        )
    except BaseException:
        services.known_addresses.give_back(network)
        raise
    if user is None:
        raise ConflictError("There is an account with this e-mail address. Log in instead.")
    services.known_addresses.give_back(network)
    return await begin_session(services, user, request)


DeviceToken = Annotated[
    str, Header(description="The device_token of an earlier login.", max_length=1000)
]


@router.post("/login", responses=responses(401, 429))
async def login(
    data: Credentials, request: Request, services: ServicesDep, x_device_token: DeviceToken = ""
) -> SessionPublic:
    """Log in. A browser that was logged in before sends its device token along."""
    user = await run_in_threadpool(accounts.find, services.engine, data.email)
    known_as = services.tokens.read_device(x_device_token, user.id) if user else None
    source = Source(data.email, network_of(request), known_as)
    if not await is_password(services, source, user, data.password) or user is None:
        raise NotLoggedInError("E-mail address or password is wrong. Check both and try again.")
    services.logins.take(str(user.id), TOO_MANY_LOGINS)
    return await begin_session(services, user, request)


@router.post("/refresh", responses=responses(401))
async def refresh(caller: CallerDep) -> SessionPublic:
    """Stay logged in: a token that lives longer, for the same session.

    The present token stays valid until it expires. 90 days after the password was last asked for,
    it is asked for again.
    """
    if datetime.now(UTC) - caller.claims.logged_in_at > SESSION_LIFETIME:
        raise NotLoggedInError
    return session_for(caller.services, await caller.user(), caller.claims)


@router.post("/logout", status_code=204, responses=responses(401))
def logout(caller: CallerDep) -> None:
    """End the session: its tokens are worth nothing afterwards."""
    with caller.enter(atomic=True) as (session, _):
        accounts.end_sessions(session, caller.claims.user_id, [caller.claims.session_id])
