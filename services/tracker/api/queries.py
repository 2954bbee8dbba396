"""Queries over HTTP: reading, answering, and every step of people on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from schemas.base import Contract, Instant, digest
from schemas.check import QueryDocument
from schemas.responses import Answer
from schemas.vocabulary import LateDecision, Outcome, QueryState, RecipientRole, WithdrawReason
from services.tracker import directory, identity, intake, reading
from services.tracker.api.access import IdempotentRoute, OfficeOf, allowed, decode_cursor, encode_cursor, who
from services.tracker.api.problems import Problem, not_found
from services.tracker.api.views import Page, ProviderQuery, StaffQuery, TimelineEntry
from services.tracker.decisions import answers, desk, remarks
from services.tracker.decisions.remarks import NotFit
from services.tracker.identity import STAFF, Action, Actor
from services.tracker.journal import Journal
from services.tracker.model import MOST_OF_A_REMARK, Recipient, Response
from services.tracker.office import Office
from services.tracker.recipients import asked_as

router = APIRouter(prefix="/api/v1/queries", route_class=IdempotentRoute, tags=["queries"])
AnyQuery = StaffQuery | ProviderQuery
SignedIn = Annotated[Actor, Depends(who)]


def can(action: Action) -> type[Actor]:
    """Return the parameter type of an actor who may do `action`."""
    return Annotated[Actor, Depends(allowed(action))]  # type: ignore[return-value]


def as_view(row: reading.Row, actor: Actor) -> AnyQuery:
    """Return a query in the type that the actor may read."""
    model = StaffQuery if actor.roles & STAFF else ProviderQuery
    return model.model_validate(row)


@router.get("", response_model=None)
async def list_queries(
    office: OfficeOf,
    actor: SignedIn,
    state: Annotated[list[QueryState] | None, Query()] = None,
    open_only: bool = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[StaffQuery] | Page[ProviderQuery]:
    """List the queries that are yours to see, newest first. A provider sees those addressed to them or covered."""
    if not (actor.may("read_work") or actor.may("read_inbox")):
        raise Problem(403, "Not your role", "Queries are read by staff and by the providers they ask.")
    before = decode_cursor(cursor) if cursor else None
    async with office.database.transaction(actor.scope()) as conn:
        mine = None if actor.roles & STAFF else [actor.provider_id or "", *sorted(actor.covers)]
        rows = await reading.queries(
            conn, states=state or None, open_only=open_only, recipient_ids=mine, before=before, limit=limit
        )
    follows = encode_cursor(rows[-1]["created_at"], rows[-1]["query_id"]) if len(rows) == limit else None
    model = StaffQuery if actor.roles & STAFF else ProviderQuery
    return Page(items=tuple(model.model_validate(row) for row in rows), next=follows)


async def read_one(office: Office, actor: Actor, query_id: UUID, *, record: bool = False) -> reading.Row:
    """Return a query as the actor may see it. Raises 404 for what is not there and for what is not theirs."""
    async with office.database.transaction(actor.scope()) as conn:
        row = await reading.query(conn, query_id)
        if row is None:
            raise not_found("query")
        if record:
            await identity.record_view(conn, actor, row["chart_id"], "query", query_id)
    return row


@router.get("/{query_id}", response_model=None)
async def show_query(query_id: UUID, office: OfficeOf, actor: SignedIn) -> AnyQuery:
    """Show one query. That it was looked at is recorded; it counts as opened only by `POST .../open`."""
    return as_view(await read_one(office, actor, query_id, record=True), actor)


@router.get("/{query_id}/timeline")
async def show_timeline(query_id: UUID, office: OfficeOf, actor: can("read_work")) -> list[TimelineEntry]:  # type: ignore[valid-type]
    """Show every event of a query with its actor."""
    await read_one(office, actor, query_id, record=True)
    async with office.database.transaction(actor.scope()) as conn:
        return [TimelineEntry.model_validate(row) for row in await reading.timeline(conn, query_id)]


@asynccontextmanager
async def deciding_on(office: Office, actor: Actor, query_id: UUID) -> AsyncIterator[tuple[Journal, str]]:
    """Lock the chart of a query that the actor may see, and write down what is decided on it."""
    row = await read_one(office, actor, query_id)
    async with _deciding(office, row) as decision:
        yield decision


@asynccontextmanager
async def deciding_as_author(office: Office, actor: Actor, query_id: UUID) -> AsyncIterator[tuple[Journal, str]]:
    """As `deciding_on`, for steps that only the gap's author and CDI specialists take."""
    row = await read_one(office, actor, query_id)
    must_be_theirs(actor, row)
    async with _deciding(office, row) as decision:
        yield decision


