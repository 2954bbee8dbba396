"""The service: requests in, issued or held queries out. Stateless; the same request gives the same result again.

Effects first, offsets after: the results of a batch are published and confirmed, then the batch is acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiokafka.errors import MessageSizeTooLargeError
from faststream.kafka import KafkaBroker

from compliance import Knowledge
from evidence.criteria import choices
from schemas.dead_letters import DeadLetter
from schemas.events import DEAD_LETTERS, QUERIES, QUERY_REQUESTS, TYPE_OF, Event, Unreadable, make, read, write
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.foundation import metrics
from services.foundation.dead_letters import dead_letter
from services.foundation.kafka import (
    Outgoing,
    Receipt,
    Record,
    build_broker,
    publish_all,
    start_patiently,
    subscribe,
)
from services.foundation.settings import KafkaSettings
from services.foundation.telemetry import LONGEST
from services.query_builder.composer import answer
from services.query_builder.examples import verified
from services.query_builder.figures import count_result, count_templates
from services.query_builder.library import Library, shipped_folder
from services.query_builder.refusals import Refusal
from services.query_builder.release import held
from services.query_builder.settings import BuilderSettings

log = logging.getLogger(__name__)

GROUP = "query-builder"
SOURCE = "cdi-query/query-builder"


class NotPublished(Exception):
    """A result that the broker did not take. The batch comes again; its results will be the same."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A library whose templates passed their examples, and the knowledge that goes with it."""

    library: Library
    knowledge: Knowledge


@dataclass(frozen=True, slots=True)
class Answer:
    """What one record is answered with, ready to be published."""

    outgoing: Outgoing
    content: QueryIssued | QueryHeld | DeadLetter

    def count(self) -> None:
        """Count it, once it is published."""
        if isinstance(self.content, DeadLetter):
            metrics.DEAD_LETTERS.labels(GROUP, self.content.reason).inc()
            return
        metrics.EVENTS.labels(GROUP, TYPE_OF[QueryRequested], "new").inc()
        count_result(self.content)


def prepare(
    *folders: Path,
    today: Callable[[], datetime],
    base: Knowledge,
    require_adopted: bool = False,
    criteria: Mapping[str, str] | None = None,
) -> Prepared:
    """Load template folders, run the golden examples, and log which templates are not used.

    Raises:
        LibraryError: a folder, a file of indicators or criteria, or a choice among criteria cannot be used.
    """
    library = Library.load(*folders, today=today().date(), require_adopted=require_adopted, criteria=criteria)
    library = verified(library, library.knowledge(base))
    for refusal in library.refused:
        log.error("template not used", extra=_told(refusal))
    counts = {"count": len(library.templates), "refused": len(library.refused)}
    log.info("templates loaded", extra=counts)
    count_templates(library)
    return Prepared(library, library.knowledge(base))


def prepare_own(settings: BuilderSettings, today: Callable[[], datetime], base: Knowledge) -> Prepared:
    """Prepare what this installation uses: the shipped folder, the hospital's over it, its choice of definitions.

    Raises:
        LibraryError: as `prepare`.
    """
    return prepare(
        shipped_folder(),
        *settings.folders,
        today=today,
        base=base,
        require_adopted=settings.require_adopted,
        criteria=choices(settings.criteria),
    )


def _told(refusal: Refusal) -> dict[str, str | int]:
    """What the log says of a template that is not used: where the fault is, and why, as long as fits."""
    told: dict[str, str | int] = {
        "template": refusal.template_id,
        "path": str(refusal.path),
        "field": refusal.field,
        "fault": refusal.why[:LONGEST],
    }
    return told if refusal.line is None else {**told, "line": refusal.line}


class QueryBuilder:
    """Answers `cdi.query.requested.v1` with one result each on `cdi.queries.v1`.

    Args:
        kafka: how to reach the broker.
        library: the templates in use.
        knowledge: what the check knows; `library.knowledge(...)` of the same library.
        now: the clock, for envelopes and dead letters only; composing has none.
    """

    def __init__(
        self, kafka: KafkaSettings, library: Library, knowledge: Knowledge, now: Callable[[], datetime]
    ) -> None:
        self._kafka, self._library, self._knowledge, self._now = kafka, library, knowledge, now
        self._broker: KafkaBroker | None = None

    async def start(self) -> None:
        """Connect, waiting for Kafka as long as it takes, and begin to take requests."""
        self._broker = build_broker(self._kafka, client_id=GROUP)
        subscribe(self._broker, topics=[QUERY_REQUESTS], group=GROUP, handle=self.handle)
        await start_patiently(self._broker)

    async def stop(self) -> None:
        """Finish the batch at hand and leave the group."""
        if self._broker is not None:
            await self._broker.stop()
            self._broker = None

    async def handle(self, records: Sequence[Record]) -> None:
        """Answer a batch. Returns once every result is confirmed. Raises `NotPublished` otherwise."""
        assert self._broker is not None
        answers = await asyncio.to_thread(lambda: [self._answer(record) for record in records])
        receipts = await publish_all(self._broker, [one.outgoing for one in answers])
        oversized = {
            place: self._without_text(records[place])
            for place, receipt in enumerate(receipts)
            if isinstance(receipt, MessageSizeTooLargeError)
        }
        retried = await publish_all(self._broker, [one.outgoing for one in oversized.values()]) if oversized else []
        lost = [one for one in (*receipts, *retried) if not isinstance(one, Receipt | MessageSizeTooLargeError)]
        if lost or any(not isinstance(one, Receipt) for one in retried):
            raise NotPublished(f"{len(lost)} of {len(answers)} results")
        for place, one in enumerate(answers):
            oversized.get(place, one).count()

    def _answer(self, record: Record) -> Answer:
        try:
            event = read(QUERY_REQUESTS, record.value)
        except Unreadable as error:
            letter = dead_letter(record, GROUP, error.reason, error.detail, self._now(), error.envelope)
            return Answer(self._letter(letter), letter)
        assert isinstance(event.data, QueryRequested)
        result = answer(event.data, self._library, self._knowledge)
        return Answer(_result(result, event), result)

    def _without_text(self, record: Record) -> Answer:
        """Hold a request whose result is larger than the broker takes; the gap must not be lost for it."""
        event = read(QUERY_REQUESTS, record.value)
        assert isinstance(event.data, QueryRequested)
        detail = "text and findings together are larger than the broker takes; shorten the text"
        result = held(event.data, self._knowledge.ruleset, "internal_error", detail)
        return Answer(_result(result, event), result)

    def _letter(self, letter: DeadLetter) -> Outgoing:
        envelope = make(letter, id=str(letter.letter_id), source=SOURCE, time=self._now())
        return Outgoing(DEAD_LETTERS, str(letter.letter_id), write(envelope))


def _result(result: QueryIssued | QueryHeld, event: Event) -> Outgoing:
    envelope = make(
        result,
        id=str(result.result_id),
        source=SOURCE,
        time=result.as_of,
        subject=result.chart_id,
        traceparent=event.envelope.traceparent,
    )
    return Outgoing(QUERIES, result.chart_id, write(envelope))
