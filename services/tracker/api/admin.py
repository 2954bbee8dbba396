"""Status, dead letters, providers, users, sources, tokens, audit: for those who keep the house."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.routing import APIRoute
from pydantic import Field

from schemas.base import Contract, Instant
from schemas.dead_letters import DeadLetter
from schemas.events import Unreadable, read
from schemas.vocabulary import UserRole
from services.foundation import outbox
from services.foundation.outbox import OutboxMessage
from services.tracker import audit, directory, identity, retention, sessions, store
from services.tracker.api.access import IdempotentRoute, OfficeOf, allowed
from services.tracker.api.problems import Problem, not_found
from services.tracker.directory import Coverage, CoverageSet, ProviderRecord, Source
from services.tracker.identity import Actor, UserRecord
from services.tracker.retention import Due, Purged
from services.tracker.status import Status, read_status
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute, tags=["administration"])
Admin = Annotated[Actor, Depends(allowed("administer"))]
Watcher = Annotated[Actor, Depends(allowed("read_status"))]
Governor = Annotated[Actor, Depends(allowed("govern_sources"))]


@router.get("/status")
async def show_status(office: OfficeOf, _: Watcher) -> Status:
    """Show how things stand, in numbers."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await read_status(conn, office.templates)


class DeadLetterView(Contract):
    """A dead letter without its payload."""

    letter_id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    event_type: str | None = None
    event_source: str | None = None
    event_id: str | None = None
    seen_at: datetime
    replayed_at: datetime | None = None
    replayed_by: str | None = None


@router.get("/dead-letters")
async def list_dead_letters(
    office: OfficeOf, _: Watcher, limit: Annotated[int, Query(ge=1, le=1_000)] = 200
) -> list[DeadLetterView]:
    """List what could not be read, newest first."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        cursor = await conn.execute(
            "SELECT * FROM dead_letters ORDER BY seen_at DESC, letter_id DESC LIMIT %s", (limit,)
        )
        return [DeadLetterView.model_validate(row) for row in await cursor.fetchall()]


@router.get("/dead-letters/{letter_id}")
async def show_dead_letter(letter_id: UUID, office: OfficeOf, _: Admin) -> DeadLetter:
    """Show one dead letter with the record as it came (base64). It may hold patients' data: administrators only."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        cursor = await conn.execute("SELECT letter FROM dead_letters WHERE letter_id = %s", (letter_id,))
        row = await cursor.fetchone()
    if row is None:
        raise not_found("dead letter")
    return DeadLetter.model_validate_json(row["letter"])


@router.post("/dead-letters/{letter_id}/replay")
async def replay_dead_letter(letter_id: UUID, office: OfficeOf, actor: Admin) -> dict[str, str]:
    """Publish the record again on the topic it came from. Refused while it still cannot be read."""
    letter = await show_dead_letter(letter_id, office, actor)
    value = base64.b64decode(letter.value) if letter.value is not None else None
    try:
        event = read(letter.topic, value)
    except Unreadable as error:
        raise Problem(409, "Still unreadable", f"{error.reason}: {error.detail}") from None
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        # Never the sender's subject: what a foreign system writes there may name a patient.
        await outbox.append(conn, [OutboxMessage(envelope=event.envelope, key=str(letter_id))])
        await conn.execute(
            "UPDATE dead_letters SET replayed_at = now(), replayed_by = %s WHERE letter_id = %s",
            (actor.user_id, letter_id),
        )
        await store.clear_alarm(conn, "handler_failed", str(letter_id))
    return {"status": "replayed"}


@router.post("/providers")
async def import_providers(records: list[ProviderRecord], office: OfficeOf, _: Admin) -> dict[str, int]:
    """Insert or replace providers and the services' defaults."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        count = await directory.import_providers(conn, records)
        await directory.search_recipients(conn)
    office.directory.forget()
    return {"imported": count}


@router.get("/providers")
async def list_providers(office: OfficeOf, _: Watcher) -> list[ProviderRecord]:
    """List the directory."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        cursor = await conn.execute(
            "SELECT p.*, EXISTS (SELECT 1 FROM service_defaults d WHERE d.provider_id = p.id) AS default_for_service"
            " FROM providers p ORDER BY p.id"
        )
        return [ProviderRecord.model_validate(row) for row in await cursor.fetchall()]