@asynccontextmanager
async def _deciding(office: Office, row: reading.Row) -> AsyncIterator[tuple[Journal, str]]:
    async with office.deciding([row["chart_id"]]) as (books, _):
        yield books.journal, row["chart_id"]


def must_be_theirs(actor: Actor, row: reading.Row) -> None:
    """Refuse whoever neither raised the gap nor watches over all of them. Raises 403."""
    if not actor.may_change(row["author_id"]):
        raise Problem(403, "Not your gap", "This is for the gap's author or a CDI specialist.")


def _is_asked(actor: Actor, row: reading.Row) -> bool:
    asked = {row["recipient_id"], *row["copied"]}
    return actor.provider_id is not None and bool(asked & (actor.covers | {actor.provider_id}))


class AnswerBody(Contract):
    """An answer over HTTP. `response_id` makes a repetition recognisable; `amends` names the answer that it mends."""

    answer: Answer
    response_id: str | None = Field(default=None, min_length=1, max_length=200)
    amends: str | None = None


class Answered(Contract):
    """What became of the answer: `accepted`, `amended`, `late` (kept without effect) or `seen` before."""

    status: str
    response_id: str


@router.post("/{query_id}/response")
async def respond(query_id: UUID, body: AnswerBody, office: OfficeOf, actor: can("answer")) -> Answered:  # type: ignore[valid-type]
    """Answer a query. The first answer wins; the same provider may amend it until the outcome is set."""
    _must_sign_by_session(office)
    return await record_answer(query_id, body, office, actor)


def _must_sign_by_session(office: Office) -> None:
    """Refuse a signature over HTTP where the house asks for the password: a request that is kept must not hold it."""
    if office.policy.signing == "password":
        raise Problem(403, "Sign with your password", "Here each signature asks for the password; sign on the page.")


async def record_answer(
    query_id: UUID, body: AnswerBody, office: Office, actor: Actor, method: str = "signed in"
) -> Answered:
    """Record an answer of a provider whose signature was confirmed by `method`."""
    provider = _signing_provider(actor)
    row = await read_one(office, actor, query_id)
    stamp = digest([body.answer.model_dump(mode="json"), body.amends, provider])
    response_id = body.response_id or str(uuid5(query_id, stamp))
    now = office.clock()
    response = Response(
        response_id=response_id,
        source=f"api/{actor.user_id}",
        provider_id=provider,
        at=now,
        signed_at=now,
        method=method,
        answer=body.answer,
        amends=body.amends,
    )
    async with office.deciding([row["chart_id"]]) as (books, conn):
        status = answers.submit(books.journal, row["chart_id"], query_id, response, actor.covers)
        await intake.apply_parked(conn, office, books, [f"{query_id}:{response_id}"])
    return Answered(status=status, response_id=response_id)


class SpokenBody(Contract):
    """An answer by word of mouth: who gave it, when, and whether the query's own words were read out."""

    provider_id: str = Field(min_length=1, max_length=100)
    at: Instant
    answer: Answer
    read_out: bool


@router.post("/{query_id}/spoken")
async def spoken(query_id: UUID, body: SpokenBody, office: OfficeOf, actor: can("capture")) -> StaffQuery:  # type: ignore[valid-type]
    """Write down what a provider answered to exactly this query in a talk; it waits for its entry in the record."""
    if not body.read_out:
        raise Problem(422, "Not this question", "Only an answer to the query's own words, read out, can be noted.")
    row = await read_one(office, actor, query_id)
    must_be_theirs(actor, row)
    stamp = digest([body.answer.model_dump(mode="json"), body.provider_id, body.at.isoformat()])
    now = office.clock()
    response = Response(
        response_id=str(uuid5(query_id, stamp)),
        source=f"spoken/{actor.user_id}",
        provider_id=body.provider_id,
        at=now,
        signed_at=body.at,
        method=f"word of mouth, written down by {actor.user_id}",
        answer=body.answer,
        noted_by=actor.user_id,
    )
    async with office.deciding([row["chart_id"]]) as (books, conn):
        if books.journal.situation.directory.active(body.provider_id) is None:
            raise Problem(422, "Unknown provider", "There is no active provider of that id in the directory.")
        covers = await directory.covers_of(conn, body.provider_id, now)
        answers.take_spoken(books.journal, row["chart_id"], query_id, response, covers)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


def _signing_provider(actor: Actor) -> str:
    if actor.provider_id is None:
        raise Problem(
            403, "Nobody signed", "Only a provider answers, signed in as themself; systems answer by cdi.responses.v1."
        )
    return actor.provider_id


