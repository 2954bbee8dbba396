"""Thin status events (topic `cdi.query-status.v1`): ids, states and times, never a word of the chart."""

from __future__ import annotations

from uuid import UUID

from schemas.base import Contract, Instant
from schemas.vocabulary import GapState, Phase, QueryState, RecipientRole


class GapChanged(Contract):
    """Data of `cdi.gap.changed.v1`: one edge of the gap's lifecycle."""

    chart_id: str
    gap_uid: UUID
    transition: str
    state_from: GapState | None
    state: GapState
    sequence: int
    at: Instant
    query_id: UUID | None = None


class QueryChanged(Contract):
    """Data of `cdi.query.changed.v1`: one edge of the query's lifecycle, or an event on the query (redirect, ...)."""

    chart_id: str
    gap_uid: UUID
    query_id: UUID
    transition: str
    state_from: QueryState | None
    state: QueryState
    sequence: int
    at: Instant
    phase: Phase
    facility: str
    recipient_id: str | None = None
    recipient_role: RecipientRole | None = None
    issued_at: Instant | None = None
    due_at: Instant | None = None
    deferred_until: Instant | None = None


class ResponseAccepted(Contract):
    """Data of `cdi.response.accepted.v1`."""

    chart_id: str
    query_id: UUID
    response_id: str
    sequence: int
    at: Instant
    late: bool = False
    amends: str | None = None


class ResponseRejected(Contract):
    """Data of `cdi.response.rejected.v1`: the answer is kept and listed, and changes nothing."""

    query_id: UUID
    response_id: str
    source: str
    at: Instant
    reason: str
