"""Questions about a query: a provider asks its author, the author replies; and the author's list of what is asked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.check import Finding
from services.tracker import reading
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.model import MOST_OF_A_REMARK
from services.tracker.pages import people, staff_query
from services.tracker.pages.answering import Troubled, show_to_provider
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, may

router = APIRouter(include_in_schema=False)
Author = Annotated[Actor, Depends(may("reply"))]


def _wanted(text: str) -> str | None:
    most = MOST_OF_A_REMARK
    return None if 0 < len(text) <= most else f"Write something, at most {most:,} characters."


@router.post("/queries/{query_id}/question")
async def ask(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("ask_author"))], fields: Fields
) -> Response:
    """Put a provider's question to the query's author."""
    office = office_of(request)
    text = fields.get("question", "")
    row = await queries.read_one(office, actor, query_id)
    if wanted := _wanted(text):
        return await show_to_provider(request, actor, row, Troubled(wanted, fields))
    await queries.ask_author(query_id, queries.Words(text=text), office, actor)
    return go(f"/queries/{query_id}", "questioned")


@router.post("/queries/{query_id}/reply")
async def reply(request: Request, query_id: UUID, actor: Author, fields: Fields) -> Response:
    """Reply to a provider's question. What the check does not let through comes back with its findings."""
    office = office_of(request)
    text = fields.get("reply", "")
    try:
        if wanted := _wanted(text):
            raise Problem(422, "Please check the form", wanted)
        await queries.reply(query_id, queries.Words(text=text), office, actor)
    except Problem as refused:
        if refused.status != 422:
            raise
        row = await queries.read_one(office, actor, query_id)
        found = [Finding.model_validate(one) for one in refused.extra.get("findings", ())]  # type: ignore[attr-defined]
        told = staff_query.Refused(refused.detail, text, found)
        return await staff_query.show(request, actor, row, told)
    return go(f"/queries/{query_id}", "replied")


@router.get("/questions")
async def questions(request: Request, actor: Author) -> Response:
    """Show which providers wait for a reply: on one's own queries, and to a CDI specialist on all."""
    office = office_of(request)
    mine = None if actor.may_change(None) else actor.user_id
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.open_questions(conn, mine)
        names = await people.names_of(conn, [one["by"] for row in rows for one in row["remarks"]])
    zones = {row["query_id"]: office.policy.zone_of(row["facility"]) for row in rows}
    context = {"rows": rows, "names": names, "zones": zones}
    return page(request, "questions.html", "Questions", context, fragment="content")