@router.post("/{query_id}/open", response_model=None)
async def open_query(query_id: UUID, office: OfficeOf, actor: can("open_query")) -> AnyQuery:  # type: ignore[valid-type]
    """Note that the provider has opened the query."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        desk.mark_opened(journal, chart_id, query_id, actor.provider_id or actor.user_id)
    return as_view(await read_one(office, actor, query_id), actor)


class Until(Contract):
    """A time ahead."""

    until: Instant


@router.post("/{query_id}/defer", response_model=None)
async def defer(query_id: UUID, body: Until, office: OfficeOf, actor: can("defer")) -> AnyQuery:  # type: ignore[valid-type]
    """Ask me later."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        desk.defer(journal, chart_id, query_id, body.until, actor.provider_id or actor.user_id)
    return as_view(await read_one(office, actor, query_id), actor)


class Redirect(Contract):
    """To whom, in which role (the directory's if left out, and always for who needs a cosigner), and why."""

    provider_id: str
    role: RecipientRole | None = None
    reason: str = Field(min_length=1, max_length=1_000)


@router.post("/{query_id}/redirect")
async def redirect(query_id: UUID, body: Redirect, office: OfficeOf, actor: can("redirect")) -> dict[str, str]:  # type: ignore[valid-type]
    """Ask somebody else: by the recipient ("not mine"), the author or a CDI specialist."""
    row = await read_one(office, actor, query_id)
    if not _is_asked(actor, row):
        must_be_theirs(actor, row)
    async with office.deciding([row["chart_id"]]) as (books, _):
        found = books.journal.situation.directory.active(body.provider_id)
        if found is None:
            raise Problem(422, "Unknown provider", "There is no active provider of that id in the directory.")
        recipient = Recipient(provider_id=found.id, role=asked_as(found, body.role))
        desk.redirect(books.journal, row["chart_id"], query_id, recipient, actor.user_id, body.reason)
    return {"status": "redirected"}


@router.post("/{query_id}/remind")
async def remind(query_id: UUID, office: OfficeOf, actor: can("remind")) -> dict[str, str]:  # type: ignore[valid-type]
    """Have a neutral reminder sent now, out of turn: by the author or a CDI specialist."""
    async with deciding_as_author(office, actor, query_id) as (journal, chart_id):
        desk.remind(journal, chart_id, query_id, actor.user_id)
    return {"status": "reminded"}


class CosignBody(Contract):
    """Which answer was read. With `response_id`, an answer that was changed since is not cosigned unread."""

    response_id: str | None = None


@router.post("/{query_id}/cosign", response_model=None)
async def cosign(
    query_id: UUID,
    office: OfficeOf,
    actor: can("cosign"),  # type: ignore[valid-type]
    body: CosignBody | None = None,
) -> AnyQuery:
    """Cosign an answer that waits for it."""
    _must_sign_by_session(office)
    await record_cosign(query_id, office, actor, body.response_id if body else None)
    return as_view(await read_one(office, actor, query_id), actor)


async def record_cosign(query_id: UUID, office: Office, actor: Actor, read: str | None) -> None:
    """Record the cosignature of a provider, on the answer that was read."""
    provider = _signing_provider(actor)
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        answers.cosign(journal, chart_id, query_id, provider, _role_of(journal, provider), read)


def _role_of(journal: Journal, provider: str) -> RecipientRole:
    found = journal.situation.directory.active(provider)
    if found is None:
        raise Problem(403, "Not in the directory", "Only an active provider can cosign.")
    return found.role


class Words(Contract):
    """A question, a reply or a remark."""

    text: str = Field(min_length=1, max_length=MOST_OF_A_REMARK)


@router.post("/{query_id}/question", response_model=None)
async def ask_author(query_id: UUID, body: Words, office: OfficeOf, actor: can("ask_author")) -> AnyQuery:  # type: ignore[valid-type]
    """Ask the query's author something before answering."""
    provider = _signing_provider(actor)
    row = await read_one(office, actor, query_id)
    if not _is_asked(actor, row):
        raise Problem(403, "Not asked", "Only who is asked this query puts a question to its author.")
    async with _deciding(office, row) as (journal, chart_id):
        remarks.ask(journal, chart_id, query_id, body.text, provider)
    return as_view(await read_one(office, actor, query_id), actor)


@router.post("/{query_id}/reply")
async def reply(query_id: UUID, body: Words, office: OfficeOf, actor: can("reply")) -> StaffQuery:  # type: ignore[valid-type]
    """Reply to the provider's question. The text is checked like any message; one that does not pass is refused."""
    verdict = await asyncio.to_thread(office.judge_remark, body.text)
    async with deciding_as_author(office, actor, query_id) as (journal, chart_id):
        with _told_what_to_mend():
            remarks.reply(journal, chart_id, query_id, body.text, actor.user_id, verdict)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


