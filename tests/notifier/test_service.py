"""The notifier as a service: from a status event on the broker to mail and news, past hangs and bad records."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import uvicorn
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from compliance import shipped_knowledge
from schemas.events import DEAD_LETTERS, NOTIFICATIONS, QUERY_STATUS, Event, make, read, write
from schemas.status import GapChanged, QueryChanged
from services.foundation.brokers import EmbeddedBroker
from services.foundation.database import Database
from services.foundation.kafka import Outgoing, build_broker, publish_all, start_patiently
from services.foundation.settings import KafkaSettings
from services.notifier.app import Notifier
from services.notifier.settings import NotifierSettings, SmtpSettings
from services.notifier.tracker_client import HttpTracker
from tests.notifier.support import FERRO, OKAFOR, MailServer, TrackerEndpoint, changed, mail_server, stalls

pytestmark = [pytest.mark.asyncio, pytest.mark.embedded]


@asynccontextmanager
async def served(endpoint: TrackerEndpoint) -> AsyncIterator[str]:
    """Serve the tracker's endpoint over real HTTP; yields its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(endpoint, log_level="error", lifespan="off"))
        work = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await work


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


class World:
    """A notifier between a broker, a database, a tracker's endpoint and a mail server."""

    def __init__(self, kafka: KafkaSettings, database: Database, mails: MailServer, settings: NotifierSettings) -> None:
        self.kafka = kafka
        self.database = database
        self.mails = mails
        self.settings = settings
        self.endpoint = TrackerEndpoint()
        self.heard: list[Event] = []

    @asynccontextmanager
    async def running(self, url: str) -> AsyncIterator[Notifier]:
        async with HttpTracker(url, "a-token", timeout=2) as tracker:
            notifier = Notifier(
                self.settings,
                kafka=self.kafka,
                database=self.database,
                tracker=tracker,
                knowledge=shipped_knowledge(),
            )
            await notifier.start()
            try:
                yield notifier
            finally:
                await notifier.stop()

    async def say(self, *values: QueryChanged | GapChanged | bytes) -> None:
        """Publish status events as the tracker would."""
        broker = build_broker(self.kafka, client_id="a-tracker")
        await start_patiently(broker)
        messages = [value if isinstance(value, bytes) else _wrapped(value) for value in values]
        outcomes = await publish_all(broker, [Outgoing(QUERY_STATUS, "chart-1", value) for value in messages])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        await broker.stop()

    async def news(self, *types: str) -> None:
        """Read the notifier's topics until each of these types was heard as often as it is named."""
        consumer = AIOKafkaConsumer(
            NOTIFICATIONS, DEAD_LETTERS, bootstrap_servers=self.kafka.servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        self.heard = []

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                self.heard += [read(record.topic, record.value) for record in records]
            names = [event.envelope.type for event in self.heard]
            return all(names.count(f"cdi.{name}.v1") >= types.count(name) for name in types)

        await until(enough)
        await consumer.stop()

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.database.transaction() as conn:
            return list(await (await conn.execute(statement)).fetchall())

    async def mailed(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.mails.mails) >= count

        await until(enough)


def _wrapped(data: QueryChanged | GapChanged) -> bytes:
    name = f"{data.query_id}:{data.sequence}:{data.transition}"
    return write(make(data, id=name, source="/cdi-query/tracker", time=data.at, subject=data.chart_id))


@pytest_asyncio.fixture
async def world(fresh_embedded_broker: KafkaSettings, notifier_database: Database) -> AsyncIterator[World]:
    async with mail_server() as (mails, port):
        smtp = SmtpSettings(port=port, timeout_seconds=1, limit_seconds=2, sender="CDI <cdi@harbor.example>")
        settings = NotifierSettings(
            public_url="https://cdi.example.org", smtp=smtp, poll_seconds=0.05, lease_seconds=5,
            tracker_token=SecretStr("a-token"),
        )  # fmt: skip
        yield World(fresh_embedded_broker, notifier_database, mails, settings)


def query(n: int, sequence: int = 1, transition: str = "issued", **changes: Any) -> QueryChanged:
    return changed(sequence, transition, query_id=UUID(int=1000 + n), **changes)


async def test_from_the_status_event_to_the_mail_and_the_news(world: World) -> None:
    gap = GapChanged(
        chart_id="chart-1", gap_uid=UUID(int=1), transition="requested", state_from="accepted", state="requested",
        sequence=1, at=datetime.now(UTC),
    )  # fmt: skip
    async with served(world.endpoint) as url, world.running(url) as notifier:
        await world.say(gap, query(1))
        await world.mailed(1)
        await world.say(query(1, 2, "answered", state="answered"))
        await world.news("notification.planned", "notification.planned", "notification.sent")
        assert (await notifier.readiness())["ready"]
    assert world.mails.addresses() == {FERRO.address: 1}
    assert {event.envelope.subject for event in world.heard} == {"chart-1"}
    last = [event.data for event in world.heard if event.envelope.type == "cdi.notification.planned.v1"][-1]
    assert last.model_dump()["steps"] == ()


async def test_a_bad_record_is_handed_to_the_tracker_and_delays_nobody(world: World) -> None:
    async with served(world.endpoint) as url, world.running(url):
        await world.say(b"{not json", query(1), b'{"specversion": "1.0"}', query(2))
        await world.mailed(2)
        await world.news("dead_letter.recorded", "dead_letter.recorded")
    reasons = [event.data.reason for event in world.heard if event.envelope.type == "cdi.dead_letter.recorded.v1"]  # type: ignore[attr-defined]
    assert reasons == ["not_json", "not_a_cloudevent"]


async def test_events_that_come_twice_have_one_effect(world: World) -> None:
    async with served(world.endpoint) as url, world.running(url):
        await world.say(query(1), query(1))
        await world.say(query(1))
        await world.mailed(1)
        await world.say(query(2))
        await world.mailed(2)
    assert len(world.mails.mails) == 2


async def test_a_mail_server_that_hangs_holds_up_no_event(world: World) -> None:
    world.mails.moods = [stalls(60)] * 50
    async with served(world.endpoint) as url, world.running(url):
        await world.say(*(query(n) for n in range(20)))

        async def hanging() -> bool:
            return len(world.mails.seen) >= 4

        await until(hanging)
        await world.say(*(query(n, 2, "withdrawn", state="withdrawn") for n in range(4, 20)))

        async def heard() -> bool:
            [row] = await world.rows("SELECT count(*) AS n FROM timelines WHERE NOT active")
            return bool(row["n"] == 16)

        await until(heard, seconds=5)
    # Those that were withdrawn while the server hung were never begun.
    assert len(world.mails.seen) < 20


async def test_while_the_tracker_is_down_mail_waits_and_goes_out_when_it_is_back(world: World) -> None:
    async with served(world.endpoint) as url, world.running(url):
        world.endpoint.broken = 503
        await world.say(query(1))

        async def waited() -> bool:
            rows = await world.rows("SELECT waits FROM deliveries")
            return bool(rows) and rows[0]["waits"] > 0

        await until(waited)
        assert not world.mails.connections
        world.endpoint.broken = 0
        await world.mailed(1)


async def test_a_notifier_that_was_away_fires_each_ladder_once_and_not_in_a_burst(world: World) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=200)
    world.endpoint.recipients = {4: (FERRO, OKAFOR)}
    await world.say(query(1, issued_at=long_ago, at=long_ago))
    async with served(world.endpoint) as url, world.running(url):
        await world.news("notification.escalation_raised", "notification.sent", "notification.sent")
    assert world.mails.addresses() == {FERRO.address: 1, OKAFOR.address: 1}
    assert {step for _, step, _ in world.endpoint.asked} == {"L4"}


