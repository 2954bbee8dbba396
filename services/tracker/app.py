"""The tracker put together: consumers, relay, timers, and the HTTP application that others serve."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from compliance import Knowledge
from schemas.events import DEAD_LETTERS, INPUT_TOPICS, NOTIFICATIONS, QUERIES, QUERY_REQUESTS, QUERY_STATUS
from services.foundation import background
from services.foundation.consuming import BatchConsumer
from services.foundation.database import Database
from services.foundation.kafka import build_broker, start_patiently, subscribe
from services.foundation.metrics import Source
from services.foundation.relay import Relay
from services.foundation.settings import KafkaSettings
from services.foundation.timers import TimerLoop
from services.tracker import figures, identity, metrics_store, sweeping
from services.tracker.audit import Vault
from services.tracker.builder import BuilderClient
from services.tracker.consumers import GROUP, TOPICS, Inlet
from services.tracker.identity import UserRecord
from services.tracker.office import Office
from services.tracker.settings import TrackerSettings
from services.tracker.shelf import Shelf
from services.tracker.sign_on.settings import OidcSettings
from services.tracker.status import TemplateCount
from services.tracker.store import SYSTEM_SCOPE, Clock
from services.tracker.watch import Watch, hasten_requests
from services.tracker.web import create_app

READERS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(INPUT_TOPICS, (GROUP,)),
    QUERY_REQUESTS: ("query-builder",),
    QUERY_STATUS: ("notifier",),
    QUERIES: (GROUP,),
    NOTIFICATIONS: (GROUP,),
    DEAD_LETTERS: (GROUP,),
}
"""The groups that must have read a row of the tracker's outbox where the broker forgets (replayed input too)."""


def _now() -> datetime:
    return datetime.now(UTC)


class Tracker:
    """The service. `web` is its ASGI application; it works once `start` has returned."""

    def __init__(
        self,
        settings: TrackerSettings,
        kafka: KafkaSettings,
        database: Database,
        knowledge: Knowledge,
        *,
        templates: TemplateCount | None = None,
        shelf: Shelf | None = None,
        builder: BuilderClient | None = None,
        sign_on: OidcSettings | None = None,
        clock: Clock = _now,
    ) -> None:
        self._settings = settings
        self._kafka = kafka
        self.office = Office(
            database=database,
            vault=Vault(settings.key),
            secret=settings.chart_secret.get_secret_value().encode(),
            policy=settings.policy(),
            knowledge=knowledge,
            templates=templates or TemplateCount(),
            shelf=shelf or Shelf(),
            clock=clock,
        )
        self._broker = build_broker(kafka, client_id="cdi-query-tracker")
        self._tasks: list[asyncio.Task[None]] = []
        self.web = create_app(self.office, self.readiness, builder=builder, sign_on=sign_on)

    async def start(self) -> None:
        """Open the database, make the first accounts, join the topics, and let relay and timers run."""
        await self.office.database.open()
        await self._first_accounts()
        if not self._kafka.durable:
            await hasten_requests(self.office)
        inlet = Inlet(self.office)
        consumer = BatchConsumer(
            consumer=GROUP,
            database=self.office.database,
            apply=inlet.apply,
            bury=inlet.bury,
            now=self.office.clock,
            scope=SYSTEM_SCOPE,
        )
        # One member for all topics: every further member of a group costs a rebalance at each start.
        subscribe(self._broker, topics=TOPICS, group=GROUP, handle=consumer)
        await start_patiently(self._broker)
        relay = Relay(
            self.office.database,
            self._broker,
            name=GROUP,
            durable=self._kafka.durable,
            groups=READERS,
            kafka=self._kafka,
        )
        watch = TimerLoop(self.office.database, Watch(self.office).fire, scope=SYSTEM_SCOPE)
        self._tasks = [
            background.start("tracker-relay", relay.run()),
            background.start("tracker-timers", watch.run()),
            background.start("tracker-sweep", sweeping.keep_swept(self.office)),
            background.start(
                "tracker-metrics",
                metrics_store.keep_counting(self.office.database, self.office.policy.zone, self.office.clock),
            ),
        ]

    def end_signals(self) -> None:
        """Send away the pages that listen, so that the HTTP server need not wait for them."""
        self.web.state.signals.close()

    async def stop(self) -> None:
        """Finish what is in hand, leave the topics, close the database."""
        self.end_signals()
        await background.cancel(self._tasks)
        await self._broker.stop()
        await self.office.database.close()

    @property
    def parts(self) -> Sequence[asyncio.Task[None]]:
        """The loops that must go on for ever."""
        return tuple(self._tasks)

    @property
    def figures(self) -> Source:
        """What Prometheus is told that stands in the database."""
        return figures.source(self.office)

    async def readiness(self) -> dict[str, bool]:
        """Tell whether database, broker and the service's own loops work."""
        return {
            "database": await self._database_answers(),
            "broker": await self._broker.ping(timeout=3.0),
            "loops": bool(self._tasks) and not any(task.done() for task in self._tasks),
        }

    async def _database_answers(self) -> bool:
        try:
            async with self.office.database.transaction() as conn:
                await conn.execute("SELECT 1")
        except Exception:
            return False
        return True

    async def _first_accounts(self) -> None:
        settings = self._settings
        async with self.office.database.transaction(SYSTEM_SCOPE) as conn:
            service = UserRecord(id=identity.OWN_SERVICES, name="Services of this installation", roles=("service",))
            await identity.put_users(conn, [service])
            await identity.store_token(conn, settings.service_token.get_secret_value(), service.id, "service")
            if settings.first_admin and settings.first_admin_password:
                await identity.put_first_admin(
                    conn, settings.first_admin, settings.first_admin_password.get_secret_value()
                )
            if settings.first_admin and settings.first_admin_token:
                await identity.store_token(
                    conn, settings.first_admin_token.get_secret_value(), settings.first_admin, "admin"
                )
