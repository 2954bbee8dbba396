"""Which events a consumer has already taken. The claim is part of the transaction that applies their effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from services.foundation.database import Connection

Claim = tuple[str, str, str]
"""(source, id, digest)."""
Verdict = Literal["new", "seen", "conflict"]

# Sorted by identity, so that two consumers that claim the same events in different orders cannot deadlock.
_INSERT = """
INSERT INTO inbox (consumer, source, id, digest)
SELECT DISTINCT ON (source, id) %(consumer)s, source, id, digest
FROM unnest(%(sources)s::text[], %(ids)s::text[], %(digests)s::text[]) WITH ORDINALITY
    AS claim (source, id, digest, position)
ORDER BY source, id, position
ON CONFLICT DO NOTHING
RETURNING source, id
"""

_STORED = """
SELECT source, id, digest FROM inbox
JOIN unnest(%(sources)s::text[], %(ids)s::text[]) AS claim (source, id) USING (source, id)
WHERE consumer = %(consumer)s
"""


async def claim(conn: Connection, consumer: str, events: Sequence[Claim]) -> list[Verdict]:
    """Claim events for `consumer`, once each.

    Returns, in the order given: `new` (apply it now), `seen` (the same content was taken before, or stands earlier in
    `events`), `conflict` (the identity was taken with another digest).
    """
    if not events:
        return []
    sources, ids, digests = (list(column) for column in zip(*events, strict=True))
    values = {"consumer": consumer, "sources": sources, "ids": ids, "digests": digests}
    fresh = {(row["source"], row["id"]) for row in await (await conn.execute(_INSERT, values)).fetchall()}
    rows = await (await conn.execute(_STORED, values)).fetchall()
    stored = {(row["source"], row["id"]): row["digest"] for row in rows}
    return [_judge((source, id_), digest, fresh, stored) for source, id_, digest in events]


def _judge(
    identity: tuple[str, str], digest: str, fresh: set[tuple[str, str]], stored: dict[tuple[str, str], str]
) -> Verdict:
    if stored[identity] != digest:
        return "conflict"
    if identity in fresh:
        fresh.remove(identity)
        return "new"
    return "seen"
