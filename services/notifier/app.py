"""The notifier as a whole: it reads the tracker's status events, keeps the ladders, sends, and reports what it did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from compliance import Knowledge, check
from schemas.events import DEAD_LETTERS, NOTIFICATIONS, QUERY_STATUS
from schemas.vocabulary import Channel as ChannelName
from services.foundation import background, outbox, timers
from services.foundation.consuming import BatchConsumer
from services.foundation.database import Database
from services.foundation.kafka import build_broker, start_patiently, subscribe
from services.foundation.metrics import Source
from services.foundation.relay import Relay
from services.foundation.settings import KafkaSettings
from services.foundation.timers import TimerLoop
from services.notifier import deliveries, figures
from services.notifier.channels.base import Channel, InboxChannel
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.consumers import StatusConsumer
from services.notifier.firing import LadderTimer
from services.notifier.policy import Policy
from services.notifier.sending import Post, Sender
from services.notifier.settings import NotifierSettings
from services.notifier.tracker_client import TrackerClient

GROUP = "notifier"
READERS: Mapping[str, tuple[str, ...]] = {NOTIFICATIONS: ("tracker",), DEAD_LETTERS: ("tracker",)}
"""Who must have read what the notifier writes before the embedded broker may forget it."""


class Notifier:
    """Brings what the tracker has committed to people.

    Args:
        settings: of the notifier and of its mail server.
        kafka: of the broker.
        database: open, with search path `notifier`; it stays the caller's.
        tracker: asked before every message; it stays the caller's.
        knowledge: of the compliance check that every message passes.
        channels: ways to a person by their name; by default e-mail by SMTP and the inbox.
        now: the clock.
    """

    def __init__(
        self,
        settings: NotifierSettings,
        *,
        kafka: KafkaSettings,
        database: Database,
        tracker: TrackerClient,
        knowledge: Knowledge,
        channels: Mapping[ChannelName, Channel] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._database = database
        policy = Policy.load(settings.policy_file, ZoneInfo(settings.zone))
        self._consumer = StatusConsumer(policy, now)
        self._broker = build_broker(kafka, client_id=GROUP)
        intake = BatchConsumer(
            consumer=GROUP, database=database, apply=self._consumer.apply, bury=self._consumer.bury, now=now
        )
        subscribe(self._broker, topics=[QUERY_STATUS], group=GROUP, handle=intake)
        self._relay = Relay(database, self._broker, name=GROUP, durable=kafka.durable, groups=READERS, kafka=kafka)
        self._timers = TimerLoop(database, LadderTimer(now).fire, poll=settings.poll_seconds)
        self._sender = Sender(
            database=database,
            tracker=tracker,
            channels=channels or {"email": SmtpChannel(settings.smtp), "inbox": InboxChannel()},
            policy=policy,
            check=partial(check, knowledge=knowledge),
            post=Post(settings.inbox_url, settings.smtp.domain, settings.lease_seconds, settings.poll_seconds),
            now=now,
        )
        self._stopping = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._senders: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start timing and sending, which need no Kafka; then wait for it as long as it takes, consume and relay."""
        self._stopping.clear()
        self._loops = [background.start("notifier-timers", self._timers.run())]
        senders = range(self._settings.senders)
        self._senders = [background.start("notifier-sender", self._sender.run(self._stopping)) for _ in senders]
        await start_patiently(self._broker)
        self._loops.append(background.start("notifier-relay", self._relay.run()))

    async def stop(self) -> None:
        """Stop: no new message is begun, one under way is finished (as long as a message may take), then the rest."""
        self._stopping.set()
        if self._senders:
            await asyncio.wait(self._senders, timeout=self._settings.smtp.limit_seconds)
        await background.cancel(self._senders + self._loops)
        self._senders, self._loops = [], []
        await self._broker.stop()

    @property
    def parts(self) -> Sequence[asyncio.Task[None]]:
        """The loops that must go on for ever."""
        return (*self._loops, *self._senders)

    @property
    def figures(self) -> Source:
        """What Prometheus is told that stands in the database."""
        return figures.source(self._database)

    async def readiness(self) -> dict[str, Any]:
        """Return whether all parts run, and how far they are behind. Raises what the database raises."""
        running = [task for task in self._loops + self._senders if not task.done()]
        async with self._database.transaction() as conn:
            outbox_count, outbox_age = await outbox.lag(conn)
            timer_count, timer_age = await timers.lag(conn)
            set_aside = await outbox.set_aside(conn)
            sending = await deliveries.figures(conn)
        return {
            "ready": len(running) == self._settings.senders + 2,
            "outbox": {"waiting": outbox_count, "oldest_seconds": outbox_age, "set_aside": set_aside},
            "timers": {"overdue": timer_count, "oldest_seconds": timer_age},
            "sending": dict(sending),
        }
