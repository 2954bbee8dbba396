"""Charts over HTTP: reading them with their holds, and finalizing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from schemas.base import Contract
from services.tracker import identity, reading
from services.tracker.api.access import IdempotentRoute, OfficeOf, allowed, decode_cursor, encode_cursor
from services.tracker.api.problems import Problem, not_found
from services.tracker.api.views import ChartDetail, ChartView, Page
from services.tracker.decisions import closing
from services.tracker.identity import Actor
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP
from services.tracker.model import ChartStatus
from services.tracker.office import Office

router = APIRouter(prefix="/api/v1/charts", route_class=IdempotentRoute, tags=["charts"])
Staff = Annotated[Actor, Depends(allowed("read_work"))]


@router.get("")
async def list_charts(
    office: OfficeOf,
    actor: Staff,
    status: ChartStatus | None = None,
    encounter_number: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ChartView]:
    """List charts, the one that changed last first."""
    before = decode_cursor(cursor) if cursor else None
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.charts(conn, status=status, number=encounter_number, before=before, limit=limit)
    follows = encode_cursor(rows[-1]["changed_at"], rows[-1]["chart_id"]) if len(rows) == limit else None
    return Page(items=tuple(ChartView.model_validate(row) for row in rows), next=follows)


@router.get("/{chart_id}")
async def show_chart(chart_id: str, office: OfficeOf, actor: Staff) -> ChartDetail:
    """Show one chart with its gaps and queries, and what holds it. That it was looked at is recorded."""
    return ChartDetail.model_validate(await read_chart(office, actor, chart_id))


async def read_chart(office: Office, actor: Actor, chart_id: str) -> reading.Row:
    """Return a chart with gaps and queries. Raises 404 if it is not there, or not the actor's to see."""
    async with office.database.transaction(actor.scope()) as conn:
        chart = await reading.chart(conn, chart_id)
        if chart is None:
            raise not_found("chart")
        await identity.record_view(conn, actor, chart_id, "chart")
        gaps = await reading.gaps(conn, chart_id=chart_id, limit=1_000)
        queries = await reading.queries(conn, chart_id=chart_id, limit=1_000)
    return {**chart, "gaps": gaps, "queries": queries}


class Finalizing(Contract):
    """`unanswered`: although queries are unanswered; needs a role and a reason."""

    unanswered: bool = False
    reason: str | None = Field(default=None, max_length=2_000)


@router.post("/{chart_id}/finalize")
async def finalize(
    chart_id: str, body: Finalizing, office: OfficeOf, actor: Annotated[Actor, Depends(allowed("finalize"))]
) -> ChartView:
    """Finalize a chart that is ready. CDI specialists use the same route with `unanswered`."""
    await finalize_chart(office, actor, chart_id, body)
    async with office.database.transaction(actor.scope()) as conn:
        return ChartView.model_validate(await reading.chart(conn, chart_id))


@router.post("/{chart_id}/finalize-unanswered")
async def finalize_unanswered(
    chart_id: str,
    body: Finalizing,
    office: OfficeOf,
    actor: Annotated[Actor, Depends(allowed("finalize_unanswered"))],
) -> ChartView:
    """Finalize although queries are unanswered: they close as NO_RESPONSE_CLOSED in the same transaction."""
    return await finalize(chart_id, body.model_copy(update={"unanswered": True}), office, actor)


def _must_see_what_closes(actor: Actor, journal: Journal, chart_id: str) -> None:
    """Nobody closes questions that they have no right to see."""
    family = journal.family(journal.charts[chart_id])
    hidden = [
        gap
        for chart in family
        for gap in chart.gaps.values()
        if gap.state in OPEN_GAP and gap.content.sensitivity != "normal"
    ]
    if hidden and not actor.sensitive:
        raise Problem(403, "Not yours to close", "An open gap of this chart needs the right to sensitive records.")


async def finalize_chart(office: Office, actor: Actor, chart_id: str, body: Finalizing) -> None:
    """Finalize on behalf of an actor, whose role is noted with it."""
    action: identity.Action = "finalize_unanswered" if body.unanswered else "finalize"
    roles = actor.roles & identity.PERMISSIONS[action]
    if not roles:
        raise Problem(403, "Not your role", f"This needs one of: {', '.join(sorted(identity.PERMISSIONS[action]))}.")
    async with office.database.transaction(actor.scope()) as conn:
        if await reading.chart(conn, chart_id) is None:
            raise not_found("chart")
    async with office.deciding([chart_id]) as (books, _):
        _must_see_what_closes(actor, books.journal, chart_id)
        role = min(roles)
        if body.unanswered:
            closing.finalize_unanswered(books.journal, chart_id, actor.user_id, role, body.reason or "")
        else:
            closing.finalize(books.journal, chart_id, actor.user_id, role)
