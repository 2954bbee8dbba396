"""Take batches of records into the database: each event's effects once, every bad record a dead letter.

One transaction a batch holds the inbox claim, the effects and the dead letters; the offsets are committed after it.
A batch that fails is halved until the culprit is alone; that one is tried a few times more and then buried. Faults
that pass (no database, deadlock, ...) are waited out and never bury anything.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.dead_letters import DeadLetter
from schemas.events import Event, Unreadable, read
from services.foundation import inbox, metrics
from services.foundation.backoff import delay
from services.foundation.database import Connection, Database, is_transient
from services.foundation.dead_letters import dead_letter
from services.foundation.kafka import Record

log = logging.getLogger(__name__)

ATTEMPTS = 3
# Well below the poll deadline of five minutes: then the batch is given back and comes again.
PATIENCE = 60.0
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

Apply = Callable[[Connection, Sequence[Event]], Awaitable[None]]
Bury = Callable[[Connection, DeadLetter], Awaitable[None]]


class StillUnavailable(Exception):
    """A passing fault did not pass in time. The batch must be delivered again."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A record with the event in it."""

    record: Record
    event: Event
    digest: str


Item = Readable | DeadLetter


class BatchConsumer:
    """A handler for `kafka.subscribe` whose truth is the database.

    Args:
        consumer: the name under which events are claimed in the inbox.
        database: where inbox and effects are.
        apply: applies new events, in the order of the records, in the given transaction.
        bury: stores a dead letter in the given transaction; a letter of the same id may come again.
        now: the clock for dead letters.
        scope: settings of each transaction (see `Database.transaction`).
    """

    def __init__(
        self,
        *,
        consumer: str,
        database: Database,
        apply: Apply,
        bury: Bury,
        now: Callable[[], datetime],
        scope: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._consumer = consumer
        self._database = database
        self._apply = apply
        self._bury = bury
        self._now = now
        self._scope = scope
        self._patience = patience

    async def __call__(self, records: Sequence[Record]) -> None:
        """Take all records. Raises `StillUnavailable` if the database stays away; then nothing may be committed."""
        await self._take([self._examine(record) for record in records])

    def _examine(self, record: Record) -> Item:
        try:
            event = read(record.topic, record.value)
            _refuse_nul(record, event)
            return Readable(record, event, event.digest)
        except Unreadable as error:
            return dead_letter(record, self._consumer, error.reason, error.detail, self._now(), error.envelope)
        except Exception as error:  # whatever reading it does: the record is the cause, and the others go on
            return dead_letter(record, self._consumer, "invalid", f"body: {type(error).__name__}", self._now())

    async def _take(self, items: Sequence[Item]) -> None:
        if not items:
            return
        try:
            await self._patiently(items)
        except StillUnavailable:
            raise
        except Exception as error:  # some item is the culprit: find it
            if len(items) == 1:
                await self._last_tries(items[0], error)
                return
            middle = len(items) // 2
            await self._take(items[:middle])
            await self._take(items[middle:])

    async def _last_tries(self, item: Item, error: Exception) -> None:
        for attempt in range(1, ATTEMPTS):
            await asyncio.sleep(delay(attempt))
            try:
                await self._patiently([item])
            except StillUnavailable:
                raise
            except Exception as again:
                error = again
            else:
                return
        await self._give_up(item, error)

    async def _give_up(self, item: Item, error: Exception) -> None:
        if isinstance(item, DeadLetter):
            # Burying itself fails: that is our own fault and no record's. It must not be lost.
            raise error
        log.error("event was buried", extra={"consumer": self._consumer, "error": type(error).__name__})
        envelope, detail = item.event.envelope, type(error).__name__
        letter = dead_letter(
            item.record, self._consumer, "handler_failed", detail, self._now(), envelope, attempts=ATTEMPTS
        )
        await self._take([letter])

    async def _patiently(self, items: Sequence[Item]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        attempt = 0
        while True:
            try:
                await self._persist(items)
            except Exception as error:
                if not is_transient(error):
                    raise
                attempt += 1
                log.warning("waiting", extra={"consumer": self._consumer, "error": type(error).__name__})
                pause = delay(attempt)
                if loop.time() + pause > deadline:
                    raise StillUnavailable(type(error).__name__) from error
                await asyncio.sleep(pause)
            else:
                return

    async def _persist(self, items: Sequence[Item]) -> None:
        readable = [item for item in items if isinstance(item, Readable)]
        async with self._database.transaction(self._scope) as conn:
            claims = [(*item.event.identity, item.digest) for item in readable]
            verdicts = await inbox.claim(conn, self._consumer, claims)
            judged = list(zip(readable, verdicts, strict=True))
            fresh = [item.event for item, verdict in judged if verdict == "new"]
            if fresh:
                await self._apply(conn, fresh)
            letters = [item for item in items if isinstance(item, DeadLetter)]
            letters += [self._conflict(item) for item, verdict in judged if verdict == "conflict"]
            for letter in letters:
                await self._bury(conn, letter)
        # Only what was committed counts.
        for item, verdict in judged:
            metrics.EVENTS.labels(self._consumer, item.event.envelope.type, verdict).inc()
        for letter in letters:
            metrics.DEAD_LETTERS.labels(self._consumer, letter.reason).inc()

    def _conflict(self, item: Readable) -> DeadLetter:
        detail = "the identity was seen before with other content"
        envelope = item.event.envelope
        return dead_letter(item.record, self._consumer, "conflicting_identity", detail, self._now(), envelope)


def _refuse_nul(record: Record, event: Event) -> None:
    """PostgreSQL stores no U+0000; say so at once instead of failing at it."""
    if record.value is not None and _NUL.search(record.value):
        raise Unreadable("invalid", "body: U+0000 is not taken", event.envelope)
