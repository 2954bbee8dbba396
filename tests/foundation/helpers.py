"""Events, records and small handlers for the tests of the plumbing. All of it is invented."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from schemas.events import Envelope, make, write
from schemas.gaps import GapWithdrawn
from services.foundation.database import Database
from services.foundation.kafka import Record

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
TOPIC = "cdi.gaps.v1"


def event(id_: str, *, gap: str = "gap-1", source: str = "urn:test", reason: str | None = None) -> Envelope:
    data = GapWithdrawn(
        gap_id=gap,
        occurred_at=NOW,
        facility="Testfield",
        encounter_number="E-1",
        **({"reason": reason} if reason else {}),
    )
    return make(data, id=id_, source=source, time=NOW)


def record(value: bytes | None, offset: int = 0, *, topic: str = TOPIC, key: bytes | None = b"k") -> Record:
    return Record(topic, 0, offset, key, value, (), NOW)


def records(*values: bytes | None) -> list[Record]:
    return [record(value, offset) for offset, value in enumerate(values)]


def body(id_: str, **fields: str) -> bytes:
    return write(event(id_, **fields))


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until the condition holds; the test fails if it does not in time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def scalar(database: Database, query: str, *values: object) -> object:
    async with database.transaction() as conn:
        row = await (await conn.execute(query.encode(), values)).fetchone()
    assert row is not None
    return next(iter(row.values()))
