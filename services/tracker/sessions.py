"""Who is signed in, and which tokens there are: lists, and what ends them. Both are named by the start of a digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.foundation.database import Connection
from services.tracker.identity import IDLE, KEY, OWN_SERVICES

Row = dict[str, Any]


async def sessions_of(conn: Connection, now: datetime, user_id: str | None = None) -> list[Row]:
    """Return the sessions that go on, the one used last first: of a user, or all."""
    cursor = await conn.execute(
        "SELECT left(s.hash, %(key)s) AS key, s.user_id, u.name, s.created_at, s.seen_at,"
        " least(s.expires_at, s.seen_at + %(idle)s) AS ends_at FROM sessions s JOIN users u ON u.id = s.user_id"
        " WHERE s.expires_at > %(now)s AND s.seen_at > %(now)s - %(idle)s AND u.active"
        " AND (%(user)s::text IS NULL OR s.user_id = %(user)s) ORDER BY s.seen_at DESC, s.hash LIMIT 500",
        {"key": KEY, "idle": IDLE, "now": now, "user": user_id},
    )
    return await cursor.fetchall()


async def end_session(conn: Connection, key: str, user_id: str | None = None) -> bool:
    """End the session of that key: a user's own, or anybody's. Returns whether there was one."""
    cursor = await conn.execute(
        "DELETE FROM sessions WHERE left(hash, %s) = %s AND (%s::text IS NULL OR user_id = %s)",
        (KEY, key, user_id, user_id),
    )
    return cursor.rowcount > 0


async def end_other_sessions(conn: Connection, user_id: str, key: str) -> int:
    """End all sessions of a user but the one of that key. Returns how many there were."""
    cursor = await conn.execute("DELETE FROM sessions WHERE user_id = %s AND left(hash, %s) <> %s", (user_id, KEY, key))
    return cursor.rowcount


async def end_from_provider(conn: Connection, issuer: str, *, subject: str | None, session: str | None) -> int:
    """End the sessions that a provider names: one of its own sessions, or all of somebody. Returns how many."""
    cursor = await conn.execute(
        "DELETE FROM sessions s USING users u WHERE u.id = s.user_id AND u.oidc_issuer = %(issuer)s"
        " AND (%(subject)s::text IS NULL OR u.oidc_subject = %(subject)s)"
        " AND (%(session)s::text IS NULL OR s.provider_session = %(session)s)"
        " AND (%(subject)s::text IS NOT NULL OR %(session)s::text IS NOT NULL)",
        {"issuer": issuer, "subject": subject, "session": session},
    )
    return cursor.rowcount


async def tokens_of(conn: Connection, now: datetime, user_id: str | None = None) -> list[Row]:
    """Return the tokens that open something, the newest first: of a user, or all but this installation's own."""
    cursor = await conn.execute(
        "SELECT left(t.hash, %(key)s) AS key, t.user_id, u.name, t.role, t.created_at, t.expires_at"
        " FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.revoked_at IS NULL AND t.user_id <> %(own)s"
        " AND (t.expires_at IS NULL OR t.expires_at > %(now)s) AND (%(user)s::text IS NULL OR t.user_id = %(user)s)"
        " ORDER BY t.created_at DESC, t.hash LIMIT 500",
        {"key": KEY, "own": OWN_SERVICES, "now": now, "user": user_id},
    )
    return await cursor.fetchall()


async def revoke_token(conn: Connection, key: str) -> bool:
    """Take a token back for good. Returns whether there was one that opened something.

    The token of this installation's own services is not taken: it comes from the environment and is changed there.
    """
    cursor = await conn.execute(
        "UPDATE tokens SET revoked_at = now() WHERE left(hash, %s) = %s AND revoked_at IS NULL AND user_id <> %s",
        (KEY, key, OWN_SERVICES),
    )
    return cursor.rowcount > 0
