"""The app factory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from habit_tracker import VERSION
from habit_tracker.api.deps import Services
from habit_tracker.api.main import api_router, describe
from habit_tracker.api.routes import health, metrics
from habit_tracker.chat import Chatbot
from habit_tracker.core import problems
from habit_tracker.core.concurrency import Gate, Slots
from habit_tracker.core.config import Settings
from habit_tracker.core.db import POOL_SIZE, TRANSFERS, Heartbeat, make_engine, without_transactions
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.limits import Limit
from habit_tracker.core.logs import pseudonyms
from habit_tracker.core.metrics import Metrics
from habit_tracker.core.middleware import RequestMiddleware
from habit_tracker.core.password_limits import PasswordLimits
from habit_tracker.core.security import Passwords, Tokens
from habit_tracker.migrate import migrate_when_possible
from habit_tracker.trash import purge_now_and_then

KNOWN_ADDRESSES = "50 per hour"
"""For one network: nobody has so many e-mail addresses of their own to try."""


LOGINS = "100 per hour"
"""For one account, with the right password: each is a row in the list of sessions."""


REQUESTS = 6
"""People's requests that are worked on at a time. On half a core more of them only make each one
slower; logins and the chatbot use what is left of the connections."""
REQUESTS_EACH = 2
WAITING_EACH = 20
WAITING_SECONDS = 3


def create_app(settings: Settings) -> FastAPI:
    """Wire the app. Nothing connects before it starts, so this works with the database down."""
    heartbeat = Heartbeat(settings)
    engine = make_engine(settings, POOL_SIZE, lambda: heartbeat.doubted_at)
    transfer_engine = make_engine(settings, TRANSFERS, lambda: heartbeat.doubted_at)
    measured = Metrics(engine)
    services = Services(
        engine=engine,
        autocommit=without_transactions(engine),
        transfer_engine=transfer_engine,
        transfers=Slots(TRANSFERS),
        gate=Gate(REQUESTS, REQUESTS_EACH, WAITING_EACH, WAITING_SECONDS),
        heartbeat=heartbeat,
        lifecycle=Lifecycle(),
        metrics=measured,
        pseudonym=pseudonyms(settings),
        passwords=Passwords(),
        tokens=Tokens(settings),
        password_limits=PasswordLimits(),
        logins=Limit(LOGINS),
        known_addresses=Limit(KNOWN_ADDRESSES),
        chat_messages=Limit(f"{settings.chat_messages_per_minute} per minute"),
        chatbot=Chatbot.from_settings(settings, engine, measured.chat),
    )

    measured.watch(
        "habit_tracker_requests_waiting",
        "Requests that wait for their turn.",
        lambda: services.gate.waiting,
    )
    measured.watch(
        "habit_tracker_transfers_in_progress",
        "Imports and exports that are running.",
        lambda: services.transfers.taken,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Not awaited: liveness answers from the first moment, however long the database takes.
        background = asyncio.create_task(_migrate_then_purge(services))
        yield
        background.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await background
        if services.chatbot is not None:
            await services.chatbot.close()
        services.passwords.close()
        heartbeat.close()
        engine.dispose()
        transfer_engine.dispose()

    app = FastAPI(title="Habit tracker", version=VERSION, lifespan=lifespan)
    app.state.services = services
    problems.install(app, measured, heartbeat.doubt)
    app.add_middleware(RequestMiddleware, lifecycle=services.lifecycle, metrics=measured)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(api_router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


async def _migrate_then_purge(services: Services) -> None:
    await migrate_when_possible(services.engine, services.lifecycle)
    await purge_now_and_then(services.engine)
