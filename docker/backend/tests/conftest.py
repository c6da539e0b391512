"""One app on one database serves most tests: every test has users of its own."""

import signal
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from habit_tracker.main import create_app
from tests.support.api import Person, make_settings, register, wait_ready
from tests.support.gemini import GeminiStandIn
from tests.support.postgres import create_database
from tests.support.values import GEMINI_KEY

# test.sh passes an interrupt on as SIGTERM; fixtures get to stop their servers.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The app without a chatbot."""
    with TestClient(create_app(make_settings(create_database()))) as client:
        wait_ready(client)
        yield client


@pytest.fixture
def person(client: TestClient) -> Person:
    return register(client)


@pytest.fixture(scope="session")
def gemini() -> Iterator[GeminiStandIn]:
    with GeminiStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def chat_client(gemini: GeminiStandIn) -> Iterator[TestClient]:
    """The app with a chatbot that talks to the stand-in, with patience for a busy machine."""
    settings = make_settings(
        create_database(),
        gemini_api_key=SecretStr(GEMINI_KEY),
        gemini_base_url=gemini.url,
        chat_messages_per_minute=1000,
    )
    with TestClient(create_app(settings)) as client:
        wait_ready(client)
        yield client


@pytest.fixture
def chatter(chat_client: TestClient) -> Person:
    return register(chat_client)
