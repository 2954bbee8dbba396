"""One query before the provider it asks: read, answer and sign, change the answer, pass on, ask later, cosign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.check import CheckOption, QueryDocument
from schemas.responses import Answer
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.decisions.answers import CODE_OF_KIND, needs_words
from services.tracker.identity import STAFF, Actor
from services.tracker.lifecycle import ANSWERED_QUERY, WAITING_QUERY
from services.tracker.pages import people, staff_query
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, is_prefetch, may, needed
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, Depends(may("read_inbox", "read_work"))]
Provider = Annotated[Actor, Depends(may("answer"))]
LATER = {"2": "2 hours", "4": "4 hours", "12": "12 hours", "24": "1 day", "48": "2 days", "72": "3 days"}
IN_OWN_WORDS, UNABLE = "own-words", "unable"


class Unanswered(Exception):
    """The form does not hold an answer yet; the text says what is missing."""


@router.get("/queries/{query_id}")
async def show(request: Request, query_id: UUID, actor: Reader) -> Response:
    """Show a query. That its recipient opened it is recorded; a fetch ahead is refused, so that it opens nothing."""
    if is_prefetch(request):
        return Response(status_code=503, headers={"Retry-After": "1"})
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id, record=True)
    if not asks(row, actor):
        return await staff_query.show(request, actor, row)
    if row["state"] in ("issued", "delivered"):
        await queries.open_query(query_id, office, actor)
        row = await queries.read_one(office, actor, query_id)
    return await _show(request, actor, row)


def asks(row: Row, actor: Actor) -> bool:
    """Whether the query is put to this actor, as provider or cover; staff who only look are somebody else."""
    if not actor.roles & STAFF:
        return True  # row security showed it, so it is put to them
    asked = {row["recipient_id"], *row["copied"]}
    return actor.provider_id in asked or row["recipient_id"] in actor.covers


async def _show(
    request: Request,
    actor: Actor,
    row: Row,
    error: str | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        context: dict[str, Any] = {
            "query": row,
            "document": QueryDocument.model_validate(row["document"]) if row["document"] else None,
            "author": await people.contact(conn, row["author_id"]),
            "names": await people.provider_names(conn),
            "providers": await people.active_providers(conn),
        }
    role = next((one["role"] for one in context["providers"] if one["id"] == actor.provider_id), None)
    current = current_response(row)
    mine = current is not None and current["provider_id"] == actor.provider_id
    context |= {
        "current": current,
        "mine": mine,
        "waiting": row["state"] in WAITING_QUERY,
        "amendable": mine and row["state"] in ANSWERED_QUERY,
        "cosignable": row["state"] == "awaiting_cosign" and not mine and role in office.policy.cosigner_roles,
        "later": LATER,
        "zone": office.policy.zone_of(row["facility"]),
        "error": error,
        "typed": typed or {},
    }
    return page(request, "query.html", "Query", context, 422 if error else 200)


def current_response(row: Row) -> Row | None:
    """Return the answer that counts, or None."""
    return next((item for item in row["responses"] if item["response_id"] == row["response_id"]), None)


@router.post("/queries/{query_id}/answer")
async def answer(request: Request, query_id: UUID, actor: Provider, fields: Fields) -> Response:
    """Sign an answer, or a change of it. Without a choice the page is shown again with what was typed."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    document = QueryDocument.model_validate(row["document"])
    try:
        given = read_answer(document, fields)
    except Unanswered as missing:
        return await _show(request, actor, row, str(missing), fields)
    body = queries.AnswerBody(answer=given, amends=fields.get("amends") or None)
    outcome = await queries.record_answer(query_id, body, office, actor)
    return go(f"/queries/{query_id}", outcome.status)


def read_answer(document: QueryDocument, fields: Mapping[str, str]) -> Answer:
    """Return the answer that a form holds. Raises `Unanswered` where a choice or its text is missing."""
    choice, text = fields.get("choice", ""), fields.get("text") or None
    option = next((option for option in document.options if option.id == choice), None)
    try:
        if option is not None and needs_words(option) and not text:
            raise Unanswered(_lacking(option, text))
        if option is not None:
            return Answer(code=CODE_OF_KIND[option.kind], option_id=option.id, text=text)
        if not document.options and choice == UNABLE:
            return Answer(code="UNABLE_TO_DETERMINE", text=text)
        if not document.options and choice == IN_OWN_WORDS:
            return Answer(code="FREE_TEXT", text=text)
    except ValidationError:
        raise Unanswered(_lacking(option, text)) from None
    raise Unanswered("Choose one of the answers, then sign.")


def _lacking(option: CheckOption | None, text: str | None) -> str:
    if text:
        return "The text is too long; 10,000 characters are the most."
    return "Write your answer in the text field" + (f", or choose another one than “{option.text}”." if option else ".")


@router.post("/queries/{query_id}/later")
async def later(request: Request, query_id: UUID, actor: Provider, fields: Fields) -> Response:
    """Ask me later."""
    hours = fields.get("hours", "")
    if hours not in LATER:
        raise Problem(422, "Please check the form", "Choose for how long.")
    office = office_of(request)
    until = office.clock() + timedelta(hours=int(hours))
    await queries.defer(query_id, queries.Until(until=until), office, actor)
    return go("/inbox", "deferred")


@router.post("/queries/{query_id}/redirect")
async def redirect(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("redirect"))], fields: Fields
) -> Response:
    """Pass a query on: "not mine" by its recipient, or another recipient by staff."""
    reason = needed(fields, "reason", "A reason", most=1_000)
    body = queries.Redirect(provider_id=needed(fields, "provider_id", "The provider"), reason=reason)
    await queries.redirect(query_id, body, office_of(request), actor)
    home = "/held" if fields.get("from") == "held" else "/work"
    return go(home if actor.roles & STAFF else "/inbox", "redirected")


@router.post("/queries/{query_id}/cosign")
async def cosign(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("cosign"))], _: Fields
) -> Response:
    """Cosign the answer."""
    await queries.record_cosign(query_id, office_of(request), actor, None)
    return go(f"/queries/{query_id}", "cosigned")
