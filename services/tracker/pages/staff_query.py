"""One query before staff: the text as issued, its findings, history and answer; outcome, documentation, withdrawal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from schemas.check import Finding, QueryDocument
from schemas.vocabulary import WithdrawReason
from services.tracker import reading
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.lifecycle import ANSWERED_QUERY, OPEN_QUERY, WAITING_QUERY
from services.tracker.pages import people, watching
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, may, needed
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
_REASON: TypeAdapter[WithdrawReason] = TypeAdapter(WithdrawReason)


@dataclass(frozen=True, slots=True)
class Refused:
    """A reply that was not sent: why, what it said, and what the check found in it."""

    error: str
    text: str
    findings: Sequence[Finding] = ()


async def show(request: Request, actor: Actor, row: Row, refused: Refused | None = None) -> Response:
    """Return the page of a query that staff may see."""
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        history = await reading.timeline(conn, row["query_id"])
        note = await watching.note_on(conn, row)
        context: dict[str, Any] = {
            "history": history,
            "names": {**people.MACHINES, **await people.actor_names_of(conn, named_in(row, history, note))},
            "note": note,
        }
    state = row["state"]
    changes = actor.may_change(row["author_id"])
    context |= {
        "query": row,
        "document": QueryDocument.model_validate(row["document"]) if row["document"] else None,
        "findings": [Finding.model_validate(item) for item in row["findings"]],
        "zone": office.policy.zone_of(row["facility"]),
        "may_watch": actor.may("watch") and state in OPEN_QUERY,
        "may_capture": actor.may("capture") and state in WAITING_QUERY,
        "withdraw_reasons": get_args(WithdrawReason),
        "may_review": actor.may("outcome") and bool(row["responses"]),
        "may_note_entry": actor.may("document") and state in ANSWERED_QUERY,
        "may_withdraw": actor.may("withdraw") and changes and state in ("held", *WAITING_QUERY),
        "may_export": actor.may("read_audit"),
        "may_redirect": actor.may("redirect") and changes and state in ("held", *WAITING_QUERY),
        "may_reply": actor.may("reply") and changes and row["question_at"] is not None,
        "refused": refused,
        "error": refused.error if refused else None,
    }
    return page(request, "staff_query.html", "Query", context, 422 if refused else 200)


def named_in(row: Row, history: Sequence[Row], note: Row | None) -> set[str | None]:
    """Return the ids of everybody whose name a query's page shows."""
    said = (one for item in row["responses"] for one in (item["provider_id"], item["cosigned_by"]))
    of_query = (row["recipient_id"], row["author_id"], row["revised_by"], row["approved_by"], *row["copied"])
    talked = (one["by"] for one in row["remarks"])
    return {*of_query, *said, *talked, *(one["actor"] for one in history), note["noted_by"] if note else None}


@router.get("/queries/{query_id}/ask-other")
async def ask_other(request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("redirect"))]) -> Response:
    """Show to whom a query could go instead: a page of its own, for the list of providers is long."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id, record=True)
    queries.must_be_theirs(actor, row)
    if row["state"] not in ("held", *WAITING_QUERY):
        return go(f"/queries/{query_id}")
    async with office.database.transaction(actor.scope()) as conn:
        context: dict[str, Any] = {
            "names": await people.names_of(conn, [row["recipient_id"]]),
            "providers": await people.active_providers(conn),
        }
    context |= {"query": row, "zone": office.policy.zone_of(row["facility"])}
    return page(request, "ask_other.html", "Ask somebody else", context)


@router.post("/queries/{query_id}/documentation")
async def note_entry(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("document"))], fields: Fields
) -> Response:
    """Note the record's entry that documents the answer."""
    body = queries.Reference(reference=needed(fields, "reference", "The entry", most=300))
    await queries.add_documentation(query_id, body, office_of(request), actor)
    return go(f"/queries/{query_id}", "documented")


@router.post("/queries/{query_id}/withdraw")
async def withdraw(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("withdraw"))], fields: Fields
) -> Response:
    """Take a query back, with its gap."""
    await queries.withdraw(query_id, withdrawal(fields), office_of(request), actor)
    return go(f"/queries/{query_id}", "withdrawn")


def withdrawal(fields: Mapping[str, str]) -> queries.WithdrawBody:
    """Return what a form says of why something is taken back. Raises 422 without a reason of the list."""
    try:
        return queries.WithdrawBody(reason=_REASON.validate_python(fields.get("reason")))
    except ValidationError:
        raise Problem(422, "Please check the form", "Choose the reason.") from None
