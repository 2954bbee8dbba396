"""Figures for Prometheus: what each service counts, on a port of its own that is closed unless somebody opens it.

Labels name parts of the system alone (a consumer, a topic, a state), never a chart, a person, a template or a text. All
figures of a process stand in one registry; in the embedded shape that is all three services.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_untyped: Any = prometheus_client
_untyped.disable_created_metrics()

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS = Counter(
    "cdi_query_events",
    "Events read from Kafka: new, seen before, or in conflict with one of the same identity.",
    ("consumer", "type", "outcome"),
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "cdi_query_dead_letters",
    "Records that a consumer could not take, by reason.",
    ("consumer", "reason"),
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "cdi_query_records_in_flight", "Records of the batch that is being handled.", ("consumer",), registry=REGISTRY
)
BATCHES = Histogram(
    "cdi_query_batch_seconds",
    "How long one try at a batch took, and whether the batch was taken.",
    ("consumer", "outcome"),
    buckets=(*_QUICK, 30.0, 60.0),
    registry=REGISTRY,
)
LAG = Gauge(
    "cdi_query_consumer_lag_records",
    "Records that the broker holds beyond what was taken, when it was last asked.",
    ("consumer", "topic"),
    registry=REGISTRY,
)
OUTBOX = Gauge("cdi_query_outbox_waiting", "Events that wait to be published.", ("service",), registry=REGISTRY)
OUTBOX_AGE = Gauge("cdi_query_outbox_oldest_seconds", "For how long the oldest waits.", ("service",), registry=REGISTRY)
SET_ASIDE = Gauge("cdi_query_outbox_set_aside", "Events that the broker refused.", ("service",), registry=REGISTRY)
TIMERS = Gauge("cdi_query_timers_due", "Timers that are due and not handled yet.", ("service",), registry=REGISTRY)
TIMERS_AGE = Gauge(
    "cdi_query_timers_oldest_seconds", "For how long the oldest is due.", ("service",), registry=REGISTRY
)
FRESH = Gauge(
    "cdi_query_figures_available",
    "1 if the figures that stand in the database could be read for this answer, else 0 and they are left out.",
    ("service",),
    registry=REGISTRY,
)
LOOP_LAG = Histogram(
    "cdi_query_event_loop_lag_seconds",
    "By how much the event loop was late to wake somebody up.",
    buckets=_QUICK,
    registry=REGISTRY,
)
HTTP = Histogram(
    "cdi_query_http_request_seconds",
    "Until an answer began, by the route's template.",
    ("method", "route", "status"),
    buckets=_QUICK,
    registry=REGISTRY,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Read = Callable[[], Awaitable[None]]
"""Reads a service's figures anew and sets them."""


def observe_backlog(service: str, outbox: tuple[int, float], set_aside: int, timers: tuple[int, float]) -> None:
    """Set how much waits in a service's database: counts, and the age of the oldest in seconds."""
    OUTBOX.labels(service).set(outbox[0])
    OUTBOX_AGE.labels(service).set(outbox[1])
    SET_ASIDE.labels(service).set(set_aside)
    TIMERS.labels(service).set(timers[0])
    TIMERS_AGE.labels(service).set(timers[1])


def set_all(gauge: Gauge, values: Mapping[str, float], known: Iterable[str] = ()) -> None:
    """Set a gauge with one label to these values, and to 0 for every other value that is known."""
    gauge.clear()
    for name in known:
        gauge.labels(name).set(0)
    for name, value in values.items():
        gauge.labels(name).set(value)


class Source:
    """The figures of one service that stand in its database.

    Args:
        service: its name.
        read: sets `gauges` anew.
        gauges: what is left out when it cannot.
    """

    def __init__(self, service: str, read: Read, gauges: Sequence[Gauge] = ()) -> None:
        self._service, self._read, self._gauges = service, read, gauges

    async def refresh(self) -> None:
        """Read the figures. Whatever goes wrong, an old figure never stands for a new one."""
        try:
            await self._read()
        except Exception:  # the service may be without its database; that is what its figures have to tell
            FRESH.labels(self._service).set(0)
            self._forget()
        else:
            FRESH.labels(self._service).set(1)

    def _forget(self) -> None:
        for gauge in self._gauges:
            gauge.clear()
        for gauge in (OUTBOX, OUTBOX_AGE, SET_ASIDE, TIMERS, TIMERS_AGE):
            gauge.remove_by_labels({"service": self._service})


class MetricsApp:
    """`GET /metrics` in Prometheus' text form, and nothing else.

    Args:
        sources: read anew for each answer, but at most once in `seconds`.
        token: what callers send as `Authorization: Bearer ...`; None asks for nothing.
    """

    def __init__(self, sources: Sequence[Source], token: str | None, *, seconds: float = 5.0) -> None:
        self._sources, self._token, self._seconds = sources, token, seconds
        self._lock = asyncio.Lock()
        self._read_at: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if not self._may_read(dict(scope["headers"]).get(b"authorization", b"")):
            return Response("Sign in first", 401, {"WWW-Authenticate": "Bearer"})
        if scope["path"] != "/metrics":
            return Response("There is only /metrics", 404)
        if scope["method"] not in ("GET", "HEAD"):
            return Response("Only GET", 405, {"Allow": "GET, HEAD"})
        await self._refresh()
        return Response(generate_latest(REGISTRY), media_type=None, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    def _may_read(self, sent: bytes) -> bool:
        return self._token is None or hmac.compare_digest(sent, f"Bearer {self._token}".encode())

    async def _refresh(self) -> None:
        async with self._lock:
            if self._read_at is not None and time.monotonic() - self._read_at < self._seconds:
                return
            for source in self._sources:
                await source.refresh()
            self._read_at = time.monotonic()


class TimedHttp:
    """Measures how long answers take to begin, by the template of the route: a path with ids in it is never a label."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                HTTP.labels(*_of(scope), f"{status // 100}xx").observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, noted)


def _of(scope: Scope) -> tuple[str, str]:
    """Return the method and the route's template; a path that no route takes has none."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    return method, str(getattr(scope.get("route"), "path", None) or "none")


async def watch_loop(seconds: float = 0.5) -> None:
    """Measure for ever by how much the event loop is late."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + seconds
        await asyncio.sleep(seconds)
        LOOP_LAG.observe(max(0.0, loop.time() - due))
