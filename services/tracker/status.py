"""How things stand, in numbers: what was accepted and what became of it. `unaccounted` is 0 when all is quiet."""

from __future__ import annotations

from typing import Any

from schemas.base import Contract
from services.foundation import outbox, timers
from services.foundation.database import Connection

MOST_LINES = 1_000
"""From so many lines on, tallies are summed up."""


class Lag(Contract):
    """How much waits, and for how long the oldest has waited (seconds)."""

    waiting: int
    oldest_seconds: float


class Alarm(Contract):
    """Something a person should look at."""

    kind: str
    count: int


class TemplateCount(Contract):
    """How many query templates this process started with, and how many it refused; its log says why."""

    in_use: int = 0
    refused: int = 0


class Status(Contract):
    """The whole picture. `unaccounted`: accepted gaps without an outcome, and answers parked or not applied."""

    gaps_accepted: int
    gaps_by_state: dict[str, int]
    queries_issued: int
    queries_by_state: dict[str, int]
    charts: dict[str, int]
    dead_letters: int
    parked: int
    outbox: Lag
    outbox_set_aside: int
    timers: Lag
    alarms: tuple[Alarm, ...]
    templates: TemplateCount
    unaccounted: int


async def read_status(conn: Connection, templates: TemplateCount) -> Status:
    """Return the picture; the transaction must be the system's."""
    tallies = await read_tallies(conn)
    gaps, queries, charts = (tallies.get(kind, {}) for kind in ("gap", "query", "chart"))
    letters = await _one(conn, "SELECT count(*) AS n FROM dead_letters WHERE replayed_at IS NULL")
    parked = await _one(conn, "SELECT count(*) AS n FROM parked WHERE state = 'waiting'")
    alarms = await _count(conn, "SELECT kind AS name, count(*) AS n FROM alarms WHERE cleared_at IS NULL GROUP BY kind")
    waiting, oldest = await outbox.lag(conn)
    overdue, latest = await timers.lag(conn)
    return Status(
        gaps_accepted=sum(gaps.values()),
        gaps_by_state=gaps,
        queries_issued=tallies.get("issued", {}).get("all", 0),
        queries_by_state=queries,
        charts=charts,
        dead_letters=letters,
        parked=parked,
        outbox=Lag(waiting=waiting, oldest_seconds=oldest),
        outbox_set_aside=await outbox.set_aside(conn),
        timers=Lag(waiting=overdue, oldest_seconds=latest),
        alarms=tuple(Alarm(kind=kind, count=count) for kind, count in sorted(alarms.items())),
        templates=templates,
        unaccounted=gaps.get("accepted", 0) + gaps.get("requested", 0) + parked,
    )


# Two who do this at once wait for each other's lines and then find them gone: each adds up only what it took away.
_SUM_UP = """
WITH taken AS (
    DELETE FROM tallies WHERE (SELECT count(*) FROM (SELECT 1 FROM tallies LIMIT %(most)s + 1) lines) > %(most)s
    RETURNING kind, state, n
)
INSERT INTO tallies SELECT kind, state, sum(n) FROM taken GROUP BY kind, state
"""


async def read_tallies(conn: Connection, most: int = MOST_LINES) -> dict[str, dict[str, int]]:
    """Return how many stand in which state, by kind (`gap`, `query`, `chart`, `issued`); many lines become few."""
    await conn.execute(_SUM_UP, {"most": most})
    cursor = await conn.execute(
        "SELECT kind, state, sum(n)::bigint AS n FROM tallies GROUP BY kind, state HAVING sum(n) <> 0"
        " ORDER BY kind, state"
    )
    found: dict[str, dict[str, int]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["kind"], {})[row["state"]] = row["n"]
    return found


async def _count(conn: Connection, statement: str) -> dict[str, int]:
    rows: list[dict[str, Any]] = await (await conn.execute(statement.encode())).fetchall()
    return {row["name"]: row["n"] for row in sorted(rows, key=lambda row: row["name"])}


async def _one(conn: Connection, statement: str) -> int:
    row = await (await conn.execute(statement.encode())).fetchone()
    return row["n"] if row else 0
