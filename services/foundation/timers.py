"""Durable timers: rows, never sleeps. A timer is claimed by lease and handled in one transaction with its completion.

The clock is the database's, so hosts may disagree about the time. A claim that ran out (a paused process) can no
longer complete: its token is gone, and its transaction rolls back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from services.foundation.backoff import delay
from services.foundation.database import Connection, Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do at `due_at`. `subject` is what it is about; `cancel` finds it by that."""

    id: UUID
    kind: str
    subject: str
    due_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[Connection, Timer], Awaitable[None]]

_SCHEDULE = """
INSERT INTO timers (id, kind, subject, due_at, payload)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::jsonb[])
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, subject = excluded.subject, due_at = excluded.due_at,
    payload = excluded.payload, done_at = NULL, attempts = 0
"""

_CANCEL = """
UPDATE timers SET done_at = now(), lease_token = NULL, leased_until = NULL
WHERE subject = %(subject)s AND done_at IS NULL AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
"""

_CLAIM = """
UPDATE timers SET lease_token = gen_random_uuid(), leased_until = now() + make_interval(secs => %(lease)s),
    attempts = attempts + 1
WHERE id IN (
    SELECT id FROM timers
    WHERE done_at IS NULL AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, subject, due_at, payload, lease_token, attempts
"""

# Completing comes after the handler, so that the handler's own locks are taken first, as everywhere else (no
# deadlock). A timer that was moved to another time meanwhile, by its handler or by others, stays open.
_COMPLETE = """
UPDATE timers SET done_at = CASE WHEN due_at = %(due_at)s THEN now() END, lease_token = NULL, leased_until = NULL,
    attempts = CASE WHEN due_at = %(due_at)s THEN attempts ELSE 0 END
WHERE id = %(id)s AND lease_token = %(token)s AND done_at IS NULL
"""

_POSTPONE = """
UPDATE timers SET leased_until = now() + make_interval(secs => %(wait)s)
WHERE id = %(id)s AND lease_token = %(token)s
"""


async def schedule(conn: Connection, timers: Sequence[Timer]) -> None:
    """Store timers. One whose id is known is replaced, and due again even if it was done or cancelled."""
    latest = list({timer.id: timer for timer in timers}.values())
    if not latest:
        return
    columns = (
        [timer.id for timer in latest],
        [timer.kind for timer in latest],
        [timer.subject for timer in latest],
        [timer.due_at for timer in latest],
        [Jsonb(timer.payload) for timer in latest],
    )
    await conn.execute(_SCHEDULE, columns)


async def cancel(conn: Connection, subject: str, kinds: Iterable[str] | None = None) -> int:
    """Cancel the open timers of a subject (all, or of these kinds). Returns how many there were.

    A timer that is being handled right now is cancelled too: its transaction cannot complete any more.
    """
    listed = None if kinds is None else list(kinds)
    cursor = await conn.execute(_CANCEL, {"subject": subject, "kinds": listed})
    return cursor.rowcount


async def lag(conn: Connection) -> tuple[int, float]:
    """Return how many timers are overdue, and by how many seconds the oldest is (0 if none)."""
    cursor = await conn.execute(
        "SELECT count(*) AS count, coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 AS age"
        " FROM timers WHERE done_at IS NULL AND due_at < now()"
    )
    row = await cursor.fetchone()
    assert row is not None
    return row["count"], row["age"]


class LeaseLost(Exception):
    """Someone else holds or has cancelled the timer: roll back."""


class TimerLoop:
    """Handles timers when they are due, each exactly once as far as the database can see.

    Args:
        database: where the table `timers` is.
        handle: does the work in the given transaction. It reads the state anew and may find nothing to do.
        poll: seconds between two looks for due timers.
        lease: seconds after which a claim that was not completed is free again.
        scope: settings of each handling transaction (see `Database.transaction`).
    """

    def __init__(
        self,
        database: Database,
        handle: Handler,
        *,
        poll: float = 0.5,
        lease: float = 60.0,
        batch: int = 20,
        scope: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._handle = handle
        self._poll = poll
        self._lease = lease
        self._batch = batch
        self._scope = scope

    async def run(self) -> None:
        """Handle what is due, for ever, until cancelled. Faults of the database are waited out."""
        failures = 0
        while True:
            try:
                handled = await self.run_due()
                failures = 0
            except Exception as error:  # the loop must outlive every fault of the database
                failures += 1
                handled = 0
                log.warning("timers could not be claimed", extra={"error": type(error).__name__})
                await asyncio.sleep(delay(failures))
            if not handled:
                await asyncio.sleep(self._poll)

    async def run_due(self) -> int:
        """Handle one batch of due timers, in the order of their times. Returns how many were claimed."""
        async with self._database.transaction() as conn:
            cursor = await conn.execute(_CLAIM, {"lease": self._lease, "limit": self._batch})
            claimed = await cursor.fetchall()
        for row in sorted(claimed, key=lambda row: (row["due_at"], row["id"])):
            await self._fire(row)
        return len(claimed)

    async def _fire(self, row: Mapping[str, Any]) -> None:
        timer = Timer(row["id"], row["kind"], row["subject"], row["due_at"], row["payload"])
        try:
            await self._complete(timer, row["lease_token"])
        except LeaseLost:
            log.info("timer was taken or cancelled meanwhile", extra={"timer_kind": timer.kind})
        except Exception as error:  # a failing timer is tried again later and never stops the others
            log.warning(
                "timer failed",
                extra={"timer_kind": timer.kind, "attempts": row["attempts"], "error": type(error).__name__},
            )
            await self._postpone(timer, row)

    async def _complete(self, timer: Timer, token: UUID) -> None:
        async with self._database.transaction(self._scope) as conn:
            await self._handle(conn, timer)
            cursor = await conn.execute(_COMPLETE, {"id": timer.id, "token": token, "due_at": timer.due_at})
            if cursor.rowcount == 0:
                raise LeaseLost(timer.kind)

    async def _postpone(self, timer: Timer, row: Mapping[str, Any]) -> None:
        wait = delay(row["attempts"], base=1.0, most=300.0)
        async with self._database.transaction() as conn:
            await conn.execute(_POSTPONE, {"wait": wait, "id": timer.id, "token": row["lease_token"]})
