"""Deliveries in the notifier's database: what is to be sent, to whom it was sent, and every attempt.

A delivery is a step that fell due. Who gets it is known only when the tracker is asked, so the notifications (one a
recipient) appear when a delivery is taken up. A delivery is claimed by lease: whoever lost the lease stops, and a
lease that ran out is free again. What a channel has taken is marked whoever holds the lease: it is a fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg import AsyncCursor
from psycopg.rows import DictRow

from schemas.internal import DeliveryRecipient
from schemas.vocabulary import Channel, MessageKind
from services.foundation.database import Connection
from services.notifier.ladder import Step
from services.notifier.planning import Timeline


class LeaseLost(Exception):
    """Somebody else has taken the delivery up, or it was cancelled."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A step that is to be sent now. `waits` counts how often the tracker was not there or said no."""

    id: UUID
    query_id: UUID
    chart_id: str
    since: datetime
    step: str
    kind: MessageKind
    level: int
    waits: int
    lease_token: UUID


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient, and how often it was tried."""

    id: UUID
    query_id: UUID
    chart_id: str
    step: str
    kind: MessageKind
    recipient_id: str
    channel: Channel
    attempts: int
    message_id: str
    created_at: datetime


_ADD = """
INSERT INTO deliveries (id, query_id, chart_id, epoch, since, step, kind, level)
VALUES (%(id)s, %(query_id)s, %(chart_id)s, %(epoch)s, %(since)s, %(step)s, %(kind)s, %(level)s)
ON CONFLICT (id) DO NOTHING
"""

_CANCEL = """
UPDATE deliveries SET state = 'cancelled', finished_at = now(), lease_token = NULL, leased_until = NULL
FROM unnest(%(queries)s::uuid[], %(epochs)s::bigint[]) AS current (query, epoch)
WHERE query_id = query AND deliveries.epoch IS DISTINCT FROM current.epoch AND state = 'planned'
RETURNING id
"""

_SUPERSEDE = """
UPDATE deliveries SET state = 'cancelled', finished_at = now(), lease_token = NULL, leased_until = NULL
WHERE query_id = %s AND state = 'planned' RETURNING id
"""

_CANCEL_NOTIFICATIONS = """
UPDATE notifications SET state = 'cancelled', finished_at = now()
WHERE delivery_id = ANY(%s) AND state IN ('planned', 'sending')
"""

_MOVE = """
UPDATE deliveries SET next_attempt_at = coalesce(until, now())
FROM unnest(%(queries)s::uuid[], %(until)s::timestamptz[]) AS paused (query, until)
WHERE query_id = query AND state = 'planned'
"""

_CLAIM = """
UPDATE deliveries SET lease_token = gen_random_uuid(), leased_until = now() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT id FROM deliveries
    WHERE state = 'planned' AND next_attempt_at <= now() AND (leased_until IS NULL OR leased_until < now())
    ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, query_id, chart_id, since, step, kind, level, waits, lease_token
"""

_RENEW = """
UPDATE deliveries SET leased_until = now() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND lease_token = %(token)s AND state = 'planned'
"""

_POSTPONE = """
UPDATE deliveries SET next_attempt_at = now() + make_interval(secs => %(seconds)s), waits = %(waits)s,
    lease_token = NULL, leased_until = NULL
WHERE id = %(id)s AND lease_token = %(token)s AND state = 'planned'
"""

_FINISH = """
UPDATE deliveries SET state = 'done', finished_at = now(), lease_token = NULL, leased_until = NULL
WHERE id = %(id)s AND lease_token = %(token)s AND state = 'planned'
"""

_RAISE = "UPDATE deliveries SET raised_at = now() WHERE id = %s AND raised_at IS NULL"

# The same person is not notified twice of one stretch of a query, not even when two of its events overlap.
_ADDRESS = """
INSERT INTO notifications (id, delivery_id, query_id, chart_id, step, kind, recipient_id, channel, message_id)
SELECT %(id)s, %(delivery_id)s, %(query_id)s, %(chart_id)s, %(step)s, %(kind)s, %(recipient_id)s, %(channel)s,
    %(message_id)s
