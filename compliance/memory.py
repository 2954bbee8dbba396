"""Findings of documents that were judged before: by a digest of what is written, never by its text. Bounded."""

from __future__ import annotations

from hashlib import blake2b

from schemas.check import Finding

_DIGEST = 16


class Memory:
    """Remembers what documents led to, the `most` recent ones. Threads may share it: at worst one judges anew."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._recent: dict[bytes, tuple[Finding, ...]] = {}
        self._older: dict[bytes, tuple[Finding, ...]] = {}

    def recall(self, written: bytes) -> tuple[Finding, ...] | None:
        """Return what is known about a document as written, or None."""
        digest = _digest(written)
        found = self._recent.get(digest)
        if found is None:
            found = self._older.get(digest)
            if found is not None:
                self._recent[digest] = found
        return found

    def keep(self, written: bytes, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Remember the findings of a document and return them; the older half of what is known is let go in time."""
        if 2 * len(self._recent) >= self._most:
            self._recent, self._older = {}, self._recent
        self._recent[_digest(written)] = findings
        return findings


def _digest(written: bytes) -> bytes:
    return blake2b(written, digest_size=_DIGEST).digest()
