"""The one factory of brokers and subscribers. What FastStream leaves unsafe by default is set here, once.

- Acknowledgement is ours alone (`MANUAL`): a batch is committed after its handler returned, and is rewound, partition
  by partition, when it raised. Nothing is committed unseen.
- Records reach the handler as they came: the parser decodes no header, the decoder touches no value.
- New groups read from the earliest record. Topics are never created by whoever comes first.
- The producer is idempotent (acks from all in-sync replicas). Records are published one by one, because FastStream's
  `publish_batch` ignores their keys.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiokafka
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, OutOfOrderSequenceNumber, TopicAlreadyExistsError, for_code
from aiokafka.structs import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from schemas.events import CONTENT_TYPE, INPUT_TOPICS, TOPICS
from services.foundation import metrics
from services.foundation.backoff import delay
from services.foundation.header_names import tolerate_any_header_name
from services.foundation.settings import KafkaSettings

log = logging.getLogger(__name__)
_untyped: Any = aiokafka

INPUT_TOPIC_BYTES = 2 * 1024 * 1024
OWN_TOPIC_BYTES = 4 * 1024 * 1024
# A topic's limit counts the record's frame, key and headers too.
FRAME_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it came. Nothing in it was decoded but the names of its headers."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish. Messages of one key keep their order."""

    topic: str
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the broker has put a message."""

    partition: int
    offset: int


BatchHandler = Callable[[Sequence[Record]], Awaitable[None]]


class ConfiguredBroker(KafkaBroker):
    """A FastStream broker with our settings, not connected yet."""

    def __init__(self, settings: KafkaSettings, *, client_id: str) -> None:
        tolerate_any_header_name()
        self.settings = settings
        super().__init__(
            settings.servers,
            client_id=client_id,
            security=_security(settings),
            ack_policy=AckPolicy.MANUAL,
            allow_auto_create_topics=False,
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            max_batch_size=64 * 1024,
            max_request_size=OWN_TOPIC_BYTES,
            metadata_max_age_ms=30_000,
            graceful_timeout=10.0,
            apply_types=False,
            logger=_quiet_logger(),
        )


def build_broker(settings: KafkaSettings, *, client_id: str) -> ConfiguredBroker:
    """Return a broker that is not connected yet; `start_patiently` starts it with its subscribers."""
    return ConfiguredBroker(settings, client_id=client_id)


def subscribe(
    broker: ConfiguredBroker, *, topics: Sequence[str], group: str, handle: BatchHandler, max_records: int = 500
) -> None:
    """Let `handle` take the records of `topics` in batches, one batch at a time, in order per partition.

    When `handle` returns, the batch is committed. When it raises, the batch comes again after a pause that grows with
    every failure in a row (with jitter, at most 10 s).
    """
    subscriber = broker.subscriber(
        *topics,
        group_id=group,
        batch=True,
        max_records=max_records,
        batch_timeout_ms=50,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        # The embedded broker keeps whoever comes back to a group waiting for the whole session time-out, and answers
        # a fetch only when its wait is over.
        session_timeout_ms=30_000 if broker.settings.durable else 6_000,
        heartbeat_interval_ms=3_000 if broker.settings.durable else 1_500,
        max_poll_interval_ms=5 * 60 * 1000,
        fetch_max_wait_ms=250 if broker.settings.durable else 50,
        max_partition_fetch_bytes=OWN_TOPIC_BYTES + FRAME_BYTES,
        no_reply=True,
        description=f"Batches of records for the group {group}.",
        parser=_parse_nothing,
        decoder=_decode_nothing,
    )
    subscriber(_Intake(group, handle))


async def start_patiently(broker: KafkaBroker) -> None:
    """Start the broker and its subscribers, waiting for Kafka as long as it takes (cancel to give up)."""
    attempt = 0
    while True:
        try:
            await _probe(broker)
            await broker.start()
        except (KafkaError, OSError) as error:
            attempt += 1
            log.warning("Kafka does not answer yet", extra={"error": type(error).__name__, "attempts": attempt})
            await broker.stop()
            await asyncio.sleep(delay(attempt))
        else:
            return


async def publish_all(broker: KafkaBroker, messages: Sequence[Outgoing]) -> list[Receipt | Exception]:
    """Publish messages, in order per key, and wait for the broker's word on each.

    Returns, in the order given, where each was put, or why it was not. An outage is waited out.
    """
    pending: list[Awaitable[Any] | Exception] = []
    silent: dict[str, Exception] = {}
    for message in messages:
        # A topic that does not answer costs its time-out once, not once a message.
        result = silent.get(message.topic) or await _send(broker, message)
        if isinstance(result, KafkaError) and result.retriable:
            silent[message.topic] = result
        pending.append(result)
    outcomes = await asyncio.gather(*(_receipt(item) for item in pending))
    if any(_breaks_sequence(item, outcome) for item, outcome in zip(pending, outcomes, strict=True)):
        await _renew_producer(broker)
    return outcomes


async def create_topics(settings: KafkaSettings, *, partitions: int = 6, replication: int = 1) -> list[str]:
    """Create the topics that are missing and return their names. The embedded broker makes its own on first use.

    Raises:
        KafkaError: Kafka does not answer, or refuses a topic.
    """
    if not settings.durable:
        return []
    admin: Any = AIOKafkaAdminClient(client_id="cdi-query-topics", **connection_options(settings))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if topic not in existing]
        if missing:
            response = await admin.create_topics([_new_topic(name, partitions, replication) for name in missing])
            _raise_refused(response.to_object()["topic_errors"])
    finally:
        await admin.close()
    return missing


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return what any aiokafka client needs to reach this Kafka."""
    return {"bootstrap_servers": settings.servers, **parse_security(_security(settings))}


