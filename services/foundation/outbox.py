"""What a service has decided to say, stored in the transaction that decided it. `relay` carries it to Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.events import Envelope, topic_of, write
from services.foundation.database import Connection


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """An event to publish, and the key whose messages keep their order (the chart)."""

    envelope: Envelope
    key: str


_APPEND = """
INSERT INTO outbox (event_id, type, topic, key, payload)
SELECT event_id, type, topic, key, payload
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[]) WITH ORDINALITY
    AS message (event_id, type, topic, key, payload, position)
ORDER BY position
"""


async def append(conn: Connection, messages: Sequence[OutboxMessage]) -> None:
    """Add messages to the outbox of the current transaction, in order.

    Per key the order of publishing is the order of the rows' ids, so take the lock that guards the key (the chart's
    row) before you append. PostgreSQL folds equal notifications of one transaction into one.
    """
    if not messages:
        return
    envelopes = [message.envelope for message in messages]
    await conn.execute(
        _APPEND,
        (
            [envelope.id for envelope in envelopes],
            [envelope.type for envelope in envelopes],
            [topic_of(envelope) for envelope in envelopes],
            [message.key for message in messages],
            [write(envelope) for envelope in envelopes],
        ),
    )
    await conn.execute("SELECT pg_notify('outbox_' || current_schema(), '')")


async def lag(conn: Connection) -> tuple[int, float]:
    """Return how many messages wait to be published or taken, and the age of the oldest in seconds (0 if none).

    Rows that were set aside are no lag; `set_aside` counts them.
    """
    cursor = await conn.execute(
        "SELECT count(*) AS count, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age"
        " FROM outbox WHERE taken_at IS NULL AND set_aside_at IS NULL"
    )
    row = await cursor.fetchone()
    assert row is not None
    return row["count"], row["age"]


async def set_aside(conn: Connection) -> int:
    """Return how many messages the broker refused for good. More than none is an alarm."""
    cursor = await conn.execute("SELECT count(*) AS count FROM outbox WHERE set_aside_at IS NOT NULL")
    row = await cursor.fetchone()
    assert row is not None
    count: int = row["count"]
    return count
