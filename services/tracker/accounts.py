"""The accounts as administrators see them. What is secret is never read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.foundation.database import Connection
from services.tracker.identity import OWN_SERVICES

Row = dict[str, Any]
_SEEN = """
SELECT u.id, u.name, u.email, u.roles, u.provider_id, u.sensitive, u.active, u.locked_until,
    u.password_hash IS NOT NULL AS has_password, u.oidc_subject IS NOT NULL AS by_sign_on,
    (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > %(now)s) AS sessions,
    (SELECT count(*) FROM tokens t WHERE t.user_id = u.id AND t.revoked_at IS NULL
        AND (t.expires_at IS NULL OR t.expires_at > %(now)s)) AS tokens
FROM users u
"""


async def listed(conn: Connection, now: datetime) -> list[Row]:
    """Return all accounts, by id."""
    return await (await conn.execute(_SEEN + " ORDER BY u.id", {"now": now})).fetchall()


async def one(conn: Connection, user_id: str, now: datetime) -> Row | None:
    """Return one account."""
    return await (await conn.execute(_SEEN + " WHERE u.id = %(id)s", {"id": user_id, "now": now})).fetchone()


async def unlock(conn: Connection, user_id: str) -> bool:
    """Open an account that is locked. Returns whether there is such an account."""
    cursor = await conn.execute("UPDATE users SET failures = 0, locked_until = NULL WHERE id = %s", (user_id,))
    return cursor.rowcount > 0


async def sign_out_everywhere(conn: Connection, user_id: str) -> None:
    """End all sessions of a user and revoke all tokens; never those of this installation's own services."""
    await conn.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))
    await conn.execute(
        "UPDATE tokens SET revoked_at = now() WHERE user_id = %s AND revoked_at IS NULL AND user_id <> %s",
        (user_id, OWN_SERVICES),
    )
