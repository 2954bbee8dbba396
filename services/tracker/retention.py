"""How long payloads are kept, what is held longer by law, and purging what is due. All its SQL is here.

A purge takes what was written about a patient: the payloads of the log, texts, answers, names. What stays is the chain
(it proves that a step was, when and by whom), counts, and ids. A purged chart takes nothing in any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from schemas.base import Contract
from services.foundation.database import Connection
from services.tracker.lifecycle import NotAllowed
from services.tracker.policy import Policy

Row = dict[str, Any]
MOST_LISTED = 200
MOST_COUNTED = 1_000


class Due(Contract):
    """What a purge would take now: how many charts, and how many that are as old stay for a legal hold.

    Of the oldest thousand: there may be more.
    """

    before: datetime
    charts: int
    held: int


class Purged(Contract):
    """What a purge took: charts and payloads; `left`: charts that are due still."""

    charts: int
    payloads: int
    left: int


def cutoff(policy: Policy, now: datetime) -> datetime:
    """Return the moment before which a chart must have changed last, to be due."""
    return now - timedelta(days=policy.keep_payloads_days)


# The candidates come by index, oldest first; whether each may go is asked for it alone.
_CANDIDATES = """
SELECT c.chart_id, c.facility, c.encounter_number, c.changed_at FROM charts c
WHERE c.status = 'finalized' AND c.purged_at IS NULL AND c.changed_at < %(before)s
    AND keeps_from_purging(c.chart_id, %(before)s) IS NULL
ORDER BY c.changed_at, c.chart_id LIMIT %(limit)s
"""


async def due(conn: Connection, before: datetime) -> Due:
    """Return what is due, in numbers; of the oldest `MOST_COUNTED` charts alone, since each is asked for by itself."""
    cursor = await conn.execute(
        "SELECT count(*) FILTER (WHERE why IS NULL) AS charts, count(*) FILTER (WHERE why = 'legal_hold') AS held"
        " FROM (SELECT keeps_from_purging(chart_id, %(before)s) AS why FROM charts"
        " WHERE status = 'finalized' AND purged_at IS NULL AND changed_at < %(before)s"
        " ORDER BY changed_at LIMIT %(most)s) asked",
        {"before": before, "most": MOST_COUNTED},
    )
    row = await cursor.fetchone()
    assert row is not None
    return Due(before=before, charts=row["charts"], held=row["held"])


async def due_charts(conn: Connection, before: datetime, limit: int = MOST_LISTED) -> list[Row]:
    """Return the charts that are due, the oldest first."""
    return await (await conn.execute(_CANDIDATES, {"before": before, "limit": limit})).fetchall()


async def purge(conn: Connection, before: datetime, by: str, limit: int) -> Purged:
    """Purge at most `limit` charts that are due, each with the visits that were merged into it."""
    payloads = 0
    charts = await due_charts(conn, before, limit)
    for chart in charts:
        cursor = await conn.execute("SELECT purge_chart(%s, %s, %s) AS gone", (chart["chart_id"], before, by))
        row = await cursor.fetchone()
        payloads += row["gone"] if row else 0
    return Purged(charts=len(charts), payloads=payloads, left=(await due(conn, before)).charts)


async def hold(conn: Connection, chart_id: str, reason: str, by: str) -> None:
    """Hold a chart by law. Raises `NotAllowed` if it is held already, or purged."""
    cursor = await conn.execute("SELECT purged_at FROM charts WHERE chart_id = %s FOR UPDATE", (chart_id,))
    row = await cursor.fetchone()
    if row is None or row["purged_at"] is not None:
        raise NotAllowed("What was written about this chart is purged already; there is nothing left to hold.")
    try:
        async with conn.transaction():
            await conn.execute(
                "INSERT INTO legal_holds (chart_id, reason, set_by) VALUES (%s, %s, %s)", (chart_id, reason, by)
            )
    except psycopg.errors.UniqueViolation:
        raise NotAllowed("This chart is held by law already.") from None


async def lift(conn: Connection, hold_id: UUID, reason: str, by: str) -> None:
    """Lift a legal hold. Raises `NotAllowed` if there is none of that id that is in force."""
    cursor = await conn.execute(
        "UPDATE legal_holds SET lifted_by = %s, lifted_at = now(), lift_reason = %s"
        " WHERE hold_id = %s AND lifted_at IS NULL",
        (by, reason, hold_id),
    )
    if cursor.rowcount == 0:
        raise NotAllowed("This legal hold is lifted already.")


async def holds(conn: Connection, limit: int = MOST_LISTED) -> list[Row]:
    """Return legal holds, those in force first."""
    cursor = await conn.execute(
        "SELECT h.*, c.encounter_number, c.facility FROM legal_holds h JOIN charts c USING (chart_id)"
        " ORDER BY h.lifted_at IS NOT NULL, h.set_at DESC LIMIT %s",
        (limit,),
    )
    return await cursor.fetchall()


async def purges(conn: Connection, limit: int = 50) -> list[Row]:
    """Return what was purged, the latest first."""
    cursor = await conn.execute(
        "SELECT p.*, c.encounter_number, c.facility FROM purges p JOIN charts c USING (chart_id)"
        " ORDER BY p.purged_at DESC, p.chart_id LIMIT %s",
        (limit,),
    )
    return await cursor.fetchall()
