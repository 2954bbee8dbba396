"""What happened and who looked, found again; and one query's bundle. SQL of the audit's pages stands here.

Searches run with the reader's own scope, so row security decides what is found. A bundle is made by the system, after
the reader has proven to see the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.foundation.database import Connection
from services.tracker import audit, store
from services.tracker.audit import Vault
from services.tracker.bundles import Bundle, Person, make_bundle

Row = dict[str, Any]
MOST = 500
_STEPS = """
SELECT e.at, e.actor, e.subject, e.transition, e.query_id, e.chart_id, e.sequence, c.encounter_number
FROM event_log e JOIN charts c ON c.chart_id = e.chart_id
"""
_VIEWS = """
SELECT e.at, e.user_id AS actor, e.what, e.query_id, e.chart_id, e.id AS sequence, c.encounter_number
FROM view_log e JOIN charts c ON c.chart_id = e.chart_id
"""
_LATEST = "ORDER BY e.at DESC, e.chart_id, sequence DESC LIMIT %(most)s"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: at least a query, a stay or a user; a period narrows it. Days are the house's."""

    query_id: UUID | None = None
    number: str | None = None
    user: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def enough(self) -> bool:
        """Whether the search is narrow enough to be made."""
        return bool(self.query_id or self.number or self.user)


async def steps(conn: Connection, wanted: Wanted, zone: str) -> list[Row]:
    """Return steps of the log, the latest first, at most `MOST`."""
    where, values = _where(wanted, zone, "actor")
    cursor = await conn.execute(f"{_STEPS} WHERE {where} {_LATEST}".encode(), values)
    return await cursor.fetchall()


async def views(conn: Connection, wanted: Wanted, zone: str) -> list[Row]:
    """Return who looked at what, the latest first, at most `MOST`."""
    where, values = _where(wanted, zone, "user_id")
    cursor = await conn.execute(f"{_VIEWS} WHERE {where} {_LATEST}".encode(), values)
    return await cursor.fetchall()


def _where(wanted: Wanted, zone: str, user: str) -> tuple[str, dict[str, object]]:
    at = ZoneInfo(zone)
    conditions: list[tuple[str, str, object]] = [
        ("e.query_id = %(query_id)s", "query_id", wanted.query_id),
        ("c.encounter_number = %(number)s", "number", wanted.number),
        (f"e.{user} = %(user)s", "user", wanted.user),
        ("e.at >= %(first)s", "first", _start(wanted.first, at)),
        ("e.at < %(end)s", "end", _start(wanted.last + timedelta(days=1) if wanted.last else None, at)),
    ]
    given = [(text, name, value) for text, name, value in conditions if value is not None]
    return " AND ".join(text for text, _, _ in given), {"most": MOST, **{name: value for _, name, value in given}}


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


async def query_bundle(
    conn: Connection, vault: Vault, row: Mapping[str, Any], *, at: datetime, by: str, names: Mapping[str, str]
) -> Bundle:
    """Return the bundle of a query.

    Args:
        conn: in a transaction of the system.
        row: the query as its reader sees it (`reading.query`).
        at: the moment; `by`: who exports; `names`: of users and providers by id.

    Raises:
        BrokenChain: if the log does not verify: then nothing is exported, and somebody must look.
    """
    chart_id: str = row["chart_id"]
    entries = await store.read_log(conn, chart_id)
    audit.verify(entries)
    sealed = await store.sealed_payloads(conn, chart_id)
    own = [entry for entry in entries if entry.query_id == row["query_id"] and entry.sequence in sealed]
    payloads = {
        entry.sequence: vault.plain(chart_id, entry.sequence, sealed[entry.sequence], entry.payload_digest).decode()
        for entry in own
    }
    person = Person(
        name=row["patient_name"],
        mrn=row["mrn"],
        birth_date=str(row["birth_date"]) if row["birth_date"] else None,
        facility=row["facility"],
        encounter_number=row["encounter_number"],
    )
    return make_bundle(row["query_id"], entries, payloads, person, at=at, by=by, names=names)
