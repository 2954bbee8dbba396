"""How fast gaps become issued queries, as a ratio to what Kafka alone does with the same records in the same run.

    python -m benchmarks.main_path [--broker embedded|kafka] [--gaps 2000] [--charts 500]

Baseline: a bare client copies the same records from one topic to another. Measured: from the first gap published
until the tracker has issued every query. Latency: one gap at a time over HTTP, until its query is issued.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import time
from pathlib import Path
from typing import Any, cast

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cli.embedded import BrokerName, Embedded
from tests.e2e.house import House, cloud_event, creatinine_gap, encounter_number

SOURCE = "benchmark/source"


async def _no_mails() -> list[dict[str, str]]:
    return []


def _records(gaps: int, charts: int) -> list[bytes]:
    """Return gap events: several questions a chart, so that locks and folded states matter."""
    numbers = [encounter_number() for _ in range(charts)]
    made = []
    for position in range(gaps):
        concept = {
            "concepts": [{"term": f"Creatinine, question {position // charts}"}],
            "template_id": "creatinine-rise",
        }
        gap = creatinine_gap(numbers[position % charts], **concept)
        made.append(json.dumps(cloud_event("cdi.gap.raised.v1", gap, SOURCE)).encode())
    return made


async def _publish(servers: str, topic: str, records: list[bytes]) -> None:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=2, max_batch_size=65536)
    await producer.start()
    futures = [await producer.send(topic, record) for record in records]
    await asyncio.gather(*futures)
    await producer.stop()


async def _baseline(servers: str, records: list[bytes]) -> float:
    """Return the seconds that a bare client takes to write the records, read them, and write them again."""
    topic = f"benchmark-{time.time_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 6, 1) for name in (topic, f"{topic}-copy")])
    await admin.close()
    began = time.monotonic()
    await _publish(servers, topic, records)
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    seen: list[bytes] = []
    while len(seen) < len(records):
        for batch in (await consumer.getmany(timeout_ms=200, max_records=500)).values():
            seen.extend(record.value for record in batch if record.value is not None)
    await _publish(servers, f"{topic}-copy", seen)
    await consumer.stop()
    return time.monotonic() - began


async def _issued(house: House) -> int:
    status: dict[str, Any] = await house.call("admin", "GET", "/api/v1/status")
    return int(status["queries_issued"])


async def _main_path(house: House, servers: str, records: list[bytes]) -> float:
    before = await _issued(house)
    began = time.monotonic()
    await _publish(servers, "cdi.gaps.v1", records)
    while await _issued(house) - before < len(records):
        await asyncio.sleep(0.2)
    return time.monotonic() - began


async def _latencies(house: House, count: int = 40) -> list[float]:
    found = []
    for _ in range(count):
        began = time.monotonic()
        uid = await house.raise_gap(creatinine_gap(encounter_number()))
        while (await house.call("coder", "GET", f"/api/v1/gaps/{uid}"))["state"] != "queried":
            await asyncio.sleep(0.01)
        found.append(time.monotonic() - began)
    return sorted(found)


async def run(broker: BrokerName, gaps: int, charts: int) -> dict[str, object]:
    """Run the benchmark on an installation of its own and return its figures."""
    folder = Path("/tmp") / f"cdi-benchmark-{os.getpid()}"
    embedded = Embedded(folder, broker=broker)
    try:
        note = await embedded.start()
        house = House(note.url, note.kafka, note.operator_token, _no_mails)
        await house.open()
        trusted = {"source": SOURCE, "kind": "machine", "automatic": True}
        await house.call("compliance", "POST", "/api/v1/sources", trusted)
        latencies = await _latencies(house)
        records = _records(gaps, charts)
        baseline = await _baseline(note.kafka, records) if broker == "kafka" else None
        seconds = await _main_path(house, note.kafka, records)
        await house.close()
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "broker": broker,
        "gaps": gaps,
        "charts": charts,
        "issued_per_second": round(gaps / seconds, 1),
        "bare_kafka_seconds": round(baseline, 2) if baseline else None,
        "ratio_to_bare_kafka": round(seconds / baseline, 1) if baseline else None,
        "latency_ms_median": round(statistics.median(latencies) * 1000),
        "latency_ms_p95": round(latencies[int(len(latencies) * 0.95)] * 1000),
    }


def main() -> None:
    """Read the options, run, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", choices=("embedded", "kafka"), default="kafka")
    parser.add_argument("--gaps", type=int, default=2000)
    parser.add_argument("--charts", type=int, default=500)
    options = parser.parse_args()
    broker = cast("BrokerName", options.broker)
    print(json.dumps(asyncio.run(run(broker, options.gaps, options.charts)), indent=1))


if __name__ == "__main__":
    main()
