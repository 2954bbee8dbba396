"""Carry the outbox to Kafka, in order per key, one active relay a service.

With a durable broker a row is done when the broker has acknowledged it. The embedded broker forgets: there a row is
done ("taken") only when every group that reads its topic has committed past it, little is in flight at a time, and a
start publishes again what was not taken. Readers begin at the earliest record, so it does not matter whether a group
joins before or after a row is published: until it has committed, the row stays in flight and nothing pushes it out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from faststream.kafka import KafkaBroker
from psycopg import sql

from services.foundation.backoff import delay
from services.foundation.database import Connection, Database
from services.foundation.kafka import Outgoing, Receipt, connection_options, publish_all
from services.foundation.settings import KafkaSettings

log = logging.getLogger(__name__)

POLL = 0.2
BATCH_ROWS = 500
BATCH_BYTES = 8 * 1024 * 1024
AILING_SECONDS = 2.0
IN_FLIGHT_BYTES = 1024 * 1024
"""Per topic, where the broker forgets: it drops what a partition holds beyond 5 MB."""

_untyped: Any = aiokafka
_REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError)

# Rows of topics that are full wait, and with them all later rows of these topics: their order stays.
_PENDING = """
SELECT id, topic, key, payload FROM (
    SELECT id, topic, key, payload,
        sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS before
    FROM (
        SELECT id, topic, key, payload FROM outbox
        WHERE published_at IS NULL AND set_aside_at IS NULL AND topic <> ALL (%(waiting)s::text[])
        ORDER BY id LIMIT %(rows)s
    ) AS oldest
) AS counted
WHERE before < %(bytes)s
ORDER BY id
"""

_PUBLISHED = """
UPDATE outbox SET published_at = now(), partition = receipt.partition, "offset" = receipt.offset,
    taken_at = CASE WHEN outbox.topic = ANY (%(watched)s::text[]) THEN NULL ELSE now() END
FROM unnest(%(ids)s::bigint[], %(partitions)s::int[], %(offsets)s::bigint[]) AS receipt (id, partition, "offset")
WHERE outbox.id = receipt.id
"""

_SET_ASIDE = """
UPDATE outbox SET set_aside_at = now(), error = refusal.error
FROM unnest(%s::bigint[], %s::text[]) AS refusal (id, error) WHERE outbox.id = refusal.id
"""

_FORGOTTEN = """
UPDATE outbox SET published_at = NULL, partition = NULL, "offset" = NULL
WHERE published_at IS NOT NULL AND taken_at IS NULL AND set_aside_at IS NULL
"""

_IN_FLIGHT = """
SELECT topic, partition, sum(octet_length(payload))::bigint AS bytes
FROM outbox WHERE published_at IS NOT NULL AND taken_at IS NULL AND set_aside_at IS NULL GROUP BY topic, partition
"""

_TAKEN = """
UPDATE outbox SET taken_at = now()
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS reached (topic, partition, "offset")
WHERE outbox.published_at IS NOT NULL AND outbox.taken_at IS NULL AND outbox.topic = reached.topic
    AND outbox.partition = reached.partition AND outbox."offset" < reached."offset"
