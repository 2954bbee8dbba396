"""Gaps and encounters over HTTP: written to the tracker's database and outbox directly."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError

from schemas.base import Contract, content_digest
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.events import ENCOUNTERS, GAPS, MAX_INPUT_BYTES, Envelope, Event, Unreadable, describe, make, read
from schemas.gaps import GapRaised, GapWithdrawn
from services.foundation import inbox
from services.foundation.database import Connection
from services.tracker import identity, ids, intake, reading
from services.tracker.api.access import IdempotentRoute, OfficeOf, allowed, decode_cursor, encode_cursor
from services.tracker.api.problems import Problem, not_found
from services.tracker.api.views import GapView, Page
from services.tracker.decisions import gaps as gap_decisions
from services.tracker.directory import read_source
from services.tracker.identity import Actor
from services.tracker.lifecycle import NotAllowed
from services.tracker.model import Author
from services.tracker.office import Office
from services.tracker.store import Books

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute, tags=["gaps"])
MOST_EVENTS = 100
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 in JSON text, which PostgreSQL stores nowhere."""


class Taken(Contract):
    """What became of one event: `accepted`, `revised`, `duplicate_delivery`, `rejected`, ..."""

    id: str
    status: str
    gap_uid: UUID | None = None
    chart_id: str | None = None
    error: str | None = None


class TakenAll(Contract):
    """One result per event, in the order sent."""

    results: tuple[Taken, ...]


@router.post("/gaps", openapi_extra={"requestBody": {"content": {"application/json": {}}, "required": True}})
async def raise_gaps(
    request: Request, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("raise_gap"))]
) -> TakenAll:
    """Take gaps: one gap, one CloudEvent, or `{"events": [...]}` of at most 100.

    A single bad gap answers 422. In a list each event has a result of its own: bad ones are `rejected` with the
    reason, and the others are taken.
    """
    return await _take_all(request, office, actor, GAPS, (GapRaised, GapWithdrawn), GapRaised)


@router.post("/encounters", openapi_extra={"requestBody": {"content": {"application/json": {}}, "required": True}})
async def send_encounters(
    request: Request, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("send_encounter"))]
) -> TakenAll:
    """Take encounter events (`cdi.encounter.updated.v1`, `cdi.documentation.appeared.v1`), in the same forms."""
    return await _take_all(
        request, office, actor, ENCOUNTERS, (EncounterUpdated, DocumentationAppeared), EncounterUpdated
    )


async def _take_all(
    request: Request, office: Office, actor: Actor, topic: str, kinds: tuple[type[Contract], ...], bare: type[Contract]
) -> TakenAll:
    return await take_all(await _body(request), office, actor, topic, kinds, bare)


async def take_all(
    body: Any, office: Office, actor: Actor, topic: str, kinds: tuple[type[Contract], ...], bare: type[Contract]
) -> TakenAll:
    """Take what one body holds: a bare event, a CloudEvent, or `{"events": [...]}`.

    Raises:
        Problem: if a single event does not fit the contract, or there are too many.
    """
    many = isinstance(body, dict) and "events" in body
    items = body["events"] if many else [body]
    if not isinstance(items, list) or not items:
        raise Problem(422, "No events", f"`events` is a list of 1 to {MOST_EVENTS}.")
    if len(items) > MOST_EVENTS:
        raise Problem(413, "Too many events", f"`events` is a list of 1 to {MOST_EVENTS}.")
    readings = [_read(item, topic, bare, actor) for item in items]
    if not many and isinstance(readings[0], Unreadable):
        raise _as_problem(readings[0])
    return TakenAll(results=tuple(await _apply(office, actor, readings, kinds, alone=not many)))


async def _body(request: Request) -> Any:
    raw = await request.body()
    if len(raw) > MAX_INPUT_BYTES * MOST_EVENTS:
        raise Problem(413, "Too large", f"An event is at most {MAX_INPUT_BYTES} bytes.")
    try:
        return json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(400, "Not JSON", "The body must be JSON.") from None


