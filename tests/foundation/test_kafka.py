"""What is unsafe by default is set right, and whatever a client sends reaches the handler, until it was handled."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from services.foundation import kafka
from services.foundation.kafka import Outgoing, Receipt, Record
from services.foundation.settings import KafkaSettings
from tests.foundation.helpers import eventually


async def ignore(records: Sequence[Record]) -> None:
    """Take records and do nothing."""


def test_the_settings_that_keep_records_safe() -> None:
    broker = kafka.build_broker(KafkaSettings(bootstrap_servers="a:1, b:2"), client_id="tester")
    kafka.subscribe(broker, topics=["one", "two"], group="group", handle=ignore, max_records=7)
    producer = broker._connection_kwargs
    assert producer["bootstrap_servers"] == ["a:1", "b:2"]
    assert producer["enable_idempotence"] is True
    assert producer["acks"] == "all"
    assert producer["max_request_size"] == 4 * 1024 * 1024
    config: Any = broker.config.broker_config
    assert config.allow_auto_create_topics is False
    assert config.fd_config.use_fastdepends is False
    (subscriber,) = broker.subscribers
    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert subscriber.group_id == "group"
    assert subscriber.max_records == 7
    consumer = subscriber._connection_args
    embedded = kafka.build_broker(KafkaSettings(durable=False), client_id="tester")
    kafka.subscribe(embedded, topics=["one"], group="group", handle=ignore)
    assert embedded.subscribers[0]._connection_args["session_timeout_ms"] == 6_000
    assert consumer["auto_offset_reset"] == "earliest"
    assert consumer["enable_auto_commit"] is False
    assert consumer["isolation_level"] == "read_committed"
    assert consumer["session_timeout_ms"] == 30_000
    assert consumer["heartbeat_interval_ms"] * 3 <= consumer["session_timeout_ms"]
    assert consumer["max_partition_fetch_bytes"] >= 4 * 1024 * 1024


def test_a_password_reaches_the_broker_under_tls_only() -> None:
    secure = KafkaSettings(
        bootstrap_servers="kafka.example:9093", security_protocol="SASL_SSL", sasl_username="u", sasl_password="p"
    )
    options = kafka.connection_options(secure)
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["ssl_context"].check_hostname
    assert kafka.connection_options(KafkaSettings())["bootstrap_servers"] == ["127.0.0.1:9092"]
    assert kafka.connection_options(KafkaSettings(security_protocol="SSL"))["security_protocol"] == "SSL"


def test_a_subscriber_is_called_by_its_group_in_the_asyncapi_document() -> None:
    broker = kafka.build_broker(KafkaSettings(), client_id="tester")
    kafka.subscribe(broker, topics=["one", "two"], group="tracker", handle=ignore)
    document = AsyncAPI(broker, title="t", version="1").to_specification().to_jsonable()
    assert sorted(document["channels"]) == ["one:Tracker", "two:Tracker"]


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_a_batch_whose_commit_failed_comes_again_and_is_committed(embedded_broker: KafkaSettings) -> None:
    topic, group, seen = f"commit-{uuid4()}", str(uuid4()), []

    async def handle(records: Sequence[Record]) -> None:
        seen.extend(record.value for record in records)
        if len(seen) == 1:
            # Another member with the same id: the coordinator now refuses our generation once.
            consumer = running.broker.subscribers[0].consumer
            consumer._coordinator.generation, kept = 99, consumer._coordinator.generation
            asyncio.get_running_loop().call_later(0.2, setattr, consumer._coordinator, "generation", kept)

    running = Running(embedded_broker, topic, handle, group=group)
    async with running as broker:
        await kafka.publish_all(broker, [Outgoing(topic, "k", b"once")])
        await eventually(lambda: _is(lambda: len(seen) >= 2))
        await asyncio.sleep(0.5)
    assert set(seen) == {b"once"}
    assert await _committed(embedded_broker, group, topic) == 1


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_any_header_any_key_and_any_value_reach_the_handler(embedded_broker: KafkaSettings) -> None:
    topic, seen = f"odd-{uuid4()}", []

    async def handle(records: Sequence[Record]) -> None:
        seen.extend(records)

    await _produce_odd(embedded_broker, topic)
    async with Running(embedded_broker, topic, handle):
        await eventually(lambda: _is(lambda: len(seen) >= 5))
    assert [record.value for record in seen] == [b"first", b"\xff\x00", None, b"evil", b"last"]
    assert [record.key for record in seen] == [None, b"\xfe", b"tombstone", None, None]
    assert seen[1].headers == (("bad", b"\xff\xfe"), ("null", None))
    assert seen[3].headers == (("\ufffd\ufffd", b"x"),)
    assert [record.offset for record in seen] == [0, 1, 2, 3, 4]


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_a_batch_that_failed_comes_again_from_every_partition(embedded_broker: KafkaSettings) -> None:
    topic, done, failures = f"again-{uuid4()}", [], 2
    tried: list[int] = []

    async def handle(records: Sequence[Record]) -> None:
        tried.append(len(records))
        if len(tried) <= failures:
            raise RuntimeError("not now")
        done.extend(record.value for record in records)

    messages = [Outgoing(topic, f"key-{n}", str(n).encode()) for n in range(40)]
    async with Running(embedded_broker, topic, ignore, group=str(uuid4())) as broker:
        receipts = await kafka.publish_all(broker, messages)
    assert len({receipt.partition for receipt in receipts if isinstance(receipt, Receipt)}) > 1
    group = str(uuid4())
    async with Running(embedded_broker, topic, handle, group=group):
        await eventually(lambda: _is(lambda: len(done) >= 40))
    assert sorted(int(value) for value in done if value) == list(range(40))
    assert await _committed(embedded_broker, group, topic) == 40


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_nothing_is_committed_before_the_handler_has_returned(embedded_broker: KafkaSettings) -> None:
    topic, group, entered = f"cut-{uuid4()}", str(uuid4()), asyncio.Event()

    async def stuck(records: Sequence[Record]) -> None:
        entered.set()
        await asyncio.sleep(3600)

    broker = kafka.build_broker(embedded_broker, client_id="tester")
    broker.config.broker_config.graceful_timeout = 0.2
    kafka.subscribe(broker, topics=[topic], group=group, handle=stuck)
    await kafka.start_patiently(broker)
    await kafka.publish_all(broker, [Outgoing(topic, "k", b"precious")])
    await entered.wait()
    await broker.stop()
    assert await _committed(embedded_broker, group, topic) == 0
    seen: list[bytes | None] = []

    async def handle(records: Sequence[Record]) -> None:
        seen.extend(record.value for record in records)

    async with Running(embedded_broker, topic, handle, group=group):
        await eventually(lambda: _is(lambda: seen == [b"precious"]))


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_messages_of_one_key_keep_their_order_and_each_gets_an_answer(embedded_broker: KafkaSettings) -> None:
    topic, seen = f"order-{uuid4()}", []

    async def handle(records: Sequence[Record]) -> None:
        seen.extend((record.key, int(record.value or b"-1")) for record in records)

    messages = [Outgoing(topic, f"key-{n % 7}", str(n).encode()) for n in range(700)]
    messages.insert(350, Outgoing(topic, "key-0", b"x" * (5 * 1024 * 1024)))
    async with Running(embedded_broker, topic, handle) as broker:
        outcomes = await kafka.publish_all(broker, messages)
        await eventually(lambda: _is(lambda: len(seen) >= 700))
    assert isinstance(outcomes.pop(350), MessageSizeTooLargeError)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    for number in range(7):
        mine = [value for key, value in seen if key == f"key-{number}".encode()]
        assert mine == list(range(number, 700, 7))


@pytest.mark.asyncio
async def test_starting_waits_for_a_kafka_that_comes_later() -> None:
    from confluent_kafka import Producer

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    broker = kafka.build_broker(KafkaSettings(bootstrap_servers=nobody), client_id="tester")
    waiting = asyncio.create_task(kafka.start_patiently(broker))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    real = Producer({"bootstrap.servers": "x", "test.mock.num.brokers": 1, "log_level": 2})
    (address,) = [(b.host, b.port) for b in real.list_topics(timeout=10).brokers.values()]
    broker._connection_kwargs["bootstrap_servers"] = [f"{address[0]}:{address[1]}"]
    await asyncio.wait_for(waiting, 20)
    await broker.stop()
    real.close()


@pytest.mark.asyncio
@pytest.mark.kafka
async def test_topics_are_created_once_with_their_sizes(local_kafka: KafkaSettings) -> None:
    created = await kafka.create_topics(local_kafka)
    assert await kafka.create_topics(local_kafka) == []
    assert set(created) <= set(kafka.TOPICS)
    admin = AIOKafkaAdminClient(bootstrap_servers=local_kafka.servers)
    await admin.start()
    try:
        described = {topic["topic"]: topic for topic in await admin.describe_topics(list(kafka.TOPICS))}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in ("cdi.gaps.v1", "cdi.queries.v1")]
        limits = _limits(await admin.describe_configs(resources))
    finally:
        await admin.close()
    assert {len(topic["partitions"]) for topic in described.values()} == {6}
    assert limits == [2 * 1024 * 1024, 4 * 1024 * 1024 + 64 * 1024]


@pytest.mark.asyncio
@pytest.mark.kafka
async def test_a_message_that_the_broker_refuses_does_not_stop_the_others(local_kafka: KafkaSettings) -> None:
    """An input topic takes 2 MiB, the producer 4: the broker itself refuses, after the producer has numbered it."""
    await kafka.create_topics(local_kafka)
    broker = kafka.build_broker(local_kafka, client_id="tester")
    await kafka.start_patiently(broker)
    large = Outgoing("cdi.gaps.v1", "k", b"x" * (3 * 1024 * 1024))
    small = Outgoing("cdi.gaps.v1", "k", b"small")
    try:
        first = await kafka.publish_all(broker, [small, large])
        again = await kafka.publish_all(broker, [small, small])
    finally:
        await broker.stop()
    assert isinstance(first[0], Receipt)
    assert isinstance(first[1], MessageSizeTooLargeError)
    assert all(isinstance(outcome, Receipt) for outcome in again)


class Running:
    """A started broker with one subscriber, stopped at the end."""

    def __init__(self, settings: KafkaSettings, topic: str, handle: Any, group: str = "") -> None:
        self.broker = kafka.build_broker(settings, client_id="tester")
        kafka.subscribe(self.broker, topics=[topic], group=group or str(uuid4()), handle=handle)

    async def __aenter__(self) -> KafkaBroker:
        await kafka.start_patiently(self.broker)
        return self.broker

    async def __aexit__(self, *_: object) -> None:
        await self.broker.stop()


class BadName:
    """A header name whose bytes are not UTF-8, which no client of ours would send."""

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


async def _produce_odd(settings: KafkaSettings, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.servers)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"first", partition=0)
        headers = [("bad", b"\xff\xfe"), ("null", None)]
        await producer.send_and_wait(topic, b"\xff\x00", b"\xfe", partition=0, headers=headers)
        await producer.send_and_wait(topic, None, b"tombstone", partition=0)
        batch = producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 100_000)
        batch._builder.append(0, int(time.time() * 1000), None, b"evil", [(BadName(), b"x")])
        batch._relative_offset = 1
        await (await producer.send_batch(batch, topic, partition=0))
        await producer.send_and_wait(topic, b"last", partition=0)
    finally:
        await producer.stop()


async def _committed(settings: KafkaSettings, group: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(group_id=group, bootstrap_servers=settings.servers, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(4)]
        return sum([await consumer.committed(place) or 0 for place in places])
    finally:
        await consumer.stop()


def _limits(answers: Sequence[Any]) -> list[int]:
    resources = [resource for answer in answers for resource in answer.to_object()["resources"]]
    entries = [entry for resource in resources for entry in resource["config_entries"]]
    return [int(entry["config_value"]) for entry in entries if entry["config_names"] == "max.message.bytes"]


async def _is(condition: Callable[[], bool]) -> bool:
    return condition()
