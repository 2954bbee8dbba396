"""Numbers as charts write them, and when two amounts are the same."""

from __future__ import annotations

from math import isclose

NUMBER = r"(?<![\d.,])((?:\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.\d{1,4})?)(?!\d|[.,]\d)"
"""A whole number with its decimals, as one group of a pattern."""


def amount_of(written: str) -> float:
    """Return the amount of a `NUMBER`."""
    return float(written.replace(",", ""))


def close(one: float, other: float, *, share: float = 0.0, amount: float = 0.0) -> bool:
    """Tell whether two amounts are the same as far as they are rounded."""
    return isclose(one, other, rel_tol=share, abs_tol=amount + 1e-9)
