"""The dashboard's counts in the database: kept up to date from what changed, made anew at will. All its SQL is here.

Whoever changes a query leaves its days in `metric_changes` (a trigger does). `refresh` takes them away, counts those
days anew from the queries themselves, then every month and value that changed from its days, and every year from its
months. Counting is idempotent: however often a day is counted, and in whatever order, the cells say the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from services.foundation.backoff import delay
from services.foundation.database import Connection, Database
from services.tracker.metrics import COUNTERS, OPEN_AGES, OPEN_COUNTERS, Cell, Dimension, Fact, Tally, tally
from services.tracker.store import SYSTEM_SCOPE, Clock

log = logging.getLogger(__name__)

Grain = Literal["day", "month", "year"]
PAUSE = 30.0
"""Seconds between two looks for changes."""
DAYS_AT_ONCE = 20
_LOCK = 726_431_901

_FACTS = """
SELECT q.created_at, q.issued_at, q.delivered_at, q.answered_at, q.closed_at, c.ended_at AS visit_ended_at,
    q.state, q.reason, q.outcome, q.category, coalesce(c.service, '') AS service,
    coalesce(q.recipient_id, '') AS provider, coalesce(q.template_id, '') AS template,
    coalesce(q.author_id, '') AS author, g.blocking,
    moved.names @> '{redirected}' AS redirected, q.level > 0 OR moved.names @> '{escalated}' AS escalated,
    failures.n > 0 AS failed, failures.rules AS failed_rules,
    q.issued_at IS NOT NULL AND q.approved_by IS NOT NULL AND q.verdict = 'review' AS overridden,
    CASE WHEN q.issued_at IS NOT NULL AND q.approved_by IS NOT NULL AND q.verdict = 'review' THEN ARRAY(
        SELECT DISTINCT finding ->> 'rule' FROM jsonb_array_elements(q.findings) finding
        WHERE finding ->> 'severity' <> 'warn' ORDER BY 1
    ) ELSE '{}' END AS overridden_rules
FROM queries q JOIN charts c ON c.chart_id = q.chart_id JOIN gaps g ON g.gap_uid = q.gap_uid
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(transition), '{}') AS names FROM event_log e
    WHERE e.query_id = q.query_id AND e.transition IN ('redirected', 'escalated')
) moved
CROSS JOIN LATERAL (
    SELECT count(DISTINCT result_id) AS n, ARRAY(SELECT DISTINCT unnest(f2.rules) FROM failed_checks f2
        WHERE f2.query_id = q.query_id ORDER BY 1) AS rules
    FROM failed_checks f WHERE f.query_id = q.query_id
) failures
WHERE q.created_at >= %(start)s AND q.created_at < %(end)s
    OR q.issued_at >= %(start)s AND q.issued_at < %(end)s
"""

_OPEN = f"""
INSERT INTO metric_open (dimension, value, {", ".join(OPEN_COUNTERS)})
SELECT CASE grouping(c.service, q.recipient_id, q.template_id, q.author_id)
        WHEN 15 THEN 'all' WHEN 7 THEN 'service' WHEN 11 THEN 'provider' WHEN 13 THEN 'template' ELSE 'author' END,
    coalesce(c.service, q.recipient_id, q.template_id, q.author_id, ''),
    count(*),
    {", ".join(f"count(*) FILTER (WHERE q.issued_at < %(now)s - interval '{days} days')" for days in OPEN_AGES)},
    count(*) FILTER (WHERE q.level > 0), count(*) FILTER (WHERE q.expired),
    count(*) FILTER (WHERE g.blocking AND c.ended_at <= %(now)s)
