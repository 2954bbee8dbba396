"""The audit log: one hash chain per chart over digests of the payloads; payloads stand encrypted, apart.

A payload can be purged when its time has come and the chain still verifies. Each payload carries a random nonce, so
that its digest tells nothing about it after the purge.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.tracker.changes import Change

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of a chart's chain, as the table `event_log` keeps it."""

    chart_id: str
    sequence: int
    subject: str
    transition: str
    at: datetime
    actor: str
    gap_uid: UUID | None
    query_id: UUID | None
    payload_digest: str
    previous: str
    hash: str


class BrokenChain(Exception):
    """The log was altered, or a link is missing. Names chart and sequence number, nothing else."""


class Vault:
    """Encrypts and decrypts payloads by AES-256-GCM, bound to chart and sequence number.

    Args:
        key: 32 bytes, from the environment or the embedded instance's data folder.
    """

    def __init__(self, key: bytes) -> None:
        self._aes = AESGCM(key)

    def seal(self, change: Change, sequence: int) -> tuple[bytes, str]:
        """Return the encrypted payload of a change, and the digest of its plain text."""
        body = change.model_dump_json(exclude_unset=True)
        plain = json.dumps({"nonce": secrets.token_hex(16), "change": body}).encode()
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._aes.encrypt(nonce, plain, _bound(change.chart_id, sequence))
        return sealed, hashlib.sha256(plain).hexdigest()

    def open(self, chart_id: str, sequence: int, sealed: bytes, digest: str) -> Change:
        """Return the change of a sealed payload. Raises `BrokenChain` if it is not the one that was logged."""
        return Change.model_validate_json(json.loads(self.plain(chart_id, sequence, sealed, digest))["change"])

    def plain(self, chart_id: str, sequence: int, sealed: bytes, digest: str) -> bytes:
        """Return the plain text of a sealed payload, the one that its digest is of. Raises `BrokenChain`."""
        try:
            plain = self._aes.decrypt(sealed[:12], sealed[12:], _bound(chart_id, sequence))
        except InvalidTag:
            plain = b""
        if hashlib.sha256(plain).hexdigest() != digest:
            raise BrokenChain(f"payload {sequence} of chart {chart_id} is not the one that was logged")
        return plain


def _bound(chart_id: str, sequence: int) -> bytes:
    return f"{chart_id}:{sequence}".encode()


def link(change: Change, sequence: int, payload_digest: str, previous: str) -> Entry:
    """Return the next link of a chart's chain."""
    entry = Entry(
        chart_id=change.chart_id,
        sequence=sequence,
        subject=change.subject,
        transition=change.transition,
        at=change.at,
        actor=change.actor,
        gap_uid=change.gap_uid,
        query_id=change.query_id,
        payload_digest=payload_digest,
        previous=previous,
        hash="",
    )
    return replace(entry, hash=_hash(entry))


def _hash(entry: Entry) -> str:
    """Return the hash of everything that a link says, so that no column can be changed unseen."""
    words = [_word(getattr(entry, item.name)) for item in fields(Entry) if item.name != "hash"]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def _word(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, UUID) else value


def verify(entries: Iterable[Entry]) -> int:
    """Check one chart's chain from its beginning. Returns its length; raises `BrokenChain` at the first bad link."""
    previous, length = GENESIS, 0
    for length, entry in enumerate(entries, start=1):
        if entry.sequence != length or entry.previous != previous or entry.hash != _hash(entry):
            raise BrokenChain(f"link {length} of chart {entry.chart_id} does not verify")
        previous = entry.hash
    return length
