"""The state of one chart, folded from its event log. Frozen: a change gives a new chart, nothing is edited in place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Contract, Instant
from schemas.check import Finding, QueryDocument
from schemas.gaps import GapRaised, Patient
from schemas.queries import HeldReason, RecipientRule
from schemas.requests import Approval, TemplateRef
from schemas.responses import Answer
from schemas.vocabulary import (
    GapState,
    LateDecision,
    Outcome,
    Phase,
    QueryState,
    RecipientRole,
    Release,
    Setting,
    VerdictName,
)

ChartStatus = Literal["clear", "holding", "ready", "finalized", "merged"]


class EncounterFacts(Contract):
    """What is known of the encounter. `set_at` holds, per field, when its source says the value became true."""

    facility: str
    number: str
    encounter_class: Setting | None = None
    started_at: Instant | None = None
    admission_order_at: Instant | None = None
    ended_at: Instant | None = None
    billed_at: Instant | None = None
    attending_id: str | None = None
    service: str | None = None
    set_at: dict[str, Instant] = Field(default_factory=dict)


class Recipient(Contract):
    """Who is asked: a provider and the role in which that provider is asked."""

    provider_id: str
    role: RecipientRole
    by_role: bool = False


class Author(Contract):
    """Who raised a gap: a user (person or service) and the source it came through."""

    user_id: str | None = None
    source: str
    person: bool = False
    automatic: bool = False


class Response(Contract):
    """One answer as it was given. `late`: kept, but another answer or the end of the query came first.

    `record_text` is what goes into the record, word for word as it was shown before signing. `noted_by` wrote down
    what the provider only said.
    """

    response_id: str
    source: str
    provider_id: str
    at: Instant
    signed_at: Instant
    method: str
    answer: Answer
    late: bool = False
    noted_by: str | None = None
    amends: str | None = None
    cosigned_by: str | None = None
    cosigned_at: Instant | None = None
    record_text: str | None = None


class Request(Contract):
    """What the query builder was last asked for a gap; a result counts only for the current one.

    `rule` is what an earlier result said of whom to ask; `recipient` was found by it.
    """

    request_id: UUID
    query_id: UUID
    n: int
    as_of: Instant
    phase: Phase
    release: Release
    asked_before: bool = False
    recipient: Recipient | None = None
    rule: RecipientRule | None = None
    encounter_started_at: Instant | None = None
    admission_order_at: Instant | None = None
    zone: str = "UTC"
    draft: QueryDocument | None = None
    draft_template: TemplateRef | None = None
    approval: Approval | None = None


class Draft(Contract):
    """The text as the builder returned it, with its findings. What was issued is such a draft, and never changes."""

    result_id: UUID
    request_id: UUID
    document: QueryDocument | None = None
    content_hash: str
    template: TemplateRef | None = None
    rule: RecipientRule | None = None
    ruleset: str
    verdict: VerdictName | None = None
    findings: tuple[Finding, ...] = ()
    release: Release
    held_reason: HeldReason | None = None
    detail: str | None = None


RemarkKind = Literal["question", "reply", "sent_back"]
MOST_OF_A_REMARK = 1_000
MOST_REMARKS = 40


class Remark(Contract):
    """A word between people about a query: a provider's question to the author, a reply, a cosigner's remark.

    `by` is the provider's id for a question and a remark, the user's id for a reply.
    """

    kind: RemarkKind
    by: str
    at: Instant
    text: str = Field(min_length=1, max_length=MOST_OF_A_REMARK)


class Query(Contract):
    """One query: a draft, whom it asks, and what became of it."""

    query_id: UUID
    gap_uid: UUID
    n: int
    state: QueryState
    draft: Draft
    phase: Phase
    recipient: Recipient | None = None
    copied: tuple[str, ...] = ()
    revised_by: str | None = None
    edited: bool = False
    approved_by: str | None = None
    approval_reason: str | None = None
    issued_at: Instant | None = None
    delivered_at: Instant | None = None
    opened_at: Instant | None = None
    deferred_until: Instant | None = None
    reminded_at: Instant | None = None
    expired: bool = False
    level: int = 0
    responses: tuple[Response, ...] = ()
    current: str | None = None
    documentation_ref: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    remarks: tuple[Remark, ...] = ()
    created_at: Instant
    closed_at: Instant | None = None
    late_settled_at: Instant | None = None
    late_decision: LateDecision | None = None
    changed_at: Instant

    def late_answer(self) -> Response | None:
        """Return the oldest answer that came after the query's end and that nobody has settled, or None."""
        if self.closed_at is None:
            return None
        seen = self.late_settled_at
        late = (one for one in self.responses if one.late and one.at >= self.closed_at)
        return next((one for one in late if seen is None or one.at > seen), None)

    def response(self) -> Response | None:
        """Return the answer that counts, or None."""
        # Ids are unique only within their source, so the id alone would not find it.
        counting = (item for item in reversed(self.responses) if not item.late)
        return next(counting, None) if self.current is not None else None

    def open_question(self) -> Remark | None:
        """Return the oldest question that nobody has replied to yet, or None."""
        unanswered: Remark | None = None
        for remark in self.remarks:
            if remark.kind == "reply":
                unanswered = None
            elif remark.kind == "question":
                unanswered = unanswered or remark
        return unanswered


class WatchNote(Contract):
    """Why a gap is being watched, for colleagues: who says so since when, and the day to look at it again."""

    text: str
    look_again_on: date | None = None
    by: str
    at: Instant


class Gap(Contract):
    """One gap: its latest content, who raised it, where it stands, and the query that asks it."""

    uid: UUID
    source: str
    state: GapState
    content: GapRaised
    digest: str
    author: Author
    blocking: bool
    registered_at: Instant
    changed_at: Instant
    request: Request | None = None
    attempts: int = 0
    query_id: UUID | None = None
    queries: int = 0
    original: UUID | None = None
    reason: str | None = None
    older: int = 0
    note: WatchNote | None = None


class Chart(Contract):
    """One chart with its gaps and queries. `holding` names the gaps that were last announced as holding it."""

    chart_id: str
    facts: EncounterFacts
    patient: Patient | None = None
    patient_at: Instant | None = None
    status: ChartStatus = "clear"
    sequence: int = 0
    gaps: dict[UUID, Gap] = Field(default_factory=dict)
    queries: dict[UUID, Query] = Field(default_factory=dict)
    holding: tuple[UUID, ...] = ()
    merged_into: str | None = None
    merged_at: Instant | None = None
    members: tuple[str, ...] = ()
    withdrawals: dict[UUID, Instant] = Field(default_factory=dict)
    documented: dict[UUID, Instant] = Field(default_factory=dict)

    def query_of(self, gap: Gap) -> Query | None:
        """Return the query that asks a gap now, or None."""
        return self.queries.get(gap.query_id) if gap.query_id else None

    def visit_ended(self, now: datetime) -> bool:
        """Whether the encounter is over (a billed one is). An end that is only planned has not come yet."""
        return any(at is not None and at <= now for at in (self.facts.ended_at, self.facts.billed_at))
