"""Answers that came back: which wait for a coder, each beside what was asked, its outcome, and what came too late."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from schemas.check import QueryDocument
from schemas.vocabulary import Category, LateDecision, Outcome
from services.tracker import reading_charts
from services.tracker.api import queries
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.identity import Actor
from services.tracker.lifecycle import NotAllowed
from services.tracker.pages import people
from services.tracker.pages.comparing import changes, compared
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, may
from services.tracker.pages.words import LATE_HELP, OUTCOME_HELP
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Reviewer = Annotated[Actor, Depends(may("outcome"))]
LIMIT = 50
REVIEWED = ("answered", "under_review", "awaiting_documentation")
VALIDATION: tuple[Outcome, ...] = ("CONFIRMED_VALIDATED", "NOT_VALIDATED")
_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_DECISION: TypeAdapter[LateDecision] = TypeAdapter(LateDecision)


@router.get("/review")
async def to_review(request: Request, actor: Reviewer) -> Response:
    """List the answers that wait for a review, and those that came after the end; the longest waiting first."""
    asked = request.query_params
    whose = asked.get("whose") if asked.get("whose") in ("mine", "all") else "mine"
    author = actor.user_id if whose == "mine" else None
    cursor = asked.get("cursor")
    async with office_of(request).database.transaction(actor.scope()) as conn:
        before = decode_cursor(cursor) if cursor else None
        rows = await reading_charts.to_review(conn, author=author, before=before, limit=LIMIT)
        late = await reading_charts.late(conn, author=author, limit=LIMIT) if cursor is None else []
        names = await people.names_of(conn, [row["recipient_id"] for row in (*rows, *late)])
    more = len(rows) == LIMIT
    last = encode_cursor(rows[-1]["answered_at"], rows[-1]["query_id"]) if more else ""
    context = {
        "rows": rows,
        "late": late,
        "names": names,
        "whose": whose,
        "next": f"/review?{urlencode({'whose': whose, 'cursor': last})}" if more else None,
        "live": f"/review?{urlencode({'whose': whose})}" if cursor is None else None,
        "zones": office_of(request).policy.zone_of,
    }
    return page(request, "to_review.html", "Answers to review", context, fragment="answers")


@router.get("/review/{query_id}")
async def review(request: Request, query_id: UUID, actor: Reviewer) -> Response:
    """Show an answer beside what was asked."""
    return await _review(request, actor, query_id)


async def _review(
    request: Request,
    actor: Actor,
    query_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id, record=True)
    async with office.database.transaction(actor.scope()) as conn:
        signed = [who for one in row["responses"] for who in (one["provider_id"], one["cosigned_by"])]
        names = await people.actor_names_of(conn, signed)
        siblings = await reading_charts.siblings(conn, row["gap_uid"])
    document = QueryDocument.model_validate(row["document"]) if row["document"] else None
    given = [one for one in row["responses"] if not one["late"]]
    late = [one for one in row["responses"] if one["late"]]
    context: dict[str, Any] = {
        "query": row,
        "document": document,
        "names": names,
        "zone": office.policy.zone_of(row["facility"]),
        "answers": _told(document, given),
        "late": [(one, compared(document, one)) for one in late],
        "siblings": [one for one in siblings if one["query_id"] != query_id],
        "outcomes": [(one, OUTCOME_HELP[one]) for one in _fitting(row["category"])],
        "decisions": [(one, LATE_HELP[one]) for one in get_args(LateDecision)],
        "may_decide": row["state"] in REVIEWED,
        "needs_entry": row["state"] == "awaiting_documentation",
        "typed": {
            "outcome": "",
            "reference": row["documentation_ref"] or "",
            "reason": "",
            "decision": "",
            **(typed or {}),
        },
        "errors": errors or {},
    }
    return page(request, "review.html", "Review an answer", context, status)


def _told(document: QueryDocument | None, given: list[Row]) -> list[tuple[Row, Any, Any]]:
    """Return each answer with its comparison to the question and to the answer that it changed, the latest first."""
    told = []
    for place, one in enumerate(given):
        before = given[place - 1] if place else None
        changed = changes(_words(document, before), _words(document, one)) if before else None
        told.append((one, compared(document, one), changed))
    return told[::-1]


def _words(document: QueryDocument | None, answer: Row | None) -> str:
    """Return an answer as one text: the chosen option, and the words beside it."""
    if answer is None:
        return ""
    options = {one.id: one.text for one in document.options} if document else {}
    return "\n".join(part for part in (options.get(answer["option_id"]), answer["answer_text"]) if part)


def _fitting(category: str) -> list[Outcome]:
    """Return the outcomes in the order in which they are likely; those of validation only where it was asked."""
    validates: Category = "clinical_validation"
    others = [one for one in OUTCOME_HELP if one not in VALIDATION]
    return [*VALIDATION, *others] if category == validates else others


@router.post("/review/{query_id}")
async def set_outcome(request: Request, query_id: UUID, actor: Reviewer, fields: Fields) -> Response:
    """Set the outcome, and note the entry in the record where one was named."""
    office = office_of(request)
    typed = {name: fields.get(name, "") for name in ("outcome", "reference", "reason")}
    errors = {
        name: f"At most {most} characters."
        for name, most in (("reference", 300), ("reason", 2_000))
        if len(typed[name]) > most
    }
    try:
        outcome = _OUTCOME.validate_python(typed["outcome"])
    except ValidationError:
        errors["outcome"] = "Choose what the answer means."
    row = await queries.read_one(office, actor, query_id)
    if row["state"] == "awaiting_documentation" and not typed["reference"]:
        errors["reference"] = "Policy wants the entry in the record first: name the document and its date."
    if errors:
        return await _review(request, actor, query_id, typed=typed, errors=errors, status=422)
    try:
        if typed["reference"] and typed["reference"] != row["documentation_ref"]:
            await queries.add_documentation(query_id, queries.Reference(reference=typed["reference"]), office, actor)
        body = queries.OutcomeBody(outcome=outcome, reason=typed["reason"] or None)
        await queries.set_outcome(query_id, body, office, actor)
    except NotAllowed as error:
        return await _review(request, actor, query_id, typed=typed, errors={"outcome": str(error)}, status=409)
    follows = outcome in office.policy.follow_up_outcomes
    return go(f"/charts/{row['chart_id']}", "follow_up" if follows else "outcome")


@router.post("/review/{query_id}/begin")
async def begin(request: Request, query_id: UUID, actor: Reviewer, _: Fields) -> Response:
    """Take the answer under review, so that others see it."""
    await queries.begin_review(query_id, office_of(request), actor)
    return go(f"/review/{query_id}", "review")


@router.post("/review/{query_id}/late")
async def settle_late(request: Request, query_id: UUID, actor: Reviewer, fields: Fields) -> Response:
    """Note what an answer changes that came after the end."""
    reason = fields.get("reason", "")[:2_000]
    try:
        decision = _DECISION.validate_python(fields.get("decision"))
    except ValidationError:
        wrong = {"decision": "Choose what the late answer changes."}
        return await _review(request, actor, query_id, typed={"reason": reason}, errors=wrong, status=422)
    body = queries.LateBody(decision=decision, reason=reason or None)
    await queries.settle_late(query_id, body, office_of(request), actor)
    return go("/review", "late_settled")
