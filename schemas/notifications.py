"""What the notifier reports (topic `cdi.notifications.v1`)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.base import Contract, Instant
from schemas.vocabulary import Channel, MessageKind


class PlannedStep(Contract):
    """One step of the ladder: what is due when."""

    step: str
    kind: MessageKind
    level: int
    due_at: Instant


class NotificationPlanned(Contract):
    """Data of `cdi.notification.planned.v1`: the timeline of one query (again after every change of it)."""

    chart_id: str
    query_id: UUID
    sequence: int
    policy: str
    steps: tuple[PlannedStep, ...]


class NotificationSent(Contract):
    """Data of `cdi.notification.sent.v1`: the channel took the message; `attempts` counts every try."""

    chart_id: str
    query_id: UUID
    notification_id: UUID
    step: str
    channel: Channel
    at: Instant
    attempts: int


class NotificationFailed(Contract):
    """Data of `cdi.notification.failed.v1`: given up; `error` is a code of the channel, never its text."""

    chart_id: str
    query_id: UUID
    notification_id: UUID
    step: str
    channel: Channel
    at: Instant
    attempts: int
    error: str


class NotificationReceipt(Contract):
    """Data of `cdi.notification.receipt.v1`: what a channel told later (a bounce, a delivery report)."""

    chart_id: str
    query_id: UUID
    notification_id: UUID
    status: Literal["delivered", "bounced", "unknown"]
    at: Instant


class EscalationRaised(Contract):
    """Data of `cdi.notification.escalation_raised.v1`: a step with a level above 0 fell due without an answer."""

    chart_id: str
    query_id: UUID
    step: str
    level: int
    at: Instant


class StepDue(Contract):
    """Data of `cdi.notification.step_due.v1`: the policy's end of the ladder; the tracker marks the query expired."""

    chart_id: str
    query_id: UUID
    step: str
    at: Instant
