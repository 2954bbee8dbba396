"""How long to wait before the next try. Pure: the roll of the dice is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential back-off with full jitter, in seconds; given up after `limit` tries."""

    base_seconds: float = 5
    ceiling_seconds: float = 900
    limit: int = 200

    def exhausted(self, tries: int) -> bool:
        """Tell whether there were as many tries as allowed."""
        return tries >= self.limit

    def wait(self, tries: int, roll: float) -> timedelta:
        """Return the wait after `tries` tries; `roll` lies in [0, 1]. At least a tenth of the longest wait."""
        longest = min(self.ceiling_seconds, self.base_seconds * 2.0 ** min(max(tries - 1, 0), 30))
        return timedelta(seconds=longest * (0.1 + 0.9 * roll))