WHERE %(kind)s <> 'notification' OR NOT EXISTS (
    SELECT FROM notifications WHERE query_id = %(query_id)s AND recipient_id = %(recipient_id)s
        AND kind = 'notification' AND state = 'sent' AND finished_at >= %(since)s AND id <> %(id)s)
ON CONFLICT (id) DO UPDATE SET state = 'planned', finished_at = NULL WHERE notifications.state = 'cancelled'
"""

# Between two tries somebody else may have come in (coverage): whoever is not named any more gets nothing.
_DROP = """
UPDATE notifications SET state = 'cancelled', finished_at = now()
WHERE delivery_id = %(delivery_id)s AND state IN ('planned', 'sending') AND id <> ALL(%(named)s)
"""

_OPEN = """
SELECT id, query_id, chart_id, step, kind, recipient_id, channel, attempts, message_id, created_at
FROM notifications WHERE delivery_id = %s AND state IN ('planned', 'sending') ORDER BY created_at, id
"""

_BEGIN = """
WITH begun AS (
    UPDATE notifications SET state = 'sending', attempts = attempts + 1
    WHERE id = %s AND state IN ('planned', 'sending') RETURNING id, attempts
)
INSERT INTO attempts (notification_id, n) SELECT id, attempts FROM begun RETURNING n
"""

_END_ATTEMPT = """
UPDATE attempts SET ended_at = now(), outcome = %(outcome)s, code = %(code)s
WHERE notification_id = %(id)s AND n = %(n)s
"""

_END = """
UPDATE notifications SET state = %(state)s, error = %(error)s,
    finished_at = CASE WHEN %(state)s IN ('sent', 'failed') THEN now() END
WHERE id = %(id)s AND (state IN ('planned', 'sending') OR (%(state)s = 'sent' AND state <> 'sent'))
"""

_THREAD = """
SELECT message_id FROM notifications
WHERE query_id = %s AND recipient_id = %s AND state = 'sent' AND id <> %s ORDER BY finished_at
"""


async def add(conn: Connection, timeline: Timeline, step: Step) -> None:
    """Put a step that fell due on the list of what is to be sent.

    A step below it that still waits (mail server or tracker were away) gives way: nobody gets both at once.
    """
    await _cancel_notifications(conn, await conn.execute(_SUPERSEDE, (timeline.query_id,)))
    values = {
        "id": uuid5(timeline.query_id, f"delivery:{timeline.epoch}:{step.step}"),
        "query_id": timeline.query_id,
        "chart_id": timeline.chart_id,
        "epoch": timeline.epoch,
        "since": timeline.since,
        "step": step.step,
        "kind": step.kind,
        "level": step.level,
    }
    await conn.execute(_ADD, values)


async def follow(conn: Connection, timelines: Sequence[Timeline]) -> None:
    """Bring what waits to be sent in line with timelines that have changed.

    A query that is not open any more, and a recipient who was replaced, get nothing; a deferral is waited out.
    """
    if not timelines:
        return
    queries = [timeline.query_id for timeline in timelines]
    epochs = [timeline.epoch if timeline.active else None for timeline in timelines]
    await _cancel_notifications(conn, await conn.execute(_CANCEL, {"queries": queries, "epochs": epochs}))
    until = [timeline.deferred_until for timeline in timelines]
    await conn.execute(_MOVE, {"queries": queries, "until": until})


async def claim(conn: Connection, lease: float) -> Delivery | None:
    """Take up the delivery that has waited longest, for `lease` seconds."""
    row = await (await conn.execute(_CLAIM, {"lease": lease})).fetchone()
    return Delivery(**row) if row else None


async def address(
    conn: Connection, delivery: Delivery, recipients: Sequence[DeliveryRecipient], domain: str
) -> list[Notification]:
    """Write down who gets the delivery, and return the notifications that still have to be sent."""
    rows = [_addressed(delivery, recipient, domain) for recipient in recipients]
    for row in rows:
        await conn.execute(_ADDRESS, row)
    await conn.execute(_DROP, {"delivery_id": delivery.id, "named": [row["id"] for row in rows]})
    cursor = await conn.execute(_OPEN, (delivery.id,))
    return [Notification(**row) for row in await cursor.fetchall()]


async def first_raise(conn: Connection, delivery: Delivery) -> bool:
    """Note that the step was escalated; True the first time."""
    return (await conn.execute(_RAISE, (delivery.id,))).rowcount == 1


async def begin_attempt(conn: Connection, delivery: Delivery, notification: Notification, lease: float) -> int:
    """Write down an attempt before it is made, and hold the lease anew. Returns its number; raises `LeaseLost`."""
    await _held(conn, _RENEW, {"id": delivery.id, "token": delivery.lease_token, "lease": lease})
    row = await (await conn.execute(_BEGIN, (notification.id,))).fetchone()
    if row is None:
        raise LeaseLost
    n: int = row["n"]
    return n


async def end_attempt(conn: Connection, notification: Notification, *, state: str, outcome: str, code: str) -> bool:
    """Write down how the attempt `notification.attempts` ended. False when the notification was sent before."""
    await conn.execute(
        _END_ATTEMPT, {"id": notification.id, "n": notification.attempts, "outcome": outcome, "code": code}
    )
    error = None if state == "sent" else code
    return (await conn.execute(_END, {"id": notification.id, "state": state, "error": error})).rowcount == 1


async def note_refused(conn: Connection, notification: Notification, rules: Sequence[str]) -> None:
    """Write down which rules the policy's words broke."""
    await conn.execute("UPDATE notifications SET refused = %s WHERE id = %s", (list(rules), notification.id))


