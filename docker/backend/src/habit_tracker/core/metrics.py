"""Prometheus metrics: how many requests, how long they took, how the pool and the chatbot fare."""

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
        pool = engine.pool
        if isinstance(pool, QueuePool):
            connections = Gauge(
                "habit_tracker_database_connections_in_use",
                "Connections that requests hold right now.",
                registry=self.registry,
            )
            connections.set_function(pool.checkedout)
            size = Gauge(
                "habit_tracker_database_connections_limit",
                "Connections that requests can hold at most.",
                registry=self.registry,
            )
            size.set(pool.size())

    def request(self, method: str, route: str | None, status: int | None, seconds: float) -> None:
        """Record a request that ended; `route` is the pattern, None when nothing matched."""
        self._requests.labels(
            method if method in _METHODS else "other", route or "none", str(status or 499)
        ).observe(seconds)
