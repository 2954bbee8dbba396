"""One query before the provider it asks: read it, answer and sign, change the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.check import CheckOption, QueryDocument
from schemas.responses import Answer
from services.tracker import inbox_reading, record
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.views import ProviderQuery, ResponseView
from services.tracker.decisions.answers import CODE_OF_KIND, needs_words
from services.tracker.identity import STAFF, Actor
from services.tracker.lifecycle import ANSWERED_QUERY, WAITING_QUERY
from services.tracker.model import MOST_OF_A_REMARK
from services.tracker.office import Office
from services.tracker.pages import evidence, people, signing, staff_query
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Answering, Fields, is_prefetch, may
from services.tracker.pages.times import for_field, quick_choices
from services.tracker.reading import Row
from services.tracker.record import Line, Signature

router = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, Depends(may("read_inbox", "read_work"))]
IN_OWN_WORDS, UNABLE = "own-words", "unable"
READY_REMARKS = (
    "Please call me before I cosign this.",
    "Please check the answer against the record and sign again.",
    "We can look at the evidence together; please call me.",
)
"""What a cosigner sends back with one tap; each passes the check (a test keeps it so)."""


class Unanswered(Exception):
    """The form does not hold an answer yet; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One answer to tap, and how the record will say it."""

    id: str
    text: str
    line: Line
    needs_words: bool


@dataclass(frozen=True, slots=True)
class Troubled:
    """What a form lacked, and what it held: the page is shown again with both."""

    error: str
    typed: Mapping[str, str]


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
    return await show_to_provider(request, actor, row)


def asks(row: Row, actor: Actor) -> bool:
    """Whether the query is put to this actor, as provider or cover; staff who only look are somebody else."""
    if not actor.roles & STAFF:
        return True  # row security showed it, so it is put to them
    asked = {row["recipient_id"], *row["copied"]}
    return actor.provider_id in asked or row["recipient_id"] in actor.covers


async def show_to_provider(request: Request, actor: Actor, row: Row, trouble: Troubled | None = None) -> Response:
    """Return the page of a query for the provider it asks. Only what `ProviderQuery` holds can stand on it."""
    office = office_of(request)
    query = ProviderQuery.model_validate(row)
    context = _what_it_says(query) | await _around(office, actor, query, row["author_id"])
    zone = office.policy.zone_of(query.facility)
    current = context["current"]
    mine = current is not None and current.provider_id == actor.provider_id
    waiting = query.state in WAITING_QUERY
    cosignable = query.state == "awaiting_cosign" and not mine and context["may_cosign"]
    context |= {
        "query": query,
        "mine": mine,
        "waiting": waiting,
        "amendable": mine and query.state in ANSWERED_QUERY,
        "cosignable": cosignable,
        "sent_back": mine and is_sent_back(query, current),
        "ready_remarks": READY_REMARKS,
        "may_ask": waiting or cosignable or (mine and query.state in ANSWERED_QUERY),
        "later": quick_choices(office.clock(), zone, office.policy.longest_deferral),
        "earliest": for_field(office.clock(), zone),
        "latest": for_field(office.clock() + office.policy.longest_deferral, zone),
        "zone": zone,
        "password": office.policy.signing == "password",
        "most_of_a_remark": MOST_OF_A_REMARK,
        "error": trouble.error if trouble else None,
        "typed": trouble.typed if trouble else {},
    }
    return page(request, "query.html", "Query", context, 422 if trouble else 200)


def _what_it_says(query: ProviderQuery) -> dict[str, Any]:
    document = query.document
    return {
        "document": document,
        "evidence": evidence.arranged(document) if document else None,
        "offered": offered(document) if document else [],
        "current": current_response(query),
        "own_words": record.OWN_WORDS,
    }


async def _around(office: Office, actor: Actor, query: ProviderQuery, author_id: str | None) -> dict[str, Any]:
    """Return the people on the page, and what else waits on this patient."""
    mine = [actor.provider_id or "", *sorted(actor.covers)]
    said = [one.by for one in query.remarks]
    signed = [one for item in query.responses for one in (item.provider_id, item.cosigned_by)]
    async with office.database.transaction(actor.scope()) as conn:
        directory = await office.directory.get(conn)
        own = directory.active(actor.provider_id)
        return {
            "author": await people.contact(conn, author_id),
            "names": await people.names_of(conn, [query.recipient_id, *query.copied, *signed, *said]),
            "users": await people.user_names(conn, said),
            "signer": Signature(directory.name(actor.provider_id or "")),
            "may_cosign": own is not None and own.role in office.policy.cosigner_roles,
            "others": await inbox_reading.waiting_on_patient(conn, mine, query.query_id),
        }


def current_response(query: ProviderQuery) -> ResponseView | None:
    """Return the answer that counts, or None."""
    return next((item for item in query.responses if item.response_id == query.response_id), None)


def is_sent_back(query: ProviderQuery, current: ResponseView | None) -> bool:
    """Whether the cosigner has asked to look again since the answer was signed."""
    last = query.remarks[-1] if query.remarks else None
    return bool(last and current and last.kind == "sent_back" and last.at > current.at)


def offered(document: QueryDocument) -> list[Offered]:
    """Return every answer that can be tapped, each with the line of the record that it becomes."""
    # Words may be needed to make it an answer; what they will be is not known yet.
    options = [
        (one, Answer(code=CODE_OF_KIND[one.kind], option_id=one.id, text="…")) for one in document.options if one.id
    ]
    if options:
        return [
            Offered(
                one.id or "", one.text, record.answer_line(document, given), one.kind == "other" or needs_words(one)
            )
            for one, given in options
        ]
    own, unable = Answer(code="FREE_TEXT", text="…"), Answer(code="UNABLE_TO_DETERMINE")
    return [
        Offered(IN_OWN_WORDS, "In my own words, as written below", record.answer_line(document, own), True),
        Offered(UNABLE, "Unable to determine", record.answer_line(document, unable), False),
    ]


@router.post("/queries/{query_id}/answer")
async def answer(request: Request, query_id: UUID, actor: Answering, fields: Fields) -> Response:
    """Sign an answer, or a change of it. Without a choice the page is shown again with what was typed."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    document = QueryDocument.model_validate(row["document"])
    try:
        given = read_answer(document, fields)
        method = await signing.confirm(request, actor)
    except (Unanswered, signing.NotSigned) as missing:
        return await show_to_provider(request, actor, row, Troubled(str(missing), fields))
    body = queries.AnswerBody(answer=given, amends=fields.get("amends") or None)
    outcome = await queries.record_answer(query_id, body, office, actor, method)
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
