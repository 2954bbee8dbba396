"""Providers, service defaults, coverage and sources as the tracker keeps them: reading, importing, setting."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb
from pydantic import Field

from schemas.base import Contract, Instant
from schemas.vocabulary import RecipientRole
from services.foundation import timers
from services.foundation.database import Connection
from services.foundation.timers import Timer
from services.tracker.expectations import DIRECTORY
from services.tracker.ids import NAMESPACE
from services.tracker.recipients import Directory, Provider


class ProviderRecord(Contract):
    """One row of the directory, as the import takes it. Row security joins ids by commas, so none may stand in one."""

    id: str = Field(min_length=1, max_length=100, pattern=r"^[^,\x00-\x1f]+$")
    name: str = Field(min_length=1, max_length=200)
    role: RecipientRole
    service: str | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=300, pattern=r"^[^@\s]+@[^@\s]+$")
    default_for_service: bool = False
    active: bool = True


class Source(Contract):
    """What compliance decided about a source of events. An unknown one is a machine that may do nothing by itself.

    `authors` maps the source's own author ids to users here.
    """

    source: str = Field(min_length=1, max_length=300)
    kind: Literal["person", "machine"] = "machine"
    automatic: bool = False
    may_answer: bool = False
    authors: dict[str, str] = Field(default_factory=dict)


class Coverage(Contract):
    """Who answers for whom, from when to when."""

    provider_id: str
    covered_by: str
    starts_at: Instant
    ends_at: Instant


class CoverageSet(Coverage):
    """A coverage that is set, with the id by which it is ended."""

    id: UUID


class DirectoryCache:
    """The directory in memory, read anew after `seconds`, or when it was changed here."""

    def __init__(self, seconds: float = 2.0) -> None:
        self._seconds = seconds
        self._read_at = 0.0
        self._directory = Directory()

    def forget(self) -> None:
        """Read the directory anew at the next use."""
        self._read_at = 0.0

    async def get(self, conn: Connection) -> Directory:
        """Return the directory, at most a few seconds old."""
        if not self._read_at or time.monotonic() - self._read_at > self._seconds:
            self._directory = await read_directory(conn)
            self._read_at = time.monotonic()
        return self._directory


async def read_directory(conn: Connection) -> Directory:
    """Return all providers and service defaults."""
    rows = await (await conn.execute("SELECT id, role, service, active, name FROM providers")).fetchall()
    defaults = await (await conn.execute("SELECT service, provider_id FROM service_defaults")).fetchall()
    return Directory(
        providers={
            row["id"]: Provider(row["id"], row["role"], row["service"], row["active"], row["name"]) for row in rows
        },
        default_by_service={row["service"]: row["provider_id"] for row in defaults},
    )


async def import_providers(conn: Connection, records: Iterable[ProviderRecord]) -> int:
    """Insert or replace providers and their service defaults. Returns how many."""
    rows = [record.model_dump() for record in records]
    async with conn.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO providers (id, name, role, service, email, active) VALUES"
            " (%(id)s, %(name)s, %(role)s, %(service)s, %(email)s, %(active)s) ON CONFLICT (id) DO UPDATE SET"
            " name = excluded.name, role = excluded.role, service = excluded.service, email = excluded.email,"
            " active = excluded.active",
            rows,
        )
        await cursor.executemany(
            "DELETE FROM service_defaults WHERE provider_id = %(id)s",
            [row for row in rows if not row["default_for_service"]],
        )
        await cursor.executemany(
            "INSERT INTO service_defaults (service, provider_id) VALUES (%(service)s, %(id)s)"
            " ON CONFLICT (service) DO UPDATE SET provider_id = excluded.provider_id",
            [row for row in rows if row["default_for_service"] and row["service"]],
        )
    return len(rows)


async def search_recipients(conn: Connection) -> None:
    """Let the charts whose drafts are held for want of a recipient look into the directory again, one by one."""
    cursor = await conn.execute(
        "SELECT DISTINCT chart_id, now() AS at FROM queries WHERE state = 'held' AND recipient_id IS NULL"
    )
    found = [
        Timer(
            id=uuid5(NAMESPACE, f"{DIRECTORY}\n{row['chart_id']}"),
            kind=DIRECTORY,
            subject=row["chart_id"],
            due_at=row["at"],
            payload={"chart_id": row["chart_id"]},
        )
        for row in await cursor.fetchall()
    ]
    await timers.schedule(conn, found)


async def covers_of(conn: Connection, provider_id: str | None, at: datetime) -> frozenset[str]:
    """Return the providers for whom `provider_id` answers at a time."""
    if provider_id is None:
        return frozenset()
    cursor = await conn.execute(
        "SELECT provider_id FROM coverage WHERE covered_by = %s AND starts_at <= %s AND ends_at > %s",
        (provider_id, at, at),
    )
    return frozenset(row["provider_id"] for row in await cursor.fetchall())


async def set_coverage(conn: Connection, coverage: Coverage) -> None:
    """Note who answers for whom."""
    await conn.execute(
        "INSERT INTO coverage (provider_id, covered_by, starts_at, ends_at) VALUES"
        " (%(provider_id)s, %(covered_by)s, %(starts_at)s, %(ends_at)s)",
        coverage.model_dump(),
    )


async def coverages_of(conn: Connection, provider_id: str, now: datetime) -> list[CoverageSet]:
    """Return who answers for a provider, and for whom the provider answers, as far as it is not over, soonest first."""
    cursor = await conn.execute(
        "SELECT id, provider_id, covered_by, starts_at, ends_at FROM coverage"
        " WHERE (provider_id = %(me)s OR covered_by = %(me)s) AND ends_at > %(now)s ORDER BY starts_at, id",
        {"me": provider_id, "now": now},
    )
    return [CoverageSet.model_validate(row) for row in await cursor.fetchall()]


async def end_coverage(conn: Connection, coverage_id: UUID, provider_id: str, now: datetime) -> bool:
    """End a provider's own coverage now; one that has not begun is taken away. Returns False if it is over already."""
    mine = {"id": coverage_id, "me": provider_id, "now": now}
    ended = await conn.execute(
        "UPDATE coverage SET ends_at = %(now)s WHERE id = %(id)s AND provider_id = %(me)s AND starts_at < %(now)s"
        " AND ends_at > %(now)s",
        mine,
    )
    called_off = await conn.execute(
        "DELETE FROM coverage WHERE id = %(id)s AND provider_id = %(me)s AND starts_at >= %(now)s", mine
    )
    return bool(ended.rowcount + called_off.rowcount)


async def read_source(conn: Connection, source: str) -> Source:
    """Return what is decided about a source; an unknown one is a machine without rights."""
    cursor = await conn.execute(
        "SELECT source, kind, automatic, may_answer, authors FROM sources WHERE source = %s", (source,)
    )
    row = await cursor.fetchone()
    return Source.model_validate(row) if row else Source(source=source[:300])


async def list_sources(conn: Connection) -> list[Source]:
    """Return all sources that compliance has decided about."""
    cursor = await conn.execute("SELECT source, kind, automatic, may_answer, authors FROM sources ORDER BY source")
    return [Source.model_validate(row) for row in await cursor.fetchall()]


async def set_source(conn: Connection, source: Source, changed_by: str) -> None:
    """Store what compliance decided about a source."""
    await conn.execute(
        "INSERT INTO sources (source, kind, automatic, may_answer, authors, changed_by) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, automatic = excluded.automatic,"
        " may_answer = excluded.may_answer, authors = excluded.authors, changed_by = excluded.changed_by,"
        " changed_at = now()",
        (source.source, source.kind, source.automatic, source.may_answer, Jsonb(source.authors), changed_by),
    )
