"""Where the process is in its life: what liveness, readiness and the drain go by."""

from dataclasses import dataclass


@dataclass
class Lifecycle:
    """Written by the start-up task and by the server's signal handler, read by every request."""

    migrated: bool = False
    """The schema is the one this version needs; set once, never taken back."""

    waiting_for: str = "The database has not answered yet."
    """Why `migrated` is still false, as a sentence that a person can act on."""

    draining: bool = False
    """SIGTERM came: still serving, but every connection is closed after its answer."""
