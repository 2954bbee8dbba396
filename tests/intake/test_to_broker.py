"""Gaps go straight to a broker, each acknowledged, in their own words; a broker that is not there is said."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer

from cli.intake.command import gap_lines
from cli.intake.events_file import read_events
from cli.intake.gaps import IntakeSettings
from cli.intake.sending import SendFailed
from cli.intake.to_broker import send_to_broker
from schemas.events import GAPS, Envelope, read
from services.foundation.settings import KafkaSettings
from tests.intake.support import AS_OF, line


def events(count: int) -> list[Envelope]:
    records = [line(encounter_id=f"enc-{number}") for number in range(count)]
    return read_events(gap_lines(records, as_of=AS_OF, settings=IntakeSettings(), on_problem=pytest.fail))


@pytest.mark.embedded
@pytest.mark.asyncio
async def test_every_event_arrives_as_it_was(fresh_embedded_broker: KafkaSettings) -> None:
    done: list[int] = []
    sent = await send_to_broker(events(130), fresh_embedded_broker, done.append)
    assert (sent.total, done) == (130, [100, 30])
    arrived = sorted(read(GAPS, value).envelope.model_dump_json() for value in consume(fresh_embedded_broker, 130))
    assert arrived == sorted(event.model_dump_json() for event in events(130))


def consume(settings: KafkaSettings, count: int) -> list[bytes | None]:
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap_servers, "group.id": "reader", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([GAPS])
    values: list[bytes | None] = []
    while len(values) < count:
        found = consumer.consume(count - len(values), timeout=10)
        assert found, f"only {len(values)} of {count} arrived"
        values.extend(message.value() for message in found)
    consumer.close()
    return values


@pytest.mark.embedded
@pytest.mark.asyncio
async def test_a_broker_that_is_not_there_is_named() -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    with pytest.raises(SendFailed, match=r"no Kafka answers at 127\.0\.0\.1:9"):
        await send_to_broker(events(1), nowhere, lambda _: None, patience=0.5)
