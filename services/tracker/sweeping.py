"""What has had its time is deleted: sessions, sign-ins that were begun, answers kept for repeated requests."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from services.foundation.database import Connection
from services.tracker import identity
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE

log = logging.getLogger(__name__)
EVERY = 600.0
"""Seconds between two rounds."""
KEEP_ANSWERS = timedelta(days=7)
"""How long a request may be repeated with the same `Idempotency-Key`."""
AT_ONCE = 1_000
"""Rows a statement, so that no round holds locks for long."""

_SWEEPS = (
    ("sessions", "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
     " WHERE expires_at < %(now)s OR seen_at < %(idle)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"),
    ("sign_in_attempts", "DELETE FROM sign_in_attempts WHERE state IN (SELECT state FROM sign_in_attempts"
     " WHERE expires_at < %(now)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"),
    ("idempotency", "DELETE FROM idempotency WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency"
     " WHERE at < %(answered)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"),
)  # fmt: skip


async def sweep(conn: Connection, now: datetime) -> dict[str, int]:
    """Delete at most `AT_ONCE` rows of each table. Returns how many went, by table."""
    values = {"now": now, "idle": now - identity.IDLE, "answered": now - KEEP_ANSWERS, "limit": AT_ONCE}
    return {table: (await conn.execute(statement.encode(), values)).rowcount for table, statement in _SWEEPS}


async def keep_swept(office: Office) -> None:
    """Sweep for ever. Several processes may do so at once; a fault is logged, and the next round tries again."""
    while True:
        try:
            again = True
            while again:
                async with office.database.transaction(SYSTEM_SCOPE) as conn:
                    again = AT_ONCE in (await sweep(conn, office.clock())).values()
        except Exception as error:  # nothing waits for this; it must only not end
            log.warning("what has had its time could not be deleted", extra={"error": type(error).__name__})
        await asyncio.sleep(EVERY)