@router.post("/users")
async def put_users(records: list[UserRecord], office: OfficeOf, _: Admin) -> dict[str, int]:
    """Insert or replace users."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await identity.put_users(conn, records)
    return {"written": len(records)}


@router.get("/coverage")
async def list_coverage(office: OfficeOf, actor: Annotated[Actor, Depends(allowed("read_inbox"))]) -> list[CoverageSet]:
    """List who answers for me and for whom I answer, now and ahead."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await directory.coverages_of(conn, actor.provider_id or "", office.clock())


@router.post("/coverage/{coverage_id}/end")
async def end_coverage(
    coverage_id: UUID, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("read_inbox"))]
) -> dict[str, str]:
    """End a coverage of mine now, or call off one that has not begun."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        if not await directory.end_coverage(conn, coverage_id, actor.provider_id or "", office.clock()):
            raise not_found("coverage")
    return {"status": "ended"}


@router.post("/coverage")
async def set_coverage(
    coverage: Coverage, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("answer"))]
) -> dict[str, str]:
    """Set who covers for me, from when to when (a provider, for themself only)."""
    if actor.provider_id != coverage.provider_id:
        raise Problem(403, "Not yours to give", "A provider sets coverage for themself only.")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await directory.set_coverage(conn, coverage)
    return {"status": "set"}


@router.get("/sources")
async def list_sources(office: OfficeOf, _: Watcher) -> list[Source]:
    """List what is decided about sources of events."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await directory.list_sources(conn)


@router.post("/sources")
async def set_source(source: Source, office: OfficeOf, actor: Governor) -> Source:
    """Decide about a source: person or machine, automatic or not, whether it may answer, whose its authors are."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await directory.set_source(conn, source, actor.user_id)
    return source


class TokenBody(Contract):
    """For whom, in which role, until when (never ends if left out)."""

    user_id: str
    role: UserRole
    expires_at: Instant | None = None


async def create_token(body: TokenBody, office: OfficeOf, _: Admin) -> dict[str, str]:
    """Create a bearer token. It is shown this once."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        try:
            return {"token": await identity.create_token(conn, body.user_id, body.role, body.expires_at)}
        except identity.UnknownUser as error:
            raise Problem(422, "No such user", str(error)) from None


# Not an `IdempotentRoute`: that would keep the answer, and with it the secret.
router.add_api_route("/tokens", create_token, methods=["POST"], route_class_override=APIRoute)


class TokenView(Contract):
    """A token without its secret. `key` names it."""

    key: str
    user_id: str
    name: str
    role: UserRole
    created_at: datetime
    expires_at: datetime | None = None


@router.get("/tokens")
async def list_tokens(office: OfficeOf, _: Admin, user_id: str | None = None) -> list[TokenView]:
    """List the tokens that open something, the newest first."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return [TokenView.model_validate(row) for row in await sessions.tokens_of(conn, office.clock(), user_id)]


@router.post("/tokens/{key}/revoke")
async def revoke_token(key: str, office: OfficeOf, _: Admin) -> dict[str, str]:
    """Take a token back for good."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        if not await sessions.revoke_token(conn, key):
            raise not_found("token")
    return {"status": "revoked"}


@router.get("/retention")
async def show_due(office: OfficeOf, _: Admin) -> Due:
    """Show what a purge would take now."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await retention.due(conn, retention.cutoff(office.policy, office.clock()))


class PurgeBody(Contract):
    """How many charts to purge at most, the oldest first."""

    limit: int = Field(default=100, ge=1, le=1_000)


@router.post("/retention/purge")
async def purge(body: PurgeBody, office: OfficeOf, actor: Admin) -> Purged:
    """Purge what is older than the policy keeps it; never what is open, on hold, or held by law. Cannot be undone."""
    before = retention.cutoff(office.policy, office.clock())
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await retention.purge(conn, before, actor.user_id, body.limit)


class ChainProof(Contract):
    """A chart's chain, verified: its length and its last hash."""

    chart_id: str
    length: int
    head: str
    verified: bool
    detail: str | None = None


@router.get("/audit/{chart_id}")
async def verify_chain(chart_id: str, office: OfficeOf, _: Governor) -> ChainProof:
    """Verify a chart's audit log, links and payloads."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        entries = await store.read_log(conn, chart_id)
        if not entries:
            raise not_found("chart")
        try:
            await store.verify_chart(conn, office.vault, chart_id)
        except audit.BrokenChain as error:
            return ChainProof(
                chart_id=chart_id, length=len(entries), head=entries[-1].hash, verified=False, detail=str(error)
            )
    return ChainProof(chart_id=chart_id, length=len(entries), head=entries[-1].hash, verified=True)
