"""Answers by word of mouth: the query's own words are read out, and what the provider says is written down at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.check import QueryDocument
from services.tracker import reading
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import not_found
from services.tracker.identity import Actor
from services.tracker.lifecycle import WAITING_QUERY, NotAllowed
from services.tracker.pages import people
from services.tracker.pages.answering import Unanswered, read_answer
from services.tracker.pages.rendering import PAGE_HEADERS, go, page, wants_fragment
from services.tracker.pages.session import Fields, may, needed
from services.tracker.pages.times import for_field, moment
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Listener = Annotated[Actor, Depends(may("capture"))]


@router.get("/gaps/{gap_uid}/spoken")
async def ask_now(request: Request, gap_uid: UUID, actor: Listener) -> Response:
    """Lead from a gap that was just raised to the words to read out, as soon as they are composed and checked."""
    async with office_of(request).database.transaction(actor.scope()) as conn:
        gap = await reading.gap(conn, gap_uid)
        if gap is not None and gap["original"] is not None:
            gap = await reading.gap(conn, gap["original"])
    if gap is None:
        raise not_found("gap")
    if gap["state"] in ("accepted", "requested"):
        return page(request, "spoken_soon.html", "Just a moment", {"gap_uid": gap_uid})
    home = {"held": f"/held/{gap['query_id']}", "queried": f"/queries/{gap['query_id']}/spoken"}
    path = home.get(gap["state"], f"/charts/{gap['chart_id']}")
    if wants_fragment(request):
        return Response(status_code=204, headers={**PAGE_HEADERS, "HX-Redirect": path})
    return go(path)


@router.get("/queries/{query_id}/spoken")
async def form(request: Request, query_id: UUID, actor: Listener) -> Response:
    """Show the words to read out, and the form for what is said."""
    row = await queries.read_one(office_of(request), actor, query_id, record=True)
    return await _form(request, actor, row, {})


async def _form(
    request: Request, actor: Actor, row: Row, typed: Mapping[str, str], error: str | None = None
) -> Response:
    queries.must_be_theirs(actor, row)
    if row["state"] not in WAITING_QUERY or row["document"] is None:
        raise NotAllowed("The query waits for no answer any more; reload to see where it stands.")
    office = office_of(request)
    zone = office.policy.zone_of(row["facility"])
    async with office.database.transaction(actor.scope()) as conn:
        asked = await people.asked_now(conn, [row["recipient_id"], *row["copied"]], office.clock())
    context = {
        "query": row,
        "document": QueryDocument.model_validate(row["document"]),
        "asked": asked,
        "zone": zone,
        "now": for_field(office.clock(), zone),
        "hours": round(office.policy.spoken_within.total_seconds() / 3600),
        "typed": typed,
        "error": error,
    }
    return page(request, "spoken.html", "Answered by word of mouth", context, 422 if error else 200)


@router.post("/queries/{query_id}/spoken/record")
async def record(request: Request, query_id: UUID, actor: Listener, fields: Fields) -> Response:
    """Write the spoken answer down, or show the form again with what is missing."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    if "read_out" not in fields:
        return await _form(request, actor, row, fields, "Say that you read out exactly this question.")
    try:
        answer = read_answer(QueryDocument.model_validate(row["document"]), fields)
    except Unanswered as missing:
        return await _form(request, actor, row, fields, str(missing).replace(", then sign", ""))
    answer = answer.model_copy(update={"documentation_ref": fields.get("reference", "")[:300] or None})
    at = moment(needed(fields, "at", "The time of the talk"), office.policy.zone_of(row["facility"]))
    provider = needed(fields, "provider_id", "Who answered", most=100)
    body = queries.SpokenBody(provider_id=provider, at=at, answer=answer, read_out=True)
    await queries.spoken(query_id, body, office, actor)
    return go(f"/queries/{query_id}", "spoken")
