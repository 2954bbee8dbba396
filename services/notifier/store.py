"""The timelines in the notifier's database. Each function is one statement in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb

from services.foundation.database import Connection
from services.foundation.timers import Timer, cancel, schedule
from services.notifier import ladder
from services.notifier.ladder import Step
from services.notifier.planning import Timeline

LADDER_TIMER = "ladder"

# Locked in one order, so that two batches never wait for each other.
_LOCK = "SELECT * FROM timelines WHERE query_id = ANY(%s) ORDER BY query_id FOR UPDATE"

_SAVE = """
INSERT INTO timelines (query_id, chart_id, sequence, epoch, active, policy, phase, facility, recipient_id, since,
    anchor, paused_at, deferred_until, steps)
VALUES (%(query_id)s, %(chart_id)s, %(sequence)s, %(epoch)s, %(active)s, %(policy)s, %(phase)s, %(facility)s,
    %(recipient_id)s, %(since)s, %(anchor)s, %(paused_at)s, %(deferred_until)s, %(steps)s)
ON CONFLICT (query_id) DO UPDATE SET chart_id = excluded.chart_id, sequence = excluded.sequence,
    epoch = excluded.epoch, active = excluded.active, policy = excluded.policy, phase = excluded.phase,
    facility = excluded.facility, recipient_id = excluded.recipient_id, since = excluded.since,
    anchor = excluded.anchor, paused_at = excluded.paused_at, deferred_until = excluded.deferred_until,
    steps = excluded.steps, updated_at = now()
"""


async def lock(conn: Connection, query_ids: Iterable[UUID]) -> dict[UUID, Timeline]:
    """Return the timelines that are known of these queries, locked until the transaction ends."""
    cursor = await conn.execute(_LOCK, (list(query_ids),))
    return {row["query_id"]: _timeline(row) for row in await cursor.fetchall()}


async def save(conn: Connection, timelines: Sequence[Timeline]) -> None:
    """Write timelines, and the one timer that wakes each of them at its next step."""
    ordered = sorted(timelines, key=lambda timeline: timeline.query_id)
    async with conn.cursor() as cursor:
        await cursor.executemany(_SAVE, [_row(timeline) for timeline in ordered])
    await schedule(conn, [timer for timeline in ordered if (timer := _wake_up(timeline))])
    for timeline in ordered:
        if ladder.next_due(timeline.steps) is None:
            await cancel(conn, str(timeline.query_id), [LADDER_TIMER])


async def advance(conn: Connection, timeline: Timeline) -> None:
    """Write a timeline whose timer is firing: the timer moves on to the next step, or is left to be completed."""
    await conn.execute(_SAVE, _row(timeline))
    timer = _wake_up(timeline)
    await schedule(conn, [timer] if timer else [])


def _wake_up(timeline: Timeline) -> Timer | None:
    step = ladder.next_due(timeline.steps)
    if step is None:
        return None
    return Timer(uuid5(timeline.query_id, LADDER_TIMER), LADDER_TIMER, str(timeline.query_id), step.due_at)


def _row(timeline: Timeline) -> dict[str, Any]:
    fields = {name: getattr(timeline, name) for name in Timeline.__dataclass_fields__}
    steps = [{**asdict(step), "due_at": step.due_at.isoformat()} for step in timeline.steps]
    return {**fields, "steps": Jsonb(steps)}


def _timeline(row: Mapping[str, Any]) -> Timeline:
    fields = {name: row[name] for name in Timeline.__dataclass_fields__}
    steps = tuple(Step(**{**step, "due_at": datetime.fromisoformat(step["due_at"])}) for step in row["steps"])
    return Timeline(**{**fields, "steps": steps})
