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
from habit_tracker.core.concurrency import Slots
from habit_tracker.core.config import Settings
from habit_tracker.core.db import TRANSFERS, Heartbeat, make_engine, without_transactions
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.limits import Limit
from habit_tracker.core.metrics import Metrics
from habit_tracker.core.middleware import RequestMiddleware
from habit_tracker.core.security import Passwords, Tokens
from habit_tracker.migrate import migrate_when_possible

FAILED_LOGINS = "10 per 5 minutes"
"""For one address: a person's slips, not a guesser's lists."""


def create_app(settings: Settings) -> FastAPI:
    """Wire the app. Nothing connects before it starts, so this works with the database down."""
    engine = make_engine(settings)
    transfer_engine = make_engine(settings, TRANSFERS)
    measured = Metrics(engine)
    services = Services(
        engine=engine,
        autocommit=without_transactions(engine),
        transfer_engine=transfer_engine,
        transfers=Slots(TRANSFERS),
        heartbeat=Heartbeat(engine),
        lifecycle=Lifecycle(),
        metrics=measured,
        passwords=Passwords(),
        tokens=Tokens(settings),
        failed_logins=Limit(FAILED_LOGINS),
        chat_messages=Limit(f"{settings.chat_messages_per_minute} per minute"),
        chatbot=Chatbot.from_settings(settings, engine, measured.chat),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Not awaited: liveness answers from the first moment, however long the database takes.
        migration = asyncio.create_task(migrate_when_possible(engine, services.lifecycle))
        yield
        migration.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await migration
        if services.chatbot is not None:
            await services.chatbot.close()
        services.passwords.close()
        services.heartbeat.close()
        engine.dispose()
        transfer_engine.dispose()

    app = FastAPI(title="Habit tracker", version=VERSION, lifespan=lifespan)
    app.state.services = services
    problems.install(app)
    app.add_middleware(RequestMiddleware, lifecycle=services.lifecycle, metrics=measured)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(api_router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app
