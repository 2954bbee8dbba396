"""The plumbing works on the very images that docker-compose.yml names: migrations, topics, relay and consumers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import psycopg
import pytest
import pytest_asyncio
from faststream.kafka import KafkaBroker

from schemas.dead_letters import DeadLetter
from schemas.events import GAPS, TOPICS, Event
from services.foundation import outbox
from services.foundation.consuming import BatchConsumer
from services.foundation.database import Connection, Database
from services.foundation.kafka import Outgoing, build_broker, create_topics, publish_all, start_patiently, subscribe
from services.foundation.migrations import current, head, migrate
from services.foundation.outbox import OutboxMessage
from services.foundation.relay import Relay
from services.foundation.settings import KafkaSettings
from tests.containers.servers import OWNER_PASSWORD, Kafka, Postgres
from tests.foundation.helpers import NOW, body, event, eventually, scalar

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

TRACKER, NOTIFIER = "invented-tracker", "invented-notifier"


@pytest.fixture(scope="module")
def kafka(engine: None) -> Iterator[KafkaSettings]:
    """Settings of Apache Kafka from its image, with the topics created."""
    with Kafka() as container:
        settings = KafkaSettings(bootstrap_servers=container.servers)
        assert set(asyncio.run(create_topics(settings))) == set(TOPICS)
        yield settings


@pytest.fixture(scope="module")
def postgres(engine: None) -> Iterator[Postgres]:
    """PostgreSQL 18 from its image, migrated by the owner."""
    with Postgres() as container:
        container.wait_until_ready()
        owner = container.dsn("cdi_owner", OWNER_PASSWORD)
        migrate(owner, tracker_password=TRACKER, notifier_password=NOTIFIER)
        assert current(owner) == head()
        yield container


@pytest_asyncio.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    """The tracker's database."""
    one = Database(postgres.dsn("cdi_tracker", TRACKER), search_path="tracker")
    await one.open()
    yield one
    await one.close()


def test_it_is_postgresql_18_and_migrating_again_changes_nothing(postgres: Postgres) -> None:
    owner = postgres.dsn("cdi_owner", OWNER_PASSWORD)
    with psycopg.connect(owner) as conn:
        assert conn.info.server_version // 10_000 == 18
    migrate(owner, tracker_password=TRACKER, notifier_password=NOTIFIER)
    assert current(owner) == head()


def test_a_service_sees_its_own_schema_only(postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn("cdi_notifier", NOTIFIER), autocommit=True) as conn:
        conn.execute("SELECT count(*) FROM notifier.outbox")
        for table in ("tracker.outbox", "tracker.charts"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"SELECT count(*) FROM {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("CREATE TABLE notifier.mine (id int)")


@pytest.mark.asyncio
async def test_what_the_outbox_holds_reaches_the_consumer_once_and_bad_records_are_buried(
    kafka: KafkaSettings, database: Database
) -> None:
    """500 events through relay, broker and consumer, delivered twice, with a record beside them that is no event."""
    wanted = [str(number) for number in range(500)]
    seen = Seen()
    consumer = BatchConsumer(
        consumer="container-test", database=database, apply=seen.apply, bury=seen.bury, now=lambda: NOW
    )
    async with _running(kafka, consumer) as broker:
        relay = Relay(database, broker, name="tracker", durable=True, groups={}, kafka=kafka)
        task = asyncio.create_task(relay.run())
        async with database.transaction() as conn:
            await outbox.append(conn, [OutboxMessage(event(id_, gap=id_), f"chart-{int(id_) % 7}") for id_ in wanted])
        await eventually(lambda: _is(len(seen.ids) == len(wanted)), 60)
        again = [Outgoing(GAPS, f"chart-{int(id_) % 7}", body(id_, gap=id_)) for id_ in wanted]
        await publish_all(broker, [*again, Outgoing(GAPS, "chart-0", b"{not json")])
        await eventually(lambda: _is(len(seen.letters) == 1), 60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert sorted(seen.ids, key=int) == wanted
    assert seen.letters[0].reason == "not_json"
    for chart in range(7):
        mine = [id_ for id_ in seen.ids if int(id_) % 7 == chart]
        assert mine == sorted(mine, key=int), "the order of one key is kept"
    assert await scalar(database, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0


class Seen:
    """Remembers what a consumer applied and buried."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.letters: list[DeadLetter] = []

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        self.ids.extend(one.envelope.id for one in events)

    async def bury(self, conn: Connection, letter: DeadLetter) -> None:
        self.letters.append(letter)


@asynccontextmanager
async def _running(settings: KafkaSettings, consumer: BatchConsumer) -> AsyncIterator[KafkaBroker]:
    broker = build_broker(settings, client_id="container-test")
    subscribe(broker, topics=[GAPS], group="container-test", handle=consumer)
    await start_patiently(broker)
    yield broker
    await broker.stop()


async def _is(condition: bool) -> bool:
    return condition
