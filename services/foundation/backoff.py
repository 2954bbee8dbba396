"""How long to wait before the next try."""

from __future__ import annotations

import random


def delay(attempt: int, *, base: float = 0.1, most: float = 5.0) -> float:
    """Return seconds to wait after the `attempt`-th failure in a row (1, 2, ...): doubling, bounded, with jitter.

    The jitter takes up to half of it away, so that many waiters do not come back together.
    """
    full = min(most, base * 2.0 ** min(attempt - 1, 30))
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
