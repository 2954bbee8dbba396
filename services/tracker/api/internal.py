"""What the notifier asks just before it sends. Not for people; needs a service token."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from schemas.internal import DeliveryAnswer, DeliveryRecipient
from services.foundation.database import Connection
from services.tracker.api.access import OfficeOf, allowed
from services.tracker.api.problems import Problem, not_found
from services.tracker.identity import OWN_SERVICES, Actor
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(prefix="/internal/v1", tags=["internal"])


async def ours(actor: Annotated[Actor, Depends(allowed("internal"))]) -> Actor:
    """Let only the services of this installation through; a coding system's token is a service's too."""
    if actor.user_id != OWN_SERVICES:
        raise Problem(403, "Not your role", "This is for the services of this installation.")
    return actor


Service = Annotated[Actor, Depends(ours)]


@router.get("/deliveries/{query_id}")
async def delivery(query_id: UUID, office: OfficeOf, _: Service, step: str = "", level: int = 0) -> DeliveryAnswer:
    """Say whether something may still be sent about a query, and to whom: the recipient, covers, the level's role."""
    del step
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        cursor = await conn.execute(
            "SELECT chart_id, state, recipient_id, copied, deferred_until FROM queries WHERE query_id = %s", (query_id,)
        )
        row = await cursor.fetchone()
        if row is None:
            raise not_found("query")
        now = office.clock()
        deferred = row["deferred_until"] is not None and row["deferred_until"] > now
        due = row["state"] in WAITING_QUERY and not deferred and row["recipient_id"] is not None
        if not due:
            return DeliveryAnswer(query_id=query_id, chart_id=row["chart_id"], due=False)
        people = [row["recipient_id"], *(row["copied"] if level else [])]
        recipients = await _providers(conn, people, office.clock())
        role = office.policy.escalation_roles.get(level)
        if role:
            recipients += await _users(conn, role)
        count = await _open_count(conn, row["recipient_id"])
    return DeliveryAnswer(
        query_id=query_id, chart_id=row["chart_id"], due=True, recipients=tuple(recipients), open_count=count
    )


async def _providers(conn: Connection, ids: list[str], now: object) -> list[DeliveryRecipient]:
    cursor = await conn.execute(
        "SELECT p.id, p.email FROM providers p WHERE p.active AND (p.id = ANY (%(ids)s)"
        " OR p.id IN (SELECT covered_by FROM coverage WHERE provider_id = ANY (%(ids)s)"
        " AND starts_at <= %(now)s AND ends_at > %(now)s)) ORDER BY array_position(%(ids)s, p.id), p.id",
        {"ids": ids, "now": now},
    )
    return [_recipient(row["id"], row["email"]) for row in await cursor.fetchall()]


def _recipient(identity: str, email: str | None) -> DeliveryRecipient:
    """Without an address the inbox is the way: the tracker shows it there."""
    return DeliveryRecipient(recipient_id=identity, channel="email" if email else "inbox", address=email or identity)


async def _users(conn: Connection, role: str) -> list[DeliveryRecipient]:
    cursor = await conn.execute(
        "SELECT id, email FROM users WHERE email IS NOT NULL AND active AND %s = ANY (roles) ORDER BY id", (role,)
    )
    return [_recipient(row["id"], row["email"]) for row in await cursor.fetchall()]


async def _open_count(conn: Connection, recipient_id: str) -> int:
    cursor = await conn.execute(
        "SELECT count(*) AS n FROM queries WHERE recipient_id = %s AND state IN ('issued', 'delivered', 'opened')",
        (recipient_id,),
    )
    row = await cursor.fetchone()
    return row["n"] if row else 0
