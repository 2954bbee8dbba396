"""What the tracker tells Prometheus: how many gaps, queries and charts are where, what waits, and what alarms."""

from __future__ import annotations

from typing import Final, get_args

from prometheus_client import Gauge

from schemas.vocabulary import GapState, QueryState
from services.foundation.metrics import REGISTRY, Source, observe_backlog, set_all
from services.tracker.model import ChartStatus
from services.tracker.office import Office
from services.tracker.status import Lag, Status, read_status
from services.tracker.store import SYSTEM_SCOPE

SERVICE = "tracker"

GAPS: Final = Gauge("cdi_query_gaps", "Gaps by state.", ("state",), registry=REGISTRY)
QUERIES: Final = Gauge("cdi_query_queries", "Queries by state.", ("state",), registry=REGISTRY)
CHARTS: Final = Gauge("cdi_query_charts", "Charts by status.", ("status",), registry=REGISTRY)
ALARMS: Final = Gauge("cdi_query_alarms", "Alarms that nobody has cleared, by kind.", ("kind",), registry=REGISTRY)
WAITING: Final = Gauge(
    "cdi_query_waiting",
    "Dead letters that were not replayed, events that wait for something unknown, and all that is unaccounted for.",
    ("what",),
    registry=REGISTRY,
)


def source(office: Office) -> Source:
    """Return the tracker's figures as `MetricsApp` reads them."""

    async def read() -> None:
        async with office.database.transaction(SYSTEM_SCOPE) as conn:
            _set(await read_status(conn, office.templates))

    return Source(SERVICE, read, (GAPS, QUERIES, CHARTS, ALARMS, WAITING))


def _set(status: Status) -> None:
    set_all(GAPS, status.gaps_by_state, known=get_args(GapState))
    set_all(QUERIES, status.queries_by_state, known=get_args(QueryState))
    set_all(CHARTS, status.charts, known=get_args(ChartStatus))
    set_all(ALARMS, {alarm.kind: alarm.count for alarm in status.alarms})
    waiting = {"dead_letters": status.dead_letters, "parked": status.parked, "unaccounted": status.unaccounted}
    set_all(WAITING, waiting)
    observe_backlog(SERVICE, _pair(status.outbox), status.outbox_set_aside, _pair(status.timers))


def _pair(lag: Lag) -> tuple[int, float]:
    return lag.waiting, lag.oldest_seconds