FROM queries q JOIN charts c ON c.chart_id = q.chart_id JOIN gaps g ON g.gap_uid = q.gap_uid
WHERE q.state NOT IN ('closed', 'withdrawn', 'superseded', 'auto_resolved') AND q.issued_at IS NOT NULL
GROUP BY GROUPING SETS ((), (c.service), (q.recipient_id), (q.template_id), (q.author_id))
"""  # noqa: S608 - of constants


async def refresh(conn: Connection, zone: str, now: datetime) -> bool:
    """Count what changed, at most `DAYS_AT_ONCE` days of it, and all open queries. Returns whether there is more.

    Args:
        conn: in a transaction of the system.
        zone: the house's time zone; when it changed, everything is counted anew.
        now: the time that the dashboard names when nothing more is to be counted.
    """
    if not await _alone(conn):
        return False
    await _begin_anew(conn, zone)
    days, more = await _changed_days(conn, ZoneInfo(zone))
    await recount(conn, days, ZoneInfo(zone))
    if not more:
        await count_open(conn, now)
        await conn.execute(
            "INSERT INTO metric_state (as_of, zone) VALUES (%s, %s)"
            " ON CONFLICT (single) DO UPDATE SET as_of = excluded.as_of, zone = excluded.zone",
            (now, zone),
        )
    return more


async def _alone(conn: Connection) -> bool:
    """Take the lock of this work for the transaction, unless another process has it."""
    row = await (await conn.execute("SELECT pg_try_advisory_xact_lock(%s) AS got", (_LOCK,))).fetchone()
    return bool(row and row["got"])


async def _begin_anew(conn: Connection, zone: str) -> None:
    row = await (await conn.execute("SELECT zone FROM metric_state")).fetchone()
    if row is None or row["zone"] != zone:
        await forget(conn)
        await conn.execute("INSERT INTO metric_state (as_of, zone) VALUES ('-infinity', %s)", (zone,))


async def forget(conn: Connection) -> None:
    """Throw all counts away and mark every day, so that the next calls of `refresh` count everything anew."""
    for table in ("metric_cells", "metric_open", "metric_state", "metric_changes"):
        await conn.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - of constants
    # Steps of half a day: one day a year has only 23 hours, and steps of a day would miss it.
    await conn.execute(
        "INSERT INTO metric_changes (at) SELECT generate_series(min(at), max(at) + interval '1 day', '12 hours')"
        " FROM (SELECT min(created_at) AS at FROM queries UNION ALL SELECT max(created_at) FROM queries"
        " UNION ALL SELECT min(issued_at) FROM queries UNION ALL SELECT max(issued_at) FROM queries) ends"
        " HAVING min(at) IS NOT NULL"
    )


async def _changed_days(conn: Connection, zone: ZoneInfo) -> tuple[list[date], bool]:
    """Take changed days away, the newest first; there may be more."""
    cursor = await conn.execute(
        "SELECT DISTINCT (at AT TIME ZONE %s)::date AS day FROM metric_changes ORDER BY day DESC LIMIT %s",
        (zone.key, DAYS_AT_ONCE + 1),
    )
    days = [row["day"] for row in await cursor.fetchall()]
    taken = days[:DAYS_AT_ONCE]
    await conn.execute("DELETE FROM metric_changes WHERE (at AT TIME ZONE %s)::date = ANY (%s)", (zone.key, taken))
    return taken, len(days) > len(taken)


async def recount(conn: Connection, days: Iterable[date], zone: ZoneInfo) -> None:
    """Count days anew from their queries, months from their days, and years from their months."""
    months: dict[date, set[Cell]] = {}
    for day in days:
        new = tally(await facts(conn, day, zone), day, zone)
        old = await _cells(conn, "day", day, day)
        changed = {cell for cell in {*new, *old} if new.get(cell) != old.get(cell)}
        await _write(conn, "day", day, {cell: new.get(cell) for cell in changed})
        months.setdefault(day.replace(day=1), set()).update(changed)
    years: dict[date, set[Cell]] = {}
    for month, cells in months.items():
        last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        await _write(conn, "month", month, await _added_up(conn, "day", month, last, cells))
        years.setdefault(month.replace(month=1), set()).update(cells)
    for year, cells in years.items():
        last = year.replace(month=12, day=31)
        await _write(conn, "year", year, await _added_up(conn, "month", year, last, cells))


async def facts(conn: Connection, day: date, zone: ZoneInfo) -> list[Fact]:
    """Return the queries that were written or sent on a day of the house."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    cursor = await conn.execute(_FACTS.encode(), {"start": start, "end": end})
    return [
        Fact(
            **{
                **row,
                "failed_rules": tuple(row["failed_rules"]),
                "overridden_rules": tuple(row["overridden_rules"]),
            }
        )
        for row in await cursor.fetchall()
    ]


