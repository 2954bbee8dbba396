"""The work queue: queries that are open, filtered, page by page; and the charts with what holds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.vocabulary import QueryState, RecipientRole
from services.tracker import reading
from services.tracker.api import charts
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.identity import Actor
from services.tracker.lifecycle import OPEN_GAP, OPEN_QUERY
from services.tracker.model import ChartStatus
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, may, needed
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Staff = Annotated[Actor, Depends(may("read_work"))]
LIMIT = 50
AGES = {"1": "1 day", "3": "3 days", "7": "7 days", "14": "14 days"}


@router.get("/work")
async def work(request: Request, actor: Staff) -> Response:
    """List open queries (or those of one state), newest first."""
    asked = request.query_params
    state, role, age = (_one_of(asked.get("state"), get_args(QueryState)), asked.get("role"), asked.get("age", ""))
    role = _one_of(role, get_args(RecipientRole))
    office = office_of(request)
    cursor = asked.get("cursor")
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.queries(
            conn,
            states=[state] if state else list(OPEN_QUERY),
            recipient_role=role,
            created_before=office.clock() - timedelta(days=int(age)) if age in AGES else None,
            before=decode_cursor(cursor) if cursor else None,
            limit=LIMIT,
        )
        names = await people.provider_names(conn)
    chosen = {"state": state or "", "role": role or "", "age": age if age in AGES else ""}
    context = {
        "rows": rows,
        "names": names,
        "states": get_args(QueryState),
        "roles": get_args(RecipientRole),
        "ages": AGES,
        "chosen": chosen,
        "next": _next("/work", chosen, rows, "created_at", "query_id"),
        "now": office.clock(),
    }
    return page(request, "work.html", "Work queue", context)


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None


def _next(path: str, chosen: dict[str, str], rows: list[Row], at: str, key: str) -> str | None:
    if len(rows) < LIMIT:
        return None
    return f"{path}?{urlencode({**chosen, 'cursor': encode_cursor(rows[-1][at], rows[-1][key])})}"


@router.get("/charts")
async def list_charts(request: Request, actor: Staff) -> Response:
    """List charts, the one that changed last first."""
    asked = request.query_params
    status = _one_of(asked.get("status"), get_args(ChartStatus))
    cursor = asked.get("cursor")
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.charts(conn, status=status, before=decode_cursor(cursor) if cursor else None, limit=LIMIT)
        names = await people.provider_names(conn)
    chosen = {"status": status or ""}
    context = {
        "rows": rows,
        "names": names,
        "statuses": get_args(ChartStatus),
        "chosen": chosen,
        "next": _next("/charts", chosen, rows, "changed_at", "chart_id"),
    }
    return page(request, "charts.html", "Charts", context)


@router.get("/charts/{chart_id}")
async def show_chart(request: Request, chart_id: str, actor: Staff) -> Response:
    """Show a chart: what holds it, its gaps and queries, and how it can be finalized."""
    office = office_of(request)
    chart = await charts.read_chart(office, actor, chart_id)
    async with office.database.transaction(actor.scope()) as conn:
        names = await people.actor_names(conn)
    by_id = {query["query_id"]: query for query in chart["queries"]}
    holders = [gap for gap in chart["gaps"] if gap["blocking"] and gap["state"] in OPEN_GAP]
    context = {
        "chart": chart,
        "names": names,
        "zone": office.policy.zone_of(chart["facility"]),
        "holds": [(why_held(gap, by_id.get(gap["query_id"]), names), gap["query_id"]) for gap in holders],
        "unseen": max(chart["holding"] - len(holders), 0),
        "may_finalize": actor.may("finalize") and chart["status"] == "ready",
        "may_finalize_unanswered": actor.may("finalize_unanswered") and chart["status"] in ("holding", "clear"),
    }
    return page(request, "chart.html", "Chart", context)


def why_held(gap: Row, query: Row | None, names: object) -> str:
    """Say in plain words why an open gap holds its chart."""
    if query is None or gap["state"] in ("accepted", "requested"):
        return "its query is being written"
    who = names.get(query["recipient_id"], "nobody yet") if isinstance(names, dict) else "nobody yet"
    state = query["state"]
    if state == "held":
        return "its draft waits for a person to release it"
    if state == "awaiting_cosign":
        return f"the answer of {who} waits for a cosigner"
    if state == "awaiting_documentation":
        return "the answer waits for its entry in the record"
    if state in ("answered", "under_review"):
        return f"{who} answered; the outcome is not set yet"
    return f"waits for an answer by {who}"


@router.post("/charts/{chart_id}/finalize")
async def finalize(
    request: Request, chart_id: str, actor: Annotated[Actor, Depends(may("finalize"))], _: Fields
) -> Response:
    """Finalize a chart that is ready."""
    await charts.finalize_chart(office_of(request), actor, chart_id, charts.Finalizing())
    return go(f"/charts/{chart_id}", "finalized")


@router.post("/charts/{chart_id}/finalize-unanswered")
async def finalize_unanswered(
    request: Request,
    chart_id: str,
    actor: Annotated[Actor, Depends(may("finalize_unanswered"))],
    fields: Fields,
) -> Response:
    """Finalize although queries are unanswered, with a reason."""
    body = charts.Finalizing(unanswered=True, reason=needed(fields, "reason", "A reason"))
    await charts.finalize_chart(office_of(request), actor, chart_id, body)
    return go(f"/charts/{chart_id}", "finalized")
