"""Brokers start, answer, stop, and leave nothing behind; above them nobody knows which one it is."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from services.foundation import kafka
from services.foundation.brokers import Broker, EmbeddedBroker, ExternalBroker, LocalKafka
from services.foundation.folder_lock import FolderInUse
from services.foundation.kafka import Outgoing, Receipt
from services.foundation.settings import KafkaSettings
from tests.conftest import _missing_for_kafka, _skip_or_fail


async def round_trip(servers: str, *, durable: bool) -> Receipt | Exception:
    settings = KafkaSettings(bootstrap_servers=servers, durable=durable)
    await kafka.create_topics(settings)
    client = kafka.build_broker(settings, client_id="tester")
    await kafka.start_patiently(client)
    (outcome,) = await kafka.publish_all(client, [Outgoing("cdi.charts.v1", "k", b"{}")])
    await client.stop()
    return outcome


def closed(servers: str) -> bool:
    host, _, port = servers.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


@pytest.mark.asyncio
@pytest.mark.embedded
async def test_the_embedded_broker_is_quick_loopback_only_and_gone_after_its_stop() -> None:
    broker: Broker = EmbeddedBroker()
    started = time.monotonic()
    servers = await broker.start()
    assert time.monotonic() - started < 5
    assert servers.startswith("127.0.0.1:")
    assert isinstance(await round_trip(servers, durable=False), Receipt)
    await broker.stop()
    await broker.stop()
    assert closed(servers)


@pytest.mark.asyncio
async def test_an_external_broker_is_left_alone() -> None:
    broker: Broker = ExternalBroker("a:1,b:2")
    assert await broker.start() == "a:1,b:2"
    await broker.stop()


@pytest.mark.asyncio
@pytest.mark.kafka
@pytest.mark.processes
async def test_a_local_kafka_keeps_its_data_over_kill_9_and_leaves_no_process(tmp_path: Path) -> None:
    missing = _missing_for_kafka()
    if missing:
        _skip_or_fail(f"no local Kafka: {missing}")
    first = LocalKafka(tmp_path)
    assert isinstance(await round_trip(await first.start(), durable=True), Receipt)
    with pytest.raises(FolderInUse):
        await LocalKafka(tmp_path).start()
    pid = first.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await first.stop()
    second = LocalKafka(tmp_path)
    outcome = await round_trip(await second.start(), durable=True)
    assert isinstance(outcome, Receipt) and outcome.offset == 1, "the first record is still there"
    await second.stop()
    await asyncio.sleep(0.1)
    assert not [p.pid for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])]
