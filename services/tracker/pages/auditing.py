"""Who did what, who looked at what, and one query's bundle for somebody outside. What is searched for never stands in
an address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.tracker import auditing, identity, reading
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.audit import BrokenChain
from services.tracker.auditing import MOST, Wanted
from services.tracker.bundle_pdf import bundle_pdf
from services.tracker.bundles import Bundle
from services.tracker.identity import Actor
from services.tracker.pages import people
from services.tracker.pages.rendering import page
from services.tracker.pages.session import Auditor, Fields
from services.tracker.pages.words import STEPS
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
KINDS = {"steps": "what was done", "views": "who looked"}
EMPTY = {"kind": "steps", "query": "", "number": "", "user": "", "first": "", "last": ""}


@router.get("/audit")
async def search_form(request: Request, _: Auditor) -> Response:
    """Show the form of the search."""
    context = {"chosen": EMPTY, "rows": None, "names": {}, "kinds": KINDS, "most": MOST}
    return page(request, "audit.html", "Audit", context)


@router.post("/audit")
async def search(request: Request, actor: Auditor, fields: Fields) -> Response:
    """Show what was done, or who looked: by query, stay or user, in a period."""
    office = office_of(request)
    chosen = {name: fields.get(name, "")[:200] for name in EMPTY}
    chosen["kind"] = chosen["kind"] if chosen["kind"] in KINDS else "steps"
    wanted = _wanted(chosen)
    find = auditing.views if chosen["kind"] == "views" else auditing.steps
    async with office.database.transaction(actor.scope()) as conn:
        rows = await find(conn, wanted, office.policy.zone)
        names = await people.actor_names_of(conn, [row["actor"] for row in rows])
    context = {"chosen": chosen, "rows": rows, "names": names, "kinds": KINDS, "most": MOST}
    return page(request, "audit.html", "Audit", context)


def _wanted(chosen: Mapping[str, str]) -> Wanted:
    try:
        wanted = Wanted(
            query_id=UUID(chosen["query"]) if chosen["query"] else None,
            number=chosen["number"] or None,
            user=chosen["user"] or None,
            first=date.fromisoformat(chosen["first"]) if chosen["first"] else None,
            last=date.fromisoformat(chosen["last"]) if chosen["last"] else None,
        )
    except ValueError:
        raise Problem(
            422, "Please check the form", "A query's id, or a date such as 2026-03-31, is not right."
        ) from None
    if not wanted.enough:
        raise Problem(422, "Please check the form", "Name a query, an encounter number or a user.")
    return wanted


@router.post("/queries/{query_id}/export")
async def export(request: Request, query_id: UUID, actor: Auditor, fields: Fields) -> Response:
    """Give one query's bundle to save, as JSON or as PDF. That it was exported is recorded as a view."""
    office = office_of(request)
    bundle = await _bundle(request, query_id, actor)
    if fields.get("format") == "pdf":
        zone = office.policy.zone_of(bundle.person.facility)
        body = await asyncio.to_thread(bundle_pdf, bundle, zone, STEPS)
        return _file(f"query-{query_id}.pdf", "application/pdf", body)
    return _file(f"query-{query_id}.json", "application/json", bundle.model_dump_json(indent=1).encode())


async def _bundle(request: Request, query_id: UUID, actor: Actor) -> Bundle:
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        row = await reading.query(conn, query_id)
        names = await people.actor_names(conn)
    if row is None:
        raise not_found("query")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        try:
            bundle = await auditing.query_bundle(
                conn, office.vault, row, at=office.clock(), by=actor.user_id, names=names
            )
        except BrokenChain as error:
            raise Problem(409, "The log does not verify", f"Nothing was exported: {error}.") from None
        await identity.record_view(conn, actor, row["chart_id"], "export", query_id)
    return bundle


def _file(name: str, media_type: str, body: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)
