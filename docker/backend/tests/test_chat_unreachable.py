"""The chatbot without a Gemini to talk to."""

import socket

from fastapi.testclient import TestClient
from pydantic import SecretStr

from habit_tracker.main import create_app
from tests.support.api import assert_problem, make_settings, register, wait_ready
from tests.support.postgres import create_database
from tests.support.values import GEMINI_KEY


def test_an_unreachable_gemini_is_a_clear_answer() -> None:
    with socket.socket() as reserved:  # bound and not listening: connections are refused
        reserved.bind(("127.0.0.1", 0))
        settings = make_settings(
            create_database(),
            gemini_api_key=SecretStr(GEMINI_KEY),
            gemini_base_url=f"http://127.0.0.1:{reserved.getsockname()[1]}",
        )
        with TestClient(create_app(settings)) as client:
            wait_ready(client)
            response = register(client).request("POST", "/chat", json={"message": "Hello"})
            assert "could not be reached" in assert_problem(response, 502)
