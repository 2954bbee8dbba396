"""What people read, under their own eyes: every query here runs with the actor's scope, so row security decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.foundation.database import Connection

Row = dict[str, Any]
OPEN = "state NOT IN ('closed', 'withdrawn', 'superseded', 'auto_resolved')"

_QUERY = """
SELECT q.*, c.facility, c.encounter_number, c.patient_name, c.mrn, c.birth_date
FROM queries q JOIN charts c ON c.chart_id = q.chart_id
"""


async def queries(
    conn: Connection,
    *,
    states: list[str] | None = None,
    open_only: bool = False,
    recipient_ids: list[str] | None = None,
    recipient_role: str | None = None,
    created_before: datetime | None = None,
    chart_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return queries that the actor may see, newest first, at most `limit`, each with its responses."""
    where, values = ["true"], {"limit": limit}
    conditions: list[tuple[str, str, Any]] = [
        ("q.state = ANY (%(states)s)", "states", states),
        ("q.chart_id = %(chart_id)s", "chart_id", chart_id),
        ("q.recipient_role = %(role)s", "role", recipient_role),
        ("q.created_at < %(until)s", "until", created_before),
        ("(q.recipient_id = ANY (%(people)s) OR q.copied && %(people)s)", "people", recipient_ids),
    ]
    for condition, name, value in conditions:
        if value is not None:
            where.append(condition)
            values[name] = value
    if open_only:
        where.append(f"q.{OPEN}")
    if before is not None:
        where.append("(q.created_at, q.query_id) < (%(at)s, %(id)s::uuid)")
        values |= {"at": before[0], "id": before[1]}  # type: ignore[dict-item]
    statement = f"{_QUERY} WHERE {' AND '.join(where)} ORDER BY q.created_at DESC, q.query_id DESC LIMIT %(limit)s"
    rows = await (await conn.execute(statement.encode(), values)).fetchall()
    return await _with_responses(conn, rows)


async def query(conn: Connection, query_id: UUID) -> Row | None:
    """Return one query that the actor may see, with its responses."""
    rows = await (await conn.execute(_QUERY + " WHERE q.query_id = %s", (query_id,))).fetchall()
    return (await _with_responses(conn, rows))[0] if rows else None


async def _with_responses(conn: Connection, rows: list[Row]) -> list[Row]:
    cursor = await conn.execute(
        "SELECT * FROM responses WHERE query_id = ANY (%s) ORDER BY at, response_id",
        ([row["query_id"] for row in rows],),
    )
    answers: dict[UUID, list[Row]] = {}
    for answer in await cursor.fetchall():
        answers.setdefault(answer["query_id"], []).append(answer)
    said = await _remarks(conn, [row["query_id"] for row in rows])
    return [
        {
            **row,
            "patient": _patient(row),
            "responses": answers.get(row["query_id"], []),
            "remarks": said.get(row["query_id"], []),
        }
        for row in rows
    ]


async def _remarks(conn: Connection, query_ids: list[UUID]) -> dict[UUID, list[Row]]:
    cursor = await conn.execute("SELECT * FROM remarks WHERE query_id = ANY (%s) ORDER BY query_id, n", (query_ids,))
    said: dict[UUID, list[Row]] = {}
    for remark in await cursor.fetchall():
        said.setdefault(remark["query_id"], []).append(remark)
    return said


async def open_questions(conn: Connection, author_id: str | None = None, limit: int = 200) -> list[Row]:
    """Return queries on which a provider waits for a reply, the longest waiting first; of one author, or of all."""
    cursor = await conn.execute(
        _QUERY + " WHERE q.question_at IS NOT NULL AND (%(author)s::text IS NULL OR q.author_id = %(author)s)"
        " ORDER BY q.question_at LIMIT %(limit)s",
        {"author": author_id, "limit": limit},
    )
    return await _with_responses(conn, await cursor.fetchall())


def _patient(row: Row) -> Row:
    return {"name": row["patient_name"], "mrn": row["mrn"], "birth_date": row["birth_date"]}


async def timeline(conn: Connection, query_id: UUID) -> list[Row]:
    """Return the history of a query."""
    cursor = await conn.execute(
        "SELECT sequence, transition, at, actor, hash FROM event_log WHERE query_id = %s AND subject = 'query'"
        " ORDER BY sequence",
        (query_id,),
    )
    return await cursor.fetchall()


async def gaps(
    conn: Connection,
    *,
    chart_id: str | None = None,
    state: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return gaps that the actor may see, newest first."""
    at, identity = before or (None, None)
    cursor = await conn.execute(
        "SELECT * FROM gaps WHERE (%(chart)s::text IS NULL OR chart_id = %(chart)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(at)s::timestamptz IS NULL OR (registered_at, gap_uid) < (%(at)s, %(id)s::uuid))"
        " ORDER BY registered_at DESC, gap_uid DESC LIMIT %(limit)s",
        {"chart": chart_id, "state": state, "at": at, "id": identity, "limit": limit},
    )
    return await cursor.fetchall()


async def gap(conn: Connection, gap_uid: UUID) -> Row | None:
    """Return one gap that the actor may see."""
    return await (await conn.execute("SELECT * FROM gaps WHERE gap_uid = %s", (gap_uid,))).fetchone()


async def charts(
    conn: Connection,
    *,
    status: str | None = None,
    number: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return charts, the one that changed last first."""
    at, identity = before or (None, None)
    cursor = await conn.execute(
        "SELECT * FROM charts WHERE (%(status)s::text IS NULL OR status = %(status)s)"
        " AND (%(number)s::text IS NULL OR encounter_number = %(number)s)"
        " AND (%(at)s::timestamptz IS NULL OR (changed_at, chart_id) < (%(at)s, %(id)s))"
        " ORDER BY changed_at DESC, chart_id DESC LIMIT %(limit)s",
        {"status": status, "number": number, "at": at, "id": identity, "limit": limit},
    )
    return [{**row, "patient": _patient(row)} for row in await cursor.fetchall()]


async def chart(conn: Connection, chart_id: str) -> Row | None:
    """Return one chart."""
    row = await (await conn.execute("SELECT * FROM charts WHERE chart_id = %s", (chart_id,))).fetchone()
    return {**row, "patient": _patient(row)} if row else None
