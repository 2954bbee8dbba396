"""What people read, under their own eyes: every query here runs with the actor's scope, so row security decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from services.foundation.database import Connection
from services.tracker.lifecycle import OPEN_QUERY

Row = dict[str, Any]

_QUERY = """
SELECT q.*, c.facility, c.encounter_number, c.patient_name, c.mrn, c.birth_date
FROM queries q JOIN charts c ON c.chart_id = q.chart_id
"""
_RESPONSES = "SELECT * FROM responses WHERE query_id = ANY (%s) ORDER BY at, response_id"
_COPIES = "SELECT query_id FROM copies WHERE provider_id = ANY (%s)"


async def queries(
    conn: Connection,
    *,
    states: Iterable[str] | None = None,
    open_only: bool = False,
    recipient_ids: list[str] | None = None,
    chart_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return queries that the actor may see, newest first, at most `limit`, each with its responses.

    `recipient_ids` are the providers who are asked, or copied. Give them whenever only a provider's own are wanted:
    row security alone would have to look at everybody's.
    """
    where: list[sql.Composable] = [sql.SQL("true")]
    values: dict[str, Any] = {"limit": limit, "chart": chart_id, "people": recipient_ids}
    if states is not None or open_only:
        # Literals, not parameters: the planner has to see that an index of open queries holds them all.
        names = [sql.Literal(one) for one in (states or OPEN_QUERY) if one in OPEN_QUERY or not open_only]
        if not names:
            return []
        where.append(sql.SQL("q.state IN ({})").format(sql.SQL(", ").join(names)))
    if chart_id is not None:
        where.append(sql.SQL("q.chart_id = %(chart)s"))
    if recipient_ids is not None:
        copied = await (await conn.execute(_COPIES, (recipient_ids,))).fetchall()
        asked = "q.recipient_id = ANY (%(people)s)"
        where.append(sql.SQL(f"({asked} OR q.query_id = ANY (%(copied)s))" if copied else asked))
        values["copied"] = [row["query_id"] for row in copied]
    if before is not None:
        where.append(sql.SQL("(q.created_at, q.query_id) < (%(at)s, %(id)s::uuid)"))
        values |= {"at": before[0], "id": before[1]}
    statement = sql.SQL("{} WHERE {} ORDER BY q.created_at DESC, q.query_id DESC LIMIT %(limit)s")
    rows = await conn.execute(statement.format(sql.SQL(_QUERY), sql.SQL(" AND ").join(where)), values)
    return await _with_responses(conn, await rows.fetchall())


async def query(conn: Connection, query_id: UUID) -> Row | None:
    """Return one query that the actor may see, with its responses."""
    rows = await (await conn.execute(_QUERY + " WHERE q.query_id = %s", (query_id,))).fetchall()
    return (await _with_responses(conn, rows))[0] if rows else None


async def _with_responses(conn: Connection, rows: list[Row]) -> list[Row]:
    cursor = await conn.execute(_RESPONSES, ([row["query_id"] for row in rows],))
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


# A gap's own steps and its query's; the notifier's messages as they were reported.
_WHOLE = """
SELECT sequence, subject, transition AS what, at, actor, NULL::text AS detail FROM event_log
WHERE chart_id = %(chart)s AND gap_uid = %(gap)s AND (query_id IS NULL OR query_id = %(query)s)
UNION ALL
SELECT NULL, 'message', status, at, 'notifier', concat_ws(', ', step, channel, error) FROM notices
WHERE query_id = %(query)s
ORDER BY at, sequence NULLS LAST
"""


async def whole_timeline(conn: Connection, query_row: Row) -> list[Row]:
    """Return every event of a query and of its gap, and what the notifier sent, in the order of time."""
    values = {"chart": query_row["chart_id"], "gap": query_row["gap_uid"], "query": query_row["query_id"]}
    return await (await conn.execute(_WHOLE, values)).fetchall()


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
    where = _all_of(
        ("chart_id = %(chart)s", chart_id),
        ("state = %(state)s", state),
        ("(registered_at, gap_uid) < (%(at)s, %(id)s::uuid)", at),
    )
    cursor = await conn.execute(
        f"SELECT * FROM gaps WHERE {where} ORDER BY registered_at DESC, gap_uid DESC LIMIT %(limit)s".encode(),  # noqa: S608
        {"chart": chart_id, "state": state, "at": at, "id": identity, "limit": limit},
    )
    return await cursor.fetchall()


def _all_of(*conditions: tuple[str, object]) -> str:
    """Return those conditions whose value is given. One text per set of them, so that each gets a plan of its own."""
    return " AND ".join(["true", *(condition for condition, value in conditions if value is not None)])


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
    where = _all_of(
        ("status = %(status)s", status),
        ("encounter_number = %(number)s", number),
        ("(changed_at, chart_id) < (%(at)s, %(id)s)", at),
    )
    cursor = await conn.execute(
        f"SELECT * FROM charts WHERE {where} ORDER BY changed_at DESC, chart_id DESC LIMIT %(limit)s".encode(),  # noqa: S608
        {"status": status, "number": number, "at": at, "id": identity, "limit": limit},
    )
    return [{**row, "patient": _patient(row)} for row in await cursor.fetchall()]


async def chart(conn: Connection, chart_id: str) -> Row | None:
    """Return one chart."""
    row = await (await conn.execute("SELECT * FROM charts WHERE chart_id = %s", (chart_id,))).fetchone()
    return {**row, "patient": _patient(row)} if row else None


async def charts_named(conn: Connection, number: str) -> list[str]:
    """Return the charts of a stay's number, or of a patient's MRN, the newest first, at most twenty."""
    cursor = await conn.execute(
        "SELECT chart_id, changed_at FROM charts WHERE encounter_number = %(number)s"
        " UNION SELECT chart_id, changed_at FROM charts WHERE mrn = %(number)s ORDER BY changed_at DESC LIMIT 20",
        {"number": number},
    )
    return [row["chart_id"] for row in await cursor.fetchall()]
