"""One entry of a chart's event log: what changed, when, by whom. Payloads of all kinds are fields of one model."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from schemas.base import Contract, Instant
from schemas.charts import HoldReason
from schemas.encounters import DocumentationAppeared
from schemas.gaps import GapRaised, Patient
from schemas.vocabulary import LateDecision, Outcome, Phase
from services.tracker.model import Author, Draft, Recipient, Remark, Request, Response, WatchNote

Subject = Literal["gap", "query", "chart"]


class Change(Contract):
    """A fact in the life of a chart. `transition` is an edge of the table in lifecycle.py for its subject.

    Only the fields that the transition needs are set; the event log stores exactly these.
    """

    subject: Subject
    transition: str
    chart_id: str
    at: Instant
    actor: str
    gap_uid: UUID | None = None
    query_id: UUID | None = None

    content: GapRaised | None = None
    digest: str | None = None
    author: Author | None = None
    blocking: bool | None = None
    request: Request | None = None
    original: UUID | None = None
    note: WatchNote | None = None

    draft: Draft | None = None
    recipient: Recipient | None = None
    copied: tuple[str, ...] = ()
    response: Response | None = None
    remark: Remark | None = None
    late_decision: LateDecision | None = None
    until: Instant | None = None
    outcome: Outcome | None = None
    phase: Phase | None = None
    level: int | None = None
    documentation: DocumentationAppeared | None = None
    documentation_ref: str | None = None
    approved: bool | None = None

    facts: dict[str, Any] | None = None
    occurred_at: Instant | None = None
    patient: Patient | None = None
    facility: str | None = None
    number: str | None = None
    hold_reason: HoldReason | None = None
    gap_uids: tuple[UUID, ...] = ()
    unanswered: tuple[UUID, ...] = ()
    other_chart: str | None = None
    other_number: str | None = None
    reason: str | None = None
    by_role: str | None = None
