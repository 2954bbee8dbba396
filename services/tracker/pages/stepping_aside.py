"""A query that its provider does not answer now: ask me later, or not mine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker import treating
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.api.views import ProviderQuery
from services.tracker.identity import STAFF, Actor
from services.tracker.lifecycle import WAITING_QUERY, NotAllowed
from services.tracker.pages.answering import Troubled, asks, show_to_provider
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Answering, Fields, may, needed
from services.tracker.pages.times import moment
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
Redirecting = Annotated[Actor, Depends(may("redirect"))]
NOBODY = "author"
REASONS = {
    "patient": "Not my patient",
    "finding": "Not my finding",
    "service": "Off service",
    "other": "Another reason",
}


@router.post("/queries/{query_id}/later")
async def later(request: Request, query_id: UUID, actor: Answering, fields: Fields) -> Response:
    """Ask me later: at a time that was offered, or at one of the provider's own."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    zone = office.policy.zone_of(row["facility"])
    try:
        until = moment(fields.get("until") or needed(fields, "at", "The time"), zone)
        await queries.defer(query_id, queries.Until(until=until), office, actor)
    except Problem as problem:
        return await show_to_provider(request, actor, row, Troubled(problem.detail, fields))
    except NotAllowed as refused:
        return await show_to_provider(request, actor, row, Troubled(str(refused), fields))
    return go("/inbox", "deferred")


@router.get("/queries/{query_id}/not-mine")
async def not_mine(request: Request, query_id: UUID, actor: Answering) -> Response:
    """Show whom the query could go to, and ask why."""
    return await _show(request, query_id, actor, {})


async def _show(
    request: Request, query_id: UUID, actor: Actor, typed: Mapping[str, str], error: str | None = None
) -> Response:
    office = office_of(request)
    query = ProviderQuery.model_validate(await queries.read_one(office, actor, query_id, record=True))
    if query.state not in WAITING_QUERY:
        return go(f"/queries/{query_id}")
    now, me = office.clock(), actor.provider_id or ""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        suggested = await treating.suggested(conn, query_id, me, query.recipient_id, now)
        found = await treating.find(conn, typed.get("who", ""))
    known = {me, query.recipient_id, *(one.id for one in suggested)}
    context = {
        "query": query,
        "suggested": suggested,
        "found": [one for one in found if one.id not in known],
        "searched": bool(typed.get("who")),
        "reasons": REASONS,
        "nobody": NOBODY,
        "typed": typed,
        "error": error,
    }
    return page(request, "not_mine.html", "Not mine", context, 422 if error else 200, fragment="found")


@router.post("/queries/{query_id}/not-mine")
async def pass_on(request: Request, query_id: UUID, actor: Redirecting, fields: Fields) -> Response:
    """Pass the query on, or tell its author that one does not know whose it is. Looks for a name first if asked to."""
    chosen = fields.get("provider_id", "")
    if "find" in fields or not chosen:
        looked = fields.get("who")
        error = None if looked else "Choose a colleague, or look for one by name."
        return await _show(request, query_id, actor, fields, error)
    reason = reason_of(fields)
    if reason is None:
        return await _show(request, query_id, actor, fields, "Choose or write a reason.")
    office = office_of(request)
    if chosen == NOBODY:
        words = queries.Words(text=f"This is not mine, and I do not know whose it is. {reason}"[:1_000])
        await queries.ask_author(query_id, words, office, actor)
        return go(f"/queries/{query_id}", "questioned")
    await queries.redirect(query_id, queries.Redirect(provider_id=chosen, reason=reason), office, actor)
    return go("/inbox", "redirected")


def reason_of(fields: Mapping[str, str]) -> str | None:
    """Return the reason that a form holds: the chosen words, the written ones, or both; None for neither."""
    chosen, written = REASONS.get(fields.get("why", "")), fields.get("reason", "")[:900]
    if fields.get("why") == "other" and not written:
        return None
    parts = [chosen if fields.get("why") != "other" else None, written]
    return ": ".join(part for part in parts if part) or None


@router.post("/queries/{query_id}/redirect")
async def redirect(request: Request, query_id: UUID, actor: Redirecting, fields: Fields) -> Response:
    """Ask somebody else, by staff."""
    reason = needed(fields, "reason", "A reason", most=1_000)
    body = queries.Redirect(provider_id=needed(fields, "provider_id", "The provider"), reason=reason)
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    await queries.redirect(query_id, body, office, actor)
    home = "/held" if fields.get("from") == "held" else "/work"
    return go(home if actor.roles & STAFF and not asks(row, actor) else "/inbox", "redirected")
