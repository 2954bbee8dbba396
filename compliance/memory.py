"""What was worked out before: by a digest of what it follows from, never by its text. Bounded."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

Value = TypeVar("Value")
_DIGEST = 16


class Memory(Generic[Value]):
    """Remembers what followed from some bytes, the `most` recent. Threads may share it: at worst one works it out anew.

    What is remembered must follow from these bytes alone: whatever else it depends on belongs into them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._recent: dict[bytes, Value] = {}
        self._older: dict[bytes, Value] = {}

    def of(self, written: bytes, work: Callable[[], Value]) -> Value:
        """Return what is remembered of `written`; else what `work` returns, to be remembered from now on."""
        digest = blake2b(written, digest_size=_DIGEST).digest()
        found = self._recent.get(digest)
        if found is None:
            found = self._older.get(digest)
            self._keep(digest, found := work() if found is None else found)
        return found

    def _keep(self, digest: bytes, value: Value) -> None:
        """Remember a value; the older half of what is known is let go in time."""
        if 2 * len(self._recent) >= self._most:
            self._recent, self._older = {}, self._recent
        self._recent[digest] = value
