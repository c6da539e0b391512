"""The app factory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from habit_tracker import VERSION
from habit_tracker.api.deps import Services
from habit_tracker.api.main import api_router
from habit_tracker.api.routes import health
from habit_tracker.chat import Chatbot
from habit_tracker.core import problems
from habit_tracker.core.config import Settings
from habit_tracker.core.db import Heartbeat, make_engine
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.middleware import RequestMiddleware
from habit_tracker.core.security import Passwords, Tokens
from habit_tracker.migrate import migrate_when_possible


def create_app(settings: Settings) -> FastAPI:
    """Wire the app. Nothing connects before it starts, so this works with the database down."""
    engine = make_engine(settings)
    services = Services(
        engine=engine,
        heartbeat=Heartbeat(engine),
        lifecycle=Lifecycle(),
        passwords=Passwords(),
        tokens=Tokens(settings),
        chatbot=Chatbot.from_settings(settings, engine),
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

    app = FastAPI(title="Habit tracker", version=VERSION, lifespan=lifespan)
    app.state.services = services
    problems.install(app)
    app.add_middleware(RequestMiddleware, lifecycle=services.lifecycle)
    app.include_router(health.router)
    app.include_router(api_router)
    return app
