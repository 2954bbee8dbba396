"""What the query builder answers (topic `cdi.queries.v1`): one result a request, issued or held."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.base import Contract, Instant, digest
from schemas.check import Finding, QueryDocument
from schemas.requests import TemplateRef
from schemas.vocabulary import AskedRole, Release, VerdictName

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


class RecipientRule(Contract):
    """Whom the template asks where the gap names nobody: the first of `roles` who can be found, else the attending.

    `author_id` is who wrote the statement that the question names, as the gap's source calls that person.
    """

    roles: tuple[AskedRole, ...]
    author_id: str | None = None


class QueryResult(Contract):
    """What issued and held results share. `document` is None only where nothing could be composed.

    `recipients` is the rule of the template that was chosen; none for a text that came with the request.
    """

    result_id: UUID
    request_id: UUID
    query_id: UUID
    gap_uid: UUID
    chart_id: str
    as_of: Instant
    release: Release
    template: TemplateRef | None = None
    recipients: RecipientRule | None = None
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