@router.post("/{query_id}/send-back", response_model=None)
async def send_back(query_id: UUID, body: Words, office: OfficeOf, actor: can("cosign")) -> AnyQuery:  # type: ignore[valid-type]
    """Ask whoever signed to look again instead of cosigning. The remark is checked like any message."""
    provider = _signing_provider(actor)
    verdict = await asyncio.to_thread(office.judge_remark, body.text)
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        with _told_what_to_mend():
            role = _role_of(journal, provider)
            remarks.send_back(journal, chart_id, query_id, body.text, provider, role, verdict)
    return as_view(await read_one(office, actor, query_id), actor)


@contextmanager
def _told_what_to_mend() -> Iterator[None]:
    """Answer 422 with the findings where the check refuses a text."""
    try:
        yield
    except NotFit as refused:
        findings = [finding.model_dump(mode="json") for finding in refused.findings]
        raise Problem(422, "The check refuses this text", str(refused), findings=findings) from None


class OutcomeBody(Contract):
    """What the reviewer found."""

    outcome: Outcome
    reason: str | None = Field(default=None, max_length=2_000)


@router.post("/{query_id}/outcome")
async def set_outcome(query_id: UUID, body: OutcomeBody, office: OfficeOf, actor: can("outcome")) -> StaffQuery:  # type: ignore[valid-type]
    """Close an answered query with its outcome."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        answers.set_outcome(journal, chart_id, query_id, body.outcome, actor.user_id, body.reason)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


@router.post("/{query_id}/review")
async def begin_review(query_id: UUID, office: OfficeOf, actor: can("outcome")) -> StaffQuery:  # type: ignore[valid-type]
    """Note that a reviewer looks at the answer."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        answers.begin_review(journal, chart_id, query_id, actor.user_id)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class LateBody(Contract):
    """What an answer changes that came after its query had ended."""

    decision: LateDecision
    reason: str | None = Field(default=None, max_length=2_000)


@router.post("/{query_id}/late")
async def settle_late(query_id: UUID, body: LateBody, office: OfficeOf, actor: can("outcome")) -> StaffQuery:  # type: ignore[valid-type]
    """Decide what a late answer changes: the chart is coded again, billed again, or stays as it is."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        answers.settle_late(journal, chart_id, query_id, body.decision, actor.user_id, body.reason)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class Reference(Contract):
    """Where the answer is documented in the record."""

    reference: str = Field(min_length=1, max_length=300)


@router.post("/{query_id}/documentation")
async def add_documentation(query_id: UUID, body: Reference, office: OfficeOf, actor: can("document")) -> StaffQuery:  # type: ignore[valid-type]
    """Note the record's entry that documents the answer."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        answers.documented(journal, chart_id, query_id, body.reference, actor.user_id)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class WithdrawBody(Contract):
    """Why the query is taken back."""

    reason: WithdrawReason


@router.post("/{query_id}/withdraw")
async def withdraw(query_id: UUID, body: WithdrawBody, office: OfficeOf, actor: can("withdraw")) -> StaffQuery:  # type: ignore[valid-type]
    """Take a query back, with its gap."""
    async with deciding_as_author(office, actor, query_id) as (journal, chart_id):
        desk.withdraw_query(journal, chart_id, query_id, body.reason, actor.user_id)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class Revision(Contract):
    """The whole edited text."""

    document: QueryDocument


@router.post("/{query_id}/revise")
async def revise(query_id: UUID, body: Revision, office: OfficeOf, actor: can("revise")) -> StaffQuery:  # type: ignore[valid-type]
    """Send an edited text to be checked again; it needs a second person to be released."""
    async with deciding_as_author(office, actor, query_id) as (journal, chart_id):
        desk.revise_draft(journal, chart_id, query_id, body.document, actor.user_id)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class ApprovalBody(Contract):
    """Exactly which text is approved, and why it may go out."""

    content_hash: str
    reason: str | None = Field(default=None, max_length=2_000)


@router.post("/{query_id}/approve")
async def approve(query_id: UUID, body: ApprovalBody, office: OfficeOf, actor: can("approve")) -> StaffQuery:  # type: ignore[valid-type]
    """Approve a held text with its findings; never by the gap's author or the last reviser where two are needed."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        desk.approve_draft(journal, chart_id, query_id, body.content_hash, actor.user_id, body.reason)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))


class Rejection(Contract):
    """Why the draft is rejected."""

    reason: str = Field(min_length=1, max_length=2_000)


@router.post("/{query_id}/reject")
async def reject(query_id: UUID, body: Rejection, office: OfficeOf, actor: can("approve")) -> StaffQuery:  # type: ignore[valid-type]
    """Reject a held text: its gap is dismissed."""
    async with deciding_on(office, actor, query_id) as (journal, chart_id):
        desk.reject_draft(journal, chart_id, query_id, actor.user_id, body.reason)
    return StaffQuery.model_validate(await read_one(office, actor, query_id))
