"""Held drafts: the exact text with its findings beside it; approve, revise, reject, or ask somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.check import Finding, QueryDocument
from services.tracker import reading
from services.tracker.api import queries
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.lifecycle import NotAllowed
from services.tracker.pages import people, watching
from services.tracker.pages.marking import Marked
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, Staff, may, needed
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Approver = Annotated[Actor, Depends(may("approve"))]
LIMIT = 50
SAID = {
    "pass": ("The check finds nothing in these words. A second person releases them.", "good"),
    "review": ("The check has remarks; a second person may release these words with a reason.", "warn"),
    "block": ("The check blocks these words; they can never be sent like this.", "wrong"),
}
"""What a verdict on edited words means, and how the note about it looks."""


@router.get("/held")
async def held(request: Request, actor: Staff) -> Response:
    """List the drafts that a person must look at."""
    office = office_of(request)
    cursor = request.query_params.get("cursor")
    before = decode_cursor(cursor) if cursor else None
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.queries(conn, states=["held"], before=before, limit=LIMIT)
        names = await people.names_of(conn, [row["recipient_id"] for row in rows])
    more = len(rows) == LIMIT
    follows = f"/held?cursor={encode_cursor(rows[-1]['created_at'], rows[-1]['query_id'])}" if more else None
    return page(request, "held.html", "Held drafts", {"rows": rows, "names": names, "next": follows})


@dataclass(frozen=True, slots=True)
class Tried:
    """A text as somebody edits it, not kept anywhere: what the check says of it, or why it could not be read."""

    marked: Marked | None
    said: str
    tone: str = ""


@router.get("/held/{query_id}")
async def show_draft(request: Request, query_id: UUID, actor: Staff) -> Response:
    """Show one draft."""
    row = await queries.read_one(office_of(request), actor, query_id, record=True)
    if row["state"] != "held":
        return go(f"/queries/{query_id}")
    return await _draft(request, actor, row, None, {})


@router.post("/held/{query_id}/check")
async def check_edited(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("revise"))], fields: Fields
) -> Response:
    """Show what the check says of the words as they stand in the form. Nothing is kept."""
    row = await queries.read_one(office_of(request), actor, query_id)
    if row["document"] is None:
        raise NotAllowed("There is no text to revise.")
    return await _draft(request, actor, row, await _try(request, row, fields), fields)


async def _try(request: Request, row: Row, fields: Mapping[str, str]) -> Tried:
    try:
        edited = revised(QueryDocument.model_validate(row["document"]), fields)
    except (Problem, ValidationError) as wrong:
        detail = wrong.detail if isinstance(wrong, Problem) else "An answer is missing, or a text is too long."
        return Tried(None, detail.removesuffix(" Go back; what you typed is still there."), "wrong")
    # In a thread, so that nobody else waits for a text that is new to the check.
    verdict = await asyncio.to_thread(office_of(request).judge, edited)
    said, tone = SAID[verdict.verdict]
    return Tried(Marked(edited, verdict.findings), said, tone)


async def _draft(request: Request, actor: Actor, row: Row, tried: Tried | None, typed: Mapping[str, str]) -> Response:
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        note = await watching.note_on(conn, row)
        people_here = (row["recipient_id"], row["author_id"], row["revised_by"], note["noted_by"] if note else None)
        context: dict[str, Any] = {
            "names": await people.actor_names_of(conn, people_here),
            "note": note,
        }
    document = QueryDocument.model_validate(row["document"]) if row["document"] else None
    findings = [Finding.model_validate(item) for item in row["findings"]]
    context |= {
        "query": row,
        "document": document,
        "marked": Marked(document, findings) if document else None,
        "findings": findings,
        "tried": tried,
        "typed": typed,
        "zone": office.policy.zone_of(row["facility"]),
        "why_not": why_not(row, actor),
        "may_watch": actor.may("watch"),
        "may_capture": False,
        "needs_reason": needs_second_person(row),
        "may_revise": actor.may("revise")
        and actor.may_change(row["author_id"])
        and bool(row["document"])
        and row["issued_at"] is None,
        "may_reject": actor.may("approve"),
        "may_redirect": actor.may("redirect") and actor.may_change(row["author_id"]),
    }
    return page(request, "draft.html", "Held draft", context, fragment="tried" if tried else None)


def needs_second_person(row: Row) -> bool:
    """Whether author and last reviser may not release the text (the decision itself says it again)."""
    return bool(row["verdict"] != "pass" or row["release"] == "second_person")


def why_not(row: Row, actor: Actor) -> str | None:
    """Return why this actor cannot approve this draft now, or None if nothing stands in the way."""
    own = {row["author_id"], row["revised_by"]}
    reasons = (
        (not actor.may("approve"), "Your role does not approve drafts."),
        (row["document"] is None, "There is no text to approve."),
        (row["issued_at"] is not None, "This text was sent before. Choose somebody who may be asked."),
        (row["verdict"] == "block", "The check blocked this text. Revise it, or reject it."),
        (row["recipient_id"] is None, "Nobody is asked yet. Choose a provider first."),
        (
            needs_second_person(row) and actor.user_id in own,
            "You raised the gap or revised the text last: a second person must approve it.",
        ),
    )
    return next((text for applies, text in reasons if applies), None)


@router.post("/held/{query_id}/approve")
async def approve(request: Request, query_id: UUID, actor: Approver, fields: Fields) -> Response:
    """Approve exactly the text that was shown."""
    body = queries.ApprovalBody(
        content_hash=fields.get("content_hash", ""), reason=fields.get("reason", "")[:2_000] or None
    )
    await queries.approve(query_id, body, office_of(request), actor)
    return go("/held", "approved")


@router.post("/held/{query_id}/reject")
async def reject(request: Request, query_id: UUID, actor: Approver, fields: Fields) -> Response:
    """Reject the draft."""
    body = queries.Rejection(reason=needed(fields, "reason", "A reason"))
    await queries.reject(query_id, body, office_of(request), actor)
    return go("/held", "rejected")


@router.post("/held/{query_id}/revise")
async def revise(
    request: Request, query_id: UUID, actor: Annotated[Actor, Depends(may("revise"))], fields: Fields
) -> Response:
    """Send the edited text to be checked again."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    if row["document"] is None:
        raise NotAllowed("There is no text to revise.")
    if row["content_hash"] != fields.get("content_hash"):
        raise NotAllowed("The text has changed since it was read; reload and read it again.")
    edited = revised(QueryDocument.model_validate(row["document"]), fields)
    await queries.revise(query_id, queries.Revision(document=edited), office, actor)
    return go("/held", "revised")


def revised(document: QueryDocument, fields: Mapping[str, str]) -> QueryDocument:
    """Return the document with the form's words; an option whose text was emptied is left out."""
    texts = [(option, fields.get(f"option-{place}", option.text)) for place, option in enumerate(document.options)]
    update = {
        "title": needed(fields, "title", "The title", most=200),
        "context": _plain(fields.get("context", "")) or None,
        "question": _plain(needed(fields, "question", "The question")),
        "options": tuple(option.model_copy(update={"text": text}) for option, text in texts if text),
        "footer": _plain(fields.get("footer", "")) or None,
    }
    if any(len(text) > 300 for _, text in texts):
        raise Problem(422, "Please check the form", "An answer is longer than 300 characters.")
    return document.model_copy(update=update)


def _plain(text: str) -> str:
    """Browsers send line ends as CR LF; a text that was not edited must stay the same, byte for byte."""
    return text.replace("\r\n", "\n")
