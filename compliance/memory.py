"""What was worked out before: by what it follows from, or by a digest of it. Bounded."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
_DIGEST = 16
_FORM = 0  # of marshal: equal values are written alike, whatever else refers to them


def written(parts: tuple[Any, ...]) -> bytes:
    """Return texts, numbers, truth values and tuples of them as bytes: the same for the same, others for others."""
    return marshal.dumps(tuple(parts), _FORM)


def digest(content: bytes) -> bytes:
    """Return what stands for some bytes in a memory that is not to hold texts."""
    return blake2b(content, digest_size=_DIGEST).digest()


class Memory(Generic[Value]):
    """Remembers what followed from some key, the `most` recent. Threads may share it: at worst one works it out anew.

    What is remembered must follow from the key alone: whatever else it depends on belongs into it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._recent: dict[Hashable, Value] = {}
        self._older: dict[Hashable, Value] = {}

    def of(self, key: Hashable, work: Callable[[], Value]) -> Value:
        """Return what is remembered of `key`; else what `work` returns, to be remembered from now on."""
        found = self._recent.get(key)
        if found is None:
            found = self._older.get(key)
            self._keep(key, found := work() if found is None else found)
        return found

    def _keep(self, key: Hashable, value: Value) -> None:
        """Remember a value; the older half of what is known is let go in time."""
        if 2 * len(self._recent) >= self._most:
            self._recent, self._older = {}, self._recent
        self._recent[key] = value
