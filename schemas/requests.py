"""What the tracker asks the query builder for (topic `cdi.query-requests.v1`). No person is in it."""

from __future__ import annotations

from uuid import UUID

from schemas.base import Contract, Instant, ShortText
from schemas.check import Finding, QueryDocument
from schemas.gaps import QuestionBasis
from schemas.vocabulary import Phase, RecipientRole, Release


class Approval(Contract):
    """A second person's approval: of exactly this draft, under this ruleset, with these findings accepted."""

    draft_hash: str
    ruleset: str
    accepted: tuple[Finding, ...] = ()


class QueryRequested(Contract):
    """Data of `cdi.query.requested.v1`.

    `draft` is set when a person revised or approved a text: the builder then checks that text instead of composing.
    `recipient_role` is None when nobody could be found: the result is held with the reason `no_recipient`.
    `as_of` is the moment the question is asked for; `zone` the facility's time zone, in which times are shown.
    """

    request_id: UUID
    query_id: UUID
    gap_uid: UUID
    chart_id: ShortText
    as_of: Instant
    phase: Phase
    encounter_started_at: Instant | None = None
    admission_order_at: Instant | None = None
    zone: str = "UTC"
    recipient_role: RecipientRole | None = None
    release: Release
    asked_before: bool = False
    basis: QuestionBasis
    draft: QueryDocument | None = None
    draft_template: TemplateRef | None = None
    approval: Approval | None = None


class TemplateRef(Contract):
    """Which approved text a query was composed from: id, version, and the SHA-256 of the template's source."""

    id: str
    version: str
    hash: str


QueryRequested.model_rebuild()
