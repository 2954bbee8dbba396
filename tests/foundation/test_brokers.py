"""Brokers start, answer, stop, and leave nothing behind; above them nobody knows which one it is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from services.foundation import kafka
from services.foundation.brokers import Broker, EmbeddedBroker, ExternalBroker, LocalKafka
from services.foundation.folder_lock import FolderInUse
from services.foundation.kafka import Outgoing, Receipt
from services.foundation.settings import KafkaSettings
from tests.conftest import _missing_for_kafka, _skip_or_fail, project_root


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
async def test_the_embedded_broker_is_loopback_only_and_gone_after_its_stop() -> None:
    broker: Broker = EmbeddedBroker()
    servers = await broker.start()
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


CHILD = """
import asyncio, sys, time
from pathlib import Path
from services.foundation.brokers import LocalKafka
print(asyncio.run(LocalKafka(Path(sys.argv[1])).start()), flush=True)
time.sleep(600)
"""


def kafkas_on(folder: Path) -> list[int]:
    processes = psutil.process_iter(["cmdline"])
    return [p.pid for p in processes if str(folder / "server.properties") in (p.info["cmdline"] or [])]


@pytest.mark.asyncio
@pytest.mark.kafka
@pytest.mark.processes
async def test_a_local_kafka_keeps_its_data_when_its_starter_is_killed_and_leaves_no_process(tmp_path: Path) -> None:
    missing = _missing_for_kafka()
    if missing:
        _skip_or_fail(f"no local Kafka: {missing}")
    environment = {**os.environ, "PYTHONPATH": str(project_root())}
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    assert isinstance(await round_trip(child.stdout.readline().strip(), durable=True), Receipt)
    with pytest.raises(FolderInUse):
        await LocalKafka(tmp_path).start()
    child.kill()
    child.wait()
    child.stdout.close()
    (leftover,) = kafkas_on(tmp_path)
    again = LocalKafka(tmp_path)
    outcome = await round_trip(await again.start(), durable=True)
    assert again.pid != leftover
    assert isinstance(outcome, Receipt) and outcome.offset == 1, "the first record is still there"
    await again.stop()
    assert kafkas_on(tmp_path) == []
