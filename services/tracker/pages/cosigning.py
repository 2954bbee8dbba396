"""A resident's answer before its cosigner: cosign it, or ask whoever signed to look again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.model import MOST_OF_A_REMARK
from services.tracker.pages import signing
from services.tracker.pages.answering import Troubled, show_to_provider
from services.tracker.pages.rendering import go
from services.tracker.pages.session import Fields, may

router = APIRouter(include_in_schema=False)
Cosigner = Annotated[Actor, Depends(may("cosign"))]
NOT_LET_THROUGH = (
    "This remark cannot go out: it must stay neutral, name no answer, and press for none. Take one of the ready ones, "
    "or call."
)


@router.post("/queries/{query_id}/cosign")
async def cosign(request: Request, query_id: UUID, actor: Cosigner, fields: Fields) -> Response:
    """Cosign the answer that was read."""
    office = office_of(request)
    try:
        await signing.confirm(request, actor)
    except signing.NotSigned as wrong:
        row = await queries.read_one(office, actor, query_id)
        return await show_to_provider(request, actor, row, Troubled(str(wrong), fields))
    await queries.record_cosign(query_id, office, actor, fields.get("response_id") or None)
    return go(f"/queries/{query_id}", "cosigned")


@router.post("/queries/{query_id}/send-back")
async def send_back(request: Request, query_id: UUID, actor: Cosigner, fields: Fields) -> Response:
    """Ask whoever signed to look again, by a ready remark or an own one that passes the check."""
    office = office_of(request)
    text = fields.get("remark") or fields.get("own", "")
    row = await queries.read_one(office, actor, query_id)
    if not 0 < len(text) <= MOST_OF_A_REMARK:
        wanted = f"Choose a remark, or write one of at most {MOST_OF_A_REMARK:,} characters."
        return await show_to_provider(request, actor, row, Troubled(wanted, fields))
    try:
        await queries.send_back(query_id, queries.Words(text=text), office, actor)
    except Problem as refused:
        if refused.status != 422:
            raise
        return await show_to_provider(request, actor, row, Troubled(NOT_LET_THROUGH, fields))
    return go("/inbox", "sent_back")
