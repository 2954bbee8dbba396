"""Saved views of the work queue: filters under a name, one person's or shared by the house. No view names a patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.foundation.database import Connection

Row = dict[str, Any]
MOST = 50
"""So many views one person keeps."""

_SEEN = """
SELECT v.view_id, v.name, v.filters, v.shared, v.owner = %(me)s AS mine, u.name AS owner_name
FROM saved_views v JOIN users u ON u.id = v.owner
WHERE v.owner = %(me)s OR v.shared ORDER BY v.shared, v.name, v.view_id LIMIT 200
"""
_SAVE = """
INSERT INTO saved_views (owner, name, shared, filters)
SELECT %(me)s, %(name)s, %(shared)s, %(filters)s
WHERE (SELECT count(*) FROM saved_views WHERE owner = %(me)s AND name <> %(name)s) < %(most)s
ON CONFLICT (owner, name) DO UPDATE SET shared = excluded.shared, filters = excluded.filters
"""


async def seen_by(conn: Connection, user_id: str) -> list[Row]:
    """Return a person's own views and those of the house."""
    return await (await conn.execute(_SEEN, {"me": user_id})).fetchall()


async def save(conn: Connection, user_id: str, name: str, filters: str, *, shared: bool) -> bool:
    """Keep filters (as they stand in a URL) under a name, in place of those before. False: there are too many."""
    values = {"me": user_id, "name": name, "shared": shared, "filters": filters, "most": MOST}
    return (await conn.execute(_SAVE, values)).rowcount == 1


async def remove(conn: Connection, user_id: str, view_id: UUID) -> bool:
    """Take away a view of one's own. False: there is none."""
    values = (view_id, user_id)
    return (await conn.execute("DELETE FROM saved_views WHERE view_id = %s AND owner = %s", values)).rowcount == 1
