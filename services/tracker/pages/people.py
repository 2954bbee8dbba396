"""Names beside ids: providers and users, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.foundation.database import Connection
from services.tracker.reading import Row
from services.tracker.treating import literal


@dataclass(frozen=True, slots=True)
class Contact:
    """Who asks, and how to reach them."""

    name: str
    email: str | None = None


_PROVIDERS = b"SELECT id, name FROM providers WHERE id = ANY (%(ids)s)"
_USERS = b"SELECT id, name FROM users WHERE id = ANY (%(ids)s)"


async def names_of(conn: Connection, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return the names of these providers by id."""
    return await _names(conn, _PROVIDERS, ids)


async def user_names(conn: Connection, ids: Iterable[str]) -> Mapping[str, str]:
    """Return the names of these users by id."""
    return await _names(conn, _USERS, ids)


async def actor_names_of(conn: Connection, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return the names of these providers and users, by id."""
    return await _names(conn, _PROVIDERS + b" UNION ALL " + _USERS, ids)


async def _names(conn: Connection, statement: bytes, ids: Iterable[str | None]) -> Mapping[str, str]:
    cursor = await conn.execute(statement, {"ids": sorted({one for one in ids if one})})
    return {row["id"]: row["name"] for row in await cursor.fetchall()}


async def active_providers(conn: Connection) -> list[Row]:
    """Return the providers that can be asked, by name."""
    cursor = await conn.execute("SELECT id, name, role, service FROM providers WHERE active ORDER BY name, id")
    return await cursor.fetchall()


async def contact(conn: Connection, user_id: str | None) -> Contact | None:
    """Return name and address of a user, or None for a machine's gap."""
    cursor = await conn.execute("SELECT name, email FROM users WHERE id = %s", (user_id,))
    row = await cursor.fetchone()
    return Contact(row["name"], row["email"]) if row else None


async def actor_names(conn: Connection) -> Mapping[str, str]:
    """Return the name of everybody, providers and users, by id: for what tells only later whom it names."""
    cursor = await conn.execute("SELECT id, name FROM providers UNION ALL SELECT id, name FROM users")
    return {row["id"]: row["name"] for row in await cursor.fetchall()}


async def search_providers(conn: Connection, text: str, limit: int = 20) -> list[Row]:
    """Return active providers whose name or service holds a text, those whose name begins with it first.

    Without a text: the first by name.
    """
    pattern = literal(text)
    cursor = await conn.execute(
        "SELECT id, name, role, service FROM providers WHERE active AND (name ILIKE %(any)s OR service ILIKE %(any)s)"
        " ORDER BY name ILIKE %(first)s DESC, name, id LIMIT %(limit)s",
        {"any": f"%{pattern}%", "first": f"{pattern}%", "limit": limit},
    )
    return await cursor.fetchall()


async def provider(conn: Connection, provider_id: str) -> Row | None:
    """Return one active provider, or None."""
    cursor = await conn.execute(
        "SELECT id, name, role, service FROM providers WHERE id = %s AND active", (provider_id,)
    )
    return await cursor.fetchone()


MACHINES = {"system": "the system", "notifier": "the notifier", "cdi-query/query-builder": "the query builder"}
"""Actors in a history that are nobody."""


async def asked_now(conn: Connection, ids: Iterable[str | None], now: datetime) -> list[Row]:
    """Return the active providers among these, and whoever covers for one of them now: first those who are asked."""
    cursor = await conn.execute(
        "SELECT id, name, role FROM providers WHERE active AND (id = ANY (%(ids)s) OR id IN (SELECT covered_by"
        " FROM coverage WHERE provider_id = ANY (%(ids)s) AND starts_at <= %(now)s AND ends_at > %(now)s))"
        " ORDER BY array_position(%(ids)s, id), name",
        {"ids": [one for one in ids if one], "now": now},
    )
    return await cursor.fetchall()
