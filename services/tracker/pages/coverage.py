"""Who answers for whom: set it, see it, end it early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.tracker import directory, treating
from services.tracker.api import admin
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.directory import Coverage
from services.tracker.identity import Actor
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, InboxReader, needed
from services.tracker.pages.times import for_field, moment
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)


@router.get("/coverage")
async def show(request: Request, actor: InboxReader) -> Response:
    """Show who covers for me, for whom I cover, and the form."""
    return await _show(request, actor, {})


async def _show(request: Request, actor: Actor, typed: Mapping[str, str]) -> Response:
    office = office_of(request)
    now = office.clock()
    async with office.database.transaction(actor.scope()) as conn:
        rows = await directory.coverages_of(conn, actor.provider_id or "", now)
        found = await treating.find(conn, typed.get("who", ""))
        named = [one for row in rows for one in (row.provider_id, row.covered_by)]
        context: dict[str, Any] = {
            "rows": rows,
            "names": await people.names_of(conn, named),
            "found": [one for one in found if one.id != actor.provider_id],
            "typed": typed,
            "now": now,
            "earliest": for_field(now, office.policy.zone),
        }
    return page(request, "coverage.html", "Coverage", context, fragment="found")


@router.post("/coverage/set")
async def set_coverage(request: Request, actor: InboxReader, fields: Fields) -> Response:
    """Set who answers for me, and until when; without a colleague, look for one by name first."""
    if "find" in fields or (not fields.get("covered_by") and fields.get("who")):
        return await _show(request, actor, fields)
    office = office_of(request)
    covered_by = needed(fields, "covered_by", "The colleague")
    starts = moment(needed(fields, "starts_at", "Start"), office.policy.zone)
    ends = moment(needed(fields, "ends_at", "End"), office.policy.zone)
    if ends <= starts or ends <= office.clock():
        raise Problem(422, "Please check the form", "The end must come after the start, and lie ahead.")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        known = (await office.directory.get(conn)).active(covered_by)
    if known is None or covered_by == actor.provider_id:
        raise Problem(422, "Please check the form", "Choose a colleague from the list.")
    coverage = Coverage(provider_id=actor.provider_id or "", covered_by=covered_by, starts_at=starts, ends_at=ends)
    await admin.set_coverage(coverage, office, actor)
    return go("/coverage", "coverage")


@router.post("/coverage/end")
async def end_coverage(request: Request, actor: InboxReader, fields: Fields) -> Response:
    """End a coverage of mine now, or call off one that has not begun."""
    try:
        coverage_id = UUID(fields.get("coverage_id", ""))
    except ValueError:
        raise not_found("coverage") from None
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        ended = await directory.end_coverage(conn, coverage_id, actor.provider_id or "", office.clock())
    return go("/coverage", "coverage_ended" if ended else "coverage_over")