def _no_number(_: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _as_problem(error: Unreadable) -> Problem:
    status = 413 if error.reason == "oversized" else 422
    return Problem(status, "The event does not fit the contract", error.detail, reason=error.reason)


def _read(item: Any, topic: str, bare: type[Contract], actor: Actor) -> Event | Unreadable:
    try:
        raw = json.dumps(item)
        if NUL.search(raw):
            raise Unreadable("invalid", "body: U+0000 is not taken")
        if isinstance(item, dict) and "specversion" in item:
            return read(topic, raw.encode())
        return _read_bare(item, raw, bare, actor)
    except Unreadable as error:
        return error


def _read_bare(item: Any, raw: str, bare: type[Contract], actor: Actor) -> Event:
    if len(raw) > MAX_INPUT_BYTES:
        raise Unreadable("oversized", f"an event is at most {MAX_INPUT_BYTES} bytes")
    try:
        data = bare.model_validate(item)
    except ValidationError as error:
        raise Unreadable("invalid", describe(error)) from None
    envelope = make(data, id=content_digest(data), source=f"api/{actor.user_id}", time=data.occurred_at)  # type: ignore[attr-defined]
    return Event(envelope, data)


async def _apply(
    office: Office,
    actor: Actor,
    readings: list[Event | Unreadable],
    kinds: tuple[type[Contract], ...],
    *,
    alone: bool,
) -> list[Taken]:
    events = [item for item in readings if isinstance(item, Event) and isinstance(item.data, kinds)]
    async with office.deciding(_charts(office, events), create=True) as (books, conn):
        await books.open(await intake.charts_of_gaps(conn, events))
        verdicts = await inbox.claim(conn, "api", [(*event.identity, event.digest) for event in events])
        outcomes = {id(event): verdict for event, verdict in zip(events, verdicts, strict=True)}
        results = []
        for item in readings:
            if isinstance(item, Unreadable):
                results.append(
                    Taken(id=item.envelope.id if item.envelope else "", status="rejected", error=item.detail)
                )
            else:
                verdict = outcomes.get(id(item), "conflict")
                try:
                    with books.journal.attempting():
                        results.append(await _apply_one(conn, office, books, actor, item, verdict))
                except NotAllowed as error:
                    if alone:
                        raise
                    await _unclaim(conn, item)
                    results.append(Taken(id=item.envelope.id, status="rejected", error=str(error)))
    return results


async def _unclaim(conn: Connection, event: Event) -> None:
    """What was refused may be sent again, and is then no repetition."""
    await conn.execute("DELETE FROM inbox WHERE consumer = 'api' AND source = %s AND id = %s", event.identity)


def _charts(office: Office, events: list[Event]) -> list[str]:
    charts: list[str] = []
    for event in events:
        if isinstance(event.data, GapRaised):
            charts.append(office.chart_id(event.data.facility, event.data.encounter.number))
        elif isinstance(event.data, EncounterUpdated):
            charts.extend(intake.charts_of_encounter(office, event.data))
        elif isinstance(event.data, GapWithdrawn | DocumentationAppeared):
            charts.append(office.chart_id(event.data.facility, event.data.encounter_number))
    return charts


async def _apply_one(conn: Connection, office: Office, books: Books, actor: Actor, event: Event, verdict: str) -> Taken:
    data, envelope = event.data, event.envelope
    if verdict == "conflict":
        return Taken(id=envelope.id, status="rejected", error="this (source, id) was sent before with other content")
    chart_id = _charts(office, [event])[0]
    if isinstance(data, GapRaised):
        uid = ids.gap_uid(envelope.source, data.gap_id)
        if verdict == "seen":
            return Taken(id=envelope.id, status="duplicate_delivery", gap_uid=uid, chart_id=chart_id)
        _must_be_theirs(books, actor, uid)
        status = intake.take_gap(office, books, data, await _author(conn, actor, envelope))
        return Taken(id=envelope.id, status=status, gap_uid=uid, chart_id=chart_id)
    if verdict == "seen":
        return Taken(id=envelope.id, status="duplicate_delivery", chart_id=chart_id)
    if isinstance(data, GapWithdrawn):
        _must_be_theirs(books, actor, ids.gap_uid(envelope.source, data.gap_id))
        status = intake.take_withdrawal(office, books, data, envelope.source)
    elif isinstance(data, EncounterUpdated):
        status = intake.take_encounter(office, books, data, envelope.source)
    else:
        assert isinstance(data, DocumentationAppeared)
        status = await intake.take_documentation(conn, office, books, data, envelope)
    return Taken(id=envelope.id, status=status, chart_id=chart_id)


def _must_be_theirs(books: Books, actor: Actor, uid: UUID) -> None:
    """Over HTTP the source is only a name that was sent: it lets nobody change or take back the gap of another."""
    found = books.journal.find_gap(uid)
    if found is None or found[1].author.user_id == actor.user_id:
        return
    seen = actor.sensitive or found[1].content.sensitivity == "normal"
    if not (seen and actor.may_change(found[1].author.user_id)):
        raise NotAllowed("not_yours: a gap is changed by its author or a CDI specialist.")


async def _author(conn: Connection, actor: Actor, envelope: Envelope) -> Author:
    """Over HTTP the author is the token's user; nothing in the payload is believed about who raised it."""
    if actor.is_person:
        return Author(user_id=actor.user_id, source=envelope.source, person=True)
    source = await read_source(conn, f"user:{actor.user_id}")
    return Author(user_id=actor.user_id, source=envelope.source, automatic=source.automatic)


@router.get("/gaps")
async def list_gaps(
    office: OfficeOf,
    actor: Annotated[Actor, Depends(allowed("read_work"))],
    state: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[GapView]:
    """List gaps, newest first."""
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.gaps(conn, state=state, before=decode_cursor(cursor) if cursor else None, limit=limit)
    follows = encode_cursor(rows[-1]["registered_at"], rows[-1]["gap_uid"]) if len(rows) == limit else None
    return Page(items=tuple(GapView.model_validate(row) for row in rows), next=follows)


@router.get("/gaps/{gap_uid}")
async def show_gap(gap_uid: UUID, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("read_work"))]) -> GapView:
    """Show one gap. That it was looked at is recorded."""
    async with office.database.transaction(actor.scope()) as conn:
        row = await reading.gap(conn, gap_uid)
        if row is None:
            raise not_found("gap")
        await identity.record_view(conn, actor, row["chart_id"], "gap", row["query_id"])
    return GapView.model_validate(row)


class Why(Contract):
    """A reason, in words."""

    reason: str


@router.post("/gaps/{gap_uid}/withdraw")
async def withdraw_gap(
    gap_uid: UUID, why: Why, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("withdraw"))]
) -> GapView:
    """Withdraw a gap, with its open query."""
    async with office.database.transaction(actor.scope()) as conn:
        row = await reading.gap(conn, gap_uid)
        if row is None:
            raise not_found("gap")
        if not actor.may_change(row["author_id"]):
            raise Problem(403, "Not your gap", "This is for the gap's author or a CDI specialist.")
    chart_id = row["chart_id"]
    async with office.deciding([chart_id]) as (books, _):
        # The clock of the gap's source may be ahead of ours: a person means the gap as it stands here.
        at = max(office.clock(), books.journal.gap(gap_uid).content.occurred_at)
        gap_decisions.withdraw_gap(books.journal, chart_id, gap_uid, at, actor.user_id, why.reason)
    return await show_gap(gap_uid, office, actor)
