"""What the notifier's tests share: the parts put together on a real database, without Kafka."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
import yaml

from compliance import check, shipped_knowledge
from schemas.events import Event, make
from schemas.status import QueryChanged
from services.foundation.database import Database
from services.foundation.timers import TimerLoop
from services.notifier.channels.base import InboxChannel
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.consumers import StatusConsumer
from services.notifier.firing import LadderTimer
from services.notifier.policy import Policy, PolicyFile
from services.notifier.sending import Post, Sender
from services.notifier.settings import SmtpSettings
from services.notifier.tracker_client import HttpTracker
from tests.notifier.support import MailServer, TrackerEndpoint, mail_server

KNOWLEDGE = shipped_knowledge()
ZONE = ZoneInfo("America/New_York")


def quick_policy(**changes: Any) -> Policy:
    """The shipped policy with retries that wait for next to nothing, and other parts as given."""
    shipped = yaml.safe_load(files("services.notifier").joinpath("policy.yaml").read_text("utf-8"))
    shipped["retries"] = {"base_seconds": 0.01, "ceiling_seconds": 0.02, "limit": 4}
    return Policy(PolicyFile.model_validate({**shipped, **changes}), ZONE)


@dataclass
class Bench:
    """The notifier's parts on one database; a test moves them step by step."""

    database: Database
    tracker: TrackerEndpoint
    client: HttpTracker
    mails: MailServer
    smtp: SmtpSettings
    policy: Policy = field(default_factory=quick_policy)
    lease: float = 60.0

    async def hear(self, *changes: QueryChanged) -> None:
        """Apply status events as one batch."""
        consumer = StatusConsumer(self.policy, lambda: datetime.now(UTC))
        events = [
            Event(make(data, id=f"{data.query_id}-{data.sequence}", source="/cdi-query/tracker", time=data.at), data)
            for data in changes
        ]
        async with self.database.transaction() as conn:
            await consumer.apply(conn, events)

    async def fire(self) -> int:
        """Fire the timers that are due."""
        return await TimerLoop(self.database, LadderTimer(lambda: datetime.now(UTC)).fire).run_due()

    def sender(self, link: str = "https://cdi.example.org/inbox") -> Sender:
        return Sender(
            database=self.database,
            tracker=self.client,
            channels={"email": SmtpChannel(self.smtp), "inbox": InboxChannel()},
            policy=self.policy,
            check=partial(check, knowledge=KNOWLEDGE),
            post=Post(link, self.smtp.domain, self.lease, 0.01),
        )

    async def send(self, times: int = 1) -> None:
        """Fire what is due and let a sender work so many times, waits skipped."""
        await self.fire()
        sender = self.sender()
        for _ in range(times):
            await self.run("UPDATE deliveries SET next_attempt_at = now() WHERE next_attempt_at > now()")
            await sender.run_one()

    async def run(self, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        """Run a statement on the notifier's own connection."""
        async with self.database.transaction() as conn:
            cursor = await conn.execute(statement, values or None)
            return list(await cursor.fetchall()) if cursor.description else []

    async def announced(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events in the outbox: short type and data."""
        rows = await self.run("SELECT type, key, payload FROM outbox ORDER BY id")
        news = []
        for row in rows:
            envelope = json.loads(row["payload"])
            assert envelope["subject"] == row["key"] == envelope["data"]["chart_id"]
            news.append((row["type"].removeprefix("cdi.notification.").removesuffix(".v1"), envelope["data"]))
        return news


@pytest_asyncio.fixture
async def bench(notifier_database: Database) -> AsyncIterator[Bench]:
    """The parts, a mail server and a tracker's endpoint."""
    endpoint = TrackerEndpoint()
    transport = httpx.ASGITransport(app=endpoint)
    async with (
        HttpTracker("http://tracker.test", "a-token", transport=transport) as client,
        mail_server() as (mails, port),
    ):
        smtp = SmtpSettings(port=port, timeout_seconds=0.5, limit_seconds=2, sender="CDI <cdi@harbor.example>")
        yield Bench(notifier_database, endpoint, client, mails, smtp)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CDI_QUERY_SMTP_HOST", "CDI_QUERY_SMTP_PORT", "CDI_QUERY_SMTP_SENDER"):
        monkeypatch.delenv(name, raising=False)
