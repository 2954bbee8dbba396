"""What a provider's inbox reads, under the provider's own eyes: lines, not whole queries, so that it stays quick."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.foundation.database import Connection
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.reading import Row

OPEN_HERE = (*WAITING_QUERY, "awaiting_cosign")

_LINE = """
SELECT q.query_id, q.chart_id, q.state, q.recipient_id, q.due_at, q.issued_at, q.deferred_until, q.question_at,
    q.document ->> 'title' AS title, c.facility, c.encounter_number, c.patient_reference, c.patient_name, c.mrn,
    c.birth_date, r.provider_id AS answered_by, r.at AS answered_at, last.kind AS last_remark, last.at AS remark_at
FROM queries q JOIN charts c ON c.chart_id = q.chart_id
LEFT JOIN LATERAL (
    SELECT provider_id, at FROM responses WHERE query_id = q.query_id AND response_id = q.response_id AND NOT late
    ORDER BY at DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT kind, at FROM remarks WHERE query_id = q.query_id ORDER BY n DESC LIMIT 1
) last ON true
"""

_MINE = """
q.query_id IN (
    SELECT query_id FROM queries WHERE recipient_id = ANY (%(people)s) AND state = ANY (%(states)s)
    UNION SELECT query_id FROM copies WHERE provider_id = ANY (%(people)s)
) AND (q.recipient_id = ANY (%(people)s) OR q.copied && %(people)s) AND q.state = ANY (%(states)s)
"""
"""Two ways to a query, each by an index; the second line leaves out who is not asked any more."""


_ANSWERED = """
q.query_id IN (
    SELECT recent.query_id FROM unnest(%(people)s::text[]) AS person (id) CROSS JOIN LATERAL (
        SELECT query_id FROM queries WHERE recipient_id = person.id AND answered_at IS NOT NULL
        ORDER BY answered_at DESC LIMIT %(limit)s
    ) recent
)
"""
"""By index, a page's worth for each: who has answered for years waits no longer than who began today."""


async def lines(conn: Connection, people: Sequence[str], states: Sequence[str], *, limit: int) -> list[Row]:
    """Return the queries in `states` that are put to one of `people`, newest first, at most `limit`."""
    statement = f"{_LINE} WHERE {_MINE} ORDER BY q.created_at DESC, q.query_id LIMIT %(limit)s"
    values = {"people": list(people), "states": list(states), "limit": limit}
    return await (await conn.execute(statement.encode(), values)).fetchall()


async def answered_lately(conn: Connection, people: Sequence[str], *, limit: int) -> list[Row]:
    """Return what was answered of the queries addressed to `people`, the latest first, at most `limit`."""
    statement = f"{_LINE} WHERE {_ANSWERED} ORDER BY q.answered_at DESC, q.query_id LIMIT %(limit)s"
    return await (await conn.execute(statement.encode(), {"people": list(people), "limit": limit})).fetchall()


async def waiting_on_patient(conn: Connection, people: Sequence[str], query_id: UUID) -> list[Row]:
    """Return what else waits for one of `people` on the same patient, the one that is due first on top."""
    rows = await lines(conn, people, WAITING_QUERY, limit=200)
    cursor = await conn.execute(
        "SELECT c.chart_id, c.facility, c.patient_reference, c.mrn FROM charts c JOIN queries q USING (chart_id)"
        " WHERE q.query_id = %s",
        (query_id,),
    )
    here = await cursor.fetchone()
    if here is None:
        return []
    return [row for row in rows if row["query_id"] != query_id and patient_of(row) == patient_of(here)]


def patient_of(row: Row) -> tuple[str, ...]:
    """Return what tells patients apart: the record's own reference, else the MRN, else the stay alone. Pure."""
    if row["patient_reference"]:
        return "reference", row["facility"], row["patient_reference"]
    if row["mrn"]:
        return "mrn", row["facility"], row["mrn"]
    return "stay", row["chart_id"]