class _Intake:
    """Takes the batches of one group: hands them on, then commits or rewinds."""

    def __init__(self, group: str, handle: BatchHandler) -> None:
        self.__name__ = group  # as the AsyncAPI document calls it
        self._group = group
        self._handle = handle
        self._failures = 0
        self._lag = Lag(group)

    async def __call__(self, message: Any) -> None:
        records: tuple[ConsumerRecord[bytes, bytes], ...] = message.raw_message
        self._lag.note(message.consumer, _first_offsets(records))
        try:
            with _measured(self._group, len(records)):
                await self._handle([_record(record) for record in records])
                await message.ack()
        except Exception as error:  # whatever it is, the batch must come again; what was applied is known by then
            self._failures += 1
            _rewind(message.consumer, records)
            log.error("batch was not taken, it comes again", extra=self._about(error))
            await asyncio.sleep(delay(self._failures, base=0.25, most=10.0))
        else:
            self._failures = 0
            self._lag.note(message.consumer, _next_offsets(records))

    def _about(self, error: Exception) -> dict[str, Any]:
        return {"group": self._group, "error": type(error).__name__, "attempts": self._failures}


class Lag:
    """How far a group is behind on the partitions of this process, as far as the consumer itself knows."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._reached: dict[TopicPartition, int] = {}

    def note(self, consumer: Any, reached: Mapping[TopicPartition, int]) -> None:
        """Note up to which offset partitions were taken, and set the figures of all that are ours now."""
        ours = consumer.assignment()
        known = {**self._reached, **reached}
        gone = {place.topic for place in known.keys() - ours}
        self._reached = {place: offset for place, offset in known.items() if place in ours}
        behind = dict.fromkeys(gone, 0)
        for place, offset in self._reached.items():
            newest = consumer.highwater(place)
            behind[place.topic] = behind.get(place.topic, 0) + max(0, (newest or offset) - offset)
        for topic, count in behind.items():
            metrics.LAG.labels(self._group, topic).set(count)


@contextmanager
def _measured(group: str, count: int) -> Iterator[None]:
    began, outcome = time.perf_counter(), "failed"
    metrics.IN_FLIGHT.labels(group).set(count)
    try:
        yield
        outcome = "taken"
    finally:
        metrics.IN_FLIGHT.labels(group).set(0)
        metrics.BATCHES.labels(group, outcome).observe(time.perf_counter() - began)


def _first_offsets(records: Sequence[ConsumerRecord[bytes, bytes]]) -> dict[TopicPartition, int]:
    first: dict[TopicPartition, int] = {}
    for record in records:
        place = TopicPartition(record.topic, record.partition)
        first[place] = min(record.offset, first.get(place, record.offset))
    return first


def _next_offsets(records: Sequence[ConsumerRecord[bytes, bytes]]) -> dict[TopicPartition, int]:
    return {TopicPartition(one.topic, one.partition): one.offset + 1 for one in sorted(records, key=lambda r: r.offset)}


def _rewind(consumer: Any, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
    """Seek every partition of the batch back to its first record.

    FastStream's own `nack` stops at the first partition that is no longer ours, and the next commit would step over
    the records of the others.
    """
    assigned = consumer.assignment()
    for place, offset in _first_offsets(records).items():
        if place in assigned:
            consumer.seek(place, offset)


async def _parse_nothing(records: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream's parser decodes headers as UTF-8 and commits away what is not. So it gets to see none."""
    message = await original(tuple(dataclasses.replace(record, headers=()) for record in records))
    message.raw_message = records
    return message