async def _added_up(
    conn: Connection, grain: Grain, first: date, last: date, cells: set[Cell]
) -> Mapping[Cell, Tally | None]:
    """Return cells added up from their parts in a time; None for one that has no part."""
    found: dict[Cell, Tally | None] = dict.fromkeys(cells)
    for dimension in {dimension for dimension, _ in cells}:
        values = [value for of, value in cells if of == dimension]
        for row in await _rows(conn, dimension, grain, first, last, values):
            cell = (dimension, row["value"])
            known = found[cell]
            if known is None:
                found[cell] = _tally(row)
            else:
                known.add(_tally(row))
    return found


async def _cells(conn: Connection, grain: Grain, first: date, last: date) -> dict[Cell, Tally]:
    cursor = await conn.execute(
        "SELECT * FROM metric_cells WHERE dimension = ANY (%s) AND grain = %s AND start BETWEEN %s AND %s",
        (["all", "service", "provider", "template", "author", "rule"], grain, first, last),
    )
    return {(row["dimension"], row["value"]): _tally(row) for row in await cursor.fetchall()}


async def _rows(
    conn: Connection, dimension: Dimension, grain: Grain, first: date, last: date, values: Sequence[str]
) -> list[dict[str, Any]]:
    cursor = await conn.execute(
        "SELECT * FROM metric_cells WHERE dimension = %s AND grain = %s AND value = ANY (%s)"
        " AND start BETWEEN %s AND %s",
        (dimension, grain, list(values), first, last),
    )
    return await cursor.fetchall()


def _tally(row: Mapping[str, Any]) -> Tally:
    made = Tally()
    made.counts.update({name: row[name] for name in COUNTERS if row[name]})
    made.from_issue.update({int(step): count for step, count in row["from_issue"].items()})
    made.from_delivery.update({int(step): count for step, count in row["from_delivery"].items()})
    return made


async def _write(conn: Connection, grain: Grain, start: date, cells: Mapping[Cell, Tally | None]) -> None:
    gone = [(dimension, grain, start, value) for (dimension, value), found in cells.items() if found is None]
    rows = [
        (
            dimension, grain, start, value, *(found[name] for name in COUNTERS),
            Jsonb(dict(found.from_issue)), Jsonb(dict(found.from_delivery)),
        )
        for (dimension, value), found in cells.items()
        if found is not None
    ]  # fmt: skip
    columns = (*COUNTERS, "from_issue", "from_delivery")
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns)
    statement = (
        f"INSERT INTO metric_cells (dimension, grain, start, value, {', '.join(columns)})"  # noqa: S608 - of constants
        f" VALUES ({', '.join(['%s'] * (4 + len(columns)))})"
        f" ON CONFLICT (dimension, grain, start, value) DO UPDATE SET {updates}"
    )
    async with conn.cursor() as cursor:
        await cursor.executemany(
            "DELETE FROM metric_cells WHERE dimension = %s AND grain = %s AND start = %s AND value = %s", gone
        )
        await cursor.executemany(statement.encode(), rows)


async def count_open(conn: Connection, now: datetime) -> None:
    """Count all open queries as they are."""
    await conn.execute("DELETE FROM metric_open")
    await conn.execute(_OPEN.encode(), {"now": now})


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, months or years, from the first to the last."""

    grain: Grain
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a dimension with its counts."""

    value: str
    cell: Tally


async def totals(conn: Connection, period: Period) -> Tally:
    """Return the counts of all queries of a period."""
    found = Tally()
    for row in await _rows(conn, "all", period.grain, period.first, period.last, [""]):
        found.add(_tally(row))
    return found


