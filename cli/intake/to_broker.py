"""Sending validated gap events straight to a Kafka broker (`gaps send --bootstrap`)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from cli.intake.sending import OnProgress, SendFailed, Sent, batches
from schemas.events import GAPS, Envelope, write
from services.foundation.kafka import Outgoing, build_broker, publish_all, start_patiently
from services.foundation.settings import KafkaSettings

PATIENCE = 20.0
"""Seconds to wait for a broker: a person is watching."""


async def send_to_broker(
    events: Sequence[Envelope], kafka: KafkaSettings, on_progress: OnProgress, *, patience: float = PATIENCE
) -> Sent:
    """Publish events on the gap topic of a broker. Sent means: the broker acknowledged.

    The key is the event's own id: it is opaque, and no reader relies on the order of foreign writers.

    Raises:
        SendFailed: the broker does not answer, or refused events; those of earlier batches were acknowledged.
    """
    broker = build_broker(kafka, client_id="cdi-query-send")
    sent = Sent()
    try:
        await _reach(start_patiently(broker), kafka, patience)
        for batch in batches(events):
            receipts = await publish_all(broker, [Outgoing(GAPS, event.id, write(event)) for event in batch])
            _raise_refused(receipts)
            sent.add([{"id": event.id, "status": "sent"} for event in batch])
            on_progress(len(batch))
    finally:
        await broker.stop()
    return sent


async def _reach(starting: Coroutine[object, object, None], kafka: KafkaSettings, patience: float) -> None:
    try:
        await asyncio.wait_for(starting, patience)
    except TimeoutError:
        raise SendFailed(f"no Kafka answers at {kafka.bootstrap_servers}") from None


def _raise_refused(receipts: Sequence[object]) -> None:
    refused = [receipt for receipt in receipts if isinstance(receipt, Exception)]
    if refused:
        raise SendFailed(f"the broker refused {len(refused)} events: {type(refused[0]).__name__}")