async def test_a_restart_with_a_broker_that_has_forgotten_all_goes_on_where_the_notifier_stopped(world: World) -> None:
    world.endpoint.due = False
    async with served(world.endpoint) as url:
        async with world.running(url):
            await world.say(query(1))

            async def planned() -> bool:
                return bool(await world.rows("SELECT FROM deliveries"))

            await until(planned)
        world.endpoint.due = True
        another = EmbeddedBroker()
        world.kafka = KafkaSettings(bootstrap_servers=await another.start(), durable=False)
        async with world.running(url):
            await world.mailed(1)
            # The broker forgot what nobody had taken: it is published again.
            await world.news("notification.planned", "notification.sent")
        await another.stop()
    assert len(world.mails.mails) == 1


async def test_a_policy_of_ones_own_makes_the_ladder(world: World, tmp_path: Path) -> None:
    rungs = [
        {"step": "T0", "kind": "notification", "level": 0, "after": {}, "quiet": False},
        {"step": "R1", "kind": "reminder", "level": 0, "after": {"hours": 0.0008}, "quiet": False},
        {"step": "L1", "kind": "escalation", "level": 1, "after": {"hours": 0.0016}, "quiet": False},
        {"step": "limit", "kind": "escalation", "level": 2, "after": {"hours": 0.0034}, "quiet": False, "final": True},
    ]
    texts = {"notification": {"subject": "Documentation clarification", "one": "A clarification is waiting.",
                              "several": "You have {count} clarifications."}}  # fmt: skip
    file = tmp_path / "policy.yaml"
    file.write_text(json.dumps({"policy": "quick/1", "ladders": {"concurrent": rungs}, "texts": texts}))
    world.settings = world.settings.model_copy(update={"policy_file": file})
    world.endpoint.recipients = {1: (OKAFOR,)}
    async with served(world.endpoint) as url, world.running(url):
        await world.say(query(1, issued_at=datetime.now(UTC) + timedelta(seconds=4)))
        await world.news(*["notification.sent"] * 3, "notification.step_due")
    kinds = [event.envelope.type.split(".")[2] for event in world.heard]
    assert kinds == ["planned", "sent", "sent", "escalation_raised", "sent", "step_due"]
    assert world.mails.addresses() == {FERRO.address: 2, OKAFOR.address: 1}
    assert world.mails.mails[1]["References"] == world.mails.mails[0]["Message-ID"]
