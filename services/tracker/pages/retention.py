"""What is kept, and how long: legal holds, what is due to be purged, what was. Purging itself is a command."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker import reading, retention
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.identity import Actor
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Auditor, Fields, may, needed
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
Holder = Annotated[Actor, Depends(may("hold_by_law"))]


@router.get("/retention")
async def overview(request: Request, actor: Auditor) -> Response:
    """Show holds, and what a purge would take."""
    office = office_of(request)
    before = retention.cutoff(office.policy, office.clock())
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        holds, purges = await retention.holds(conn), await retention.purges(conn)
        acted = [
            *(who for one in holds for who in (one["set_by"], one["lifted_by"])),
            *(p["purged_by"] for p in purges),
        ]
        context = {
            "due": await retention.due(conn, before),
            "charts": await retention.due_charts(conn, before),
            "holds": holds,
            "purges": purges,
            "names": await people.actor_names_of(conn, acted),
            "days": office.policy.keep_payloads_days,
            "may_hold": actor.may("hold_by_law"),
            "most": retention.MOST_LISTED,
        }
    return page(request, "retention.html", "Retention", context)


@router.post("/retention/hold")
async def hold(request: Request, actor: Holder, fields: Fields) -> Response:
    """Hold a chart by law; its number comes by the form, not by the address."""
    number = needed(fields, "number", "The encounter number", most=200)
    reason = needed(fields, "reason", "The reason")
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        found = await reading.charts(conn, number=number, limit=20)
        facility = fields.get("facility", "")
        fits = [chart for chart in found if not facility or chart["facility"] == facility]
        if not fits:
            raise not_found("chart")
        if len(fits) > 1:
            raise Problem(422, "Please check the form", "Several facilities have this number: name the facility too.")
        await retention.hold(conn, fits[0]["chart_id"], reason, actor.user_id)
    return go("/retention", "law_held")


@router.post("/retention/lift")
async def lift(request: Request, actor: Holder, fields: Fields) -> Response:
    """Lift a legal hold."""
    try:
        hold_id = UUID(fields.get("hold_id", ""))
    except ValueError:
        raise not_found("legal hold") from None
    reason = needed(fields, "reason", "The reason")
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        await retention.lift(conn, hold_id, reason, actor.user_id)
    return go("/retention", "law_lifted")
