"""Over a real broker: every request gets one result, whatever stands beside it, and only then is it acknowledged."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from compliance import Knowledge
from schemas.check import CheckIndicator, QueryDocument
from schemas.dead_letters import DeadLetter
from schemas.events import DEAD_LETTERS, QUERIES, QUERY_REQUESTS, Event, make, read, write
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.foundation.kafka import (
    OWN_TOPIC_BYTES,
    Outgoing,
    Receipt,
    Record,
    build_broker,
    publish_all,
    start_patiently,
    subscribe,
)
from services.foundation.metrics import REGISTRY
from services.foundation.settings import KafkaSettings
from services.query_builder.app import QueryBuilder
from services.query_builder.composer import answer
from services.query_builder.library import Library
from tests.query_builder.support import RISE_WITH_UREA, basis, request

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def asked(number: int) -> QueryRequested:
    return request(basis(*RISE_WITH_UREA), chart_id=f"chart-{number}", request_id=uuid4())


def message(data: QueryRequested) -> Outgoing:
    envelope = make(data, id=str(data.request_id), source="cdi-query/tracker", time=NOW, traceparent="00-ab-cd-01")
    return Outgoing(QUERY_REQUESTS, data.chart_id, write(envelope))


@asynccontextmanager
async def listening(kafka: KafkaSettings) -> AsyncIterator[tuple[Callable[[int], Awaitable[list[Event]]], object]]:
    """A reader of both topics that the builder writes, and the broker to publish with."""
    events: list[Event] = []

    async def take(records: Sequence[Record]) -> None:
        events.extend(read(record.topic, record.value) for record in records)

    async def until(count: int) -> list[Event]:
        async with asyncio.timeout(40):
            while len(events) < count:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        return events

    broker = build_broker(kafka, client_id="test")
    subscribe(broker, topics=[QUERIES, DEAD_LETTERS], group=f"test-{uuid4()}", handle=take)
    await start_patiently(broker)
    try:
        yield until, broker
    finally:
        await broker.stop()


async def test_each_request_has_its_result_and_the_unreadable_is_a_dead_letter(
    fresh_embedded_broker: KafkaSettings, library: Library, knowledge: Knowledge
) -> None:
    requests = [asked(number) for number in range(25)]
    bad = Outgoing(QUERY_REQUESTS, "chart-0", b'{"not": "an event, Jane Roe"}')
    counted = _counted()
    builder = QueryBuilder(fresh_embedded_broker, library, knowledge, lambda: NOW)
    async with listening(fresh_embedded_broker) as (until, broker):
        sent = await publish_all(broker, [*map(message, requests[:12]), bad, *map(message, requests[12:])])  # type: ignore[arg-type]
        assert all(isinstance(one, Receipt) for one in sent)
        await builder.start()
        events = await until(26)
        await builder.stop()
    results = [event for event in events if isinstance(event.data, QueryIssued | QueryHeld)]
    letters = [event.data for event in events if isinstance(event.data, DeadLetter)]
    assert {event.data.request_id for event in results if isinstance(event.data, QueryIssued)} == {
        one.request_id for one in requests
    }
    assert len(results) == 25 and len(letters) == 1
    first = results[0].envelope
    assert (first.source, first.traceparent) == ("cdi-query/query-builder", "00-ab-cd-01")
    assert isinstance(results[0].data, QueryIssued)
    assert (first.id, first.subject) == (str(results[0].data.result_id), results[0].data.chart_id)
    assert letters[0].reason == "not_a_cloudevent" and "Roe" not in letters[0].detail
    assert letters[0].value is not None and b"Jane Roe" in b64decode(letters[0].value)
    taken = {name: after - before for (name, before), after in zip(counted.items(), _counted().values(), strict=True)}
    assert taken == {"issued": 25, "requests": 25, "dead": 1, "batches": taken["batches"], "failed": 0}
    assert taken["batches"] >= 1


def _counted() -> dict[str, float]:
    """What Prometheus would be told of the query builder so far."""
    mine = {"consumer": "query-builder"}
    requests = {**mine, "type": "cdi.query.requested.v1", "outcome": "new"}
    samples = {
        "issued": ("cdi_query_results_total", {"outcome": "issued"}),
        "requests": ("cdi_query_events_total", requests),
        "dead": ("cdi_query_dead_letters_total", {**mine, "reason": "not_a_cloudevent"}),
        "batches": ("cdi_query_batch_seconds_count", {**mine, "outcome": "taken"}),
        "failed": ("cdi_query_batch_seconds_count", {**mine, "outcome": "failed"}),
    }
    return {name: REGISTRY.get_sample_value(*sample) or 0 for name, sample in samples.items()}


def _just_taken(request: QueryRequested, document: QueryDocument) -> QueryRequested:
    """Return a request that the broker just takes; its result, with findings beside the text, is too large."""

    def filled(pad: int) -> QueryRequested:
        values = (*(["1" * 20_000] * 199), "1" * pad)
        endless = tuple(CheckIndicator(name="x", value=value) for value in values)
        return request.model_copy(update={"draft": document.model_copy(update={"indicators": endless})})

    return filled(OWN_TOPIC_BYTES - 4_096 - len(message(filled(0)).value or b""))


async def test_a_result_that_the_broker_does_not_take_is_held_and_the_others_go_on(
    fresh_embedded_broker: KafkaSettings, library: Library, knowledge: Knowledge
) -> None:
    issued = answer(asked(1), library, knowledge)
    assert issued.document is not None
    huge = _just_taken(asked(2), issued.document)
    builder = QueryBuilder(fresh_embedded_broker, library, knowledge, lambda: NOW)
    async with listening(fresh_embedded_broker) as (until, broker):
        await publish_all(broker, [message(huge), message(asked(3))])  # type: ignore[arg-type]
        await builder.start()
        found = {event.envelope.subject: event.data for event in await until(2)}
        await builder.stop()
    held = found["chart-2"]
    assert isinstance(held, QueryHeld) and (held.reason, held.document) == ("internal_error", None)
    assert isinstance(found["chart-3"], QueryIssued)


async def test_a_request_delivered_twice_gives_the_same_event_twice(
    fresh_embedded_broker: KafkaSettings, library: Library, knowledge: Knowledge
) -> None:
    one = message(asked(1))
    builder = QueryBuilder(fresh_embedded_broker, library, knowledge, lambda: NOW)
    async with listening(fresh_embedded_broker) as (until, broker):
        await publish_all(broker, [one, one])  # type: ignore[arg-type]
        await builder.start()
        first, second = await until(2)
        await builder.stop()
    assert (first.identity, first.digest) == (second.identity, second.digest)


async def test_after_a_restart_only_what_is_new_is_answered(
    fresh_embedded_broker: KafkaSettings, library: Library, knowledge: Knowledge
) -> None:
    async with listening(fresh_embedded_broker) as (until, broker):
        for number in (1, 2):
            builder = QueryBuilder(fresh_embedded_broker, library, knowledge, lambda: NOW)
            await publish_all(broker, [message(asked(number))])  # type: ignore[arg-type]
            await builder.start()
            events = await until(number)
            await builder.stop()
    assert [event.envelope.subject for event in events] == ["chart-1", "chart-2"]