"""


class Relay:
    """Publishes a service's outbox until it is cancelled.

    Args:
        database: the service's database.
        broker: started by whoever owns it.
        name: of the service; relays of one name take turns, by advisory lock.
        durable: whether the broker keeps what it acknowledged.
        groups: for each topic the consumer groups that must have read a row before it is taken (`durable=False`).
        kafka: how to ask the broker for committed offsets.
    """

    def __init__(
        self,
        database: Database,
        broker: KafkaBroker,
        *,
        name: str,
        durable: bool,
        groups: Mapping[str, Sequence[str]],
        kafka: KafkaSettings,
    ) -> None:
        self._database = database
        self._broker = broker
        self._name = name
        self._groups: Mapping[str, Sequence[str]] = {} if durable else groups
        self._offsets = CommittedOffsets(kafka)
        self._ailing: dict[str, float] = {}

    async def run(self) -> None:
        """Relay until cancelled. Faults of database and broker are waited out."""
        failures = 0
        try:
            while True:
                term = Term()
                try:
                    await self._lead(term)
                except Exception as error:  # the relay must outlive every fault around it
                    failures = 1 if term.progress else failures + 1
                    log.warning("relay starts over", extra={"service": self._name, "error": type(error).__name__})
                    await asyncio.sleep(delay(failures))
        finally:
            await self._offsets.close()

    async def _lead(self, term: Term) -> None:
        """Hold the lock and relay. Reads and marks go over the locked connection: without the lock, no marks."""
        conn = await self._database.connect()
        try:
            await self._await_turn(conn)
            await self._listen(conn)
            if self._groups:
                await conn.execute(_FORGOTTEN)
            while True:
                moved = await self._publish_some(conn) + await self._mark_taken(conn)
                term.progress += moved
                if not moved:
                    await self._rest(conn)
        finally:
            await conn.close()

    async def _await_turn(self, conn: Connection) -> None:
        while True:
            cursor = await conn.execute(
                "SELECT pg_try_advisory_lock(hashtextextended('relay:' || %s, 0))", [self._name]
            )
            row = await cursor.fetchone()
            if row is not None and row["pg_try_advisory_lock"]:
                return
            await asyncio.sleep(POLL * 5)

    async def _listen(self, conn: Connection) -> None:
        await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"outbox_{self._database.search_path}")))

    async def _rest(self, conn: Connection) -> None:
        """Wait for a notification; polling stays the truth, so one that got lost costs a fifth of a second."""
        async for _ in conn.notifies(timeout=POLL, stop_after=1):
            return

    async def _publish_some(self, conn: Connection) -> int:
        """Publish the oldest rows that may go now. Returns how many rows were settled."""
        in_flight = await self._in_flight_bytes(conn)
        waiting = [topic for topic, size in in_flight.items() if size >= IN_FLIGHT_BYTES] + self._ailing_topics()
        cursor = await conn.execute(_PENDING, {"waiting": waiting, "rows": BATCH_ROWS, "bytes": BATCH_BYTES})
        rows = self._admit(await cursor.fetchall(), in_flight)
        if not rows:
            return 0
        outgoing = [Outgoing(row["topic"], row["key"], row["payload"]) for row in rows]
        outcomes = await publish_all(self._broker, outgoing)
        self._note_ailing(outgoing, outcomes)
        return await self._settle(conn, [row["id"] for row in rows], outcomes)

    def _ailing_topics(self) -> list[str]:
        now = time.monotonic()
        self._ailing = {topic: until for topic, until in self._ailing.items() if until > now}
        return list(self._ailing)

    def _note_ailing(self, messages: Sequence[Outgoing], outcomes: Sequence[Receipt | Exception]) -> None:
        """Leave a topic that failed alone for a while, so that the others go on; its rows stay where they are."""
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, _REFUSED):
                if message.topic not in self._ailing:
                    about = {"topic": message.topic, "error": type(outcome).__name__}
                    log.warning("topic does not take messages", extra=about)
                self._ailing[message.topic] = time.monotonic() + AILING_SECONDS

    def _admit(self, rows: Sequence[Mapping[str, Any]], in_flight: Mapping[str, int]) -> list[Mapping[str, Any]]:
        """Keep the rows that fit; the first that does not holds back all later ones of its topic."""
        sizes = dict(in_flight)
        full: set[str] = set()
        admitted = []
        for row in rows:
            topic, size = row["topic"], len(row["payload"])
            before = sizes.get(topic, 0)
            if topic in self._groups and (topic in full or (before and before + size > IN_FLIGHT_BYTES)):
                full.add(topic)
                continue
            sizes[topic] = before + size
            admitted.append(row)
        return admitted

    async def _settle(self, conn: Connection, ids: Sequence[int], outcomes: Sequence[Receipt | Exception]) -> int:
        sent = [(id_, outcome) for id_, outcome in zip(ids, outcomes, strict=True) if isinstance(outcome, Receipt)]
        refused = [(id_, outcome) for id_, outcome in zip(ids, outcomes, strict=True) if isinstance(outcome, _REFUSED)]
        if sent:
            marks = {
                "ids": [id_ for id_, _ in sent],
                "partitions": [receipt.partition for _, receipt in sent],
                "offsets": [receipt.offset for _, receipt in sent],
                "watched": list(self._groups),
            }
            await conn.execute(_PUBLISHED, marks)
        if refused:
            log.error("messages were set aside", extra={"service": self._name, "count": len(refused)})
            await conn.execute(
                _SET_ASIDE, ([id_ for id_, _ in refused], [type(error).__name__ for _, error in refused])
            )
        return len(sent) + len(refused)

    async def _in_flight_bytes(self, conn: Connection) -> dict[str, int]:
        sizes: dict[str, int] = {}
        if self._groups:
            for row in await (await conn.execute(_IN_FLIGHT)).fetchall():
                sizes[row["topic"]] = sizes.get(row["topic"], 0) + row["bytes"]
        return sizes

    async def _mark_taken(self, conn: Connection) -> int:
        if not self._groups:
            return 0
        reached = []
        for row in await (await conn.execute(_IN_FLIGHT)).fetchall():
            place = TopicPartition(row["topic"], row["partition"])
            offset = await self._offsets.lowest(self._groups.get(place.topic, ()), place)
            if offset is not None:
                reached.append((*place, offset))
        if not reached:
            return 0
        topics, partitions, offsets = (list(column) for column in zip(*reached, strict=True))
        return (await conn.execute(_TAKEN, (topics, partitions, offsets))).rowcount


@dataclass(slots=True)
class Term:
    """One turn as the active relay: how many rows it has moved."""

    progress: int = 0


class CommittedOffsets:
    """Asks how far consumer groups have committed, by a consumer a group that never joins it."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumers: dict[str, Any] = {}

    async def lowest(self, groups: Sequence[str], place: TopicPartition) -> int | None:
        """Return the offset that all groups have committed up to; None if one has not committed yet."""
        found = [await self._committed(group, place) for group in groups]
        known = [offset for offset in found if offset is not None]
        return min(known) if known and len(known) == len(found) else None

    async def close(self) -> None:
        """Close the consumers."""
        while self._consumers:
            _, consumer = self._consumers.popitem()
            await consumer.stop()

    async def _committed(self, group: str, place: TopicPartition) -> int | None:
        try:
            offset: int | None = await (await self._consumer(group)).committed(place)
        except KafkaError:
            await self.close()
            raise
        return offset

    async def _consumer(self, group: str) -> Any:
        if group not in self._consumers:
            consumer = _untyped.AIOKafkaConsumer(
                group_id=group, enable_auto_commit=False, **connection_options(self._kafka)
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumers[group] = consumer
        return self._consumers[group]