async def months(conn: Connection, first: date, last: date) -> list[tuple[date, Tally]]:
    """Return the counts of all queries, month by month."""
    rows = await _rows(conn, "all", "month", first, last, [""])
    return [(row["start"], _tally(row)) for row in sorted(rows, key=lambda row: row["start"])]


_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTERS)


async def values(
    conn: Connection, dimension: Dimension, period: Period, *, limit: int | None = None, offset: int = 0
) -> list[Named]:
    """Return the values of a dimension with their counts, those with most queries first."""
    order = "failed + overridden" if dimension == "rule" else "issued"
    where = "dimension = %(dimension)s AND grain = %(grain)s AND start BETWEEN %(first)s AND %(last)s"
    asked: dict[str, Any] = {"dimension": dimension, "grain": period.grain, "first": period.first, "last": period.last}
    # Which ones they are comes from an index alone; only theirs are added up.
    cursor = await conn.execute(
        f"SELECT value FROM metric_cells WHERE {where} GROUP BY value"  # noqa: S608 - of constants
        f" ORDER BY sum({order}) DESC, value LIMIT %(limit)s OFFSET %(offset)s".encode(),
        {**asked, "limit": limit, "offset": offset},
    )
    asked["values"] = [row["value"] for row in await cursor.fetchall()]
    cursor = await conn.execute(
        f"SELECT value, {_SUMS} FROM metric_cells WHERE {where} AND value = ANY (%(values)s)"  # noqa: S608 - of constants
        " GROUP BY value".encode(),
        asked,
    )
    sums = {row["value"]: row for row in await cursor.fetchall()}
    found = {value: _tally({**sums[value], "from_issue": {}, "from_delivery": {}}) for value in asked["values"]}
    cursor = await conn.execute(
        f"SELECT value, from_issue, from_delivery FROM metric_cells WHERE {where}"  # noqa: S608 - of constants
        " AND value = ANY (%(values)s) AND from_issue <> '{}'".encode(),
        asked,
    )
    for row in await cursor.fetchall():
        cell = found[row["value"]]
        cell.from_issue.update({int(step): count for step, count in row["from_issue"].items()})
        cell.from_delivery.update({int(step): count for step, count in row["from_delivery"].items()})
    return [Named(value, cell) for value, cell in found.items()]


async def open_by(
    conn: Connection, dimension: Dimension, *, limit: int | None = None, offset: int = 0
) -> list[dict[str, Any]]:
    """Return the open queries by a dimension, those with most first."""
    cursor = await conn.execute(
        "SELECT * FROM metric_open WHERE dimension = %s ORDER BY open DESC, value LIMIT %s OFFSET %s",
        (dimension, limit, offset),
    )
    return await cursor.fetchall()


async def counted_at(conn: Connection) -> datetime | None:
    """Return the time of which the counts tell, or None while they are being made for the first time."""
    row = await (await conn.execute("SELECT as_of FROM metric_state WHERE as_of > '-infinity'")).fetchone()
    return row["as_of"] if row else None


async def first_month(conn: Connection) -> date | None:
    """Return the first month of which anything is counted."""
    cursor = await conn.execute(
        "SELECT min(start) AS first FROM metric_cells WHERE dimension = 'all' AND grain = 'month' AND value = ''"
    )
    row = await cursor.fetchone()
    return row["first"] if row else None


async def keep_counting(database: Database, zone: str, clock: Clock, pause: float = PAUSE) -> None:
    """Refresh the counts for ever, until cancelled. Faults of the database are waited out."""
    failures = 0
    while True:
        try:
            async with database.transaction(SYSTEM_SCOPE) as conn:
                more = await refresh(conn, zone, clock())
            failures = 0
        except Exception as error:  # the counts may be late, and say so; the loop must outlive every fault
            failures += 1
            more = False
            log.warning("metrics could not be counted", extra={"error": type(error).__name__})
            await asyncio.sleep(delay(failures))
        await asyncio.sleep(0 if more else pause)
