"""Prometheus metrics: how many requests, how long they took, how the pool and the chatbot fare."""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from habit_tracker import VERSION

# Anything else is a caller's invention, and every label value is a time series for ever.
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One app's metrics, in a registry of its own. Labels never name a user."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        Gauge(
            "habit_tracker_info", "The running version.", ["version"], registry=self.registry
        ).labels(VERSION).set(1)
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.chat = Counter(
            "habit_tracker_chat_answers_total",
            "Chat messages by outcome: ok, or the HTTP status of the problem.",
            ["outcome"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "habit_tracker_refusals_total",
            "Requests that were refused for want of something that comes back: 408, 429 and 503.",
            ["reason"],
            registry=self.registry,
        )
        self._database_errors = Counter(
            "habit_tracker_database_errors_total",
            "Errors of the database by SQLSTATE class; without one, by what did not answer.",
            ["sqlstate_class"],
            registry=self.registry,
        )
        pool = engine.pool
        if isinstance(pool, QueuePool):
            self.watch(
                "habit_tracker_database_connections_in_use",
                "Connections that requests hold right now.",
                pool.checkedout,
            )
            self.watch(
                "habit_tracker_database_connections_limit",
                "Connections that requests can hold at most.",
                pool.size,
            )

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Show what a function says, at the moment of each scrape."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def refused(self, reason: str) -> None:
        """Record a refusal; the reasons are a few fixed ones."""
        self._refusals.labels(reason).inc()

    def database_failed(self, error: BaseException, state: str | None) -> None:
        """Record an error of the database's, with its SQLSTATE if it has one."""
        without = "pool" if isinstance(error, PoolTimeoutError) else "connection"
        self._database_errors.labels(state[:2] if state else without).inc()

    def request(self, method: str, route: str | None, status: int | None, seconds: float) -> None:
        """Record a request that ended; `route` is the pattern, None when nothing matched."""
        self._requests.labels(
            method if method in _METHODS else "other", route or "none", str(status or 499)
        ).observe(seconds)
