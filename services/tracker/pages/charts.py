"""Charts before a coder: which are mine, what holds them in plain words, their history, and finalizing."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker import reading_charts
from services.tracker.api import charts
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.identity import PERMISSIONS, Actor
from services.tracker.lifecycle import NotAllowed
from services.tracker.model import ChartStatus
from services.tracker.pages import people
from services.tracker.pages.holds_in_words import Listener, hold_sentence, standing
from services.tracker.pages.rendering import go, page
from services.tracker.pages.reviewing import REVIEWED
from services.tracker.pages.session import Fields, Staff, may
from services.tracker.pages.words import say
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
LIMIT = 50
WHOSE = ("mine", "all")
UNDONE = "undone"
"""The filter for all charts that are neither finalized nor merged."""


@router.get("/charts")
async def list_charts(request: Request, actor: Staff) -> Response:
    """List charts with their holds, the one that changed last first; a coder's own unless all are asked for."""
    asked = request.query_params
    own = "mine" if actor.may("raise_gap") else "all"
    whose = asked.get("whose") if asked.get("whose") in WHOSE else own
    status = asked.get("status") if asked.get("status") in (*get_args(ChartStatus), "any") else UNDONE
    cursor = asked.get("cursor")
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading_charts.charts(
            conn,
            author=actor.user_id if whose == "mine" else None,
            status=status if status in get_args(ChartStatus) else None,
            open_only=status == UNDONE,
            before=decode_cursor(cursor) if cursor else None,
            limit=LIMIT,
        )
        names = await people.names_of(conn, _named_on(rows))
    chosen = {"whose": whose or own, "status": status or UNDONE, "number": ""}
    more = (
        {
            "whose": chosen["whose"],
            "status": chosen["status"],
            "cursor": encode_cursor(rows[-1]["changed_at"], rows[-1]["chart_id"]),
        }
        if rows
        else {}
    )
    return _list(request, actor, rows, names, chosen, f"/charts?{urlencode(more)}" if len(rows) == LIMIT else None)


def _list(
    request: Request,
    actor: Actor,
    rows: list[Row],
    names: dict[str, str] | Any,
    chosen: dict[str, str],
    next_: str | None,
) -> Response:
    context = {
        "rows": [{**row, "said": said(request, actor, row, names)} for row in rows],
        "names": names,
        "statuses": [
            (UNDONE, "not finalized yet"),
            *((one, say(one)) for one in get_args(ChartStatus)),
            ("any", "all"),
        ],
        "chosen": chosen,
        "next": next_,
    }
    return page(request, "charts.html", "Charts", context)


def _named_on(rows: list[Row]) -> list[str | None]:
    """Return the ids of the providers whom a list of charts names."""
    return [one for row in rows for one in (row["attending_id"], *(hold["recipient_id"] for hold in row["holds"]))]


def said(request: Request, actor: Actor, chart: Row, names: Any) -> list[tuple[str, str | None]]:
    """Return what holds a chart, or how it stands: sentences, each with the page to open, if there is one."""
    office = office_of(request)
    to = Listener(office.clock(), office.policy.zone_of(chart["facility"]), names)
    sentences = [(hold_sentence(hold, to), _next_page(actor, hold)) for hold in chart["holds"]]
    return sentences if len(sentences) == chart["holding"] and sentences else [*sentences, (standing(chart, to), None)]


def _next_page(actor: Actor, hold: Row) -> str | None:
    """Return where one goes on with a hold: an answer that came back is reviewed, anything else is looked at."""
    if hold["query_id"] is None:
        return None
    waits = hold["state"] in REVIEWED and actor.may("outcome")
    return f"/review/{hold['query_id']}" if waits else f"/queries/{hold['query_id']}"


@router.post("/charts/find")
async def find(request: Request, actor: Staff, fields: Fields) -> Response:
    """Open the chart of an encounter number, which never stands in an address."""
    number = fields.get("number", "")
    async with office_of(request).database.transaction(actor.scope()) as conn:
        rows = await reading_charts.of_number(conn, number) if number else []
        names = await people.names_of(conn, _named_on(rows))
    if len(rows) == 1:
        return go(f"/charts/{rows[0]['chart_id']}")
    return _list(request, actor, rows, names, {"whose": "all", "status": "any", "number": number}, None)


@router.get("/charts/{chart_id}")
async def show_chart(request: Request, chart_id: str, actor: Staff) -> Response:
    """Show a chart: what holds it, its gaps and queries, its history, and how it can be finalized."""
    return await _chart(request, actor, chart_id)


async def _chart(
    request: Request, actor: Actor, chart_id: str, *, wrong: str | None = None, reason: str = "", status: int = 200
) -> Response:
    office = office_of(request)
    chart = await charts.read_chart(office, actor, chart_id)
    async with office.database.transaction(actor.scope()) as conn:
        chart["holds"] = await reading_charts.holds(conn, [chart_id])
        history = await reading_charts.history(conn, chart_id)
        acted = (step["actor"].replace("api/", "", 1) for step in history)
        raised = (gap["author_id"] for gap in chart["gaps"])
        asked = (query["recipient_id"] for query in chart["queries"])
        names = await people.actor_names_of(conn, [*_named_on([chart]), *acted, *raised, *asked])
    undone = chart["status"] in ("holding", "clear")
    ended = chart["ended_at"] is not None and chart["ended_at"] <= office.clock()
    context = {
        "chart": chart,
        "names": {**names, "system": "the system", "query-builder": "the query builder"},
        "zone": office.policy.zone_of(chart["facility"]),
        "said": said(request, actor, chart, names),
        "history": history,
        "may_raise": actor.may("raise_gap"),
        "may_finalize": actor.may("finalize") and chart["status"] == "ready",
        "may_finalize_unanswered": actor.may("finalize_unanswered") and undone and ended,
        "needs_role": undone and ended and actor.may("finalize") and not actor.may("finalize_unanswered"),
        "as_role": min(actor.roles & PERMISSIONS["finalize_unanswered"], default=""),
        "wrong": wrong,
        "reason": reason,
    }
    return page(request, "chart.html", "Chart", context, status)


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
    """Finalize although queries are unanswered, with a reason; without one, or where it is refused, say why there."""
    reason = fields.get("reason", "")
    if not reason or len(reason) > 2_000:
        wrong = "Say why the chart is finalized without answers." if not reason else "At most 2000 characters."
        return await _chart(request, actor, chart_id, wrong=wrong, reason=reason, status=422)
    try:
        await charts.finalize_chart(
            office_of(request), actor, chart_id, charts.Finalizing(unanswered=True, reason=reason)
        )
    except NotAllowed as error:
        return await _chart(request, actor, chart_id, wrong=str(error), reason=reason, status=409)
    return go(f"/charts/{chart_id}", "finalized")
