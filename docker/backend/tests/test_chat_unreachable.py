"""The chatbot without a Gemini to talk to, and without a database."""

import socket
import threading

from fastapi.testclient import TestClient
from pydantic import SecretStr

from habit_tracker.main import create_app
from tests.support.api import assert_problem, make_settings, register, wait_ready
from tests.support.gemini import Answer, GeminiStandIn, call, candidate, says
from tests.support.postgres import cluster, create_database, over_tcp, socket_path
from tests.support.switch import Switch
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


def test_a_database_that_goes_away_meanwhile(gemini: GeminiStandIn) -> None:
    with Switch(socket_path(cluster()), "open") as switch:
        settings = make_settings(
            over_tcp(create_database(), switch.port),
            gemini_api_key=SecretStr(GEMINI_KEY),
            gemini_base_url=gemini.url,
            chat_messages_per_minute=1000,
        )
        with TestClient(create_app(settings)) as client:
            wait_ready(client)
            person = register(client)

            # Gone when a tool needs it: the model waits a second, the switch turns before.
            gemini.play(Answer([candidate([call("list_habits")])], delay=1))
            threading.Timer(0.5, switch.set, ["refuse"]).start()
            response = person.request("POST", "/chat", json={"message": "Hello"})
            assert "The database does not answer." in assert_problem(response, 503)

            # Gone when the answer is there: it is worth more than its place in the history.
            switch.set("open")
            assert person.habits() == []

            # The question that failed is given up after its time. Another person need not wait.
            person = register(client)
            gemini.play(says("Hi.", delay=1))
            threading.Timer(0.5, switch.set, ["refuse"]).start()
            response = person.request("POST", "/chat", json={"message": "Hello"})
            assert (response.status_code, response.json()["reply"]) == (200, "Hi.")
            switch.set("open")
            assert person.request("GET", "/chat/history").json() == []