async def _decode_nothing(message: Any) -> Any:
    """Hand the whole message to the handler, which needs it to acknowledge."""
    return message


def _record(raw: ConsumerRecord[bytes, bytes]) -> Record:
    headers = tuple((name, value) for name, value in raw.headers)
    return Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, headers, _moment(raw.timestamp))


def _moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


async def _send(broker: KafkaBroker, message: Outgoing) -> Awaitable[Any] | Exception:
    try:
        return await broker.publish(
            message.value,
            message.topic,
            key=message.key.encode(),
            headers={"content-type": CONTENT_TYPE},
            no_confirm=True,
        )
    except Exception as error:  # told to the caller, message by message
        return error


async def _receipt(sent: Awaitable[Any] | Exception) -> Receipt | Exception:
    if isinstance(sent, Exception):
        return sent
    try:
        metadata = await sent
    except Exception as error:  # told to the caller, message by message
        return error
    return Receipt(metadata.partition, metadata.offset)


def _breaks_sequence(sent: Awaitable[Any] | Exception, outcome: Receipt | Exception) -> bool:
    """Tell whether the idempotent producer has lost count: a batch it had numbered was refused by the broker."""
    refused = isinstance(outcome, Exception) and not isinstance(sent, Exception)
    return refused or isinstance(outcome, OutOfOrderSequenceNumber)


async def _renew_producer(broker: KafkaBroker) -> None:
    """Give the broker a new producer; the old one would fail everything else on that partition."""
    config = broker.config.broker_config
    await config.producer.disconnect()
    producer = _untyped.AIOKafkaProducer(**broker._connection_kwargs)
    await config.producer.connect(producer, serializer=config.fd_config._serializer)


async def _probe(broker: KafkaBroker) -> None:
    """Ask for the cluster once with a client that is always closed; a half-started broker would leak its producer."""
    wanted = ("bootstrap_servers", "client_id", "security_protocol", "ssl_context", "sasl_mechanism")
    secrets = ("sasl_plain_username", "sasl_plain_password")
    options = {name: value for name, value in broker._connection_kwargs.items() if name in wanted + secrets}
    client = _untyped.AIOKafkaClient(**options)
    try:
        await client.bootstrap()
    finally:
        await client.close()


def _new_topic(name: str, partitions: int, replication: int) -> NewTopic:
    size = INPUT_TOPIC_BYTES if name in INPUT_TOPICS else OWN_TOPIC_BYTES + FRAME_BYTES
    make: Any = NewTopic
    topic: NewTopic = make(name, partitions, replication, topic_configs={"max.message.bytes": str(size)})
    return topic


def _raise_refused(answers: Sequence[dict[str, Any]]) -> None:
    for answer in answers:
        error = for_code(answer["error_code"])
        if answer["error_code"] and error is not TopicAlreadyExistsError:
            raise error(f"{answer['topic']}: {answer.get('error_message') or ''}")


def _security(settings: KafkaSettings) -> BaseSecurity | None:
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = _tls(settings) if settings.security_protocol.endswith("SSL") else None
    if settings.security_protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    assert settings.sasl_username is not None and settings.sasl_password is not None, "the settings saw to it"
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return kinds[settings.sasl_mechanism](
        username=settings.sasl_username,
        password=settings.sasl_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.ssl_cafile) if settings.ssl_cafile else None)
    if settings.ssl_certfile is not None:
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    return context


def _quiet_logger() -> logging.Logger:
    """FastStream's own lines, from warnings up, without those about what we want (own topics, a clean stop)."""
    logger = logging.getLogger("cdi_query.faststream")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_worth_saying)
    return logger


def _worth_saying(line: logging.LogRecord) -> bool:
    cancelled = line.exc_info is not None and isinstance(line.exc_info[1], asyncio.CancelledError)
    return not cancelled and not line.getMessage().startswith("Auto create topics is disabled")
