"""What could not be read (topic `cdi.dead-letters.v1`). The record stands inside the payload, as it came."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.base import Contract, Instant

DeadReason = Literal[
    "not_json",
    "not_a_cloudevent",
    "unknown_type",
    "wrong_topic",
    "invalid",
    "oversized",
    "missing",
    "conflicting_identity",
    "handler_failed",
]


class DeadLetter(Contract):
    """Data of `cdi.dead_letter.recorded.v1`.

    `detail` carries error types and field paths, never the input. `value`, `key` and `headers` are base64 of the
    bytes as they came; of an oversized record the first 64 kB, with `value_sha256` over the whole of it.
    """

    letter_id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    reason: DeadReason
    detail: str
    first_seen: Instant
    attempts: int = 1
    event_type: str | None = None
    event_source: str | None = None
    event_id: str | None = None
    key: str | None = None
    value: str | None = None
    value_sha256: str
    value_bytes: int
    headers: tuple[tuple[str, str | None], ...] = ()
