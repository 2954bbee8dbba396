"""Make a dead letter of a record: as it came, inside one payload, bounded in size, with nothing a database refuses."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime
from uuid import UUID, uuid5

from schemas.dead_letters import DeadLetter, DeadReason
from schemas.events import Envelope
from services.foundation.kafka import Record

NAMESPACE = UUID("6d3b7f0e-52a1-5c0b-9a53-6f1d3f0b8c11")
# Base64 makes four bytes of three; a letter with more than this would not fit on our own topics.
MOST_VALUE = 2 * 1024 * 1024
EXCERPT = 64 * 1024


def dead_letter(
    record: Record,
    consumer: str,
    reason: DeadReason,
    detail: str,
    now: datetime,
    envelope: Envelope | None = None,
    attempts: int = 1,
) -> DeadLetter:
    """Return the letter for a record that `consumer` cannot take. The same record gives the same `letter_id`.

    Args:
        detail: error types and field paths, never the input.
        envelope: if it could be read, so that people can find the letter by type, source and id.
    """
    value = record.value or b""
    digest = hashlib.sha256(value).hexdigest()
    kept = value[:EXCERPT] if reason == "oversized" or len(value) > MOST_VALUE else value
    return DeadLetter(
        letter_id=letter_id(record, consumer),
        consumer=consumer,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        detail=_storable(detail),
        first_seen=now,
        attempts=attempts,
        event_type=_storable(envelope.type) if envelope else None,
        event_source=_storable(envelope.source) if envelope else None,
        event_id=_storable(envelope.id) if envelope else None,
        key=_base64(record.key[:EXCERPT]) if record.key is not None else None,
        value=_base64(kept) if record.value is not None else None,
        value_sha256=digest,
        value_bytes=len(value),
        headers=_headers(record),
    )


def letter_id(record: Record, consumer: str) -> UUID:
    """Return the id that every delivery of this record to this consumer gets."""
    digest = hashlib.sha256(record.value or b"").hexdigest()
    return uuid5(NAMESPACE, f"{consumer}\n{record.topic}\n{record.partition}\n{record.offset}\n{digest}")


def _headers(record: Record) -> tuple[tuple[str, str | None], ...]:
    kept: list[tuple[str, str | None]] = []
    room = EXCERPT
    for name, value in record.headers:
        room -= len(name) + len(value or b"")
        if room < 0:
            break
        kept.append((_storable(name), None if value is None else _base64(value)))
    return tuple(kept)


def _storable(text: str) -> str:
    """PostgreSQL takes no U+0000, and a letter that cannot be stored would come back for ever."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
