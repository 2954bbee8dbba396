"""What coders read: charts with their holds and history, answers to review, late answers. Row security decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.foundation.database import Connection
from services.tracker.reading import Row

Position = tuple[datetime, str]

_OPEN_CHART = "c.status NOT IN ('finalized', 'merged')"
_MINE = "c.chart_id IN (SELECT chart_id FROM gaps WHERE author_id = %(author)s)"
_HOLDS = """
SELECT g.gap_uid, g.chart_id, g.category, g.state AS gap_state, g.blocking, g.author_id, g.registered_at, g.due_at,
    q.query_id, q.state, q.recipient_id, q.held_reason, q.created_at, q.issued_at, q.answered_at, q.changed_at,
    q.deferred_until, q.expired
FROM gaps g LEFT JOIN queries q ON q.query_id = g.query_id
WHERE g.chart_id = ANY (%s) AND g.blocking AND g.state IN ('accepted', 'requested', 'queried', 'held')
ORDER BY g.registered_at, g.gap_uid
"""
_ANSWERS = """
SELECT q.query_id, q.chart_id, q.state, q.category, q.recipient_id, q.author_id, q.answered_at, q.late_at, q.outcome,
    q.document ->> 'title' AS title, c.facility, c.encounter_number, c.patient_name
FROM queries q JOIN charts c ON c.chart_id = q.chart_id
"""


def _named(row: Row) -> Row:
    return {
        **row,
        "patient": {"name": row["patient_name"], "mrn": row.get("mrn"), "birth_date": row.get("birth_date")},
        "holds": [],
    }


async def charts(
    conn: Connection,
    *,
    author: str | None = None,
    status: str | None = None,
    open_only: bool = False,
    before: Position | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return charts with their holds, the one that changed last first; of one author, or all."""
    conditions = [
        (author is not None, _MINE),
        (status is not None, "c.status = %(status)s"),
        (open_only, _OPEN_CHART),
        (before is not None, "(c.changed_at, c.chart_id) < (%(at)s, %(id)s)"),
    ]
    where = " AND ".join(["true", *(text for holds, text in conditions if holds)])
    at, identity = before or (None, None)
    cursor = await conn.execute(
        f"SELECT c.* FROM charts c WHERE {where} ORDER BY c.changed_at DESC, c.chart_id DESC LIMIT %(limit)s".encode(),  # noqa: S608 - of constants
        {"author": author, "status": status, "at": at, "id": identity, "limit": limit},
    )
    return await _with_holds(conn, [_named(row) for row in await cursor.fetchall()])


async def of_number(conn: Connection, number: str, limit: int = 20) -> list[Row]:
    """Return the charts of an encounter number, with their holds; several facilities may use the same one."""
    cursor = await conn.execute(
        "SELECT * FROM charts WHERE encounter_number = %s ORDER BY changed_at DESC, chart_id LIMIT %s", (number, limit)
    )
    return await _with_holds(conn, [_named(row) for row in await cursor.fetchall()])


async def _with_holds(conn: Connection, rows: list[Row]) -> list[Row]:
    held = {row["chart_id"]: row["holds"] for row in rows if row["holding"]}
    for hold in await holds(conn, list(held)) if held else []:
        held[hold["chart_id"]].append(hold)
    return rows


async def holds(conn: Connection, chart_ids: Sequence[str]) -> list[Row]:
    """Return the open, blocking gaps of charts that the actor may see, with where their queries stand."""
    return await (await conn.execute(_HOLDS, (list(chart_ids),))).fetchall()


async def history(conn: Connection, chart_id: str, limit: int = 200) -> list[Row]:
    """Return what happened on a chart, the latest first, as far as one may see it."""
    cursor = await conn.execute(
        "SELECT e.sequence, e.subject, e.transition, e.at, e.actor, e.query_id, g.category FROM event_log e"
        " LEFT JOIN gaps g ON g.gap_uid = e.gap_uid WHERE e.chart_id = %s ORDER BY e.sequence DESC LIMIT %s",
        (chart_id, limit),
    )
    return await cursor.fetchall()


async def siblings(conn: Connection, gap_uid: UUID) -> list[Row]:
    """Return the queries of one gap in their order: what was asked first, and what followed up on it."""
    cursor = await conn.execute(
        "SELECT query_id, n, state, outcome, created_at, document ->> 'title' AS title FROM queries"
        " WHERE gap_uid = %s ORDER BY n",
        (gap_uid,),
    )
    return await cursor.fetchall()


async def to_review(
    conn: Connection, *, author: str | None = None, before: Position | None = None, limit: int = 50
) -> list[Row]:
    """Return answered queries whose outcome is not set, the answer that waits longest first."""
    at, identity = before or (None, None)
    return await _answers(
        conn,
        "q.state IN ('answered', 'under_review', 'awaiting_documentation')",
        "q.answered_at",
        {"author": author, "at": at, "id": identity, "limit": limit},
    )


async def late(
    conn: Connection, *, author: str | None = None, before: Position | None = None, limit: int = 50
) -> list[Row]:
    """Return ended queries with an answer that came afterwards and that nobody has settled, the oldest first."""
    at, identity = before or (None, None)
    return await _answers(
        conn, "q.late_at IS NOT NULL", "q.late_at", {"author": author, "at": at, "id": identity, "limit": limit}
    )


async def _answers(conn: Connection, which: str, order: str, values: dict[str, Any]) -> list[Row]:
    conditions = [
        (values["author"] is not None, "q.author_id = %(author)s"),
        (values["at"] is not None, f"({order}, q.query_id) > (%(at)s, %(id)s::uuid)"),
    ]
    where = " AND ".join([which, *(text for holds, text in conditions if holds)])
    statement = f"{_ANSWERS} WHERE {where} ORDER BY {order}, q.query_id LIMIT %(limit)s"
    return await (await conn.execute(statement.encode(), values)).fetchall()
