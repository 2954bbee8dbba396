"""What the query builder answers (topic `cdi.queries.v1`): one result a request, issued or held."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.base import Contract, Instant, digest
from schemas.check import Finding, QueryDocument
from schemas.requests import TemplateRef
from schemas.vocabulary import Release, VerdictName

HeldReason = Literal[
    "needs_a_person",
    "needs_second_person",
    "blocked",
    "no_template",
    "unknown_template",
    "no_recipient",
    "no_supported_option",
    "response_type_not_allowed",
    "new_findings",
    "internal_error",
]


class QueryResult(Contract):
    """What issued and held results share. `document` is None only where nothing could be composed."""

    result_id: UUID
    request_id: UUID
    query_id: UUID
    gap_uid: UUID
    chart_id: str
    as_of: Instant
    release: Release
    template: TemplateRef | None = None
    ruleset: str
    verdict: VerdictName | None = None
    findings: tuple[Finding, ...] = ()
    content_hash: str


class QueryIssued(QueryResult):
    """Data of `cdi.query.issued.v1`: this text may go to the provider, byte for byte."""

    document: QueryDocument


class QueryHeld(QueryResult):
    """Data of `cdi.query.held.v1`: a person must look; `reason` says why and `detail` says what to do."""

    document: QueryDocument | None = None
    reason: HeldReason
    detail: str


def document_hash(document: QueryDocument | None) -> str:
    """Return the content hash of a text: equal exactly when a provider would see the same."""
    return digest(document.model_dump(mode="json", exclude_defaults=True)) if document is not None else ""
