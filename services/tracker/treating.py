"""Who else might answer a query: who treats the patient, wrote about the question, or covers. Never who agrees more.

Read with the system's eyes, as a provider may not see others' queries: only names come out of here, none of them from
a sensitive record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.foundation.database import Connection

MOST = 5
ATTENDING, WROTE, ASKED, COVERS, SERVICE = (
    "attending of this stay",
    "wrote in the record about this",
    "was asked on this stay before",
    "answers for you now",
    "first contact of the service",
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A provider who can be asked, and why this one is named (empty: found by name)."""

    id: str
    name: str
    role: str
    service: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Treating:
    """Provider ids around a query, by what they have to do with it."""

    attending: str | None
    wrote: tuple[str, ...]
    asked: tuple[str, ...]
    covers: tuple[str, ...]
    service_default: str | None


def ranked(found: Treating, people: Mapping[str, Colleague], without: Iterable[str]) -> list[Colleague]:
    """Return at most five colleagues, nearest to the question first, each once with the first reason. Pure."""
    reasons: list[tuple[str | None, str]] = [
        *((one, WROTE) for one in found.wrote),
        (found.attending, ATTENDING),
        *((one, ASKED) for one in found.asked),
        *((one, COVERS) for one in found.covers),
        (found.service_default, SERVICE),
    ]
    left_out, chosen = set(without), dict[str, Colleague]()
    for provider_id, why in reasons:
        known = people.get(provider_id or "")
        if known and known.id not in left_out and known.id not in chosen:
            chosen[known.id] = replace(known, why=why)
    return list(chosen.values())[:MOST]


async def suggested(
    conn: Connection, query_id: UUID, asking: str, recipient: str | None, now: datetime
) -> list[Colleague]:
    """Return whom to suggest in place of `asking` (and of the recipient). `conn` has the system's scope."""
    found = await _treating(conn, query_id, asking, now)
    everybody = [found.attending, *found.wrote, *found.asked, *found.covers, found.service_default]
    return ranked(found, await _people(conn, [one for one in everybody if one]), (asking, recipient or ""))


async def _treating(conn: Connection, query_id: UUID, asking: str, now: datetime) -> Treating:
    cursor = await conn.execute(
        "SELECT c.chart_id, c.attending_id, g.content, d.provider_id AS service_default FROM queries q"
        " JOIN charts c ON c.chart_id = q.chart_id JOIN gaps g ON g.gap_uid = q.gap_uid"
        " LEFT JOIN service_defaults d ON d.service = c.service WHERE q.query_id = %s",
        (query_id,),
    )
    row = await cursor.fetchone()
    assert row is not None, "the query was read a moment ago, and nothing deletes one"
    cursor = await conn.execute(
        "SELECT recipient_id FROM queries WHERE chart_id = %s AND sensitivity = 'normal' AND issued_at IS NOT NULL"
        " GROUP BY recipient_id ORDER BY max(created_at) DESC LIMIT %s",
        (row["chart_id"], MOST),
    )
    asked = [one["recipient_id"] for one in await cursor.fetchall() if one["recipient_id"]]
    cursor = await conn.execute(
        "SELECT covered_by FROM coverage WHERE provider_id = %s AND starts_at <= %s AND ends_at > %s ORDER BY ends_at",
        (asking, now, now),
    )
    covers = [one["covered_by"] for one in await cursor.fetchall()]
    return Treating(
        attending=row["attending_id"],
        wrote=tuple(writers(row["content"])),
        asked=tuple(asked),
        covers=tuple(covers),
        service_default=row["service_default"],
    )


def writers(content: Mapping[str, Any]) -> list[str]:
    """Return the ids of those who documented what a gap is about, in its order, each once. Pure."""
    entries = [*content.get("documented", ()), *(c for one in content.get("concepts", ()) for c in one["citations"])]
    return list(dict.fromkeys(one["author_id"] for one in entries if one.get("author_id")))


async def _people(conn: Connection, ids: list[str]) -> dict[str, Colleague]:
    cursor = await conn.execute("SELECT id, name, role, service FROM providers WHERE active AND id = ANY (%s)", (ids,))
    return {row["id"]: Colleague(**row) for row in await cursor.fetchall()}


async def find(conn: Connection, words: str, limit: int = 12) -> list[Colleague]:
    """Return active providers whose names hold every word, by name."""
    patterns = [f"%{literal(word)}%" for word in words.split()[:6]]
    if not patterns:
        return []
    cursor = await conn.execute(
        "SELECT id, name, role, service FROM providers WHERE active AND name ILIKE ALL (%s) ORDER BY name, id LIMIT %s",
        (patterns, limit),
    )
    return [Colleague(**row) for row in await cursor.fetchall()]


def literal(word: str) -> str:
    """Return a text for the inside of a LIKE pattern, in which its signs stand for themselves. Pure."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
