"""The events that the notifier publishes, ready for the outbox. Their ids follow from what they say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from schemas.base import Contract
from schemas.dead_letters import DeadLetter
from schemas.events import make
from schemas.notifications import (
    EscalationRaised,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    PlannedStep,
    StepDue,
)
from services.foundation.outbox import OutboxMessage
from services.notifier.deliveries import Delivery, Notification
from services.notifier.planning import Timeline

SOURCE = "cdi-query/notifier"
NAMESPACE = UUID("9b1c4c58-4a52-5d0b-8a39-2f8f6f1d7e60")


def planned(timeline: Timeline, at: datetime) -> OutboxMessage:
    """Announce what lies ahead of a query; a timeline without steps says that nothing does."""
    steps = tuple(
        PlannedStep(step=step.step, kind=step.kind, level=step.level, due_at=step.due_at)
        for step in timeline.steps
        if step.pending
    )
    data = NotificationPlanned(
        chart_id=timeline.chart_id,
        query_id=timeline.query_id,
        sequence=timeline.sequence,
        policy=timeline.policy,
        steps=steps,
    )
    return _message(data, timeline.chart_id, at, f"planned:{timeline.query_id}:{timeline.sequence}")


def step_due(timeline: Timeline, step: str, at: datetime) -> OutboxMessage:
    """Announce the end of the ladder."""
    data = StepDue(chart_id=timeline.chart_id, query_id=timeline.query_id, step=step, at=at)
    return _message(data, timeline.chart_id, at, f"step_due:{timeline.query_id}:{timeline.epoch}:{step}")


def escalation(delivery: Delivery, at: datetime) -> OutboxMessage:
    """Announce that a step above the recipient fell due without an answer."""
    data = EscalationRaised(
        chart_id=delivery.chart_id, query_id=delivery.query_id, step=delivery.step, level=delivery.level, at=at
    )
    return _message(data, delivery.chart_id, at, f"escalation:{delivery.id}")


def sent(notification: Notification, at: datetime) -> OutboxMessage:
    """Announce that the channel took the message."""
    data = NotificationSent(
        chart_id=notification.chart_id,
        query_id=notification.query_id,
        notification_id=notification.id,
        step=notification.step,
        channel=notification.channel,
        at=at,
        attempts=notification.attempts,
    )
    return _message(data, notification.chart_id, at, f"sent:{notification.id}")


def failed(notification: Notification, at: datetime, error: str) -> OutboxMessage:
    """Announce that the message was given up; `error` is a code."""
    data = NotificationFailed(
        chart_id=notification.chart_id,
        query_id=notification.query_id,
        notification_id=notification.id,
        step=notification.step,
        channel=notification.channel,
        at=at,
        attempts=notification.attempts,
        error=error,
    )
    return _message(data, notification.chart_id, at, f"failed:{notification.id}")


def dead_letter(letter: DeadLetter) -> OutboxMessage:
    """Announce a record that could not be read or applied; it keeps the place of its partition."""
    envelope = make(letter, id=str(letter.letter_id), source=SOURCE, time=letter.first_seen)
    return OutboxMessage(envelope, f"{letter.topic}:{letter.partition}")


def _message(data: Contract, chart_id: str, at: datetime, identity: str) -> OutboxMessage:
    envelope = make(data, id=str(uuid5(NAMESPACE, identity)), source=SOURCE, time=at, subject=chart_id)
    return OutboxMessage(envelope, chart_id)
