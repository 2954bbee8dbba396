"""Where Kafka comes from. Nothing above knows which of these it talks to: start, take the servers, stop."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from confluent_kafka import Producer

from services.foundation.local_kafka import BrokerFailed, LocalKafka
from services.foundation.settings import is_loopback

__all__ = ["Broker", "BrokerFailed", "EmbeddedBroker", "ExternalBroker", "LocalKafka"]


class Broker(Protocol):
    """A Kafka that can be started and stopped."""

    async def start(self) -> str:
        """Start it and return its bootstrap servers, comma separated, once it answers."""

    async def stop(self) -> None:
        """Stop it and leave nothing behind."""


class ExternalBroker:
    """A Kafka that others run."""

    def __init__(self, servers: str) -> None:
        self._servers = servers

    async def start(self) -> str:
        """Return the servers it was given."""
        return self._servers

    async def stop(self) -> None:
        """Do nothing: it is not ours."""


class EmbeddedBroker:
    """librdkafka's built-in broker: the real protocol on a loopback port, everything in memory.

    It forgets all at the end, and keeps of a partition the last 5 MB, read or not. What must last is in the database
    (`KafkaSettings.durable=False` tells the relay).
    """

    def __init__(self) -> None:
        self._producer: Producer | None = None

    async def start(self) -> str:
        """Start it. It lives as long as this object is not stopped."""
        self._producer = Producer(
            {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 2},
            logger=logging.getLogger("cdi_query.embedded_broker"),
        )
        metadata = await asyncio.to_thread(self._producer.list_topics, timeout=10)
        servers = [f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()]
        if not servers or not all(is_loopback(server) for server in servers):
            await self.stop()
            raise BrokerFailed("the embedded broker does not listen on loopback")
        return ",".join(servers)

    async def stop(self) -> None:
        """Stop it; all that it holds is gone."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.to_thread(producer.close)
