"""What was committed to the outbox reaches Kafka, in order per key, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from faststream.kafka import KafkaBroker

from schemas.events import Envelope
from services.foundation import kafka, outbox
from services.foundation.database import Database
from services.foundation.kafka import Record
from services.foundation.outbox import OutboxMessage
from services.foundation.relay import Relay
from services.foundation.settings import KafkaSettings
from tests.foundation.helpers import TOPIC, event, eventually, scalar

pytestmark = [pytest.mark.database, pytest.mark.embedded]

UNTAKEN = "SELECT count(*) FROM outbox WHERE taken_at IS NULL AND set_aside_at IS NULL"
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND set_aside_at IS NULL"


class Reader:
    """A group that remembers what it has read; it can be told to read nothing yet."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.seen: list[tuple[bytes | None, bytes]] = []

    async def __call__(self, records: Sequence[Record]) -> None:
        await self.open.wait()
        self.seen.extend((record.key, record.value or b"") for record in records)

    def ids(self) -> list[str]:
        return [Envelope.model_validate_json(value).id for _, value in self.seen]


async def put(database: Database, *ids: str, key: str = "chart", reason: str | None = None) -> None:
    async with database.transaction() as conn:
        await outbox.append(conn, [OutboxMessage(event(id_, reason=reason), key) for id_ in ids])


@asynccontextmanager
async def reading(settings: KafkaSettings, reader: Reader, group: str = "reader") -> AsyncIterator[KafkaBroker]:
    broker = kafka.build_broker(settings, client_id="tester")
    broker.config.broker_config.graceful_timeout = 0.5
    kafka.subscribe(broker, topics=[TOPIC], group=group, handle=reader)
    await kafka.start_patiently(broker)
    yield broker
    await broker.stop()


@asynccontextmanager
async def relaying(
    database: Database, broker: KafkaBroker, settings: KafkaSettings, *, groups: Sequence[str] = ("reader",)
) -> AsyncIterator[None]:
    relay = Relay(
        database, broker, name="tracker", durable=settings.durable, groups={TOPIC: tuple(groups)}, kafka=settings
    )
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def reaches(database: Database, query: str, value: object) -> Callable[[], Any]:
    async def check() -> bool:
        return await scalar(database, query) == value

    return check


def durable(settings: KafkaSettings) -> KafkaSettings:
    """Say of the embedded broker that it keeps what it acknowledged: within one test it does."""
    return settings.model_copy(update={"durable": True})