async def thread(conn: Connection, notification: Notification) -> tuple[str, ...]:
    """Return the Message-IDs of what the recipient has got about this query before."""
    cursor = await conn.execute(_THREAD, (notification.query_id, notification.recipient_id, notification.id))
    return tuple(row["message_id"] for row in await cursor.fetchall())


async def postpone(conn: Connection, delivery: Delivery, *, seconds: float, waits: int = 0) -> None:
    """Give the delivery back until later. Raises `LeaseLost`."""
    values = {"id": delivery.id, "token": delivery.lease_token, "seconds": seconds, "waits": waits}
    await _held(conn, _POSTPONE, values)


async def finish(conn: Connection, delivery: Delivery) -> None:
    """Close a delivery whose notifications are all sent or given up. Raises `LeaseLost`."""
    await _held(conn, _FINISH, {"id": delivery.id, "token": delivery.lease_token})


async def figures(conn: Connection) -> Mapping[str, Any]:
    """Return how much waits, for how many seconds the oldest, what has failed, and how many texts were refused."""
    cursor = await conn.execute(
        "SELECT (SELECT count(*) FROM deliveries WHERE state = 'planned') AS waiting,"
        " (SELECT coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::float8 FROM deliveries"
        "  WHERE state = 'planned' AND next_attempt_at < now()) AS oldest_seconds,"
        " (SELECT count(*) FROM notifications WHERE state = 'failed') AS failed,"
        " (SELECT count(*) FROM notifications WHERE refused <> '{}') AS refused"
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def _cancel_notifications(conn: Connection, cancelled: AsyncCursor[DictRow]) -> None:
    rows = await cancelled.fetchall()
    if rows:
        await conn.execute(_CANCEL_NOTIFICATIONS, ([row["id"] for row in rows],))


async def _held(conn: Connection, statement: str, values: Mapping[str, Any]) -> None:
    if (await conn.execute(statement, values)).rowcount == 0:
        raise LeaseLost


def _addressed(delivery: Delivery, recipient: DeliveryRecipient, domain: str) -> dict[str, Any]:
    name = f"{recipient.channel}:{recipient.recipient_id}"
    notification = uuid5(delivery.id, name)
    return {
        "id": notification,
        "delivery_id": delivery.id,
        "query_id": delivery.query_id,
        "chart_id": delivery.chart_id,
        "since": delivery.since,
        "step": delivery.step,
        "kind": delivery.kind,
        "recipient_id": recipient.recipient_id,
        "channel": recipient.channel,
        "message_id": f"<{notification}@{domain}>",
    }
