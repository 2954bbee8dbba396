"""What services ask each other over HTTP where nothing may be stale. Never on Kafka, never logged."""

from __future__ import annotations

from uuid import UUID

from schemas.base import Contract
from schemas.vocabulary import Channel


class DeliveryRecipient(Contract):
    """One person to write to, and how. `address` is an e-mail address, a telephone number or a URL."""

    recipient_id: str
    channel: Channel
    address: str


class DeliveryAnswer(Contract):
    """The tracker's answer to the notifier just before sending (`GET /internal/v1/deliveries/{query_id}`).

    `due` is False when nothing may be sent any more (answered, withdrawn, superseded, deferred, held again).
    `open_count` is the number of open queries that the first recipient has; a message may name a count, nothing else.
    """

    query_id: UUID
    chart_id: str
    due: bool
    recipients: tuple[DeliveryRecipient, ...] = ()
    open_count: int = 0