@pytest.mark.asyncio
async def test_what_is_rolled_back_is_never_published(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    reader = Reader()
    with pytest.raises(RuntimeError):
        async with tracker_database.transaction() as conn:
            await outbox.append(conn, [OutboxMessage(event("never"), "chart")])
            raise RuntimeError
    await put(tracker_database, "real")
    settings = durable(fresh_embedded_broker)
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await eventually(reaches(tracker_database, UNTAKEN, 0))
        await eventually(_seen(reader, 1))
    assert reader.ids() == ["real"]


@pytest.mark.asyncio
async def test_a_durable_broker_gets_everything_once_in_order_and_rows_are_taken_at_once(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    reader = Reader()
    for start in range(0, 1200, 300):
        async with tracker_database.transaction() as conn:
            messages = [OutboxMessage(event(str(n)), f"chart-{n % 5}") for n in range(start, start + 300)]
            await outbox.append(conn, messages)
    settings = durable(fresh_embedded_broker)
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await eventually(_seen(reader, 1200))
        await eventually(reaches(tracker_database, UNTAKEN, 0))
    by_key: dict[bytes | None, list[int]] = {}
    for (key, _), id_ in zip(reader.seen, reader.ids(), strict=True):
        by_key.setdefault(key, []).append(int(id_))
    assert by_key == {f"chart-{n}".encode(): list(range(n, 1200, 5)) for n in range(5)}


@pytest.mark.asyncio
async def test_a_row_the_broker_refuses_is_set_aside_and_the_others_go_on(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    reader = Reader()
    await put(tracker_database, "before")
    async with tracker_database.transaction() as conn:
        await outbox.append(conn, [OutboxMessage(event("large"), "chart")])
        await conn.execute(
            "UPDATE outbox SET payload = convert_to(repeat('x', 5000000), 'UTF8') WHERE event_id = 'large'"
        )
    await put(tracker_database, "after")
    settings = fresh_embedded_broker
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await eventually(reaches(tracker_database, UNTAKEN, 0))
    assert reader.ids() == ["before", "after"]
    aside = "SELECT error FROM outbox WHERE set_aside_at IS NOT NULL"
    assert await scalar(tracker_database, aside) == "MessageSizeTooLargeError"
    async with tracker_database.transaction() as conn:
        assert await outbox.set_aside(conn) == 1
        assert await outbox.lag(conn) == (0, 0.0)


@pytest.mark.asyncio
async def test_a_forgetful_broker_keeps_rows_until_every_group_has_read_them(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    quick, slow = Reader(), Reader()
    slow.open.clear()
    settings = fresh_embedded_broker
    await put(tracker_database, "1", "2")
    groups = ("quick", "slow")
    async with (
        reading(settings, quick, "quick") as broker,
        reading(settings, slow, "slow"),
        relaying(tracker_database, broker, settings, groups=groups),
    ):
        await eventually(_seen(quick, 2))
        await asyncio.sleep(0.6)
        assert await scalar(tracker_database, UNTAKEN) == 2, "one group has not read them"
        assert await scalar(tracker_database, UNPUBLISHED) == 0
        async with tracker_database.transaction() as conn:
            count, age = await outbox.lag(conn)
        assert count == 2 and age > 0
        slow.open.set()
        await eventually(reaches(tracker_database, UNTAKEN, 0))


@pytest.mark.asyncio
async def test_a_new_start_publishes_again_what_a_forgetful_broker_has_lost(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings, embedded_broker: KafkaSettings
) -> None:
    """Two brokers stand for one that was restarted: the second knows nothing of what the first was given."""
    lost, found, group = Reader(), Reader(), str(uuid4())
    lost.open.clear()
    await put(tracker_database, *(str(n) for n in range(5)))
    async with (
        reading(fresh_embedded_broker, lost, group) as broker,
        relaying(tracker_database, broker, fresh_embedded_broker, groups=(group,)),
    ):
        await eventually(reaches(tracker_database, UNPUBLISHED, 0))
    assert await scalar(tracker_database, UNTAKEN) == 5
    async with (
        reading(embedded_broker, found, group) as broker,
        relaying(tracker_database, broker, embedded_broker, groups=(group,)),
    ):
        await eventually(reaches(tracker_database, UNTAKEN, 0))
    assert found.ids() == [str(n) for n in range(5)]


@pytest.mark.asyncio
async def test_little_is_in_flight_where_the_broker_forgets_and_still_all_arrives(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    reader = Reader()
    reader.open.clear()
    text = "plainly invented " * 1000
    for start in range(0, 600, 100):
        await put(tracker_database, *(str(n) for n in range(start, start + 100)), reason=text)
    settings = fresh_embedded_broker
    in_flight = "SELECT coalesce(sum(octet_length(payload)), 0)::bigint FROM outbox WHERE published_at IS NOT NULL"
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await eventually(lambda: _positive(tracker_database, in_flight))
        await asyncio.sleep(0.5)
        size = await scalar(tracker_database, in_flight)
        assert isinstance(size, int)
        assert 500_000 < size <= 1024 * 1024
        reader.open.set()
        await eventually(reaches(tracker_database, UNTAKEN, 0), 60)
    assert reader.ids() == [str(n) for n in range(600)], "10 MB went through, in order"


@pytest.mark.asyncio
async def test_of_two_relays_one_is_active_and_the_other_takes_over(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings
) -> None:
    reader, settings = Reader(), durable(fresh_embedded_broker)
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await put(tracker_database, "1")
        await eventually(_seen(reader, 1))
        async with relaying(tracker_database, broker, settings):
            await put(tracker_database, *(str(n) for n in range(2, 40)))
            await eventually(_seen(reader, 39))
            await scalar(
                tracker_database,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted",
            )
            await put(tracker_database, "40")
            await eventually(_seen(reader, 40))
    assert reader.ids() == [str(n) for n in range(1, 41)]


@pytest.mark.asyncio
async def test_a_notification_wakes_the_relay_well_before_its_poll(
    tracker_database: Database, fresh_embedded_broker: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.foundation.relay.POLL", 30.0)
    reader, settings = Reader(), durable(fresh_embedded_broker)
    async with reading(settings, reader) as broker, relaying(tracker_database, broker, settings):
        await put(tracker_database, "first")
        await eventually(_seen(reader, 1))
        await put(tracker_database, "second")
        await eventually(_seen(reader, 2), 5)


def _seen(reader: Reader, count: int) -> Callable[[], Any]:
    async def check() -> bool:
        return len(reader.seen) >= count

    return check


async def _positive(database: Database, query: str) -> bool:
    value = await scalar(database, query)
    return isinstance(value, int) and value > 0
