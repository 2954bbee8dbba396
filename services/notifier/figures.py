"""What the notifier tells Prometheus: what waits to be sent, what failed, and what it could not word."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

from services.foundation import outbox, timers
from services.foundation.database import Database
from services.foundation.metrics import REGISTRY, Source, observe_backlog, set_all
from services.notifier import deliveries

SERVICE = "notifier"

MESSAGES: Final = Gauge(
    "cdi_query_messages",
    "Messages to people: waiting to be sent, failed for good, or refused by the check and sent as a constant text.",
    ("state",),
    registry=REGISTRY,
)
OLDEST: Final = Gauge(
    "cdi_query_messages_oldest_seconds", "For how long the oldest message is overdue.", registry=REGISTRY
)


def source(database: Database) -> Source:
    """Return the notifier's figures as `MetricsApp` reads them."""

    async def read() -> None:
        async with database.transaction() as conn:
            waiting, late = await outbox.lag(conn), await timers.lag(conn)
            set_aside, sending = await outbox.set_aside(conn), await deliveries.figures(conn)
        observe_backlog(SERVICE, waiting, set_aside, late)
        set_all(MESSAGES, {state: sending[state] for state in ("waiting", "failed", "refused")})
        OLDEST.set(sending["oldest_seconds"])

    return Source(SERVICE, read, (MESSAGES,))
