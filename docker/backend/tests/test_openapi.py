"""The running server against its own OpenAPI document: requests that fit it, and that do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy import make_url

from habit_tracker.core.security import Claims, Tokens
from habit_tracker.main import create_app
from tests.support.api import make_settings
from tests.support.gemini import GeminiStandIn, says
from tests.support.postgres import create_database
from tests.support.server import ServerProcess
from tests.support.values import PASSWORD

EXAMPLES = 40
"""For each operation."""

# Without positive_data_acceptance: time zones, e-mail addresses and "not in the future" are rules
# that JSON Schema cannot say. ignored_auth is test_everything_needs_a_login's.
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


FRAMING = {"connection", "content-length", "expect", "transfer-encoding", "upgrade"}
"""Headers that say how a request is sent: a wrong one is answered by uvicorn, before the
application, in plain text."""


@dataclass
class Target:
    """The server, and a user with a habit that fills in for made-up ids."""

    url: str
    tokens: Tokens
    user_id: UUID
    habit_id: str = ""

    def headers(self) -> dict[str, str]:
        # A session of its own for each request: some of them log out.
        claims = Claims(self.user_id, uuid4(), 0, datetime.now(UTC))
        return {"authorization": f"Bearer {self.tokens.issue(claims)}"}

    def add_habit(self) -> None:
        response = httpx2.post(
            f"{self.url}/api/v1/habits", json={"name": "Read"}, headers=self.headers()
        )
        if response.status_code == 201:
            self.habit_id = response.json()["id"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    database = create_database()
    log = tmp_path_factory.mktemp("openapi") / "log"
    with GeminiStandIn() as gemini:
        gemini.otherwise = says("Hello.")
        environment = {"GEMINI_BASE_URL": gemini.url, "CHAT_MESSAGES_PER_MINUTE": "1000"}
        with ServerProcess(database, log, **environment) as server:
            server.wait_ready()
            account = {"email": "openapi@example.com", "password": PASSWORD}
            session = httpx2.post(f"{server.url}/api/v1/auth/register", json=account).json()
            user_id = UUID(session["user"]["id"])
            target = Target(server.url, Tokens(make_settings(database)), user_id)
            target.add_habit()
            yield target
            server.terminate()
            assert server.wait_exit() == 0
    assert '"request failed"' not in log.read_text()


# The document needs no database, only an address for one.
DOCUMENT = create_app(make_settings(make_url("postgresql://nobody@nowhere/nothing"))).openapi()
schema = schemathesis.openapi.from_dict(DOCUMENT)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation(case: schemathesis.Case[Any], target: Target) -> None:
    if "habit_id" in case.path_parameters:
        try:
            UUID(str(case.path_parameters["habit_id"]))
        except ValueError:
            pass  # made wrong on purpose
        else:
            if case.method == "DELETE" and case.path.endswith("/{habit_id}"):
                target.add_habit()
            case.path_parameters["habit_id"] = target.habit_id
    for name in [name for name in case.headers or {} if name.lower() in FRAMING]:
        del case.headers[name]
    checks = [*CHECKS]
    if case.path.endswith("/habits/order"):
        # The path has the form of /habits/{habit_id} as well, whose methods answer 422.
        checks.remove(unsupported_method)
    if not (case.meta and case.meta.is_negative_at(ParameterLocation.BODY)):
        # What schemathesis puts wrong elsewhere includes unknown query parameters, which are
        # ignored by agreement, and the Authorization header, which is set right above.
        checks.remove(negative_data_rejection)
    case.call_and_validate(base_url=target.url, headers=target.headers(), checks=checks)
