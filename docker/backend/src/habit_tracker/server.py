"""The process: `python -m habit_tracker.server`.

Stops without failing a request. Kubernetes sends SIGTERM and takes the pod out of the Service at
the same time, so requests still arrive for a while, on new connections and on ones that clients
keep alive. The server keeps listening for DRAIN_SECONDS, closes each connection after its answer
and announces so (see RequestMiddleware), and only then closes for good.
"""

import os
import signal
import sys
import time
from types import FrameType

import structlog
import uvicorn

from habit_tracker.core.config import Settings, SettingsError, load_settings
from habit_tracker.core.lifecycle import Lifecycle
from habit_tracker.core.logs import setup_logging
from habit_tracker.core.protocol import ImpatientProtocol
from habit_tracker.main import create_app

log = structlog.stdlib.get_logger("habit_tracker.server")

# Longer than clients keep an idle connection: whoever closes second never loses a request.
KEEP_ALIVE_SECONDS = 75

# Requests still running after the drain, such as a chat, get this long to end.
GRACEFUL_SHUTDOWN_SECONDS = 25


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains on SIGTERM and exits with status 0."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._drain_seconds = drain_seconds
        self._drain_ends: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """SIGTERM starts the drain; a second one, or Ctrl-C, ends the process at once.

        Unlike the base class, this does not record the signal: uvicorn would raise it again after
        the shutdown, and a clean stop would look like a kill.
        """
        if sig == signal.SIGTERM and self._drain_ends is None:
            self._lifecycle.draining = True
            self._drain_ends = time.monotonic() + self._drain_seconds
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by uvicorn's main loop."""
        if self._drain_ends is not None and time.monotonic() >= self._drain_ends:
            self.should_exit = True
        return await super().on_tick(counter)


def make_server(settings: Settings) -> DrainingServer:
    """The server with the app in it, not yet listening."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=ImpatientProtocol,
        loop="auto",  # uvloop where there is one
        ws="none",
        # Ours are better: JSON, a request id, the route's pattern instead of the path.
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    return DrainingServer(config, app.state.services.lifecycle, settings.drain_seconds)


def main() -> int:
    """Run until told to stop. Returns the exit status: 78 (EX_CONFIG) for wrong settings."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return os.EX_CONFIG
    setup_logging(settings)
    # The event loop waits so long for a thread that computes: with the default, 5 ms, and some
    # threads that do, it is late for everybody.
    sys.setswitchinterval(0.001)
    make_server(settings).run()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
