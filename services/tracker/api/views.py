"""What the API shows. `ProviderQuery` is all that a provider can read: no gap, code, impact or finding fits into it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from schemas.base import Contract
from schemas.check import Finding, QueryDocument
from schemas.vocabulary import LateDecision, Outcome, Phase, QueryState

Item = TypeVar("Item")


class PatientView(Contract):
    """The person on the page."""

    name: str | None = None
    mrn: str | None = None
    birth_date: date | None = None


class ResponseView(Contract):
    """An answer as it was given."""

    response_id: str
    provider_id: str
    code: str
    option_id: str | None = None
    answer_text: str | None = None
    documentation_ref: str | None = None
    late: bool
    amends: str | None = None
    cosigned_by: str | None = None
    cosigned_at: datetime | None = None
    record_text: str | None = None
    at: datetime


class RemarkView(Contract):
    """What somebody said about a query: a `question` to its author, a `reply`, or why an answer was `sent_back`."""

    n: int
    kind: str
    by: str
    at: datetime
    text: str


class ProviderQuery(Contract):
    """One query as a provider sees it."""

    query_id: UUID
    chart_id: str
    encounter_number: str
    facility: str
    patient: PatientView
    state: QueryState
    phase: Phase
    recipient_id: str | None = None
    recipient_role: str | None = None
    document: QueryDocument | None = None
    content_hash: str
    created_at: datetime
    issued_at: datetime | None = None
    due_at: datetime | None = None
    deferred_until: datetime | None = None
    expired: bool = False
    copied: tuple[str, ...] = ()
    responses: tuple[ResponseView, ...] = ()
    response_id: str | None = None
    remarks: tuple[RemarkView, ...] = ()


class StaffQuery(ProviderQuery):
    """One query as coders and CDI specialists see it."""

    gap_uid: UUID
    n: int
    category: str
    author_id: str | None = None
    revised_by: str | None = None
    approved_by: str | None = None
    approval_reason: str | None = None
    release: str
    held_reason: str | None = None
    held_detail: str | None = None
    verdict: str | None = None
    ruleset: str
    findings: tuple[Finding, ...] = ()
    template_id: str | None = None
    template_version: str | None = None
    template_hash: str | None = None
    documentation_ref: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    level: int = 0
    question_at: datetime | None = None
    late_at: datetime | None = None
    late_decision: LateDecision | None = None
    opened_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None


class GapView(Contract):
    """One gap as staff sees it, with what its author sent."""

    gap_uid: UUID
    chart_id: str
    source: str
    gap_id: str
    state: str
    category: str
    blocking: bool
    author_id: str | None = None
    query_id: UUID | None = None
    original: UUID | None = None
    reason: str | None = None
    content: dict[str, Any]
    occurred_at: datetime
    registered_at: datetime
    changed_at: datetime


class ChartView(Contract):
    """One chart with what holds it."""

    chart_id: str
    facility: str
    encounter_number: str
    status: str
    merged_into: str | None = None
    attending_id: str | None = None
    service: str | None = None
    patient: PatientView
    started_at: datetime | None = None
    ended_at: datetime | None = None
    holding: int
    changed_at: datetime


class TimelineEntry(Contract):
    """One entry of a query's history."""

    sequence: int
    transition: str
    at: datetime
    actor: str
    hash: str


class ChartDetail(ChartView):
    """One chart with its gaps and queries."""

    gaps: tuple[GapView, ...] = ()
    queries: tuple[StaffQuery, ...] = ()


class Page(Contract, Generic[Item]):
    """One page of a list; `next` is the cursor of the page that follows, or null."""

    items: tuple[Item, ...]
    next: str | None = None
