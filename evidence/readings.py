"""Numbers out of values as shown. Exact (decimal), cautious: what is not surely a number is none.

A value with a comparator ("<0.01") or a range ("30-35 %") is an interval, and a comparison holds only when it holds
for every number in that interval.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

INFINITY = Decimal("Infinity")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_VALUE = re.compile(
    rf"\s*(?P<mark><=|>=|<|>|≤|≥|less than|greater than)?\s*(?P<low>-?(?:{_NUMBER}))"
    rf"(?:\s*(?:-|–|to)\s*(?P<high>{_NUMBER}))?\s*"
    r"(?:[A-Za-z%°µμ/][A-Za-z%°µμ/*\[\].{} ]*(?:m2|m²)?)?\s*(?:\(.*\))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_MARKS = {"≤": "<=", "≥": ">=", "less than": "<", "greater than": ">"}


@dataclass(frozen=True, slots=True)
class Interval:
    """All that a recorded value says: the true number lies between `low` and `high`, both included."""

    low: Decimal
    high: Decimal

    def __sub__(self, other: Interval) -> Interval:
        return Interval(_minus(self.low, other.high, -INFINITY), _minus(self.high, other.low, INFINITY))

    def over(self, other: Interval) -> Interval | None:
        """Return the quotient of two positive quantities, or None where the divisor may be zero or below."""
        if other.low <= 0 or self.low < 0:
            return None
        return Interval(_over(self.low, other.high, Decimal(0)), _over(self.high, other.low, INFINITY))

    def compares(self, operator: str, bound: Decimal) -> bool:
        """True when the comparison holds for every number of the interval. `operator`: < <= > >= ."""
        return _SURELY[operator](self, bound)


_SURELY: Mapping[str, Callable[[Interval, Decimal], bool]] = {
    "<": lambda value, bound: value.high < bound,
    "<=": lambda value, bound: value.high <= bound,
    ">": lambda value, bound: value.low > bound,
    ">=": lambda value, bound: value.low >= bound,
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """canonical = (recorded + shift) x times / over; exact, so 100.4 degrees Fahrenheit is 38 Celsius."""

    shift: Decimal = Decimal(0)
    times: Decimal = Decimal(1)
    over: Decimal = Decimal(1)

    def apply(self, value: Interval) -> Interval:
        """Convert both ends."""
        return Interval(self._one(value.low), self._one(value.high))

    def _one(self, number: Decimal) -> Decimal:
        return number if number.is_infinite() else (number + self.shift) * self.times / self.over


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a series: its position among the gap's indicators, when, how much, and from which encounter."""

    position: int
    at: datetime
    value: Interval
    prior: bool


def number(text: str, comparator: str | None = None) -> Interval | None:
    """Read a value as shown.

    In: the text ("1,140", "2.2 (ref 0.5-2.0)", "<0.01", "30-35 %") and the comparator that stands before it, if any.
    Out: the interval it surely lies in, or None for anything that is not one number ("9.8, 7.6", "positive").
    """
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    low = _decimal(found["low"])
    mark = comparator or (found["mark"] or "").lower()
    if found["high"]:
        high = _decimal(found["high"])
        return None if mark or high < low else Interval(low, high)
    return _bounded(_MARKS.get(mark, mark), low)


@lru_cache(maxsize=1024)
def unit_key(unit: str | None) -> str:
    """Return a unit's spelling for comparison: case, spaces and the two signs for micro do not matter."""
    return re.sub(r"\s+", "", (unit or "").casefold().replace("µ", "u").replace("μ", "u"))


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _bounded(mark: str, value: Decimal) -> Interval:
    if mark == "<":
        return Interval(-INFINITY, value.next_minus())
    if mark == "<=":
        return Interval(-INFINITY, value)
    if mark == ">":
        return Interval(value.next_plus(), INFINITY)
    return Interval(value, INFINITY if mark == ">=" else value)


def _minus(left: Decimal, right: Decimal, unknown: Decimal) -> Decimal:
    return unknown if left.is_infinite() or right.is_infinite() else left - right


def _over(left: Decimal, right: Decimal, unknown: Decimal) -> Decimal:
    if left.is_infinite() or right == 0:
        return unknown
    return Decimal(0) if right.is_infinite() else left / right
