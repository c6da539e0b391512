"""What happens around every request: id, log line, metrics, limits, last resort, drain."""

import asyncio
import contextlib
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.metrics import Metrics
from habit_tracker.core.problems import ProblemResponse

log = structlog.stdlib.get_logger("habit_tracker.requests")

# A caller's id ends up in the logs: short, and nothing that could forge a line.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

# Bytes of a body. Everything but an import is a few fields.
MAX_BODY = 64 * 1024
# Twice the notes that an account may have, when each character of them is escaped, and as much
# again for its check-ins: see quota.py. An import is read as a stream.
MAX_IMPORT = 64 * 1024 * 1024
IMPORT_PATH = "/api/v1/me/import"

# Seconds for all of a body to arrive, and for a piece of an answer to be taken. Whoever is slower
# is not waited for: connections, and what they hold, are to be shared.
BODY_SECONDS = 10
IMPORT_SECONDS = 60
SEND_SECONDS = 20

# Bytes of a body that is too large which are still received, and dropped: whoever is sending would
# otherwise find the connection reset, and never see why.
MAX_DROPPED = 64 * 1024 * 1024


class RequestMiddleware:
    """Plain ASGI, not BaseHTTPMiddleware: that one breaks context variables and streaming."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self._app = app
        self._lifecycle = lifecycle
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        request_headers = Headers(scope=scope)
        request_id = _request_id(request_headers.get("x-request-id"))
        started = time.perf_counter()
        status: int | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                if self._lifecycle.draining:
                    # The client's next request opens a new connection, which the Service sends
                    # to a pod that stays. Closing without this header would cut a request off.
                    headers["connection"] = "close"
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            is_import = scope["path"] == IMPORT_PATH
            limit = MAX_IMPORT if is_import else MAX_BODY
            seconds = IMPORT_SECONDS if is_import else BODY_SECONDS
            if _declared_size(request_headers) > limit:
                await _drop_body(receive)
                refusal = ProblemResponse(413, _too_large(limit), {"Connection": "close"})
                await refusal(scope, receive, send_with_headers)
            else:
                await self._app(scope, _bounded(receive, limit, seconds), send_with_headers)
        except ClientDisconnect:
            log.info("client left before its request was complete", route=_route(scope))
        except Exception as error:
            if status is not None and isinstance(error, TimeoutError):
                log.warning("client takes its answer too slowly", route=_route(scope))
                self._metrics.refused("slow client")
            else:
                log.exception("request failed", route=_route(scope))
            if status is None:
                response = ProblemResponse(500, _apology(request_id))
                await response(scope, receive, send_with_headers)
        taken = time.perf_counter() - started
        self._metrics.request(scope["method"], _route(scope), status, taken)
        _log_request(scope, status, taken)


def _request_id(given: str | None) -> str:
    return given if given and REQUEST_ID.fullmatch(given) else uuid4().hex


def _declared_size(headers: Headers) -> int:
    given = headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _bounded(receive: Receive, limit: int, seconds: float) -> Receive:
    """A body has to be complete in time, and small enough, also without a declared length."""
    deadline = asyncio.get_running_loop().time() + seconds
    received = 0
    complete = False

    async def receive_bounded() -> Message:
        nonlocal received, complete
        if complete:  # from now on it is waited for that the client leaves
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            detail = f"The request's body did not arrive within {seconds} s. Send it again."
            raise HTTPException(408, detail, {"Connection": "close"}) from None
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if received > limit:
            if not complete:
                await _drop_body(receive)
            raise HTTPException(413, _too_large(limit), {"Connection": "close"})
        return message

    return receive_bounded


async def _drop_body(receive: Receive) -> None:
    dropped = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            while dropped < MAX_DROPPED:
                message = await receive()
                dropped += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _too_large(limit: int) -> str:
    return f"The request's body is larger than {limit // 1024} KiB. Send less at once."


def _apology(request_id: str) -> str:
    return (
        "The server made a mistake, which is not yours to mend. "
        f"Its log has the details under request id {request_id}."
    )


def _route(scope: MutableMapping[str, Any]) -> str | None:
    """The route's pattern, not the path: a path holds whatever a caller typed."""
    return getattr(scope.get("route"), "path", None)


def _log_request(scope: Scope, status: int | None, seconds: float) -> None:
    # Probes come every few seconds; the healthy ones would drown everything else.
    is_probe = scope["path"] in ("/health", "/metrics")
    write = log.debug if is_probe and status == 200 else log.info
    write(
        "request",
        method=scope["method"],
        route=_route(scope),
        status=status,
        duration_ms=round(seconds * 1000, 1),
    )
